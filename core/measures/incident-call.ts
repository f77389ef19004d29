// How incidents are reported to us: by a call or a custom event in our own format, or in the formats of PagerDuty, Opsgenie and
// AWS Systems Manager Incident Manager, each with its own reader. Keys in the service definitions say which service an incident
// belongs to.
import * as z from 'zod'
import { IncidentId, type IncidentNotice, IncidentSource } from './incident.ts'
import { isSame, origin, type Site, siteFrom, siteOf } from '../origin.ts'
import { plain, plainName } from '../plain-name.ts'
import { Problem, readInput } from '../problem.ts'
import type { Service } from '../service/service.ts'
import { own } from '../own.ts'

const time = z.iso.datetime({ offset: true })
const text = z.string().min(1).max(500)
const Id = plain(IncidentId)

export const IncidentCall = z.strictObject({
  id: Id.describe('The same id of the same source is the same incident.'),
  service: plainName(500).describe('The name of the service, or one of its `incidents.keys`.'),
  openedAt: time,
  resolvedAt: time.optional(),
  severity: text.optional(),
  title: text.optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(1000)
    .optional(),
  source: IncidentSource.describe('Who says it, such as `statuspage`.'),
})

/** A parsed report, before its services are known. */
export type Heard = {
  /** What the incident is about, in the sender's own names. */
  readonly keys: readonly string[]
  readonly notices: readonly Omit<IncidentNotice, 'service'>[]
  /** True if the caller named a service and must get an error when it does not exist. */
  readonly isCall: boolean
  /** Where an event came from; a call has none. */
  readonly origin?: Site
}

const nothing: Heard = { keys: [], notices: [], isCall: false }

/** EventBridge sources, by prefix. */
export const incidentSources = {
  own: 'tidegate.incident',
  pagerDuty: 'aws.partner/pagerduty.com/',
  opsgenie: 'aws.partner/opsgenie.com/',
  incidentManager: 'aws.ssm-incidents',
} as const

/** @throws Problem `call_invalid` */
export const readIncident = (input: unknown): Heard =>
  fromCall(readInput(IncidentCall, input, 'call_invalid', 'The call'))

/** @throws Problem `event_invalid`, `event_unknown` */
export function readIncidentEvent(input: unknown): Heard {
  const event = readInput(Envelope, input, 'event_invalid', 'The event')
  return { ...fromEvent(event), origin: siteOf(event) }
}

const Envelope = z.looseObject({ source: z.string(), detail: z.unknown(), time: time.optional(), ...origin })

function fromEvent({ source, detail, time: at }: z.output<typeof Envelope>): Heard {
  if (source === incidentSources.own) return fromCall(readInput(IncidentCall, detail, 'event_invalid', 'The event'))
  if (source.startsWith(incidentSources.pagerDuty)) return fromPagerDuty(detail)
  if (source.startsWith(incidentSources.opsgenie)) return fromOpsgenie(detail, at)
  if (source === incidentSources.incidentManager) return fromIncidentManager(detail)
  throw new Problem('event_unknown', `Events of source "${source.slice(0, 80)}" do not report incidents.`)
}

/** The services that match one of the keys, and want to hear of incidents from there. */
export const servicesOf = ({ keys, origin }: Heard, services: readonly Service[], home: Site): readonly Service[] =>
  services.filter(
    ({ name, incidents }) =>
      keys.some((key) => key === name || incidents.keys.includes(key)) &&
      (origin === undefined ||
        isSame(origin, home) ||
        (incidents.from ?? []).some((from) => isSame(siteFrom(from, home), origin))),
  )

function fromCall({ service, openedAt, resolvedAt, ...rest }: z.output<typeof IncidentCall>): Heard {
  const notice = (kind: IncidentNotice['kind'], at: string) => ({ ...rest, kind, atMs: Date.parse(at) })
  return {
    keys: [service],
    notices: [
      notice('opened', openedAt),
      ...(resolvedAt === undefined ? [] : [notice('resolved', resolvedAt)]),
    ] as Heard['notices'],
    isCall: true,
  }
}

const PagerDutyIncident = z.looseObject({
  id: Id,
  title: z.string().optional(),
  html_url: z.string().max(1000).nullish(),
  urgency: z.string().max(100).nullish(),
  created_at: time.optional(),
  service: z.looseObject({ id: text, summary: z.string().max(500).nullish(), name: z.string().max(500).nullish() }),
})
/** The format of PagerDuty's EventBridge extension. */
const PagerDutyEvent = z.looseObject({ event: z.string(), created_on: time, incident: PagerDutyIncident })
/** The format of PagerDuty's V3 webhooks. `data` is an incident only for events about incidents. */
const PagerDutyWebhook = z.looseObject({
  event: z.looseObject({ event_type: z.string(), occurred_at: time, data: z.unknown() }),
})
const pagerDutyKinds: Readonly<Record<string, IncidentNotice['kind']>> = {
  'incident.trigger': 'opened',
  'incident.triggered': 'opened',
  'incident.resolve': 'resolved',
  'incident.resolved': 'resolved',
}

