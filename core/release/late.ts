// What is said of what a release failed after its promotion: in words, on the bus, and to incident platforms.
import * as z from 'zod'
import { noWayBackWords } from '../definition/one-way.ts'
import { formatDuration } from '../duration.ts'
import { incidentOf, IncidentWords } from '../incident/words.ts'
import { minuteWords } from '../time.ts'
import { atLeast, Charges, LateCharge } from './charge.ts'
import type { ReleaseEvent } from './event.ts'
import type { Release } from './release.ts'

const rounded = (value: number): string => String(Math.round(value * 10) / 10)

/** Until when it failed, as far as it is charged. */
function untilWords({ until, by = '', toMs }: LateCharge): string {
  const at = minuteWords(toMs)
  if (until === 'time') return `until ${at}, and nobody has put it back for a day`
  return until === 'back'
    ? `until release ${by} went back from it at ${at}`
    : `until release ${by} came after it at ${at}`
}

/** From when until when and why it ended, how many requests failed, and how many of them beyond what is usual. */
export function lateWords(late: LateCharge): string {
  const { excess, toMs, charges } = late
  if (excess.kind === 'unknown') return `not known: ${excess.because}`
  const until = untilWords(late)
  if (excess.kind === 'none') return `no more requests failed than are usual at these hours of the week, ${until}`
  const { fromMs, all, failed, bad, error } = excess
  const lasted = formatDuration(Math.max(60, Math.round((toMs - fromMs) / 1000)))
  const budgets = charges.map((one) =>
    one.kind === 'unknown'
      ? `; ${one.slo}: not known: ${one.because}`
      : one.budgetPpm === undefined
        ? ''
        : `; ${one.slo}: ${Math.round(one.budgetPpm / 100) / 100} % of the budget`,
  )
  return `from ${minuteWords(fromMs)} ${until} (${lasted}), ${rounded(failed)} of ${rounded(all)} requests failed: ${rounded(bad)} more than are usual at these hours of the week (± ${rounded(error)})${budgets.join('')}`
}

/** Whether it surely failed more after its promotion than is usual. */
export const isLateBad = ({ excess }: LateCharge): boolean => excess.kind === 'counted' && atLeast(excess) > 0

const requests = z.number()
/** Of the event `Release Charged Late`. */
export const lateFields = {
  because: z.string().max(1500).describe('the same in words'),
  until: LateCharge.shape.until.describe('a release went back from it; a newer one came; neither for a day: time'),
  by: LateCharge.shape.by.describe('that release'),
  from: z.iso.datetime().optional().describe('the minute in which the fault began'),
  to: z.iso.datetime(),
  excess: z
    .strictObject({
      all: requests.describe('the requests in that time'),
      failed: requests,
      bad: requests.describe('failed, beyond what is usual at these hours of the week'),
      error: requests.describe('the standard error of `bad`'),
    })
    .optional()
    .describe('absent: the data shows no fault, or it is not known'),
  charges: Charges.describe('what it burned of each error budget after its promotion, besides `Release Charged`'),
  incident: IncidentWords.optional().describe('after a fault that the watch found, once it was put back or replaced'),
}

/** @param after the release after the event */
export function lateDetail(late: LateCharge, after: Release) {
  const { excess, toMs, until, by, charges } = late
  const iso = (ms: number): string => new Date(ms).toISOString()
  return {
    ...{ because: lateWords(late).slice(0, 1500), until, to: iso(toMs), charges },
    ...(by === undefined ? {} : { by }),
    ...(excess.kind === 'counted' ? fromOf(excess, iso) : {}),
    // Where nobody has put it back, it is not over.
    ...(until === 'time' ? {} : lateIncident(after)),
  }
}

type Counted = Extract<LateCharge['excess'], { kind: 'counted' }>
const fromOf = ({ kind: _, fromMs, ...excess }: Counted, iso: (ms: number) => string) => ({ from: iso(fromMs), excess })

/** A late fault is an incident from when the watch finds it until it was put back or replaced, and has been counted. */
export function lateIncident({ id, service, watched, late, oneWay }: Release): { readonly incident?: IncidentWords } {
  if (watched?.how !== 'fault') return {}
  const isOpen = late === undefined
  const sentence = isOpen
    ? `Release ${id} of ${service.name} shows a fault after its promotion: ${watched.because}`
    : `Release ${id} of ${service.name} failed after its promotion, and that is over: ${lateWords(late)}`
  const way = oneWay === undefined ? `tidegate rollback ${service.name} --release ${id}` : noWayBackWords(oneWay.reason)
  const back = isOpen ? way : 'It is back, or a newer release has taken its place.'
  return { incident: incidentOf({ sentence, why: watched.because, by: 'the watch', service, back, isOpen }) }
}

/** What is known only after a release has ended: each once, and what came after the promotion when its watch has ended. */
export function afterEnd(
  release: Release,
  event: Extract<ReleaseEvent, { type: 'charged' | 'watched' | 'lateCharged' }>,
): Release {
  const { state, ending, charges } = release
  if (event.type === 'charged')
    return state.phase === 'settled' && charges === undefined ? { ...release, charges: event.charges } : release
  if (event.type === 'watched') {
    const { v: _v, seq: _seq, type: _type, ...watched } = event
    return release.watched === undefined && ending?.outcome === 'promoted' ? { ...release, watched } : release
  }
  const { v: _v, seq: _seq, type: _type, ...late } = event
  return release.watched !== undefined && release.late === undefined ? { ...release, late } : release
}
