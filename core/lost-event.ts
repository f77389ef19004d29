// An event that was not handled, read from the message that was kept of it. One queue holds four kinds of message: Lambda's
// failure record of an asynchronous event, its failure record of a stream batch, and what a rule or a schedule could not deliver.
import * as z from 'zod'
import { eventWords } from './event-words.ts'
import { own } from './own.ts'
import { oneLine } from './foreign-text.ts'

export type KeptMessage = {
  readonly id: string
  readonly body: string
  /** SQS message attributes, as text. */
  readonly attributes: Readonly<Record<string, string>>
  readonly keptAtMs: number
}

/** The controller that owns the queue. Functions of other controllers are never called. */
export type Controller = {
  readonly account: string
  readonly region: string
  /** The prefix of its functions' names, without the hyphen. */
  readonly name: string
  /** Functions that events may call. */
  readonly verbs: readonly string[]
  /** Which function a schedule calls, by the schedule's name. */
  readonly scheduledVerbs: Readonly<Record<string, string>>
}

export type LostEvent = {
  readonly kind: 'event'
  readonly verb: string
  /** What is sent again. It may contain credentials, so never print it. */
  readonly payload: unknown
  readonly what: string
  readonly why: string
  readonly service?: string
  readonly releaseId?: string
}
/** Anything else that somebody has put into the queue. */
type Unreadable = { readonly kind: 'unreadable'; readonly why: string }

const text = z.string().max(2000)
const AnyRecord = z.looseObject({
  version: z.literal('1.0'),
  requestContext: z.looseObject({
    functionArn: text,
    condition: text,
    approximateInvokeCount: z.int().min(0).optional(),
  }),
  responsePayload: z.unknown().optional(),
})
const EventRecord = AnyRecord.extend({ requestPayload: z.unknown() }).refine((record) => 'requestPayload' in record)
const StreamRecord = AnyRecord.extend({
  DDBStreamBatchInfo: z.looseObject({
    approximateArrivalOfFirstRecord: z.iso.datetime(),
    approximateArrivalOfLastRecord: z.iso.datetime(),
    batchSize: z.int().min(0),
  }),
})

export function readLost({ body, attributes }: KeptMessage, controller: Controller): LostEvent | Unreadable {
  const { SCHEDULE_ARN: schedule, RULE_ARN: rule, TARGET_ARN: target = '' } = attributes
  if (schedule !== undefined) return ofSchedule(schedule, attributes, controller)
  const json = parsed(body)
  if (json === undefined) return unreadable('it is not JSON')
  if (rule !== undefined) return named(controller, target, json.value, undelivered(attributes))
  const batch = StreamRecord.safeParse(json.value)
  if (batch.success) return ofStream(batch.data, json.value, controller)
  const record = EventRecord.safeParse(json.value)
  if (!record.success) return unreadable('it is not a record from Lambda, a rule or a schedule')
  const { requestContext, requestPayload, responsePayload } = record.data
  return named(controller, requestContext.functionArn, requestPayload, failure(requestContext, responsePayload))
}

const unreadable = (why: string): Unreadable => ({ kind: 'unreadable', why: oneLine(why, 300) })

function parsed(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) as unknown }
  } catch {
    return undefined
  }
}

/** @returns unreadable unless the ARN is one of the controller's functions that events call */
function named(controller: Controller, arn: string, payload: unknown, why: string): LostEvent | Unreadable {
  const { account, region, name, verbs } = controller
  const [, inRegion, inAccount, functionName] =
    /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([\w-]+)(?::[\w$-]+)?$/.exec(arn) ?? []
  const verb = verbs.find((one) => `${name}-${one}` === functionName)
  if (verb === undefined || inRegion !== region || inAccount !== account)
    return unreadable(
      `it names ${arn === '' ? 'no function' : arn}, which is not a function of this controller that events call`,
    )
  return { kind: 'event', verb, payload, why: oneLine(why, 500), ...eventWords(payload) }
}

function ofSchedule(
  arn: string,
  attributes: KeptMessage['attributes'],
  controller: Controller,
): LostEvent | Unreadable {
  const { account, region, name, scheduledVerbs } = controller
  const [, inRegion, inAccount, schedule = ''] =
    /^arn:aws[a-z-]*:scheduler:([a-z0-9-]+):(\d{12}):schedule\/[^/]+\/([\w.-]+)$/.exec(arn) ?? []
  const tick = Object.keys(scheduledVerbs).find((one) => `${name}-${one}` === schedule)
  const verb = tick === undefined ? undefined : own(scheduledVerbs, tick)
  if (tick === undefined || verb === undefined || inRegion !== region || inAccount !== account)
    return unreadable(`it names the schedule ${arn}, which is not a schedule of this controller`)
  // The payload of a schedule is fixed, so the message is not trusted for it.
  const payload = { [tick]: true }
  return { kind: 'event', verb, payload, why: oneLine(undelivered(attributes), 500), ...eventWords(payload) }
}

/** The failure record does not contain the batch. `announce` finds in the log what was written in that period, and sends it. */
function ofStream(
  record: z.output<typeof StreamRecord>,
  payload: unknown,
  controller: Controller,
): LostEvent | Unreadable {
  return named(controller, record.requestContext.functionArn, payload, failure(record.requestContext, undefined))
}

const undelivered = ({ ERROR_CODE = 'unknown', ERROR_MESSAGE = '' }: KeptMessage['attributes']): string =>
  `could not be delivered: ${ERROR_CODE}${ERROR_MESSAGE === '' ? '' : `: ${ERROR_MESSAGE}`}`

const Thrown = z.looseObject({ errorType: z.string().optional(), errorMessage: z.string() })

const conditions: Readonly<Record<string, string>> = {
  EventAgeExceeded: 'waited too long',
  RecordAgeExceeded: 'could not be sent before its age limit',
  RetriesExhausted: 'failed',
  RetryAttemptsExhausted: 'failed',
}

function failure(
  { condition, approximateInvokeCount: times }: z.output<typeof AnyRecord>['requestContext'],
  answer: unknown,
): string {
  const thrown = Thrown.safeParse(answer)
  const words = own(conditions, condition) ?? condition
  const tried = times === undefined ? words : `${words} (${times === 1 ? 'tried once' : `tried ${times} times`})`
  if (!thrown.success) return tried
  const { errorType = '', errorMessage } = thrown.data
  const kind = errorType.replace(/^Tidegate\./, '')
  return `${tried}: ${kind === '' ? '' : `${kind}: `}${errorMessage}`
}
