// The release events that we publish, with source `tidegate.release`. Each is made from one event of the log, so sending it again
// says the same. Fields may be added, but never changed or removed; a breaking change gets a new name.
import * as z from 'zod'
import { candidateWords } from '../service/candidate.ts'
import { Charges } from './charge.ts'
import { Outcome, type ReleaseEvent, watchEnds } from './event.ts'
import { drillWord, Head, headOf, sentenceOf, whyWords } from './head.ts'
import { oneLine } from '../foreign-text.ts'
import { ownerWords } from '../owner.ts'
import { noWayBackWords } from '../definition/one-way.ts'
import { commandBack } from './return-record.ts'
import { TargetFunction } from '../location.ts'
import { type Release, weightAt } from './release.ts'
import { onFaultWords } from '../definition/watch-policy.ts'

// What an incident platform is told of a release. EventBridge puts these words into a JSON document of the platform's form and
// escapes nothing (docs/aws.md §14), so they hold nothing that could end a JSON string, or name a variable of the template.
const wordsOut = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^"\\<>\p{Cc}]*$/u)

/** Every field is always there: a variable of a template that finds nothing leaves a hole in the JSON. */
export const IncidentWords = z.strictObject({
  title: wordsOut(130),
  summary: wordsOut(1000),
  why: wordsOut(1000),
  decidedBy: wordsOut(300),
  owner: wordsOut(500).describe('`nobody is named` without one'),
  runbook: wordsOut(1000).describe('`none` without one'),
  back: wordsOut(1000).describe('what puts the traffic back, or that it is back'),
  severity: z.enum(['critical', 'error']).describe("PagerDuty's"),
  priority: z.enum(['P1', 'P2']).describe("Jira Service Management's"),
  opsSeverity: z.enum(['1', '2']).describe("OpsCenter's"),
})

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
const ended = { outcome: Outcome, because: text, by: text }

