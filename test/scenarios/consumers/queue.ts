// A queue with 100 messages a minute and the event source mapping that reads it, in the time of the embedded cloud: batches of up
// to ten, each to one version as a whole, by the alias's weights. What it says of itself is what SQS says (docs/aws.md §2.1).
import type { Sandbox } from '../../../local/sandbox.ts'

type Message = {
  readonly id: string
  readonly sentMs: number
  readonly body: string
  received: number
  hiddenToMs: number
}
type Answer = { readonly batchItemFailures?: readonly { readonly itemIdentifier: string }[] }

const [batchMost, receivedMost, hiddenMs, everyMs] = [10, 3, 30_000, 6000]

/** One in twelve is a gift to nobody. */
const orderOf = (n: number): unknown => (n % 12 === 5 ? { cents: n, gift: {} } : { cents: n })

/** @param isDeadAwake whether something has called its dead-letter queue in the last hours */
export function startQueue({ cloud, clock }: Pick<Sandbox, 'cloud' | 'clock'>, name: string, isDeadAwake: boolean) {
  const [waiting, dead] = [[] as Message[], [] as Message[]]
  let [count, stopped] = [0, false]

  const messageOf = (n: number): Message => ({
    ...{ id: `m${n}`, sentMs: clock.nowMs(), body: JSON.stringify(orderOf(n)), received: 0, hiddenToMs: 0 },
  })

  async function send(batch: readonly Message[]): Promise<void> {
    const Records = batch.map(({ id, body }) => ({ messageId: id, body, eventSource: 'aws:sqs' }))
    const answer = await cloud.lambda.invoke('checkout', 'live', Buffer.from(JSON.stringify({ Records })))
    if (answer.functionError !== undefined) return
    const { batchItemFailures = [] } = JSON.parse(Buffer.from(answer.payload).toString()) as Answer
    const kept = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const one of batch) if (!kept.has(one.id)) waiting.splice(waiting.indexOf(one), 1)
  }

  function poll(): void {
    const nowMs = clock.nowMs()
    for (const one of waiting.filter(({ received, hiddenToMs }) => received >= receivedMost && hiddenToMs <= nowMs)) {
      waiting.splice(waiting.indexOf(one), 1)
      dead.push(one)
    }
    const seen = waiting.filter(({ hiddenToMs }) => hiddenToMs <= nowMs)
    for (let from = 0; from < seen.length; from += batchMost) {
      const batch = seen.slice(from, from + batchMost)
      for (const one of batch) Object.assign(one, { received: one.received + 1, hiddenToMs: nowMs + hiddenMs })
      void send(batch)
    }
  }

  function point(metric: string, value: number, queue = name): void {
    const dimensionSets = [{ QueueName: queue }]
    cloud.cloudwatch.record({
      ...{ namespace: 'AWS/SQS', name: metric, dimensionSets, value, unit: 'Count', atMs: clock.nowMs() },
    })
  }

  function say(): void {
    const nowMs = clock.nowMs()
    point('ApproximateNumberOfMessagesVisible', waiting.filter(({ hiddenToMs }) => hiddenToMs <= nowMs).length)
    // What was received three times is moved to the back, and has no part in the age.
    const [oldest] = waiting.filter(({ received }) => received < receivedMost)
    if (oldest !== undefined) point('ApproximateAgeOfOldestMessage', (nowMs - oldest.sentMs) / 1000)
    if (isDeadAwake || dead.length > 0) point('ApproximateNumberOfMessagesVisible', dead.length, `${name}-dead`)
  }

  function tick(): void {
    if (stopped) return
    for (let n = 0; n < 10; n++) waiting.push(messageOf(count++))
    poll()
    if (count % 100 === 0) say()
    clock.at(clock.nowMs() + everyMs, tick)
  }
  clock.at(clock.nowMs() + everyMs, tick)
  return {
    dead: () => dead.length,
    /** Messages that nobody could take. */
    bury: (messages: number) => {
      for (let n = 0; n < messages; n++) dead.push(messageOf(-n))
    },
    stop: () => {
      stopped = true
    },
  }
}
