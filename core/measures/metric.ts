// What releases are counted by: metrics made from one event of a release's log, so that they say what the log says;
// those of many releases are made once a day (measures/metrics.ts). The dimensions are the service and words of closed
// lists; a release's id is no dimension, because each value of one is a metric of its own to CloudWatch, and is paid
// for.
import type { ReleaseEvent } from '../release/event.ts'
import { bareFacts } from './facts.ts'
import { detectSeconds, leadSeconds } from './times.ts'
import type { Release } from '../release/release.ts'

export type Metric = {
  readonly name: string
  readonly unit: 'Count' | 'Seconds' | 'None'
  readonly value: number
  readonly atMs: number
  readonly dimensions: Readonly<Record<string, string>>
  /** Told beside it, and no dimension. */
  readonly releaseId?: string
}

/** Whether `metricsOf` has anything to say of a log that ends with the event. */
export const isMeasured = (event: ReleaseEvent): boolean =>
  event.type === 'settled' || event.type === 'returnFailed' || (event.type === 'moved' && event.purpose === 'rollBack')

/**
 * @param events the log of `release` up to the event that is counted
 * @returns ReleaseSeconds by outcome, LeadSeconds, DetectSeconds, WayBackSeconds, ReturnsFailed; nothing of a usual
 * look, because CloudWatch bills every metric by the hour in which it was written (docs/operate.md, "What it costs")
 */
export function metricsOf(events: readonly ReleaseEvent[], release: Release): readonly Metric[] {
  const event = events.at(-1)
  if (event === undefined) return []
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
      return event.purpose === 'rollBack'
        ? [metric('WayBackSeconds', (event.atMs - decidedAtMs(events)) / 1000, {}, 'Seconds')]
        : []
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

/** When it was known that the traffic goes back: the last thing that can bring that about. */
function decidedAtMs(events: readonly ReleaseEvent[]): number {
  const decided = events.findLast(({ type }) =>
    ['returnOrdered', 'judged', 'interrupted', 'hookAnswered'].includes(type),
  )
  return decided?.atMs ?? events.at(-1)?.atMs ?? 0
}
