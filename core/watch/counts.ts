// What CloudWatch is asked for the watch of a release, and what its points say: all invocations through an alias, and how many of
// them failed.
import type { AliasPlace } from '../location.ts'
import type { Reading } from '../verdict/evidence/evidence.ts'
import { aliasDimensions, placeOf, type Question } from '../verdict/evidence/questions.ts'
import type { Minute } from './evidence.ts'

const metrics = ['Invocations', 'Errors'] as const

/** Two questions for each target. */
export const watchQuestions = (places: readonly AliasPlace[]): readonly Question[] =>
  places.flatMap((place, index) =>
    metrics.map((metric) => ({
      ...{ key: `${index} ${metric}`, namespace: 'AWS/Lambda', metric, stat: 'Sum' },
      ...{ dimensions: aliasDimensions(place), ...placeOf(place) },
    })),
  )

/**
 * The periods of each target that have points of both, oldest first; a period without is not known, and no zero.
 * @param readings the answers to `watchQuestions`
 * @returns why they are not known, if they could not be read
 */
export function countsOf(readings: readonly Reading[]): readonly (readonly Minute[])[] | { readonly unread: string } {
  const found: (readonly Minute[])[] = []
  for (let index = 0; index < readings.length; index += metrics.length) {
    const [calls, errors] = readings.slice(index, index + metrics.length)
    if (calls?.kind !== 'points') return { unread: calls?.because ?? 'it was not asked' }
    if (errors?.kind !== 'points') return { unread: errors?.because ?? 'it was not asked' }
    const bad = new Map(errors.points.map(({ minuteMs, value }) => [minuteMs, value]))
    const both = calls.points.flatMap(({ minuteMs: atMs, value }): readonly Minute[] => {
      const failed = bad.get(atMs)
      if (failed === undefined || !(failed >= 0) || !(value >= failed) || !Number.isFinite(value)) return []
      return [{ atMs, invocations: Math.round(value), bad: Math.round(failed) }]
    })
    found.push(both.toSorted((a, b) => a.atMs - b.atMs))
  }
  return found
}
