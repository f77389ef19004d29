// The delivery measures, each with a name, a unit, a target and a one-sentence definition; and the report of all of them over a
// period, with a trend by day or by week.
import { longBurn, longHours, shortBurn, shortHours } from './burn.ts'
import { behindFlags, costOfChanges, testPassRate } from './candidates.ts'
import { type Facts, factsOf, type MeasureInput, type Period } from './facts.ts'
import { canaryPassRate, coverage, flakiness, timeToDetect, timeToRollBack } from './judgement.ts'
import type { Result } from './result.ts'
import { frequency, leadTime, leadTimeVariance } from './speed.ts'
import { failureRate, incidentsAfterReleases, timeToRestore } from './stability.ts'
import { dayMs } from '../time.ts'

type Unit = 'per day' | 'seconds' | 'share' | 'change' | 'ratio' | 'incidents'

export type Definition = {
  readonly id: string
  /** Its metric name in CloudWatch (metrics.ts). Dashboards and alarms refer to it, so never rename it. */
  readonly metric: string
  readonly name: string
  readonly unit: Unit
  /** The target: the value should be at most, at least, below or above this number. */
  readonly target?:
    { readonly atMost: number } | { readonly atLeast: number } | { readonly below: number } | { readonly above: number }
  readonly sentence: string
  readonly of: (facts: Facts) => Result
}

const minute = 60

/** In display order. The doc comment of each `of` has the details. */
export const definitions: readonly Definition[] = [
  {
    id: 'M1',
    metric: 'M1ReleasesPerDay',
    name: 'release frequency',
    unit: 'per day',
    sentence: 'Changes that were promoted, a day.',
    of: frequency,
  },
  {
    id: 'M2',
    metric: 'M2LeadSeconds',
    name: 'lead time for changes',
    unit: 'seconds',
    sentence: 'From the commit, or else the artifact’s event, to all traffic; the median of what was promoted.',
    of: leadTime,
  },
  {
    id: 'M3',
    metric: 'M3ChangeFailureRate',
    name: 'change failure rate',
    unit: 'share',
    sentence:
      'Of the changes that had traffic and were promoted or rolled back: those rolled back, also in part, undone later, or with an incident.',
    of: failureRate,
  },
  {
    id: 'M4',
    metric: 'M4RestoreSeconds',
    name: 'time to restore',
    unit: 'seconds',
    sentence:
      'Incidents from opened to resolved; roll backs, also in part, without one from first traffic until it was back; the median.',
    of: timeToRestore,
  },
  {
    id: 'M5',
    metric: 'M5CanaryPassRate',
    name: 'canary pass rate',
    unit: 'share',
    target: { atLeast: 0.95 },
    sentence:
      'Of the changes with steps that were promoted or rolled back, and by nobody hurried: those promoted whole.',
    of: canaryPassRate,
  },
  {
    id: 'M6',
    metric: 'M6BurnRate',
    name: `budget burn rate (${shortHours} h)`,
    unit: 'ratio',
    target: { atMost: 2 },
    sentence: `Burn rate of the error budgets over ${shortHours} h, on every full hour; the worst.`,
    of: shortBurn,
  },
  {
    id: 'M6 long',
    metric: 'M6BurnRateLong',
    name: `budget burn rate (${longHours} h)`,
    unit: 'ratio',
    target: { atMost: 1.5 },
    sentence: `Burn rate of the error budgets over ${longHours} h, on every full hour; the worst.`,
    of: longBurn,
  },
  {
    id: 'M7',
    metric: 'M7LeadTimeVariation',
    name: 'variance of lead time',
    unit: 'ratio',
    sentence: 'Standard deviation of the lead times (M2) over their mean; 0 is always the same.',
    of: leadTimeVariance,
  },
  {
    id: 'M8',
    metric: 'M8RollBackSeconds',
    name: 'time to roll back',
    unit: 'seconds',
    target: { below: 10 * minute },
    sentence: 'From the decision that the traffic goes back until every alias was back; p90 (nine of ten are faster).',
    of: timeToRollBack,
  },
  {
    id: 'M9',
    metric: 'M9ObservabilityCoverage',
    name: 'observability coverage',
    unit: 'share',
    target: { above: 0.9 },
    sentence: 'Of all critical signals at all looks since they first spoke in a step: those that could speak.',
    of: coverage,
  },
  {
    id: 'M10',
    metric: 'M10TestPassRate',
    name: 'test pass rate in CI',
    unit: 'share',
    sentence: 'Of the tests that CI told of the changes, passed or failed: those passed.',
    of: testPassRate,
  },
  {
    id: 'M11',
    metric: 'M11Flakiness',
    name: 'deployment flakiness',
    unit: 'share',
    target: { below: 0.01 },
    sentence:
      'Of the releases that ended: by the controller’s own machinery, or otherwise than an earlier one of the same candidate.',
    of: flakiness,
  },
  {
    id: 'M12',
    metric: 'M12DetectSeconds',
    name: 'time to detect',
    unit: 'seconds',
    target: { below: 15 * minute },
    sentence: 'From first traffic to the decision, of changes that a verdict or an alarm rolled back; p90.',
    of: timeToDetect,
  },
  {
    id: 'M13',
    metric: 'M13BehindFlags',
    name: 'releases behind flags',
    unit: 'share',
    sentence: 'Of the changes whose flags are known: those behind one at least.',
    of: behindFlags,
  },
  {
    id: 'M14',
    metric: 'M14Incidents',
    name: 'incidents after releases',
    unit: 'incidents',
    sentence: 'Incidents opened while a change had traffic, or within 24 h after it settled.',
    of: incidentsAfterReleases,
  },
  {
    id: 'M15',
    metric: 'M15CostOfChanges',
    name: 'cost of changes',
    unit: 'change',
    sentence: 'What an invocation costs more than on stable, at the last look of what was promoted; the median.',
    of: costOfChanges,
  },
]

/** Whether the value meets its target; `undefined` when there is no value or no target. */
export function isOnTarget({ target }: Definition, { value }: Result): boolean | undefined {
  if (target === undefined || !value.known) return undefined
  if ('atMost' in target) return value.number <= target.atMost
  if ('atLeast' in target) return value.number >= target.atLeast
  return 'below' in target ? value.number < target.below : value.number > target.above
}

export type Measured = {
  readonly definition: Definition
  readonly result: Result
  /** The same measure over each part of the period, in order. */
  readonly trend: readonly { readonly period: Period; readonly result: Result }[]
}

const daysByDay = 31

/** Splits a period of up to 31 days into days, a longer one into weeks, counted from its start. The last part may be shorter. */
function partsOf({ fromMs, toMs }: Period): readonly Period[] {
  const stepMs = toMs - fromMs <= daysByDay * dayMs ? dayMs : 7 * dayMs
  return Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, index) => ({
    fromMs: fromMs + index * stepMs,
    toMs: Math.min(toMs, fromMs + (index + 1) * stepMs),
  }))
}

/** All measures of the input, which covers one service or all of them together. */
export function measure(material: MeasureInput): readonly Measured[] {
  const facts = factsOf(material)
  const parts = partsOf(material.period).map((period): Facts => ({ ...facts, period }))
  return definitions.map((definition) => ({
    definition,
    result: definition.of(facts),
    trend: parts.map((part) => ({ period: part.period, result: definition.of(part) })),
  }))
}
