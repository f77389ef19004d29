// Evidence for a replay: the minutes of a file, or the log of a past release, with the service whose policy judges them.
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import type { Signals } from '../../core/service/signals.ts'
import type { Reading } from '../../core/verdict/evidence/evidence.ts'
import type { Recorded } from '../../core/verdict/judge/replayed-verdicts.ts'
import { recordedOf } from '../../core/verdict/judge/recorded.ts'
import { seriesKey } from '../../core/verdict/evidence/questions.ts'
import {
  countReadings,
  points,
  replayedService,
  replayedTarget,
  shiftsOf,
  type WeightedMinute,
} from '../../bench/rivals/recorded.ts'
import { type FileSignal, ownSignals, type ReplayFile } from './input/rows.ts'
import { own as ownField } from '../../core/own.ts'

/** What is judged, and one sentence for each part of the policy that could not be applied. */
export type Replayed = { readonly service: Service; readonly recorded: Recorded; readonly notes: readonly string[] }

const own = Object.keys(ownSignals) as readonly (keyof typeof ownSignals)[]
const billing = { memoryMb: 1024, architecture: 'arm64' } as const

/** @param service whose policy is used; without one, errors and the other signals in the file, with default settings */
export function replayedFile(file: ReplayFile, service: Service | undefined): Replayed {
  const { minutes, signals } = file
  const named = service ?? replayedService(minutes.length, { signals: signalsOfFile(signals) })
  const thresholdMs = named.signals.latency === 'off' ? undefined : named.signals.latency.thresholdMs
  const judged: Service = { ...named, signals: narrowed(named.signals, signals) }
  const readings = new Map<string, Reading>(countReadings(minutes))
  for (const [name, signal] of signals) {
    for (const [key, values] of seriesOf(name, signal, minutes)) readings.set(key, points(values))
  }
  return {
    service: judged,
    recorded: {
      targets: [
        replayedTarget({
          thresholdsMs: signals.has('latency') ? [thresholdMs ?? 1000] : [],
          billing: { stable: billing, candidate: billing },
        }),
      ],
      shifts: shiftsOf(minutes),
      readings,
      minutes: minutes.length,
    },
    notes: service === undefined ? [] : differences(service.signals, signals),
  }
}

function signalsOfFile(signals: ReplayFile['signals']): Record<string, unknown> {
  const custom = [...signals].filter(([name]) => !own.some((one) => one === name))
  const isThere = (name: string): unknown => (signals.has(name) ? {} : 'off')
  return {
    ...Object.fromEntries(own.map((name) => [name, isThere(name)])),
    custom: custom.map(([name, { kind }]) => ({
      name,
      kind,
      namespace: 'File',
      metric: name,
      dimensions: { version: '{version}' },
    })),
  }
}

/** The policy's signals, without those that are not recorded. */
const narrowed = (signals: Signals, there: ReplayFile['signals']): Signals => ({
  ...signals,
  alarms: [],
  ...Object.fromEntries(own.map((name) => [name, there.has(name) ? signals[name] : 'off'])),
  custom: signals.custom.filter((one) => there.get(one.name)?.kind === one.kind),
  // A file has no counts of what they are out of.
  prometheus: [],
  consumers: [],
})

function differences(signals: Signals, there: ReplayFile['signals']): readonly string[] {
  const watched = [
    ...own.filter((name) => signals[name] !== 'off'),
    ...signals.custom.map(({ name }) => name),
    ...(signals.alarms.length > 0 ? ['alarms'] : []),
  ]
  const queried = (signals.prometheus ?? []).map(({ name }) => name)
  const consumed = (signals.consumers ?? []).map(({ name }) => name)
  const left = [...watched.filter((name) => !there.has(name)), ...queried, ...consumed]
  const ignored = [...there.keys()].filter((name) => !watched.includes(name))
  return [
    ...(left.length > 0 ? [`Not in the file and left out: ${left.join(', ')}.`] : []),
    ...(ignored.length > 0 ? [`Not watched by the service and left out: ${ignored.join(', ')}.`] : []),
  ]
}

const meanSeries: Readonly<Record<string, readonly [string, string]>> = {
  cost: ['durationSum', 'durations'],
  coldStarts: ['initSum', 'inits'],
  memory: ['memorySum', 'memories'],
}

/** The values of each series that a signal is read from. */
function seriesOf(
  name: string,
  signal: FileSignal,
  minutes: readonly WeightedMinute[],
): readonly (readonly [string, readonly number[]])[] {
  return (['stable', 'candidate'] as const).flatMap((arm) => {
    const invocations = minutes.map((minute) => minute[`${arm}Invocations`])
    const key = (series: string): string => seriesKey(0, arm, series)
    const values = signal[arm]
    if (signal.kind === 'mean') {
      const [sum, samples] = ownField(meanSeries, name) ?? [`custom-${name}`, `customs-${name}`]
      const sums = values.map((mean, minute) => mean * (invocations[minute] ?? 0))
      return [[key(sum), sums] as const, [key(samples), invocations] as const]
    }
    if (name === 'latency') {
      const fast = values.map((slow, minute) => (invocations[minute] ?? 0) - slow)
      return [[key('durations'), invocations] as const, [key('fast0'), fast] as const]
    }
    return [[key(name === 'throttles' ? 'throttles' : `custom-${name}`), values] as const]
  })
}

/** The readings of a past release's looks, for its own policy or for another. */
export function replayedRelease(release: Release, service: Service | undefined): Replayed {
  const judged = service ?? release.service
  const { consumers } = release.service.signals
  // Of others the log has no readings.
  const isOther = JSON.stringify(judged.signals.consumers) !== JSON.stringify(consumers)
  return {
    service: { ...judged, signals: { ...judged.signals, alarms: [], ...(isOther ? { consumers } : {}) } },
    recorded: recordedOf(release),
    notes: [
      ...(judged.signals.alarms.length > 0 ? ['Alarms are not replayed.'] : []),
      ...(isOther ? ['Consumers are judged as the release had them.'] : []),
    ],
  }
}

/** Invocations and errors summed over all targets, for rules that know only those. */
export function countsOf({ recorded }: Replayed): readonly WeightedMinute[] {
  const startMs = Math.ceil((recorded.shifts[0]?.sinceMs ?? 0) / 60_000) * 60_000
  const valueAt = (arm: 'stable' | 'candidate', series: string, minute: number): number =>
    recorded.targets.reduce((sum, _, target) => {
      const reading = recorded.readings.get(seriesKey(target, arm, series))
      const atMs = startMs + minute * 60_000
      const point = reading?.kind === 'points' ? reading.points.find((one) => one.minuteMs === atMs) : undefined
      return sum + Math.round(point?.value ?? 0)
    }, 0)
  return Array.from({ length: recorded.minutes }, (_, minute) => ({
    stableInvocations: valueAt('stable', 'invocations', minute),
    stableBad: valueAt('stable', 'errors', minute),
    candidateInvocations: valueAt('candidate', 'invocations', minute),
    candidateBad: valueAt('candidate', 'errors', minute),
    weightBp: recorded.shifts.filter((shift) => shift.sinceMs <= startMs + minute * 60_000).at(-1)?.weightBp ?? 0,
  }))
}
