// Turns counts by minute into evidence as looks would have found it, for replays and the benchmark. They use the judge itself, so
// the counts take the form of CloudWatch's answers.
import { wholeBp } from '../../core/service/routing.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import type { Service } from '../../core/service/service.ts'
import type { Baseline, JudgedTarget, Point, Reading, Shift } from '../../core/verdict/evidence/evidence.ts'
import type { Recorded } from '../../core/verdict/judge/replayed-verdicts.ts'
import { seriesKey } from '../../core/verdict/evidence/questions.ts'
import { coldMinute } from '../../core/verdict/evidence/window.ts'
import type { PastMinute } from '../../core/verdict/counts/learn.ts'
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import { minuteMs } from '../../core/time.ts'

/** The first minute of a replay; any value would do. */
export const replayStartMs = Date.UTC(2026, 0, 1)

export const replayedTarget = (baseline: Baseline): JudgedTarget => ({
  functionName: 'replayed',
  alias: 'live',
  stable: '1',
  candidate: '2',
  baseline,
})

/** A service of one target whose plan is one step of this many minutes. */
export function replayedService(minutes: number, changes: Readonly<Record<string, unknown>>): Service {
  const service = parseDefinition({
    name: 'replayed',
    targets: [{ function: 'replayed', alias: 'live' }],
    plan: { steps: [{ weight: 10, bake: '1m' }] },
    ...changes,
  })
  // Set after parsing, because the file may be longer than any plan is allowed to be.
  return { ...service, plan: { steps: [{ weightBp: 1000, bakeSeconds: Math.max(1, minutes) * 60 }] } }
}

const services = new Map<string, Service>()

/** A service that watches only errors. */
export function errorsOnly(minutes: number, alpha: number): Service {
  const key = `${minutes} ${alpha}`
  const made =
    services.get(key) ??
    replayedService(minutes, {
      signals: { latency: 'off', throttles: 'off', cost: 'off' },
      policy: { alpha },
    })
  services.set(key, made)
  return made
}

export const points = (values: readonly number[], fromMs = replayStartMs): Reading => ({
  kind: 'points',
  points: values.map((value, minute): Point => ({ minuteMs: fromMs + minute * minuteMs, value })),
})

/** One minute of both versions, with the candidate's weight in basis points if it is known. */
export type WeightedMinute = CountMinute & { readonly weightBp?: number }

/**
 * The weights that were set. If they are not recorded, uses the candidate's observed share of all traffic as if it had been set.
 */
export function shiftsOf(minutes: readonly WeightedMinute[]): readonly Shift[] {
  const observed = observedBp(minutes)
  const shifts: Shift[] = []
  minutes.forEach(({ weightBp = observed }, minute) => {
    if (shifts.at(-1)?.weightBp !== weightBp) shifts.push({ sinceMs: replayStartMs + minute * minuteMs, weightBp })
  })
  return shifts
}

function observedBp(minutes: readonly CountMinute[]): number {
  let [stable, candidate] = [0, 0]
  for (const one of minutes) {
    stable += one.stableInvocations
    candidate += one.candidateInvocations
  }
  const weightBp = Math.round((wholeBp * candidate) / Math.max(1, stable + candidate))
  return Math.min(wholeBp - 1, Math.max(1, weightBp))
}

/** Readings of invocations and errors, by the keys of their questions. */
export const countReadings = (
  minutes: readonly CountMinute[],
  fromMs = replayStartMs,
): readonly (readonly [string, Reading])[] => {
  const series = (of: (minute: CountMinute) => number): Reading => points(minutes.map(of), fromMs)
  return [
    [seriesKey(0, 'stable', 'invocations'), series((one) => one.stableInvocations)],
    [seriesKey(0, 'stable', 'errors'), series((one) => one.stableBad)],
    [seriesKey(0, 'candidate', 'invocations'), series((one) => one.candidateInvocations)],
    [seriesKey(0, 'candidate', 'errors'), series((one) => one.candidateBad)],
  ]
}

/** @param durationMs how long each of stable's requests takes; without it no durations are recorded */
export const recordedCounts = (
  minutes: readonly WeightedMinute[],
  learned?: Baseline['learned'],
  durationMs?: number,
): Recorded => ({
  targets: [replayedTarget({ thresholdsMs: [], ...(learned === undefined ? {} : { learned }) })],
  shifts: shiftsOf(minutes),
  readings: new Map([
    ...countReadings(minutes),
    ...(durationMs === undefined ? [] : stableDurations(minutes, durationMs)),
  ]),
  minutes: minutes.length,
})

const stableDurations = (
  minutes: readonly CountMinute[],
  durationMs: number,
): readonly (readonly [string, Reading])[] => [
  [seriesKey(0, 'stable', 'durations'), points(minutes.map(({ stableInvocations }) => stableInvocations))],
  [
    seriesKey(0, 'stable', 'durationSum'),
    points(minutes.map(({ stableInvocations }) => stableInvocations * durationMs)),
  ],
]

/** With how many minutes ago the candidate's traffic had risen, as a release's log would tell. */
export function pastMinutes(minutes: readonly WeightedMinute[]): readonly PastMinute[] {
  const shifts = shiftsOf(minutes)
  return minutes.map((one, at) => ({ ...one, cold: coldMinute(shifts, replayStartMs + at * minuteMs) }))
}
