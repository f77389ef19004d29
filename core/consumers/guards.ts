// The guards that consumers come to: what is asked of CloudWatch about both versions together, and how much of it there may be.
import { locate } from '../location.ts'
import { type ConsumerFields, queueOf, signalOf } from './consumer.ts'

/** One metric of CloudWatch, and its statistic for a minute. */
export type GuardSeries = {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly stat: 'Maximum' | 'Sum' | 'SampleCount'
}

/** A minute's value may not be more than `limit`. */
export type Guard = {
  /** The name of its signal. */
  readonly name: string
  /** What is counted, such as `the oldest message of orders`. */
  readonly what: string
  readonly unit: 'seconds' | 'messages' | 'events'
  readonly isAdvisory: boolean
  readonly series: GuardSeries
  /** Lambda's ages are milliseconds. */
  readonly divisor?: number
  /** In a minute in which this has a point and the series has none, the value is 0. */
  readonly witness?: GuardSeries
  /** `usual`: twice the most before the release, but at least `floor`. `before`: the last value before it, and so many more. */
  readonly limit:
    { readonly most: number } | { readonly usual: true; readonly floor: number } | { readonly before: number }
  readonly minutes: number
}

/** Below these, twice of what was usual would be noise. */
const floors = { seconds: 60, messages: 10, events: 10 } as const

/** The guards of the consumers of one target. */
export function guardsOf(consumers: readonly ConsumerFields[], functionName: string): readonly Guard[] {
  return consumers
    .filter((one) => one.function === undefined || one.function === functionName)
    .flatMap((one) => [...ofQueue(one), ...ofMapping(one), ...ofFunction(one, locate(functionName).name)])
}

type Made = Pick<Guard, 'what' | 'unit' | 'series' | 'witness' | 'divisor'>

const guard = (
  consumer: ConsumerFields,
  signal: Parameters<typeof signalOf>[1],
  most: number | 'usual',
  made: Made,
): Guard => ({
  ...made,
  name: signalOf(consumer, signal),
  isAdvisory: consumer.advisory?.includes(signal) ?? false,
  limit: most === 'usual' ? { usual: true, floor: floors[made.unit] } : { most },
  minutes: consumer.minutes,
})

const ofSqs = (queue: string, metric: string, stat: GuardSeries['stat'] = 'Maximum'): GuardSeries => ({
  ...{ namespace: 'AWS/SQS', metric, stat },
  dimensions: { QueueName: queueOf(queue) },
})

const visible = 'ApproximateNumberOfMessagesVisible'

function ofQueue(consumer: ConsumerFields): readonly Guard[] {
  const { queue = '', oldestSeconds, waiting, deadLetters, moreDeadLetters = 0 } = consumer
  return [
    ...(oldestSeconds === undefined
      ? []
      : [
          guard(consumer, 'age', oldestSeconds, {
            ...{ what: `the oldest message of ${queueOf(queue)}`, unit: 'seconds' },
            series: ofSqs(queue, 'ApproximateAgeOfOldestMessage'),
            // An active queue always says how many wait, and has no age when it is empty (docs/aws.md §2.1).
            witness: ofSqs(queue, visible, 'SampleCount'),
          }),
        ]),
    ...(waiting === undefined
      ? []
      : [
          guard(consumer, 'waiting', waiting, {
            ...{ what: `what waits in ${queueOf(queue)}`, unit: 'messages', series: ofSqs(queue, visible) },
          }),
        ]),
    ...(deadLetters === undefined
      ? []
      : [
          {
            ...guard(consumer, 'dead-letters', 0, {
              ...{ what: `what is in ${queueOf(deadLetters)}`, unit: 'messages', series: ofSqs(deadLetters, visible) },
            }),
            limit: { before: moreDeadLetters },
          },
        ]),
  ]
}

function ofMapping(consumer: ConsumerFields): readonly Guard[] {
  const { mapping: EventSourceMappingUUID, failedEvents } = consumer
  if (EventSourceMappingUUID === undefined || failedEvents === undefined) return []
  const of = (metric: string, stat: GuardSeries['stat']): GuardSeries => ({
    ...{ namespace: 'AWS/Lambda', metric, stat, dimensions: { EventSourceMappingUUID } },
  })
  return [
    guard(consumer, 'failed', failedEvents, {
      ...{ what: 'what fails of the mapping in a minute', unit: 'events' },
      series: of('FailedInvokeEventCount', 'Sum'),
      // Every poll has a point of it, an empty one too (docs/aws.md §2.1).
      witness: of('PolledEventCount', 'SampleCount'),
    }),
  ]
}

function ofFunction(consumer: ConsumerFields, FunctionName: string): readonly Guard[] {
  const { iteratorSeconds, asyncSeconds, asyncDropped } = consumer
  const of = (metric: string, stat: GuardSeries['stat'] = 'Maximum'): GuardSeries => ({
    ...{ namespace: 'AWS/Lambda', metric, stat, dimensions: { FunctionName } },
  })
  const witness = of('Invocations', 'SampleCount')
  return [
    ...(iteratorSeconds === undefined
      ? []
      : [
          guard(consumer, 'iterator-age', iteratorSeconds, {
            ...{ what: 'the age of records', unit: 'seconds', series: of('IteratorAge'), divisor: 1000 },
          }),
        ]),
    ...(asyncSeconds === undefined
      ? []
      : [
          guard(consumer, 'async-age', asyncSeconds, {
            ...{ what: 'the age of asynchronous events', unit: 'seconds', series: of('AsyncEventAge'), witness },
            divisor: 1000,
          }),
        ]),
    ...(asyncDropped === undefined
      ? []
      : [
          guard(consumer, 'dropped', asyncDropped, {
            ...{ what: 'what is given up in a minute', unit: 'events' },
            series: of('AsyncEventsDropped', 'Sum'),
            witness,
          }),
        ]),
  ]
}
