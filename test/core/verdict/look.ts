// What a look finds, for tests of the verdict: traffic by minute, written once and converted to every series that is queried.
import type { Baseline, Evidence, JudgedTarget, Reading, Shift } from '../../../core/verdict/evidence/evidence.ts'
import { questionsFor } from '../../../core/verdict/evidence/questions.ts'
import type { Service } from '../../../core/service/service.ts'
import { t0 } from '../sample.ts'

export const minute = 60_000

/** One minute of one version. `fast` by threshold; a missing field has no point. */
type Traffic = {
  readonly invocations?: number
  readonly errors?: number
  readonly throttles?: number
  readonly durationSum?: number
  readonly fast?: readonly number[]
  readonly [custom: `custom${string}`]: number
}

/** The traffic of a minute, counted from the first shift, or none. */
export type Course = (minute: number) => Traffic | undefined

export type Look = {
  readonly service: Service
  readonly stable: Course
  readonly candidate: Course
  /** How many minutes CloudWatch has completely; the look comes a minute later. */
  readonly minutes: number
  readonly shifts?: readonly Shift[]
  readonly baseline?: Baseline
  readonly functions?: readonly string[]
  /** Series for which CloudWatch never has a point. */
  readonly unpublished?: readonly string[]
  readonly changes?: Partial<Evidence>
}

const noThresholds: Baseline = { thresholdsMs: [], because: 'it has no threshold' }

export const every =
  (invocations: number, errors: number): Course =>
  () => ({ invocations, errors })
export const none: Course = () => undefined

function valueOf(series: string, traffic: Traffic | undefined): number | undefined {
  if (traffic === undefined) return undefined
  // Lambda publishes a 0 with every invocation.
  if (series === 'throttles') return traffic.throttles ?? (traffic.invocations === undefined ? undefined : 0)
  if (series === 'durations')
    return traffic.fast === undefined && traffic.durationSum === undefined ? undefined : traffic.invocations
  const place = /^fast([0-3])$/.exec(series)
  if (place !== null) return traffic.fast?.[Number(place[1])]
  return (traffic as Readonly<Record<string, number | undefined>>)[series]
}

export function lookAt(look: Look): Evidence {
  const { service, minutes, stable, candidate } = look
  const targets = (look.functions ?? ['checkout']).map((functionName): JudgedTarget => ({
    functionName,
    alias: 'live',
    stable: '1',
    candidate: '2',
    baseline: look.baseline ?? noThresholds,
  }))
  const readings = new Map<string, Reading>()
  for (const { key } of questionsFor(service, targets)) {
    const [, arm, series = ''] = key.split('.')
    const points = Array.from({ length: minutes }, (_, at) => ({
      minuteMs: t0 + at * minute,
      value: look.unpublished?.includes(series) ? undefined : valueOf(series, (arm === 's' ? stable : candidate)(at)),
    })).flatMap(({ minuteMs, value }) => (value === undefined ? [] : [{ minuteMs, value }]))
    readings.set(key, { kind: 'points', points })
  }
  return {
    atMs: t0 + (minutes + 1) * minute,
    shifts: look.shifts ?? [{ sinceMs: t0, weightBp: 1000 }],
    alarms: [],
    excludedAlarms: [],
    targets,
    readings,
    ...look.changes,
  }
}