function fromPagerDuty(detail: unknown): Heard {
  const what = 'The event of PagerDuty'
  const webhook = PagerDutyWebhook.safeParse(detail)
  if (webhook.success) {
    const { event_type: type, occurred_at: at, data } = webhook.data.event
    const kind = own(pagerDutyKinds, type)
    return kind === undefined
      ? nothing
      : ofPagerDuty(kind, at, readInput(PagerDutyIncident, data, 'event_invalid', what))
  }
  const { event, created_on: at, incident } = readInput(PagerDutyEvent, detail, 'event_invalid', what)
  const kind = own(pagerDutyKinds, event)
  return kind === undefined ? nothing : ofPagerDuty(kind, at, incident)
}

function ofPagerDuty(kind: IncidentNotice['kind'], at: string, incident: z.output<typeof PagerDutyIncident>): Heard {
  const { id, title, html_url: url, urgency, created_at: createdAt, service } = incident
  const atMs = Date.parse(kind === 'opened' ? (createdAt ?? at) : at)
  return {
    keys: named([service.id, service.summary, service.name]),
    notices: [{ source: 'pagerduty', id, kind, atMs, ...told({ title, url, severity: urgency }) }],
    isCall: false,
  }
}

const Opsgenie = z.looseObject({
  action: z.string(),
  alert: z.looseObject({
    alertId: Id,
    message: z.string().optional(),
    priority: z.string().max(100).optional(),
    tags: z.array(z.string().max(500)).max(100).default([]),
    /** Epoch milliseconds. */
    createdAt: z.int().min(0),
  }),
})
const opsgenieKinds: Readonly<Record<string, IncidentNotice['kind']>> = { Create: 'opened', Close: 'resolved' }

/** @param at the time of the event. Used for closing, because Opsgenie's docs disagree on the unit of an alert's last update. */
function fromOpsgenie(detail: unknown, at: string | undefined): Heard {
  const { action, alert } = readInput(Opsgenie, detail, 'event_invalid', 'The event of Opsgenie')
  const kind = own(opsgenieKinds, action)
  if (kind === undefined) return nothing
  if (kind === 'resolved' && at === undefined)
    throw new Problem('event_invalid', 'The event of Opsgenie does not say when the alert was closed.')
  const atMs = kind === 'opened' ? alert.createdAt : Date.parse(at ?? '')
  return {
    keys: alert.tags,
    notices: [
      {
        source: 'opsgenie',
        id: alert.alertId,
        kind,
        atMs,
        ...told({ title: alert.message, severity: alert.priority }),
      },
    ],
    isCall: false,
  }
}

const recordArn = /^(arn:[a-z-]+:ssm-incidents::\d{12}):incident-record\/([^/]+)\/.+$/
/** Incident Manager reports through CloudTrail: the API calls that started and resolved an incident. */
const IncidentManager = z.looseObject({
  eventName: z.string(),
  eventTime: time,
  errorCode: z.string().optional(),
  requestParameters: z
    .looseObject({
      arn: z.string().max(1000).optional(),
      status: z.string().optional(),
      title: z.string().optional(),
      impact: z.number().optional(),
    })
    .nullish(),
  responseElements: z.looseObject({ incidentRecordArn: z.string().max(1000).optional() }).nullish(),
})

function fromIncidentManager(detail: unknown): Heard {
  const call = readInput(IncidentManager, detail, 'event_invalid', 'The event of Incident Manager')
  const { requestParameters: asked, responseElements: answered } = call
  const isStart = call.eventName === 'StartIncident'
  const isEnd = call.eventName === 'UpdateIncidentRecord' && asked?.status === 'RESOLVED'
  if (call.errorCode !== undefined || (!isStart && !isEnd)) return nothing
  const arn = (isStart ? answered?.incidentRecordArn : asked?.arn) ?? ''
  const [, account, plan] = recordArn.exec(arn) ?? []
  if (account === undefined || plan === undefined)
    throw new Problem(
      'event_invalid',
      `The event of Incident Manager names no incident record: "${arn.slice(0, 200)}".`,
    )
  const severity = asked?.impact === undefined ? undefined : `impact ${asked.impact}`
  return {
    keys: [plan, `${account}:response-plan/${plan}`],
    notices: [
      {
        source: 'incident-manager',
        // Without its fixed prefix, a record's ARN fits into an id.
        id: arn.slice(account.length + 1).slice(-300),
        kind: isStart ? 'opened' : 'resolved',
        atMs: Date.parse(call.eventTime),
        ...told({ title: asked?.title, severity }),
      },
    ],
    isCall: false,
  }
}

const named = (names: readonly (string | null | undefined)[]): readonly string[] =>
  [...new Set(names.filter((name) => name !== undefined && name !== null && name !== ''))] as string[]

type Words = 'title' | 'url' | 'severity'
/** The fields that are present, cut to the lengths we store. */
function told(words: Partial<Readonly<Record<Words, string | null | undefined>>>): Partial<Record<Words, string>> {
  const kept = Object.entries(words).filter(([, word]) => word !== undefined && word !== null && word !== '')
  return Object.fromEntries(kept.map(([name, word]) => [name, String(word).slice(0, name === 'url' ? 1000 : 500)]))
}
