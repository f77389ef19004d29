// The release events that we publish, with source `tidegate.release`. Each is made from one event of the log, so sending it again
// says the same. Fields may be added, but never changed or removed; a breaking change gets a new name.
import * as z from 'zod'
import { WaveName } from '../definition/wave-name.ts'
import { waveNamed } from '../definition/waves.ts'
import { candidateWords } from '../service/candidate.ts'
import { Charges } from './charge.ts'
import { watchEnds } from '../definition/watch-end.ts'
import { Outcome, type ReleaseEvent } from './event.ts'
import { lateDetail, lateFields, lateIncident } from './late.ts'
import { allocatingGate } from './gating.ts'
import { drillWord, Head, headOf, sentenceOf, wentAlone, whyWords } from './head.ts'
import { incidentOf, IncidentWords } from '../incident/words.ts'
import { noWayBackWords } from '../definition/one-way.ts'
import { commandBack } from './return-record.ts'
import { TargetFunction } from '../location.ts'
import { type Release, weightAt } from './release.ts'
import { onFaultWords } from '../definition/watch-policy.ts'

const text = z.string().max(1500)
const percent = z.number().min(0).max(100)

const header = {
  schemaVersion: z.literal(1),
  metadata: z.strictObject({
    eventId: z.string().max(80).describe('the same whenever the event is sent again'),
    releaseId: z.string().max(64),
    sequence: z.int().min(1).describe('rises within a release; not every number is announced'),
    occurredAt: z.iso.datetime(),
  }),
  service: z.string().max(40),
  drill: z.literal(true).optional().describe('it rehearses the way back: no customer is affected'),
}

const versions = Head.shape.versions.describe('by function: the version that has the traffic, and the one to get it')
const runbook = z.string().max(1000).optional()
const incident = IncidentWords.optional().describe('for incident platforms, whose templates escape nothing')
const putBack = Head.shape.putBack.describe('functions that went back alone, and stay on the version of before')
const ended = { outcome: Outcome, because: text, by: text }

/** By detail-type. */
export const details = {
  'Release Started': z.strictObject({ ...header, versions, candidate: text, source: text, reason: text.optional() }),
  'Release Shifted': z.strictObject({
    ...{ ...header, step: z.int().min(1), steps: z.int().min(0), weightPercent: percent },
    wave: z.string().max(40).optional().describe('in a release in waves: the one that has this weight'),
  }),
  'Release Judged': z.strictObject({
    ...header,
    verdict: z.enum(['pass', 'fail', 'unknown']),
    because: text,
    weightPercent: percent,
  }),
  'Release Held': z.strictObject({
    ...header,
    gates: z.array(z.string().max(60)).max(40).describe('the gates that are closed'),
    because: z.string().max(2000),
    weightPercent: percent.describe('that it was about to be given; 0 before it begins'),
    approvals: z
      .array(percent)
      .max(10)
      .describe('approvals that are missed, by the percent that they stand before; 0 is the beginning'),
    waves: z.array(WaveName).max(20).optional().describe('waves whose approvals are missed'),
    runbook,
  }),
  'Release Approved': z.strictObject({
    ...header,
    by: text,
    answer: z.enum(['approve', 'decline']),
    beforePercent: percent,
    wave: WaveName.optional().describe('of the approval before a wave; `beforePercent` is 0 then'),
  }),
  'Release Overridden': z.strictObject({ ...header, by: text, reason: text }),
  'Release Paused': z.strictObject({ ...header, by: text, reason: text }),
  'Release Resumed': z.strictObject({ ...header, by: text }),
  'Release Promoted': z.strictObject({ ...header, versions, putBack }),
  'Release Part Rolled Back': z.strictObject({ ...header, versions, because: text, runbook }),
  'Release Rolled Back': z.strictObject({ ...header, versions, ...ended, runbook, incident }),
  'Release Return Failed': z.strictObject({ ...header, versions, because: text, runbook, incident }),
  'Release Interrupted': z.strictObject({
    ...{ ...header, functionName: TargetFunction, because: text, runbook, incident },
  }),
  'Release Frozen': z.strictObject({
    ...{ ...header, versions, because: text, by: text, runbook, incident },
    kind: z.enum(['oneWay', 'hold']).describe('oneWay: nothing goes back any more; hold: a person decides'),
    weightPercent: percent.describe('that the new version has, and keeps'),
  }),
  'Release Charged': z.strictObject({ ...header, charges: Charges.describe('what it burned of each error budget') }),
  'Release Charged Late': z.strictObject({ ...header, versions, runbook, ...lateFields }),
  'Release Watched': z.strictObject({
    ...{ ...header, versions, runbook, incident: incident.describe('of a fault') },
    how: z.enum(watchEnds).describe('how the watch after the promotion ended; `fault`: the version fails too often'),
    because: text,
    seenMinutes: z.int().min(0).describe('of how many minutes of the watch there was data'),
    minutes: z.int().min(0),
    onFault: z.enum(onFaultWords).optional().describe('of a fault: what the definition says'),
  }),
  'Release Settled': z.strictObject({
    ...{ ...header, versions, putBack, ...ended, sentence: text, runbook, incident },
    frozen: z
      .enum(['over', 'taken'])
      .optional()
      .describe('it was frozen: that is over, or its forward fix has its place'),
    fixed: z.string().max(64).optional().describe('the release that was frozen, whose forward fix has taken its place'),
    logHash: z
      .string()
      .max(100)
      .optional()
      .describe('of the log up to this event: `tidegate log RELEASE --verify --announced HASH` compares'),
  }),
} as const

