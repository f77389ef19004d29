// Metrics made from a single event of a release log, so that they always agree with the log. Metrics over many releases are made
// once a day (measures/metrics.ts). The dimensions are the service and a few fixed words. A release id is not a dimension:
// CloudWatch treats each value as a metric of its own and bills for it.
import { asciiLine } from '../foreign-text.ts'
import type { ReleaseEvent } from '../release/event.ts'
import { bareFacts } from './facts.ts'
import { detectSeconds, leadSeconds } from './times.ts'
import { candidateShareBp, type Release } from '../release/release.ts'

export type Metric = {
  readonly name: string
  readonly unit: 'Count' | 'Seconds' | 'Percent' | 'None'
  readonly value: number
  readonly atMs: number
  readonly dimensions: Readonly<Record<string, string>>
  /** Logged next to the metric, but not as a dimension. */
  readonly releaseId?: string
}

/** CloudWatch takes printable ASCII, no colon in front, and less than 1024 characters; each new value costs a metric. */
export const dimensionValue = (word: string): string =>
  asciiLine(word, 250, 'unknown').replace(/^[\s:]+/, '') || 'unknown'

/** Whether `metricsOf` returns anything for a log that ends with this event. */
export const isMeasured = (event: ReleaseEvent): boolean =>
  event.type === 'settled' || event.type === 'returnFailed' || event.type === 'moved'

/** Whether it takes the events before this one, too. */
export const isMeasuredByAll = (event: ReleaseEvent): boolean =>
  event.type === 'settled' || (event.type === 'moved' && isWayBack(event))

const isWayBack = ({ purpose }: Extract<ReleaseEvent, { type: 'moved' }>): boolean =>
  purpose === 'rollBack' || purpose === 'putBack'

/**
 * @param events the log of `release` up to the event that is counted
 * @returns CandidateWeight, ReleaseSeconds by outcome, LeadSeconds, DetectSeconds, WayBackSeconds, ReturnsFailed. An ordinary
 * look emits nothing, because CloudWatch bills every metric for each hour in which it is written (docs/running.md, "What it
 * costs").
 */
export function metricsOf(events: readonly ReleaseEvent[], release: Release): readonly Metric[] {
  const event = events.at(-1)
  // A rehearsal is no delivery. That an alias could not be put back counts all the same.
  if (event === undefined || (release.drill === true && event.type !== 'returnFailed')) return []
  const metric = (
    name: string,
    value: number,
    dimensions: Readonly<Record<string, string>> = {},
    unit: Metric['unit'] = 'Count',
  ): Metric => ({
    name,
    unit,
    value,
    atMs: event.atMs,
    dimensions: { service: release.service.name, ...dimensions },
    releaseId: release.id,
  })
  switch (event.type) {
    case 'moved':
      return [
        metric('CandidateWeight', candidateShareBp(release) / 100, {}, 'Percent'),
        ...(isWayBack(event)
          ? [metric('WayBackSeconds', (event.atMs - decidedAtMs(events)) / 1000, {}, 'Seconds')]
          : []),
      ]
    case 'returnFailed':
      return [metric('ReturnsFailed', 1)]
    case 'settled': {
      const outcome = release.ending?.outcome ?? 'aborted'
      const seconds = (event.atMs - release.requestedAtMs) / 1000
      const facts = bareFacts({ events, attested: {} })
      const [lead, detect] = facts === undefined ? [] : [leadSeconds(facts), detectSeconds(facts)]
      return [
        metric('ReleaseSeconds', seconds, { outcome }, 'Seconds'),
        ...(lead === undefined ? [] : [metric('LeadSeconds', lead, {}, 'Seconds')]),
        ...(detect === undefined ? [] : [metric('DetectSeconds', detect, {}, 'Seconds')]),
      ]
    }
    default:
      return []
  }
}

/** When the rollback was decided: the last event that can cause one. */
function decidedAtMs(events: readonly ReleaseEvent[]): number {
  const decided = events.findLast(({ type }) =>
    ['returnOrdered', 'judged', 'interrupted', 'hookAnswered'].includes(type),
  )
  return decided?.atMs ?? events.at(-1)?.atMs ?? 0
}
