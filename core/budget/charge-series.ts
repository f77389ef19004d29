// The CloudWatch series that a release is charged from: the SLI series of its service, for each of the two versions. For the hour
// before the release it uses the series of the whole alias, because an alias with a single version has no series per version
// (docs/aws.md §2.1).
import type { Counts, SharedMinute, TargetMinutes } from '../release/charge.ts'
import type { Exposure } from '../release/release.ts'
import type { Release } from '../release/release.ts'
import { sliQuestions } from './sli.ts'
import type { CountedSlo } from '../service/slo.ts'
import type { Reading } from '../verdict/evidence/evidence.ts'
import type { Question } from '../verdict/evidence/questions.ts'
import { dayMs, hourMs, minuteMs } from '../time.ts'

// CloudWatch keeps one-minute points for 15 days, and five-minute points for 63 days.
const minutesKeptMs = 14 * dayMs

/**
 * Aligned to whole periods. The candidate is charged for `fromMs` to `toMs`; the time before the release is `beforeMs` to
 * `fromMs`.
 */
export type ChargedSpan = {
  readonly beforeMs: number
  readonly fromMs: number
  readonly toMs: number
  readonly periodSeconds: number
}

/** @param freeSinceMs when the release before this one ended. Anything earlier may have been caused by that release. */
export function chargedSpan(exposure: Required<Exposure>, freeSinceMs: number, nowMs: number): ChargedSpan {
  const periodMs = nowMs - exposure.fromMs > minutesKeptMs ? 5 * minuteMs : minuteMs
  const fromMs = Math.floor(exposure.fromMs / periodMs) * periodMs
  const free = Math.ceil(freeSinceMs / periodMs) * periodMs
  return {
    beforeMs: Math.min(fromMs, Math.max(fromMs - hourMs, free)),
    fromMs,
    // An alias change takes seconds to reach every request.
    toMs: Math.ceil((exposure.toMs + minuteMs) / periodMs) * periodMs,
    periodSeconds: periodMs / 1000,
  }
}

const arms = ['whole', 'candidate', 'stable'] as const

/** Questions for the whole alias, the candidate and stable, each in the order of `sliQuestions`. */
export function chargeQuestions(
  { service, targets }: Pick<Release, 'service' | 'targets'>,
  slo: CountedSlo,
): Question[] {
  const whole = sliQuestions(service, slo)
  return arms.flatMap((arm) =>
    whole.map((question, place): Question => {
      const target = targetAt({ service, targets }, place >> 1)
      if (arm === 'whole' || target === undefined) return question
      const dimensions = { ...question.dimensions, ExecutedVersion: target[arm] }
      return { ...question, key: `${question.key}.${arm}`, dimensions }
    }),
  )
}

const targetAt = ({ service, targets }: Pick<Release, 'service' | 'targets'>, place: number) =>
  targets.find(({ functionName }) => functionName === service.targets[place]?.functionName)

/** @param readings the answers to `chargeQuestions`, in the same order */
export function chargedMinutes(
  release: Pick<Release, 'service' | 'targets'>,
  slo: CountedSlo,
  readings: readonly Reading[],
  { beforeMs, fromMs, toMs, periodSeconds }: ChargedSpan,
): readonly TargetMinutes[] | { readonly unread: string } {
  const unread = readings.find((reading) => reading.kind === 'unread')
  if (unread !== undefined) return { unread: unread.because }
  const series = readings.map(
    (reading) => new Map(reading.kind === 'points' ? reading.points.map((one) => [one.minuteMs, one.value]) : []),
  )
  const count = series.length / arms.length
  return release.service.targets.flatMap((_, place): TargetMinutes[] => {
    const target = targetAt(release, place)
    // A target that already had this version has nothing to compare.
    if (target === undefined || target.stable === target.candidate) return []
    const at = (arm: (typeof arms)[number], atMs: number): Counts => {
      const first = arms.indexOf(arm) * count + place * 2
      return countsOf(slo, series[first]?.get(atMs) ?? 0, series[first + 1]?.get(atMs) ?? 0)
    }
    const periods = (startMs: number, endMs: number): readonly number[] =>
      Array.from({ length: (endMs - startMs) / (periodSeconds * 1000) }, (_, n) => startMs + n * periodSeconds * 1000)
    const minutes = periods(fromMs, toMs).map((atMs): SharedMinute => ({
      candidate: at('candidate', atMs),
      stable: at('stable', atMs),
    }))
    const before = periods(beforeMs, fromMs)
      .map((atMs) => at('whole', atMs))
      .reduce((sum, one) => ({ all: sum.all + one.all, bad: sum.bad + one.bad }), { all: 0, bad: 0 })
    return [{ minutes, before }]
  })
}

/** The two series may arrive at different times. A counted request has certainly happened, so the total is at least that. */
function countsOf({ sli }: CountedSlo, all: number, counted: number): Counts {
  const whole = Math.max(all, counted)
  return { all: whole, bad: sli.kind === 'availability' ? counted : whole - counted }
}