type DetailType = keyof typeof details
type Announcement = {
  readonly [T in DetailType]: { readonly detailType: T; readonly detail: z.output<(typeof details)[T]> }
}[DetailType]

/**
 * @param after the release after `event`
 * @param link of `event` (chain.ts), if it is to be announced
 * @returns `undefined` for events that are internal to the controller
 */
export function announcementOf(event: ReleaseEvent, after: Release, link?: string): Announcement | undefined {
  const { service, ending } = after
  const header = headerOf(event, after)
  const { versions, putBack } = headOf(after)
  const runbook = service.runbook === undefined ? {} : { runbook: service.runbook }
  const end = { outcome: ending?.outcome ?? 'aborted', because: ending?.because ?? '', by: ending?.by ?? '' } as const
  const logHash = link === undefined ? {} : { logHash: link }
  const about = { ...header, versions, ...runbook }
  const weightPercent = (after.shifts.at(-1)?.weightBp ?? 0) / 100
  switch (event.type) {
    case 'prepared': {
      const detail = { ...header, versions, candidate: candidateWords(after.candidate).slice(0, 1500) }
      const reason = after.reason === undefined ? {} : { reason: after.reason }
      return { detailType: 'Release Started', detail: { ...detail, source: after.provenance.source, ...reason } }
    }
    case 'moved': {
      if (event.purpose === 'promote')
        return { detailType: 'Release Promoted', detail: { ...header, versions, ...(putBack && { putBack }) } }
      const alone = { ...about, versions: wentAlone({ versions, putBack }), because: after.verdict?.because ?? '' }
      if (event.purpose === 'putBack') return { detailType: 'Release Part Rolled Back', detail: alone }
      return event.purpose === 'rollBack'
        ? { detailType: 'Release Rolled Back', detail: { ...about, ...end, incident: incidentWords(after) } }
        : { detailType: 'Release Shifted', detail: { ...header, ...stepOf(after), weightPercent } }
    }
    case 'judged':
      return judgedNews(event, after, header, weightPercent)
    case 'gated':
    case 'approved':
    case 'overridden':
      return gateNews(event, after, header, runbook)
    case 'paused':
      return { detailType: 'Release Paused', detail: { ...header, by: event.by, reason: event.reason } }
    case 'resumed':
      return { detailType: 'Release Resumed', detail: { ...header, by: event.by } }
    case 'returnFailed': {
      const incident = incidentWords(after, event.because)
      return { detailType: 'Release Return Failed', detail: { ...about, because: event.because, incident } }
    }
    case 'interrupted': {
      const { functionName, because } = event
      const detail = { ...header, functionName, because, ...runbook, incident: incidentWords(after) }
      return { detailType: 'Release Interrupted', detail }
    }
    case 'settled': {
      const frozen = { ...freezeOver(after), incident: incidentWords(after) }
      const whole = { ...end, sentence: sentenceOf(after), ...runbook, ...logHash, ...frozen }
      return { detailType: 'Release Settled', detail: { ...header, versions, ...(putBack && { putBack }), ...whole } }
    }
    case 'frozenTold':
      return frozenNews(after, { ...about, weightPercent })
    case 'watched':
      return watchNews(event, { ...about, ...lateIncident(after) })
    case 'lateCharged':
      return { detailType: 'Release Charged Late', detail: { ...about, ...lateDetail(event, after) } }
    case 'charged':
      return { detailType: 'Release Charged', detail: { ...header, charges: event.charges } }
    default:
      return undefined
  }
}

/** A wave that waits for a person is announced in place of the verdict after which it does. */
function judgedNews(
  { verdict: { kind: verdict, because }, atMs }: Extract<ReleaseEvent, { type: 'judged' }>,
  { paused }: Release,
  header: ReturnType<typeof headerOf>,
  weightPercent: number,
): Announcement {
  if (paused?.by === 'waves' && paused.atMs === atMs)
    return { detailType: 'Release Paused', detail: { ...header, by: paused.by, reason: paused.reason } }
  return { detailType: 'Release Judged', detail: { ...header, verdict, because, weightPercent } }
}

type Frozen = z.output<(typeof details)['Release Frozen']>

