// Pages of a listing. What comes next is a token that means nothing to the caller.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'

const usual = 20
const most = 100
const Limit = z.coerce.number().int().min(1).max(most)

export type Query = Readonly<Record<string, string>>

/** @throws Problem `call_invalid` for a parameter that the route does not take */
export function checkQuery(query: Query, known: readonly string[]): void {
  const other = Object.keys(query).find((name) => !known.includes(name))
  if (other === undefined) return
  const takes = known.length === 0 ? 'no parameters' : known.join(', ')
  throw new Problem(
    'call_invalid',
    `The query has ${JSON.stringify(other.slice(0, 60))}, and the route takes ${takes}.`,
  )
}

/** @throws Problem `call_invalid` */
export function limitOf({ limit }: Query): number {
  if (limit === undefined) return usual
  const parsed = /^\d{1,4}$/.test(limit) ? Limit.safeParse(limit) : undefined
  if (parsed?.success === true) return parsed.data
  throw new Problem('call_invalid', `limit is not valid: give a whole number from 1 to ${most}.`)
}

/** @param form of where a page ends @throws Problem `call_invalid` */
export function nextOf<S extends z.ZodType>({ next }: Query, form: S): z.output<S> | undefined {
  if (next === undefined) return undefined
  try {
    return form.parse(JSON.parse(Buffer.from(next, 'base64url').toString('utf8')))
  } catch (cause) {
    throw new Problem('call_invalid', 'next is not valid: give the `next` of an answer of this route.', { cause })
  }
}

/** A page that is full may have another one after it. */
export const nextAfter = (end: unknown, isFull: boolean): { readonly next?: string } =>
  isFull && end !== undefined ? { next: Buffer.from(JSON.stringify(end)).toString('base64url') } : {}
