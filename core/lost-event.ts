// An event that was not handled, read from the message that was kept of it. Four kinds of message lie in one queue: Lambda's
// record of an asynchronous event, its record of a batch of the stream, and what a rule or a schedule could not hand over.
import * as z from 'zod'
import { eventWords } from './event-words.ts'
import { printable } from './printable.ts'

export type KeptMessage = {
  readonly id: string
  readonly body: string
  /** Message attributes, as text. */
  readonly attributes: Readonly<Record<string, string>>
  readonly keptAtMs: number
}

/** The controller whose queue it is. Nobody else's functions are ever called. */
export type Controller = {
  readonly account: string
  readonly region: string
  /** What its functions' names begin with, without the hyphen. */
  readonly name: string
  /** Functions that events call. */
  readonly verbs: readonly string[]
  /** Which function a schedule calls, by its name. */
  readonly scheduledVerbs: Readonly<Record<string, string>>
}

export type LostEvent = {
  readonly kind: 'event'
  readonly verb: string
  /** What is sent again. It may carry credentials: it is shown to nobody. */
  readonly payload: unknown
  readonly what: string
  readonly why: string
  readonly service?: string
  readonly releaseId?: string
}
/** Whatever else somebody has put into the queue. */
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
  if (!record.success) return unreadable('it is no record of Lambda, of a rule or of a schedule')
  const { requestContext, requestPayload, responsePayload } = record.data
  return named(controller, requestContext.functionArn, requestPayload, failure(requestContext, responsePayload))
}

const unreadable = (why: string): Unreadable => ({ kind: 'unreadable', why: printable(why, 300) })

function parsed(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) as unknown }
  } catch {
    return undefined
  }
}

/** @returns unreadable for every function but those of the controller that events call */
function named(controller: Controller, arn: string, payload: unknown, why: string): LostEvent | Unreadable {
  const { account, region, name, verbs } = controller
  const [, inRegion, inAccount, functionName] =
    /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([\w-]+)(?::[\w$-]+)?$/.exec(arn) ?? []
  const verb = verbs.find((one) => `${name}-${one}` === functionName)
  if (verb === undefined || inRegion !== region || inAccount !== account)
    return unreadable(
      `it names ${arn === '' ? 'no function' : arn}, which is none of this controller's that events call`,
    )
  return { kind: 'event', verb, payload, why: printable(why, 500), ...eventWords(payload) }
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
  const verb = tick === undefined ? undefined : scheduledVerbs[tick]
  if (tick === undefined || verb === undefined || inRegion !== region || inAccount !== account)
    return unreadable(`it names the schedule ${arn}, which is none of this controller's`)
  // What the schedule sends is known, whatever the message says.
  const payload = { [tick]: true }
  return { kind: 'event', verb, payload, why: printable(undelivered(attributes), 500), ...eventWords(payload) }
}

/** The batch is not in its record; `announce` finds in the log what was written then, and sends that. */
function ofStream(
  record: z.output<typeof StreamRecord>,
  payload: unknown,
  controller: Controller,
): LostEvent | Unreadable {
  return named(controller, record.requestContext.functionArn, payload, failure(record.requestContext, undefined))
}

const undelivered = ({ ERROR_CODE = 'unknown', ERROR_MESSAGE = '' }: KeptMessage['attributes']): string =>
  `could not be handed over: ${ERROR_CODE}${ERROR_MESSAGE === '' ? '' : `: ${ERROR_MESSAGE}`}`

const Thrown = z.looseObject({ errorType: z.string().optional(), errorMessage: z.string() })

const conditions: Readonly<Record<string, string>> = {
  EventAgeExceeded: 'waited too long',
  RecordAgeExceeded: 'could not be sent for as long as the stream is tried',
  RetriesExhausted: 'failed',
  RetryAttemptsExhausted: 'failed',
}

function failure(
  { condition, approximateInvokeCount: times }: z.output<typeof AnyRecord>['requestContext'],
  answer: unknown,
): string {
  const thrown = Thrown.safeParse(answer)
  const words = conditions[condition] ?? condition
  const tried = times === undefined ? words : `${words} (${times === 1 ? 'tried once' : `tried ${times} times`})`
  if (!thrown.success) return tried
  const { errorType = '', errorMessage } = thrown.data
  const kind = errorType.replace(/^Tidegate\./, '')
  return `${tried}: ${kind === '' ? '' : `${kind}: `}${errorMessage}`
}
