// What a release's events say in numbers, for receivers of OpenTelemetry: the metrics of CloudWatch (metric.ts) by names of
// OpenTelemetry, and two that CloudWatch does not get: how far the evidence is, and what was charged to a budget. Each is a gauge
// at the time of its event, so an event that comes again says the same.
import { budgetDetails } from '../budget/news.ts'
import { own } from '../own.ts'
import { readInput } from '../problem.ts'
import type { ReleaseEvent } from '../release/event.ts'
import type { Release } from '../release/release.ts'
import { dimensionValue, isMeasured, metricsOf } from './metric.ts'

/** By name: the unit as UCUM writes it, and what it says. */
export const pointKinds = {
  'tidegate.release.weight': { unit: '%', says: 'share of the traffic that the candidate gets' },
  'tidegate.release.duration': { unit: 's', says: 'from the request to the end, by outcome' },
  'tidegate.release.lead_time': { unit: 's', says: 'from the commit to the end of its release' },
  'tidegate.release.detect_time': { unit: 's', says: 'from the first traffic to the decision to go back' },
  'tidegate.release.way_back_time': { unit: 's', says: 'from that decision until the traffic is back' },
  'tidegate.release.returns_failed': { unit: '{return}', says: 'traffic could not be put back' },
  'tidegate.release.bad_requests': {
    unit: '{request}',
    says: 'bad requests beyond those that stable would have had, by SLO',
  },
  'tidegate.verdict.evidence': {
    unit: '1',
    says: 'evidence against the candidate, as a share of what puts it back: at 1, it is put back',
  },
  'tidegate.budget.left': { unit: '%', says: 'of an error budget; negative when more than there was is gone' },
  'tidegate.budget.burn_rate': { unit: '1', says: '1 uses the budget up exactly at the end of its window' },
} as const satisfies Readonly<Record<string, { readonly unit: string; readonly says: string }>>
type PointName = keyof typeof pointKinds

export type Point = {
  readonly name: PointName
  readonly value: number
  readonly atMs: number
  /** A service and a few fixed words. No id of a release: a receiver bills for each value, too. */
  readonly attributes: Readonly<Record<string, string>>
}

/** The metrics that CloudWatch gets from the same events. */
const names: Readonly<Record<string, PointName>> = {
  CandidateWeight: 'tidegate.release.weight',
  ReleaseSeconds: 'tidegate.release.duration',
  LeadSeconds: 'tidegate.release.lead_time',
  DetectSeconds: 'tidegate.release.detect_time',
  WayBackSeconds: 'tidegate.release.way_back_time',
  ReturnsFailed: 'tidegate.release.returns_failed',
}

const attributesOf = (words: Readonly<Record<string, string>>): Point['attributes'] =>
  Object.fromEntries(Object.entries(words).map(([name, word]) => [`tidegate.${name}`, dimensionValue(word)]))

/** @param events up to the one that is told @param release after it */
export function pointsOf(events: readonly ReleaseEvent[], release: Release): readonly Point[] {
  const event = events.at(-1)
  if (event === undefined) return []
  if (isMeasured(event))
    return metricsOf(events, release).flatMap(({ name, value, atMs, dimensions }) => {
      const as = own(names, name)
      return as === undefined ? [] : [{ name: as, value, atMs, attributes: attributesOf(dimensions) }]
    })
  // A rehearsal is no delivery.
  if (release.drill === true) return []
  const point = (name: PointName, value: number, more: Readonly<Record<string, string>>): Point => ({
    ...{ name, value, atMs: event.atMs },
    attributes: attributesOf({ service: release.service.name, ...more }),
  })
  if (event.type === 'judged') {
    const { kind: verdict, logE } = event.verdict
    const share = logE === undefined ? undefined : logE / Math.log(1 / release.service.policy.alpha)
    return share === undefined ? [] : [point('tidegate.verdict.evidence', share, { verdict })]
  }
  if (event.type !== 'charged' && event.type !== 'lateCharged') return []
  return event.charges.flatMap((one) =>
    one.kind === 'counted' ? [point('tidegate.release.bad_requests', one.bad, { slo: one.slo })] : [],
  )
}

// Fields may have been added by a newer version while an event waited.
const Left = budgetDetails['Budget Changed'].strip()
const Burning = budgetDetails['Budget Burning'].strip()

/** What an event of a budget says. @throws Problem `event_invalid` */
export function pointsOfBudget(detailType: string, detail: unknown): readonly Point[] {
  if (detailType === 'Budget Changed') {
    const { service, slo, leftPercent: value, metadata } = readInput(Left, detail, 'event_invalid', 'The event')
    const attributes = attributesOf({ service, slo })
    return [{ name: 'tidegate.budget.left', value, atMs: Date.parse(metadata.occurredAt), attributes }]
  }
  if (detailType !== 'Budget Burning') return []
  const { service, slo, severity, burnRate: value, metadata } = readInput(Burning, detail, 'event_invalid', 'The event')
  const attributes = attributesOf({ service, slo, severity })
  return [{ name: 'tidegate.budget.burn_rate', value, atMs: Date.parse(metadata.occurredAt), attributes }]
}
