// Amazon SQS, only what the queue of unhandled events needs: standard queues, in the JSON protocol. A long poll of an empty queue
// returns at once, because a test that steps the time would wait forever.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { list, object, optionalNumber, optionalText, text } from '../protocol/field.ts'
import { answerJson, type Input, type Operations } from '../protocol/json-protocol.ts'
import { type Caller, home, type LocalService, type MetricSink, type Queues, type Site } from '../protocol/service.ts'
import {
  counts,
  defaults,
  handleOf,
  md5,
  md5OfAttributes,
  meant,
  type Message,
  type MessageAttributes,
  put,
  type Queue,
  receive,
  setting,
} from './queue.ts'
import { minuteMs } from '../time/units.ts'

type SqsDeps = {
  readonly site?: Site
  readonly clock: LocalClock
  readonly metrics: MetricSink
  readonly ids: () => string
}
type Room = SqsDeps & { readonly queues: Map<string, Queue>; readonly watched: Map<string, number> }

/** SQS sends metrics for a queue until six hours after its last use (SQS developer guide, metrics). */
const activeMs = 6 * 60 * minuteMs

export function localSqs(deps: SqsDeps): LocalService & Queues {
  const room: Room = { ...deps, queues: new Map(), watched: new Map() }
  const send = (queue: Queue, message: Parameters<typeof put>[1]): Message => {
    const kept = put(queue, message, deps.ids(), deps.clock.nowMs())
    watch(room, queue)
    return kept
  }
  return {
    send: (queueArn, { body, attributes = {}, senderId }) => {
      const queue = [...room.queues.values()].find(({ arn }) => arn === queueArn)
      if (queue === undefined) throw missing()
      const typed = Object.entries(attributes).map(([name, value]) => [
        name,
        { DataType: 'String', StringValue: value },
      ])
      send(queue, { body, attributes: Object.fromEntries(typed) as MessageAttributes, senderId })
    },
    handle: async (request, caller) => {
      // SDKs send requests to the host in the queue's URL.
      const origin = `http://${request.headers['host'] ?? 'localhost'}`
      const answer = await answerJson(
        request,
        caller,
        { ...queueOperations(room, origin), ...attributeOperations(room), ...messageOperations(room, send) },
        '1.0',
      )
      const code = queryCodes[answer.headers['x-amzn-errortype'] ?? '']
      if (answer.status < 400 || code === undefined) return answer
      return { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': `${code};Sender` } }
    },
  }
}

/** For these errors, SDKs still use the names of the old query protocol. */
const queryCodes: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  PurgeQueueInProgress: 'AWS.SimpleQueueService.PurgeQueueInProgress',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
}

const missing = (): AwsError => new AwsError('QueueDoesNotExist', 'The specified queue does not exist.')

function named(room: Room, input: Input): Queue {
  const name = text(input, 'QueueUrl').split('/').at(-1) ?? ''
  const queue = room.queues.get(name)
  if (queue === undefined) throw missing()
  watch(room, queue)
  return queue
}

/** Records a point every minute while the queue is active. */
function watch({ clock, metrics, queues, watched }: Room, queue: Queue): void {
  const isWatched = watched.has(queue.name)
  watched.set(queue.name, clock.nowMs() + activeMs)
  if (isWatched) return
  const report = (): void => {
    const nowMs = clock.nowMs()
    if (queues.get(queue.name) !== queue || nowMs > (watched.get(queue.name) ?? 0)) {
      watched.delete(queue.name)
      return
    }
    const { visible, inFlight, delayed } = counts(queue, nowMs)
    const point = (name: string, value: number, unit = 'Count'): void =>
      metrics.record({
        ...{ namespace: 'AWS/SQS', name, dimensionSets: [{ QueueName: queue.name }] },
        ...{ value, unit, atMs: nowMs },
      })
    point('ApproximateNumberOfMessagesVisible', visible)
    if (inFlight > 0) point('ApproximateNumberOfMessagesNotVisible', inFlight)
    if (delayed > 0) point('ApproximateNumberOfMessagesDelayed', delayed)
    const oldestMs = queue.messages[0]?.sentMs
    if (oldestMs !== undefined) point('ApproximateAgeOfOldestMessage', (nowMs - oldestMs) / 1000, 'Seconds')
    // A queue with messages counts as active.
    if (queue.messages.length > 0) watched.set(queue.name, nowMs + activeMs)
    clock.at(nowMs + minuteMs, report)
  }
  clock.at(clock.nowMs() + minuteMs, report)
}

/** @throws AwsError */
function settingsIn(input: Input): Record<string, string> {
  const given = object(input['Attributes'] ?? {}, 'Attributes')
  for (const [name, value] of Object.entries(given)) {
    const isKnown = name in defaults || ['Policy', 'SqsManagedSseEnabled'].includes(name)
    if (!isKnown) throw notImplemented(`SQS queues with ${name}`)
    if (typeof value !== 'string' || (name in defaults && !/^\d+$/.test(value)))
      throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)
  }
  return given as Record<string, string>
}

