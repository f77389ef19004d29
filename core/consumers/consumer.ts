// What a service says of the queues, streams and asynchronous calls that its functions consume (docs/consumers.md). What AWS
// counts of them is about both versions together, so it is held against a limit; only a metric of the function itself tells the
// versions apart.
import * as z from 'zod'
import { VersionDimensions } from '../version-dimensions.ts'

const queueName = /^(?:arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:)?[A-Za-z0-9_-]{1,80}(?:\.fifo)?$/
const Queue = z.string().regex(queueName, 'the name of an SQS queue, or its ARN').max(200)
const noLimit = { error: 'write a number, or usual' }
const secondsMost = 14 * 86_400
const countMost = 100_000_000

/** `usual`: twice the highest value of the three hours before the release. */
const limit = (most: number, words: string) =>
  z
    .union([z.literal('usual'), z.int().min(1).max(most)], noLimit)
    .optional()
    .describe(`${words} \`usual\`: twice as many as at most in the three hours before the release.`)
const seconds = (words: string) => limit(secondsMost, words)
const perMinute = (words: string) => z.int().min(0).max(countMost).optional().describe(words)

/** The signals that a consumer may have, by the end of their names. */
const consumerSignals = [
  'age',
  'waiting',
  'dead-letters',
  'failed',
  'iterator-age',
  'async-age',
  'dropped',
  'failures',
] as const
type ConsumerSignal = (typeof consumerSignals)[number]

const Failures = z.strictObject({
  namespace: z.string().min(1).max(255),
  metric: z.string().min(1).max(255).default('BatchesWithFailures'),
  dimensions: VersionDimensions.prefault({ FunctionName: '{function}', Version: '{version}' }).describe(
    '`{function}`, `{alias}` and `{version}` are replaced.',
  ),
  tolerance: z
    .number()
    .min(0.01)
    .max(100)
    .default(1)
    .describe('How many times the value of stable the candidate may have.'),
  minimumSamples: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20)
    .describe('Fewer invocations (batches) of the candidate at the present weight are no pass.'),
})

/** What a consumer says besides what follows when one of its signals fails (core/service/signals.ts). */
export const consumerFields = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,14}$/, 'use lower-case letters, digits and -, at most 15')
    .describe('Its signals are called by it: orders-age, orders-dead-letters.'),
  function: z.string().max(200).optional().describe('The target that consumes. Needed where there are several.'),
  queue: Queue.optional().describe('The SQS queue that an event source mapping reads.'),
  oldestSeconds: seconds('Of the queue: its oldest message may be so old.'),
  waiting: limit(countMost, 'Of the queue: so many messages may wait.'),
  deadLetters: Queue.optional().describe('Its dead-letter queue: no more messages in it than before the release.'),
  moreDeadLetters: perMinute('So many more are no fault. Default: 0.'),
  mapping: z
    .string()
    .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'the UUID of an event source mapping')
    .optional()
    .describe('The event source mapping, with metrics switched on (MetricsConfig EventCount).'),
  failedEvents: perMinute(
    'Of the mapping: so many events a minute may fail, whole batches and items of batches alike.',
  ),
  iteratorSeconds: seconds('Of a stream: its records may be so old when they reach the function.'),
  asyncSeconds: seconds('Of asynchronous calls: events may be so old when they reach the function.'),
  asyncDropped: perMinute('Of asynchronous calls: so many events a minute may be given up.'),
  failures: Failures.optional().describe(
    "A count of the function's own, for each version: batches in which items failed. It is compared as a custom signal is.",
  ),
  minutes: z
    .int()
    .min(1)
    .max(5)
    .default(3)
    .describe('A limit is exceeded when it has been for so many minutes in a row.'),
  advisory: z
    .array(z.enum(consumerSignals))
    .max(consumerSignals.length)
    .optional()
    .describe('Which of its signals are reported and never decide.'),
}
export type ConsumerFields = z.output<z.ZodObject<typeof consumerFields>>

/** A queue's metrics are found by its name. */
export const queueOf = (named: string): string => named.split(':').at(-1) ?? named

