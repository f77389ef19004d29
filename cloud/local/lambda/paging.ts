// A page of a listing, and the marker of the next one. Lambda caps the size of a page, whatever is asked for.
import { AwsError } from '../protocol/aws-error.ts'

type Paged<T> = { readonly items: readonly T[]; readonly NextMarker?: string }

export function paged<T>(all: readonly T[], query: URLSearchParams, most: number): Paged<T> {
  const from = Number(query.get('Marker') ?? 0)
  const size = Math.min(Number(query.get('MaxItems') ?? most), most)
  if (!(from >= 0) || !(size >= 1))
    throw new AwsError('InvalidParameterValueException', 'Marker or MaxItems is not valid')
  const end = from + size
  return { items: all.slice(from, end), ...(end < all.length ? { NextMarker: String(end) } : {}) }
}