const queueOperations = (room: Room, origin: string): Operations => {
  const { account, region } = room.site ?? home
  const urlOf = ({ name }: Pick<Queue, 'name'>): string => `${origin}/${account}/${name}`
  return {
    CreateQueue(input) {
      const name = text(input, 'QueueName')
      if (name.endsWith('.fifo')) throw notImplemented('SQS FIFO queues')
      if (!/^[\w-]{1,80}$/.test(name)) {
        const words = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length'
        throw new AwsError('InvalidParameterValue', words)
      }
      const settings = settingsIn(input)
      const known = room.queues.get(name)
      const other = Object.keys(settings).find((key) => (known?.settings[key] ?? defaults[key]) !== settings[key])
      if (known !== undefined && other !== undefined) {
        const words = `A queue already exists with the same name and a different value for attribute ${other}`
        throw new AwsError('QueueNameExists', words)
      }
      const arn = `arn:aws:sqs:${region}:${account}:${name}`
      const nowMs = room.clock.nowMs()
      const made = { name, arn, createdMs: nowMs, modifiedMs: nowMs, settings, messages: [], purgedMs: undefined }
      if (known === undefined) room.queues.set(name, made)
      return { QueueUrl: urlOf({ name }) }
    },
    GetQueueUrl(input) {
      const queue = room.queues.get(text(input, 'QueueName'))
      if (queue === undefined) throw missing()
      return { QueueUrl: urlOf(queue) }
    },
    ListQueues(input) {
      const prefix = optionalText(input, 'QueueNamePrefix') ?? ''
      return { QueueUrls: [...room.queues.values()].filter(({ name }) => name.startsWith(prefix)).map(urlOf) }
    },
    DeleteQueue: (input) => void room.queues.delete(named(room, input).name),
    PurgeQueue(input) {
      const queue = named(room, input)
      const nowMs = room.clock.nowMs()
      if (queue.purgedMs !== undefined && nowMs - queue.purgedMs < minuteMs) {
        const words = `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`
        throw new AwsError('PurgeQueueInProgress', words)
      }
      queue.purgedMs = nowMs
      queue.messages = []
    },
  }
}

const attributeOperations = (room: Room): Operations => ({
  GetQueueAttributes(input) {
    const queue = named(room, input)
    const { visible, inFlight, delayed } = counts(queue, room.clock.nowMs())
    const seconds = (ms: number): string => String(Math.floor(ms / 1000))
    const all: Record<string, string> = {
      ...defaults,
      SqsManagedSseEnabled: 'true',
      ...queue.settings,
      QueueArn: queue.arn,
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
      CreatedTimestamp: seconds(queue.createdMs),
      LastModifiedTimestamp: seconds(queue.modifiedMs),
    }
    return { Attributes: asked(all, list(input, 'AttributeNames')) }
  },
  SetQueueAttributes(input) {
    const queue = named(room, input)
    queue.settings = { ...queue.settings, ...settingsIn(input) }
    queue.modifiedMs = room.clock.nowMs()
  },
})

const messageOperations = (
  room: Room,
  send: (queue: Queue, message: Parameters<typeof put>[1]) => Message,
): Operations => ({
  SendMessage(input, caller: Caller) {
    const attributes = object(input['MessageAttributes'] ?? {}, 'MessageAttributes') as MessageAttributes
    const message = send(named(room, input), {
      body: text(input, 'MessageBody'),
      attributes,
      senderId: caller.accessKeyId,
      delaySeconds: within(input, 'DelaySeconds', 0, 900),
    })
    const digest = md5OfAttributes(attributes)
    const ofAttributes = digest === undefined ? {} : { MD5OfMessageAttributes: digest }
    return { MessageId: message.id, MD5OfMessageBody: md5(message.body), ...ofAttributes }
  },
  ReceiveMessage(input) {
    const queue = named(room, input)
    const most = within(input, 'MaxNumberOfMessages', 1, 10) ?? 1
    within(input, 'WaitTimeSeconds', 0, 20)
    const hidden = within(input, 'VisibilityTimeout', 0, 43_200) ?? setting(queue, 'VisibilityTimeout')
    const received = receive(queue, most, hidden, room.clock.nowMs())
    return received.length === 0 ? {} : { Messages: received.map((message) => described(message, input)) }
  },
  DeleteMessage(input) {
    const queue = named(room, input)
    const message = meant(queue, text(input, 'ReceiptHandle'))
    queue.messages = queue.messages.filter((one) => one !== message)
  },
  ChangeMessageVisibility(input) {
    const queue = named(room, input)
    const message = meant(queue, text(input, 'ReceiptHandle'))
    const seconds = within(input, 'VisibilityTimeout', 0, 43_200) ?? Number(text(input, 'VisibilityTimeout'))
    const nowMs = room.clock.nowMs()
    if (message === undefined || message.visibleMs <= nowMs)
      throw new AwsError('MessageNotInflight', 'The specified message is not in flight.')
    message.visibleMs = nowMs + seconds * 1000
  },
})

function within(input: Input, name: string, least: number, most: number): number | undefined {
  const value = optionalNumber(input, name)
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return value
  const reason = `Must be >= ${least} and <= ${most}, if provided.`
  throw new AwsError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`)
}

const asked = (all: Readonly<Record<string, string>>, names: readonly unknown[]): Record<string, string> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name)))

function described(message: Message, input: Input): Record<string, unknown> {
  const names = [...list(input, 'AttributeNames'), ...list(input, 'MessageSystemAttributeNames')]
  const system = asked(
    {
      SenderId: message.senderId,
      SentTimestamp: String(message.sentMs),
      ApproximateReceiveCount: String(message.received),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs),
    },
    names,
  )
  const wanted = list(input, 'MessageAttributeNames').map(String)
  const attributes = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) =>
      wanted.some(
        (one) =>
          one === 'All' || one === '.*' || one === name || (one.endsWith('.*') && name.startsWith(one.slice(0, -2))),
      ),
    ),
  )
  const digest = md5OfAttributes(attributes)
  return {
    MessageId: message.id,
    ReceiptHandle: handleOf(message),
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(Object.keys(system).length === 0 ? {} : { Attributes: system }),
    ...(digest === undefined ? {} : { MessageAttributes: attributes, MD5OfMessageAttributes: digest }),
  }
}
