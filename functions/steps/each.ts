// The one way to loop over many items. An item that fails, with any kind of error, is logged, counted (metric Troubles), and does
// not stop the others. A caller whose event should be delivered again throws at the end (`orThrow`).
import type { Listing } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'trouble'>
/** What the log line says about an item: `{ service }`, `{ releaseId }`. */
type About = Readonly<Record<string, unknown>>
type Failed<T> = { readonly item: T; readonly error: unknown }
type Gone<T, R> = { readonly done: readonly R[]; readonly failed: readonly Failed<T>[]; readonly left: readonly T[] }

/**
 * @param together how many at once; results keep the order of the items
 * @param mayBegin asked before each item; once it says no, the rest is left
 */
export async function each<T, R>(
  { trouble }: Deps,
  items: readonly T[],
  about: (item: T) => About,
  work: (item: T) => R | Promise<R>,
  together = 1,
  mayBegin: () => boolean = () => true,
): Promise<Gone<T, R>> {
  const done: R[] = []
  const failed: Failed<T>[] = []
  const left: T[] = []
  const attempt = async (item: T) => {
    if (!mayBegin()) return () => left.push(item)
    try {
      const value = await work(item)
      return () => done.push(value)
    } catch (error) {
      trouble(error, about(item))
      return () => failed.push({ item, error })
    }
  }
  for (const note of await concurrently(items, together, attempt)) note()
  return { done, failed, left }
}

/**
 * @param atOnce how many items are worked on at the same time, to stay within what AWS accepts from one caller
 * @returns the results in the order of `items`
 * @throws the first failure, after all the others have been worked on
 */
export async function concurrently<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: PromiseSettledResult<R>[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++)
      [results[index]] = await Promise.allSettled([work(items[index] as T)])
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

/** Like `each`, for a person who looks: failures are shown to them, and nothing is counted. */
export const eachShown = <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<Gone<T, R>> =>
  each({ trouble: () => undefined }, items, () => ({}), work)

/** The items that can be read; the others are logged. */
export function readable<T>({ trouble }: Deps, { items, unreadable }: Listing<T, About>): readonly T[] {
  for (const { about, problem } of unreadable) trouble(problem, about)
  return items
}

/** The results, for a caller whose event is delivered again for the failed items. @throws the first failure */
export function orThrow<R>({ done, failed: [first] }: Omit<Gone<unknown, R>, 'left'>): readonly R[] {
  if (first !== undefined) throw first.error
  return done
}

export const isThrottled = (error: unknown): boolean => error instanceof Problem && error.code === 'aws_throttled'

export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Logs and counts a failure; `verb` is the function that runs. */
export const troubleTo =
  ({ log, emit }: Pick<World, 'log' | 'emit'>, nowMs: () => number, verb: () => string): World['trouble'] =>
  (error, about) => {
    const line =
      error instanceof Problem ? error.line : { level: 'error', message: sentenceOf(error), stack: stackOf(error) }
    log({ ...line, ...about })
    emit({ name: 'Troubles', unit: 'Count', value: 1, atMs: nowMs(), dimensions: { function: verb() } })
  }

// An error that is not a Problem is a bug, and its stack is what helps to find it.
const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined)