export const signalOf = ({ name }: Pick<ConsumerFields, 'name'>, signal: ConsumerSignal): string => `${name}-${signal}`

/** The field that a signal comes from. */
const fieldOf = {
  age: 'oldestSeconds',
  waiting: 'waiting',
  'dead-letters': 'deadLetters',
  failed: 'failedEvents',
  'iterator-age': 'iteratorSeconds',
  'async-age': 'asyncSeconds',
  dropped: 'asyncDropped',
  failures: 'failures',
} as const satisfies Record<ConsumerSignal, keyof ConsumerFields>

/** The signals that a consumer has. */
export const signalsOf = (consumer: ConsumerFields): readonly ConsumerSignal[] =>
  consumerSignals.filter((signal) => consumer[fieldOf[signal]] !== undefined)

type Wrong = readonly [path: readonly (string | number)[], message: string]

/**
 * What is wrong with consumers, each with the field that it is about.
 * @param functions those of the targets
 * @param taken names that other signals have
 */
export function wrongInConsumers(
  consumers: readonly (ConsumerFields & { readonly onFail?: string | undefined })[],
  functions: readonly string[],
  taken: readonly string[],
): readonly Wrong[] {
  return consumers.flatMap((consumer, index): readonly Wrong[] => {
    const has = signalsOf(consumer)
    const earlier = consumers.slice(0, index).flatMap((one) => signalsOf(one).map((signal) => signalOf(one, signal)))
    const twice = has.map((signal) => signalOf(consumer, signal)).find((name) => [...taken, ...earlier].includes(name))
    const stray = consumer.advisory?.find((signal) => !has.includes(signal))
    const wrong: readonly Wrong[] = [
      ...when(has.length === 0, [], 'it says nothing to watch: give a limit, `deadLetters` or `failures`'),
      ...when(twice !== undefined, ['name'], `"${twice ?? ''}" is another signal; choose another name`),
      ...when(stray !== undefined, ['advisory'], `it has no signal "${stray ?? ''}"`),
      ...when(
        consumer.onFail === 'hold' && has.length > 0 && has.every((signal) => consumer.advisory?.includes(signal)),
        ['onFail'],
        'all of its signals are advisory and never decide, so there is nothing to hold',
      ),
      ...missing(consumer),
      ...wrongFunction(consumer, functions),
      ...when(
        consumer.failures?.namespace.startsWith(':') === true,
        ['failures', 'namespace'],
        'a namespace does not begin with a colon',
      ),
    ]
    return wrong.map(([path, message]): Wrong => [[index, ...path], message])
  })
}

const when = (is: boolean, path: Wrong[0], message: string): readonly Wrong[] => (is ? [[path, message]] : [])

/** What needs something beside it. */
function missing(consumer: ConsumerFields): readonly Wrong[] {
  const { queue, oldestSeconds, waiting, deadLetters, moreDeadLetters, mapping, failedEvents } = consumer
  return [
    ...when(queue === undefined && oldestSeconds !== undefined, ['oldestSeconds'], 'say of which `queue`'),
    ...when(queue === undefined && waiting !== undefined, ['waiting'], 'say of which `queue`'),
    ...when(
      queue !== undefined && oldestSeconds === undefined && waiting === undefined,
      ['queue'],
      'say what may be of it: `oldestSeconds`, `waiting` or both',
    ),
    ...when(
      deadLetters === undefined && moreDeadLetters !== undefined,
      ['moreDeadLetters'],
      'say of which `deadLetters`',
    ),
    ...when(
      deadLetters !== undefined && queue !== undefined && queueOf(deadLetters) === queueOf(queue),
      ['deadLetters'],
      'it is the queue itself; name its dead-letter queue',
    ),
    ...when((mapping === undefined) !== (failedEvents === undefined), ['mapping'], 'give `mapping` and `failedEvents`'),
  ]
}

function wrongFunction({ function: named }: ConsumerFields, functions: readonly string[]): readonly Wrong[] {
  if (named === undefined)
    return when(functions.length > 1, ['function'], 'the service has several targets: say which of them consumes')
  return when(!functions.includes(named), ['function'], `no target has the function "${named}"`)
}
