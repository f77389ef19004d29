// Amazon SNS, only what the controller needs to page people: messages are recorded and not sent.
import { AwsError, isAwsError, notImplemented } from './protocol/aws-error.ts'
import type { LocalClock } from './time/clock.ts'
import { optionalText, text } from './protocol/field.ts'
import type { Input } from './protocol/json-protocol.ts'
import { parseQuery, queryError, queryResponse } from './protocol/query-protocol.ts'
import { account, defaultRegion } from './protocol/service.ts'
import type { LocalService } from './protocol/service.ts'

type PublishedMessage = {
  readonly topicArn: string
  readonly subject: string | undefined
  readonly message: string
  readonly attributes: Readonly<Record<string, string>>
  readonly atMs: number
}

/** The token that a new subscriber must send back to confirm. */
type Confirmation = { readonly endpoint: string; readonly token: string }

export type LocalSns = LocalService & {
  published(): readonly PublishedMessage[]
  confirmations(): readonly Confirmation[]
}

type Operation = (input: Input) => Record<string, unknown>

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/'

export function localSns({ clock, ids }: { readonly clock: LocalClock; readonly ids: () => string }): LocalSns {
  const topics = new Set<string>()
  const published: PublishedMessage[] = []
  const confirmations: Confirmation[] = []

  const topicIn = (input: Input): string => {
    const topicArn = optionalText(input, 'TopicArn') ?? text(input, 'TargetArn')
    if (topics.has(topicArn)) return topicArn
    throw new AwsError('NotFound', 'Topic does not exist', 404)
  }
  const operations: Readonly<Record<string, Operation>> = {
    CreateTopic(input) {
      const name = text(input, 'Name')
      if (!/^[\w-]{1,256}$/.test(name)) throw new AwsError('InvalidParameter', 'Invalid parameter: Topic Name')
      const arn = `arn:aws:sns:${defaultRegion}:${account}:${name}`
      topics.add(arn)
      return { TopicArn: arn }
    },
    ListTopics: () => ({ Topics: [...topics].map((TopicArn) => ({ TopicArn })) }),
    Publish(input) {
      const topicArn = topicIn(input)
      const message = text(input, 'Message')
      if (Buffer.byteLength(message) > 262_144)
        throw new AwsError('InvalidParameter', 'Invalid parameter: Message too long')
      const subject = optionalText(input, 'Subject')
      if (subject !== undefined && subject.length > 100)
        throw new AwsError('InvalidParameter', 'Invalid parameter: Subject')
      published.push({ topicArn, subject, message, attributes: attributesIn(input), atMs: clock.nowMs() })
      return { MessageId: ids() }
    },
    ...subscriptionOperations(topicIn, ids, confirmations),
  }

  return {
    published: () => published,
    confirmations: () => confirmations,
    handle(request) {
      try {
        const input = parseQuery(Buffer.from(request.body).toString('utf8'))
        const action = text(input, 'Action')
        const operation = Object.hasOwn(operations, action) ? operations[action] : undefined
        if (operation === undefined) throw notImplemented(`SNS ${action}`)
        return Promise.resolve(queryResponse(action, namespace, operation(input)))
      } catch (error) {
        if (!isAwsError(error)) throw error
        return Promise.resolve(queryError(namespace, error))
      }
    },
  }
}

function subscriptionOperations(
  topicIn: (input: Input) => string,
  ids: () => string,
  confirmations: Confirmation[],
): Readonly<Record<string, Operation>> {
  const subscriptions = new Map<string, Record<string, string>>()
  return {
    Subscribe(input) {
      const TopicArn = topicIn(input)
      const arn = `${TopicArn}:${ids()}`
      const [Protocol, Endpoint] = [text(input, 'Protocol'), text(input, 'Endpoint')]
      // Endpoints that are not AWS resources of the account must confirm.
      const waits = /^(email|email-json|https?)$/.test(Protocol)
      const SubscriptionArn = waits ? 'PendingConfirmation' : arn
      const token = ids().replaceAll('-', '')
      subscriptions.set(waits ? token : arn, { SubscriptionArn, TopicArn, Protocol, Endpoint, Owner: account })
      if (waits) confirmations.push({ endpoint: Endpoint, token })
      return { SubscriptionArn: waits ? 'pending confirmation' : arn }
    },
    ConfirmSubscription(input) {
      const TopicArn = topicIn(input)
      const token = text(input, 'Token')
      const found = subscriptions.get(token)
      if (found?.['TopicArn'] !== TopicArn) throw new AwsError('InvalidParameter', 'Invalid parameter: Token')
      const SubscriptionArn = `${TopicArn}:${ids()}`
      subscriptions.delete(token)
      subscriptions.set(SubscriptionArn, { ...found, SubscriptionArn })
      return { SubscriptionArn }
    },
    ListSubscriptionsByTopic(input) {
      const topicArn = topicIn(input)
      return { Subscriptions: [...subscriptions.values()].filter((one) => one['TopicArn'] === topicArn) }
    },
  }
}

type Attribute = { readonly Name?: string; readonly Value?: { readonly StringValue?: string } }

function attributesIn(input: Input): Record<string, string> {
  const given = (input['MessageAttributes'] ?? []) as readonly Attribute[]
  return Object.fromEntries(given.map(({ Name, Value }) => [Name ?? '', Value?.StringValue ?? '']))
}
