// The one way of going through many: what fails, whatever kind of error it was, is named in the log, counted (metric
// Troubles) and keeps no other from its turn. Whoever has to hear of it again (an event that AWS delivers again) throws
// it at the end.
import type { Listing } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'trouble'>
/** What a line of the log says of an item: `{ service }`, `{ releaseId }`. */
type About = Readonly<Record<string, unknown>>
type Failed<T> = { readonly item: T; readonly error: unknown }
type Gone<T, R> = { readonly done: readonly R[]; readonly failed: readonly Failed<T>[] }

/** @param together so many at once; what was done is in the order of the items all the same */
export async function each<T, R>(
  { trouble }: Deps,
  items: readonly T[],
  about: (item: T) => About,
  work: (item: T) => R | Promise<R>,
  together = 1,
): Promise<Gone<T, R>> {
  const done: R[] = []
  const failed: Failed<T>[] = []
  const attempt = async (item: T) => {
    try {
      const value = await work(item)
      return () => done.push(value)
    } catch (error) {
      trouble(error, about(item))
      return () => failed.push({ item, error })
    }
  }
  for (let first = 0; first < items.length; first += together) {
    const some = await Promise.all(items.slice(first, first + together).map(attempt))
    for (const note of some) note()
  }
  return { done, failed }
}

/** As `each`, for somebody who looks: they are shown what failed, and nothing is counted. */
export const eachShown = <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<Gone<T, R>> =>
  each({ trouble: () => undefined }, items, () => ({}), work)

/** The items that can be read; the others are named. */
export function readable<T>({ trouble }: Deps, { items, unreadable }: Listing<T, About>): readonly T[] {
  for (const { about, problem } of unreadable) trouble(problem, about)
  return items
}

/** What was done of a loop whose event comes again for the others. @throws what failed first */
export function orThrow<R>({ done, failed: [first] }: Gone<unknown, R>): readonly R[] {
  if (first !== undefined) throw first.error
  return done
}

export const isThrottled = (error: unknown): boolean => error instanceof Problem && error.code === 'aws_throttled'

export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Names and counts; `verb` is the function at work. */
export const troubleTo =
  ({ log, emit }: Pick<World, 'log' | 'emit'>, nowMs: () => number, verb: () => string): World['trouble'] =>
  (error, about) => {
    const line =
      error instanceof Problem ? error.line : { level: 'error', message: sentenceOf(error), stack: stackOf(error) }
    log({ ...line, ...about })
    emit({ name: 'Troubles', unit: 'Count', value: 1, atMs: nowMs(), dimensions: { function: verb() } })
  }

// What is not a Problem is a bug: where it was thrown is all that helps.
const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined)
