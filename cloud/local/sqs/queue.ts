// A standard queue: its messages, who received them, and until when they are hidden from others. Times are the cloud's.
import { createHash } from 'node:crypto'
import { AwsError } from '../protocol/aws-error.ts'

type MessageAttribute = {
  readonly DataType: string
  readonly StringValue?: string
  /** Base64. */
  readonly BinaryValue?: string
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>

type NewMessage = {
  readonly body: string
  readonly attributes: MessageAttributes
  readonly senderId: string
  readonly delaySeconds?: number | undefined
}

export type Message = NewMessage & {
  readonly id: string
  readonly sentMs: number
  /** Hidden until then, because it is delayed or was received. */
  visibleMs: number
  received: number
  firstReceivedMs: number | undefined
}

export type Queue = {
  readonly name: string
  readonly arn: string
  readonly createdMs: number
  modifiedMs: number
  settings: Readonly<Record<string, string>>
  messages: Message[]
  purgedMs: number | undefined
}

/** Defaults of CreateQueue (SQS API reference, CreateQueue). */
export const defaults: Readonly<Record<string, string>> = {
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
}

export const setting = ({ settings }: Queue, name: string): number => Number(settings[name] ?? defaults[name])

/** Drops messages that are older than the retention period, received or not. */
function forget(queue: Queue, nowMs: number): void {
  const keptMs = setting(queue, 'MessageRetentionPeriod') * 1000
  queue.messages = queue.messages.filter((message) => nowMs - message.sentMs < keptMs)
}

/** The number of visible, in-flight and delayed messages. */
export function counts(queue: Queue, nowMs: number): { visible: number; inFlight: number; delayed: number } {
  forget(queue, nowMs)
  const hidden = queue.messages.filter((message) => message.visibleMs > nowMs)
  const inFlight = hidden.filter((message) => message.received > 0).length
  return { visible: queue.messages.length - hidden.length, inFlight, delayed: hidden.length - inFlight }
}

// SQS accepts only the characters of XML 1.0 (SQS API reference, SendMessage).
// eslint-disable-next-line no-control-regex -- It is about them.
const refused = /[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** @throws AwsError */
export function put(queue: Queue, message: NewMessage, id: string, nowMs: number): Message {
  const bytes =
    Buffer.byteLength(message.body) +
    Object.entries(message.attributes).reduce(
      (sum, [name, { DataType, StringValue = '', BinaryValue = '' }]) =>
        sum + Buffer.byteLength(name + DataType + StringValue) + Buffer.from(BinaryValue, 'base64').length,
      0,
    )
  const most = setting(queue, 'MaximumMessageSize')
  if (bytes > most) {
    const text = `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`
    throw new AwsError('InvalidParameterValue', text)
  }
  if (refused.test(message.body))
    throw new AwsError('InvalidMessageContents', 'Invalid binary character was found in the message body.')
  const delaySeconds = message.delaySeconds ?? setting(queue, 'DelaySeconds')
  const visibleMs = nowMs + delaySeconds * 1000
  const kept: Message = { ...message, id, sentMs: nowMs, visibleMs, received: 0, firstReceivedMs: undefined }
  queue.messages.push(kept)
  return kept
}

export function receive(queue: Queue, most: number, hiddenSeconds: number, nowMs: number): readonly Message[] {
  forget(queue, nowMs)
  const taken = queue.messages.filter((message) => message.visibleMs <= nowMs).slice(0, most)
  for (const message of taken) {
    message.visibleMs = nowMs + hiddenSeconds * 1000
    message.received++
    message.firstReceivedMs ??= nowMs
  }
  return taken
}

/** Identifies the message and which receipt of it: an outdated handle deletes nothing. */
export const handleOf = ({ id, received }: Message): string => Buffer.from(`${id} ${received}`).toString('base64')

/** @returns `undefined` if the message is gone, or was received again since. @throws AwsError when it is not a handle */
export function meant(queue: Queue, handle: string): Message | undefined {
  const [, id, received] = /^(\S+) (\d+)$/.exec(Buffer.from(handle, 'base64').toString()) ?? []
  if (id === undefined)
    throw new AwsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`)
  return queue.messages.find((message) => message.id === id && message.received === Number(received))
}

export const md5 = (content: string | Uint8Array): string => createHash('md5').update(content).digest('hex')

/**
 * Hashes the attributes sorted by name: length and bytes of name, type and value (SQS developer guide, "Calculating the MD5 of
 * message attributes").
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort()
  if (names.length === 0) return undefined
  const sized = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const parts = names.flatMap((name) => {
    const { DataType = '', StringValue, BinaryValue } = attributes[name] ?? {}
    const isBinary = BinaryValue !== undefined
    const value = isBinary ? Buffer.from(BinaryValue, 'base64') : Buffer.from(StringValue ?? '')
    return [sized(Buffer.from(name)), sized(Buffer.from(DataType)), Buffer.from([isBinary ? 2 : 1]), sized(value)]
  })
  return md5(Buffer.concat(parts))
}
