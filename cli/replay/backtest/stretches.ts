// Stretches of healthy minutes: stable's own in past releases, or all of an alias's between releases, from CloudWatch.
import type { AliasPlace } from '../../../core/location.ts'
import { minuteMs } from '../../../core/time.ts'
import { aliasDimensions, placeOf, type Question } from '../../../core/verdict/evidence/questions.ts'
import { countsOf, replayedRelease } from '../evidence.ts'
import { type Metrics, readPoints } from '../metrics.ts'
import type { Past, Span } from './past.ts'

type StableMinute = { readonly all: number; readonly bad: number }
/** Minutes without a gap. */
export type Stretch = readonly StableMinute[]

/** A minute that says nothing: `undefined`. It ends a stretch. */
function stretchesIn(minutes: readonly (StableMinute | undefined)[]): readonly Stretch[] {
  const found: StableMinute[][] = []
  let open: StableMinute[] | undefined
  for (const minute of minutes) {
    if (minute === undefined) open = undefined
    else if (open === undefined) found.push((open = [minute]))
    else open.push(minute)
  }
  return found
}

/** Stable's minutes in each release. What the log has no point of is 0, as the verdict had it. */
export const stretchesOfLog = (past: readonly Past[]): readonly Stretch[] =>
  past.flatMap(({ release }) =>
    stretchesIn(
      countsOf(replayedRelease(release, undefined)).map(({ stableInvocations, stableBad }) =>
        stableBad > stableInvocations ? undefined : { all: stableInvocations, bad: stableBad },
      ),
    ),
  )

// A release may be felt before its request is logged, and caches are cold for a while after it.
const marginMs = 15 * minuteMs

/** @returns all minutes of the aliases outside of releases, all targets together, and how many minutes could not be used */
export async function stretchesBetween(
  metrics: Pick<Metrics, 'telemetry'>,
  targets: readonly AliasPlace[],
  window: { readonly startMs: number; readonly endMs: number },
  busy: readonly Span[],
  tell: (sentence: string) => void,
): Promise<{ readonly stretches: readonly Stretch[]; readonly incomplete: number }> {
  const questions = targets.flatMap((target) => [questionOf(target, 'Invocations'), questionOf(target, 'Errors')])
  const read = await readPoints(metrics, questions, { ...window, periodSeconds: 60 }, tell)
  const series = read.map((points) => new Map(points.map((one) => [one.minuteMs, one.value] as const)))
  // What is outside the first and the last request is not a quiet time: the function did not exist, or has not come so far.
  const busyMs = series.flatMap((points, index) => (index % 2 === 0 ? [...points.keys()] : []))
  const [firstMs, lastMs] = busyMs.reduce(
    ([first, last], atMs) => [Math.min(first, atMs), Math.max(last, atMs)],
    [Infinity, -Infinity],
  )
  let incomplete = 0
  const minutes = Array.from({ length: (window.endMs - window.startMs) / minuteMs }, (_, minute) => {
    const atMs = window.startMs + minute * minuteMs
    if (atMs < firstMs || atMs > lastMs) return undefined
    if (busy.some(({ fromMs, toMs }) => atMs >= fromMs - marginMs && atMs < toMs + marginMs)) return undefined
    let [all, bad] = [0, 0]
    for (let target = 0; target < targets.length; target++) {
      const invocations = series[2 * target]?.get(atMs) ?? 0
      // Lambda publishes errors with every invocation, also when there are none.
      const errors = series[2 * target + 1]?.get(atMs) ?? (invocations === 0 ? 0 : Infinity)
      all += invocations
      bad += errors
    }
    if (bad <= all) return { all, bad }
    incomplete++
    return undefined
  })
  return { stretches: stretchesIn(minutes), incomplete }
}

/** The series of an alias as a whole: without ExecutedVersion it has the requests of every version. */
const questionOf = (target: AliasPlace, metric: string): Question => ({
  key: `${target.functionName}.${metric}`,
  namespace: 'AWS/Lambda',
  metric,
  dimensions: aliasDimensions(target),
  stat: 'Sum',
  ...placeOf(target),
})