/** By detail-type. */
export const details = {
  'Release Started': z.strictObject({ ...header, versions, candidate: text, source: text, reason: text.optional() }),
  'Release Shifted': z.strictObject({ ...header, step: z.int().min(1), steps: z.int().min(0), weightPercent: percent }),
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
    runbook,
  }),
  'Release Approved': z.strictObject({
    ...header,
    by: text,
    answer: z.enum(['approve', 'decline']),
    beforePercent: percent,
  }),
  'Release Overridden': z.strictObject({ ...header, by: text, reason: text }),
  'Release Paused': z.strictObject({ ...header, by: text, reason: text }),
  'Release Resumed': z.strictObject({ ...header, by: text }),
  'Release Promoted': z.strictObject({ ...header, versions }),
  'Release Rolled Back': z.strictObject({ ...header, versions, ...ended, runbook, incident }),
  'Release Return Failed': z.strictObject({ ...header, versions, because: text, runbook, incident }),
  'Release Interrupted': z.strictObject({
    ...{ ...header, functionName: TargetFunction, because: text, runbook, incident },
  }),
  'Release Charged': z.strictObject({ ...header, charges: Charges.describe('what it burned of each error budget') }),
  'Release Watched': z.strictObject({
    ...{ ...header, versions, runbook },
    how: z.enum(watchEnds).describe('how the watch after the promotion ended; `fault`: the version fails too often'),
    because: text,
    seenMinutes: z.int().min(0).describe('of how many minutes of the watch there was data'),
    minutes: z.int().min(0),
    onFault: z.enum(onFaultWords).optional().describe('of a fault: what the definition says'),
  }),
  'Release Settled': z.strictObject({
    ...{ ...header, versions, ...ended, sentence: text, runbook, incident },
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
  const { versions } = headOf(after)
  const runbook = service.runbook === undefined ? {} : { runbook: service.runbook }
  const end = { outcome: ending?.outcome ?? 'aborted', because: ending?.because ?? '', by: ending?.by ?? '' } as const
  const logHash = link === undefined ? {} : { logHash: link }
  const weightPercent = (after.shifts.at(-1)?.weightBp ?? 0) / 100
  switch (event.type) {
    case 'prepared': {
      const detail = { ...header, versions, candidate: candidateWords(after.candidate).slice(0, 1500) }
      const reason = after.reason === undefined ? {} : { reason: after.reason }
      return { detailType: 'Release Started', detail: { ...detail, source: after.provenance.source, ...reason } }
    }
    case 'moved': {
      if (event.purpose === 'promote') return { detailType: 'Release Promoted', detail: { ...header, versions } }
      return event.purpose === 'rollBack'
        ? {
            detailType: 'Release Rolled Back',
            detail: { ...header, versions, ...end, ...runbook, incident: incidentWords(after) },
          }
        : { detailType: 'Release Shifted', detail: { ...header, ...stepOf(after), weightPercent } }
    }
    case 'judged': {
      const { kind: verdict, because } = event.verdict
      return { detailType: 'Release Judged', detail: { ...header, verdict, because, weightPercent } }
    }
    case 'gated':
    case 'approved':
    case 'overridden':
      return gateNews(event, after, header, runbook)
    case 'paused':
      return { detailType: 'Release Paused', detail: { ...header, by: event.by, reason: event.reason } }
    case 'resumed':
      return { detailType: 'Release Resumed', detail: { ...header, by: event.by } }
    case 'returnFailed': {
      const { because } = event
      const detail = { ...header, versions, because, ...runbook, incident: incidentWords(after, because) }
      return { detailType: 'Release Return Failed', detail }
    }
    case 'interrupted': {
      const { functionName, because } = event
      const detail = { ...header, functionName, because, ...runbook, incident: incidentWords(after) }
      return { detailType: 'Release Interrupted', detail }
    }
    case 'settled': {
      const sentence = sentenceOf(after)
      return {
        detailType: 'Release Settled',
        detail: { ...header, versions, ...end, sentence, ...runbook, ...logHash, incident: incidentWords(after) },
      }
    }
    case 'watched':
      return watchNews(event, { ...header, versions, ...runbook })
    case 'charged':
      return { detailType: 'Release Charged', detail: { ...header, charges: event.charges } }
    default:
      return undefined
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
  metadata: {
    eventId: `${id}/${seq}`,
    releaseId: id,
    sequence: seq,
    occurredAt: new Date(atMs).toISOString(),
  },
  service: service.name,
  ...(drill === undefined ? {} : { drill }),
})

const stepOf = ({ state, service: { plan } }: Release) => ({
  step: state.phase === 'baking' ? state.step + 1 : 1,
  steps: plan.steps.length,
})

type GateEvent = Extract<ReleaseEvent, { type: 'gated' | 'approved' | 'overridden' }>

function gateNews(
  event: GateEvent,
  after: Release,
  header: Pick<Announcement['detail'], 'schemaVersion' | 'metadata' | 'service'>,
  runbook: { readonly runbook?: string },
): Announcement | undefined {
  switch (event.type) {
    case 'gated': {
      // Announce when the hold begins and when the set of closed gates changes, not every time the gates are asked.
      if (event.allowed || after.held?.askedAtMs !== after.held?.changedAtMs) return undefined
      const weightPercent = event.point < 0 ? 0 : weightAt(after, event.point) / 100
      const approvals = (event.missing ?? []).map((weightBp) => weightBp / 100)
      const { gates, because } = event
      return { detailType: 'Release Held', detail: { ...header, gates, because, weightPercent, approvals, ...runbook } }
    }
    case 'approved': {
      const { by, answer, beforeBp } = event
      return { detailType: 'Release Approved', detail: { ...header, by, answer, beforePercent: beforeBp / 100 } }
    }
    case 'overridden':
      return { detailType: 'Release Overridden', detail: { ...header, by: event.by, reason: event.reason } }
  }
}

type IncidentWords = z.output<typeof IncidentWords>

const unescaped = (text: string, max: number): string => {
  const line = text.replaceAll('"', "'").replaceAll('\\', '/').replaceAll('<', '(').replaceAll('>', ')')
  const safe = oneLine(line).replaceAll('\\', '/')
  return safe === '' ? '-' : oneLine(safe, max)
}

const isBack = 'It is back, or was moved by somebody else.'

/** @param notBack why the traffic could not be put back, if it could not */
export function incidentWords(release: Release, notBack?: string): IncidentWords {
  const { id, service, ending, targets, drill, oneWay } = release
  const hasFailed = notBack !== undefined
  const sentence = hasFailed
    ? `${drill === undefined ? '' : drillWord}Release ${id} of ${service.name} could not be put back: ${notBack}`
    : sentenceOf(release)
  const commands = targets.filter(({ lost }) => !lost).map(commandBack)
  return {
    title: unescaped(sentence, 130),
    summary: unescaped(sentence, 1000),
    why: unescaped(ending === undefined ? 'not known' : whyWords(ending), 1000),
    decidedBy: unescaped(ending?.by ?? 'not known', 300),
    owner: unescaped(service.owner === undefined ? 'nobody is named' : ownerWords(service.owner), 500),
    runbook: unescaped(service.runbook ?? 'none', 1000),
    back: unescaped(
      hasFailed ? commands.join('; ') : oneWay === undefined ? isBack : noWayBackWords(oneWay.reason),
      1000,
    ),
    ...(hasFailed
      ? { severity: 'critical' as const, priority: 'P1' as const, opsSeverity: '1' as const }
      : { severity: 'error' as const, priority: 'P2' as const, opsSeverity: '2' as const }),
  }
}
