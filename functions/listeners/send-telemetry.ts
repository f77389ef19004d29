// Sends what happens to receivers of telemetry: points for each event that has numbers, and for a release that has settled its
// trace and its annotation. A queue of its own brings the announcements, and brings again what a receiver did not take, so no
// release ever waits for a receiver. What is sent is made from the log, not from the announcement: sent again, it is the same.
import * as z from 'zod'
import { budgetSource } from '../../core/budget/news.ts'
import { isMeasuredByAll } from '../../core/measures/metric.ts'
import { type Point, pointsOf, pointsOfBudget } from '../../core/measures/points.ts'
import { origin, siteOf } from '../../core/origin.ts'
import { Problem, readInput } from '../../core/problem.ts'
import { advance, replay } from '../../core/release/advance.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import type { Release } from '../../core/release/release.ts'
import { withoutReadings } from '../../core/release/snapshot.ts'
import { annotationOf } from '../../core/view/release/annotation.ts'
import { traceOf } from '../../core/view/release/trace.ts'
import { isFromHere } from '../events/believed.ts'
import { each } from '../steps/each.ts'
import { asOf, remember } from '../steps/log.ts'
import type { World } from '../steps/world.ts'
import type { Answer } from './stream-batch.ts'

type Deps = Pick<World, 'clock' | 'home' | 'journal' | 'log' | 'trouble' | 'receivers'>

/** The function ends after a minute, and a slow receiver takes 20 seconds for one: what is left by then comes again. */
const beginsWithinMs = 20_000

const QueueBatch = z.looseObject({
  Records: z.array(z.looseObject({ messageId: z.string().max(200), body: z.string().max(2_000_000) })).max(10_000),
})
const Announced = z.looseObject({
  ...origin,
  source: z.string().max(100),
  'detail-type': z.string().max(100),
  detail: z.looseObject({}),
})
const OfRelease = z.looseObject({
  metadata: z.looseObject({ releaseId: z.string().max(64), sequence: z.int().min(1) }),
})

/** @throws Problem `event_invalid` */
export function sendTelemetryHandler(deps: Deps) {
  return async (event: unknown): Promise<Answer> => {
    const { Records } = readInput(QueueBatch, event, 'event_invalid', 'The batch')
    const endMs = deps.clock.nowMs() + beginsWithinMs
    const { failed, left } = await each(
      deps,
      Records,
      ({ messageId }) => ({ messageId }),
      ({ body }) => tell(deps, body),
      1,
      () => deps.clock.nowMs() < endMs,
    )
    const again = [...failed.map(({ item }) => item), ...left]
    return { batchItemFailures: again.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}

async function tell(deps: Deps, body: string): Promise<void> {
  const { source, detail, ...event } = readInput(Announced, parsed(body), 'event_invalid', 'The event')
  if (!isFromHere(deps, siteOf(event), 'telemetry')) return
  if (source === budgetSource) return sendPoints(deps, pointsOfBudget(event['detail-type'], detail))
  const { metadata } = readInput(OfRelease, detail, 'event_invalid', 'The event')
  const { events, release } = await upTo(deps, metadata.releaseId, metadata.sequence)
  const { otlp, grafana } = deps.receivers
  const spans = traceOf(events, release)
  const annotation = annotationOf(events, release)
  // Each gets its part, whatever the others do. The event is brought again if any of them did not take it.
  const sent = await Promise.allSettled([
    sendPoints(deps, pointsOf(events, release)),
    ...(otlp === undefined || spans.length === 0 ? [] : [otlp.spans(release.id, spans)]),
    ...(grafana === undefined || annotation === undefined ? [] : [grafana.annotate(annotation)]),
  ])
  for (const one of sent) if (one.status === 'rejected') throw one.reason
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch (cause) {
    throw new Problem('event_invalid', 'The event is not JSON.', { cause })
  }
}

const sendPoints = async ({ receivers: { otlp } }: Deps, points: readonly Point[]): Promise<void> =>
  points.length === 0 ? undefined : otlp?.points(points)

type UpTo = { readonly events: readonly ReleaseEvent[]; readonly release: Release }

/**
 * The release after its event `seq`, and its events up to there: all of them if they are asked for, else at least that one. The
 * log is in order, and announcements may come in any.
 */
async function upTo(deps: Deps, releaseId: string, seq: number): Promise<UpTo> {
  const before = await asOf(deps, releaseId, seq)
  const { events: after } = await deps.journal.read(releaseId, { afterSeq: before?.seq ?? 0 })
  const events = after.slice(0, seq - (before?.seq ?? 0))
  const event = events.at(-1)
  if (event?.seq !== seq) throw new Problem('item_unreadable', `Event ${seq} of release ${releaseId} is missing.`)
  if (before !== undefined && isMeasuredByAll(event)) return whole(deps, releaseId, seq)
  const release = before === undefined ? replay(events) : events.reduce(advance, before)
  return { events, release: known(deps, release, releaseId) }
}

async function whole(deps: Deps, releaseId: string, seq: number): Promise<UpTo> {
  const events = (await deps.journal.read(releaseId)).events.slice(0, seq)
  return { events, release: known(deps, replay(events), releaseId) }
}

function known(deps: Deps, release: Release | undefined, releaseId: string): Release {
  if (release === undefined)
    throw new Problem('item_unreadable', `The log of release ${releaseId} does not begin with a request.`)
  remember(deps, withoutReadings({ release, readFromMs: 0 }, Number.POSITIVE_INFINITY))
  return release
}
