// The durations of a release's requests, and what CloudWatch makes of them: how many exceed a threshold, and quantiles.
import type { Baseline } from '../../core/verdict/evidence/evidence.ts'
import { seriesKey } from '../../core/verdict/evidence/questions.ts'
import type { Recorded } from '../../core/verdict/judge/replayed-verdicts.ts'
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import { points, replayedTarget, replayStartMs } from './recorded.ts'

/** Milliseconds, sorted. */
export type Durations = Float64Array

export type DurationMinute = { readonly stable: Durations; readonly candidate: Durations }

export type TimedRelease = {
  /** The candidate's weight throughout. */
  readonly weightBp: number
  readonly minutes: readonly DurationMinute[]
  /** Stable alone in the hours before: minute by minute, oldest first, and all of them together. */
  readonly before: readonly Durations[]
  readonly usual: Durations
}

export const quantileOf = (sorted: Durations, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0

/** How many exceed the threshold. */
function slowerThan(thresholdMs: number, sorted: Durations): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? Infinity) <= thresholdMs) low = middle + 1
    else high = middle
  }
  return sorted.length - low
}

/** The slow requests of both versions in each minute, for each threshold. */
export const slowMinutes = ({ minutes }: TimedRelease, thresholdsMs: readonly number[]): readonly CountMinute[][] =>
  thresholdsMs.map((thresholdMs) =>
    minutes.map(({ stable, candidate }) => ({
      stableInvocations: stable.length,
      stableBad: slowerThan(thresholdMs, stable),
      candidateInvocations: candidate.length,
      candidateBad: slowerThan(thresholdMs, candidate),
    })),
  )

/** What looks would have read. CloudWatch counts the requests that do not exceed a threshold. */
export function recordedDurations(
  release: TimedRelease,
  thresholdsMs: readonly number[],
  known?: Baseline['durations'],
): Recorded {
  const { minutes, weightBp } = release
  const readings = (['stable', 'candidate'] as const).flatMap((arm) => {
    const series = (name: string, value: (durations: Durations) => number) =>
      [seriesKey(0, arm, name), points(minutes.map((minute) => value(minute[arm])))] as const
    return [
      series('invocations', ({ length }) => length),
      series('durations', ({ length }) => length),
      ...thresholdsMs.map((thresholdMs, index) =>
        series(`fast${index}`, (durations) => durations.length - slowerThan(thresholdMs, durations)),
      ),
    ]
  })
  return {
    targets: [
      replayedTarget({ thresholdsMs: [...thresholdsMs], ...(known === undefined ? {} : { durations: known }) }),
    ],
    shifts: [{ sinceMs: replayStartMs, weightBp }],
    readings: new Map(readings),
    minutes: minutes.length,
  }
}

const logOdds = (slow: number, all: number): number => Math.log((slow + 0.5) / (all - slow + 0.5))
const slopeStep = 1.1
const slopeMost = 8

/** What a release's baseline would know of these cuts (functions/steps/durations.ts). */
export function knownDurations(
  { usual, before }: TimedRelease,
  thresholdsMs: readonly number[],
): Baseline['durations'] {
  const oddsAt = (ms: number): number => logOdds(slowerThan(ms, usual), usual.length)
  return {
    invocations: before.map(({ length }) => length),
    cuts: thresholdsMs.map((ms) => ({
      share: (slowerThan(ms, usual) + 0.5) / (usual.length + 1),
      slope: Math.max(
        0,
        Math.min(slopeMost, (oddsAt(ms / slopeStep) - oddsAt(ms * slopeStep)) / (2 * Math.log(slopeStep))),
      ),
      past: before.map((durations) => slowerThan(ms, durations)),
    })),
  }
}