/** Whatever froze it, a person is paged, and the log says so: that is when it is announced. */
function frozenNews(after: Release, about: Omit<Frozen, 'kind' | 'because' | 'by'>): Announcement | undefined {
  const { frozen } = after
  if (frozen === undefined) return undefined
  const { kind, because, by } = frozen
  return { detailType: 'Release Frozen', detail: { ...about, kind, because, by, incident: incidentWords(after) } }
}

/** A fix that had to be fixed hands on what it has taken over. One that went back has mended nothing. */
function freezeOver({ hasFrozen, oneWay, ending, fixes, targets }: Release) {
  const isTaken = ending?.outcome === 'superseded' && oneWay !== undefined
  const hasFixed = targets.length > 0 && (oneWay !== undefined || ending?.outcome === 'promoted')
  return {
    ...(hasFrozen === undefined ? {} : { frozen: isTaken ? ('taken' as const) : ('over' as const) }),
    ...(fixes === undefined || !hasFixed ? {} : { fixed: fixes }),
  }
}

type Watched = z.output<(typeof details)['Release Watched']>

function watchNews(
  { how, because, seenMinutes, minutes, onFault }: Extract<ReleaseEvent, { type: 'watched' }>,
  about: Omit<Watched, 'how' | 'because' | 'seenMinutes' | 'minutes' | 'onFault'>,
): Announcement {
  const end = { how, because, seenMinutes, minutes, ...(onFault === undefined ? {} : { onFault }) }
  return { detailType: 'Release Watched', detail: { ...about, ...end } }
}

const headerOf = ({ seq, atMs }: ReleaseEvent, { id, service, drill }: Release) => ({
  schemaVersion: 1 as const,
  metadata: { eventId: `${id}/${seq}`, releaseId: id, sequence: seq, occurredAt: new Date(atMs).toISOString() },
  service: service.name,
  ...(drill === undefined ? {} : { drill }),
})

function stepOf({ state, service }: Release) {
  const step = state.phase === 'baking' ? state.step : 0
  return { step: step + 1, steps: service.plan.steps.length, ...waveNamed(service, step) }
}

type GateEvent = Extract<ReleaseEvent, { type: 'gated' | 'approved' | 'overridden' }>

function gateNews(
  event: GateEvent,
  after: Release,
  header: ReturnType<typeof headerOf>,
  runbook: { readonly runbook?: string },
): Announcement | undefined {
  switch (event.type) {
    case 'gated': {
      // Announce when the hold begins and when the set of closed gates changes, not every time the gates are asked.
      if (event.allowed || after.held?.askedAtMs !== after.held?.changedAtMs) return undefined
      // Every release of a service with provisioned concurrency waits so, some minutes before each step.
      if (event.gates.join() === allocatingGate) return undefined
      const weightPercent = event.point < 0 ? 0 : weightAt(after, event.point) / 100
      const approvals = (event.missing ?? []).map((weightBp) => weightBp / 100)
      const { gates, because, missingWaves: waves } = event
      const missed = { approvals, ...(waves === undefined ? {} : { waves }) }
      return { detailType: 'Release Held', detail: { ...header, gates, because, weightPercent, ...missed, ...runbook } }
    }
    case 'approved': {
      const { by, answer, beforeBp, wave } = event
      const guarded = { beforePercent: beforeBp / 100, ...(wave === undefined ? {} : { wave }) }
      return { detailType: 'Release Approved', detail: { ...header, by, answer, ...guarded } }
    }
    case 'overridden':
      return { detailType: 'Release Overridden', detail: { ...header, by: event.by, reason: event.reason } }
  }
}

const isBack = 'It is back, or was moved by somebody else.'

/** @param notBack why the traffic could not be put back, if it could not */
export function incidentWords(release: Release, notBack?: string): IncidentWords {
  const { id, service, frozen, targets, drill, oneWay } = release
  const ending = release.ending ?? (frozen && { ...frozen, outcome: 'rejected' as const })
  const isFrozen = release.ending === undefined && frozen !== undefined
  const hasFailed = notBack !== undefined
  const said = `${drill === undefined ? '' : drillWord}Release ${id} of ${service.name}`
  const sentence = hasFailed
    ? `${said} could not be put back: ${notBack}`
    : isFrozen && ending !== undefined
      ? `${said} is frozen: ${whyWords(ending)}`
      : sentenceOf(release)
  const commands = targets.filter(({ lost }) => !lost).map(commandBack)
  return incidentOf({
    sentence,
    why: ending === undefined ? 'not known' : whyWords(ending),
    by: ending?.by,
    service,
    back: hasFailed
      ? commands.join('; ')
      : oneWay !== undefined
        ? noWayBackWords(oneWay.reason)
        : isFrozen
          ? `tidegate rollback ${service.name}`
          : isBack,
    isOpen: hasFailed || isFrozen,
  })
}
