// What a service may say of its consumers, what is refused when it is applied, and what is asked for it.
import { describe, expect, it } from 'vitest'
import { parseDefinition } from '../../../core/service/definition.ts'
import { advisoryIn, type Signals, watches } from '../../../core/service/signals.ts'
import { guardQuestions } from '../../../core/verdict/evidence/guard-questions.ts'
import { questionsFor } from '../../../core/verdict/evidence/questions.ts'

const mapping = 'a1b2c3d4-5678-4abc-8def-0123456789ab'
const queue = { queue: 'orders', oldestSeconds: 300 }
const applied = (
  consumers: readonly object[],
  functions: readonly string[] = ['checkout'],
  more: object = {},
): Signals =>
  parseDefinition({
    name: 'checkout',
    targets: functions.map((name) => ({ function: name, alias: 'live' })),
    plan: 'AllAtOnce',
    signals: { ...more, consumers },
  }).signals
const apply = (consumer: object, functions?: readonly string[]) => applied([{ name: 'orders', ...consumer }], functions)

describe('a consumer', () => {
  it.each([
    ['a queue', queue],
    ['a queue by its ARN, in order', { ...queue, queue: 'arn:aws:sqs:eu-west-1:111122223333:orders.fifo' }],
    ['what is usual', { queue: 'orders', waiting: 'usual' }],
    ['a dead-letter queue alone', { deadLetters: 'orders-dead', moreDeadLetters: 2 }],
    ['a mapping', { mapping, failedEvents: 0 }],
    ['a stream', { iteratorSeconds: 60 }],
    ['asynchronous calls', { asyncSeconds: 60, asyncDropped: 0 }],
    ['a count of its own', { failures: { namespace: 'Orders' } }],
  ])('may say %s', (_, consumer) => {
    expect(apply(consumer).consumers).toMatchObject([consumer])
  })

  it.each([
    ['nothing to watch', {}, /it says nothing to watch/],
    ['a name that is none', { name: 'Orders', ...queue }, /lower-case letters/],
    ['a name that is too long', { name: 'a-name-that-goes-on', ...queue }, /at most 15/],
    [
      'a queue by its address',
      { ...queue, queue: 'https://sqs.eu-west-1.amazonaws.com/1/orders' },
      /the name of an SQS/,
    ],
    ['a topic', { ...queue, queue: 'arn:aws:sns:eu-west-1:111122223333:orders' }, /the name of an SQS/],
    ['an age of no queue', { oldestSeconds: 60 }, /oldestSeconds: say of which `queue`/],
    ['a depth of no queue', { waiting: 60 }, /waiting: say of which `queue`/],
    ['a queue without a limit', { queue: 'orders' }, /say what may be of it/],
    ['an age of nothing', { ...queue, oldestSeconds: 0 }, /oldestSeconds: it must be at least 1/],
    ['an age beyond what SQS keeps', { ...queue, oldestSeconds: 1_209_601 }, /it must be at most 1209600/],
    ['a limit as text', { ...queue, oldestSeconds: '5m' }, /write a number, or usual/],
    ['the queue as its own dead-letter queue', { ...queue, deadLetters: 'orders' }, /it is the queue itself/],
    ['more of no dead-letter queue', { ...queue, moreDeadLetters: 1 }, /say of which `deadLetters`/],
    ['a mapping that is none', { mapping: 'orders', failedEvents: 1 }, /the UUID of an event source mapping/],
    ['a mapping without a limit', { ...queue, mapping }, /give `mapping` and `failedEvents`/],
    ['failed events of no mapping', { failedEvents: 1 }, /give `mapping` and `failedEvents`/],
    ['a fraction of an event', { asyncDropped: 0.5 }, /asyncDropped/],
    [
      'a count without the version',
      { failures: { namespace: 'Orders', dimensions: { F: '{function}' } } },
      /told apart/,
    ],
    ['a namespace with a colon', { failures: { namespace: ':Orders' } }, /does not begin with a colon/],
    ['more minutes than a look keeps', { ...queue, minutes: 6 }, /minutes/],
    ['an advisory signal that it has not', { ...queue, advisory: ['dropped'] }, /it has no signal "dropped"/],
    ['holding with nothing that decides', { ...queue, advisory: ['age'], onFail: 'hold' }, /never decide/],
    ['a function that is no target', { ...queue, function: 'cart' }, /no target has the function "cart"/],
    ['a word that is none', { ...queue, oldest: 5 }, /oldest/],
  ])('may not say %s', (_, consumer, words) => {
    expect(() => apply(consumer)).toThrow(words)
  })

  it('says which of several targets consumes, and has names of its own', () => {
    expect(() => apply(queue, ['checkout', 'cart'])).toThrow(/several targets/)
    const two = [{ name: 'orders', ...queue }]
    expect(() => applied([...two, ...two])).toThrow(/"orders-age" is another signal/)
    const custom = {
      name: 'orders-age',
      namespace: 'Shop',
      metric: 'Age',
      dimensions: { v: '{version}' },
      kind: 'mean',
    }
    expect(() => applied(two, ['checkout'], { custom: [custom] })).toThrow(/"orders-age" is another signal/)
  })

  it('adds nothing to a definition that has none', () => {
    const { signals } = parseDefinition({ name: 'x', targets: [{ function: 'x', alias: 'live' }], plan: 'AllAtOnce' })
    expect(signals).not.toHaveProperty('consumers')
  })
})

const all = { ...queue, waiting: 50, deadLetters: 'orders-dead', mapping, failedEvents: 3 }
const others = { iteratorSeconds: 60, asyncSeconds: 60, asyncDropped: 0, failures: { namespace: 'Orders' } }

it('asks CloudWatch for each series of its target once, where the function is', () => {
  const signals = apply({ ...all, ...others, function: 'checkout' }, ['checkout', 'cart'])
  const versions = { alias: 'live', stable: '1', candidate: '2', baseline: { thresholdsMs: [] } }
  const targets = ['checkout', 'cart'].map((functionName) => ({ functionName, ...versions }))
  const asked = guardQuestions({ signals }, targets).map(({ key, namespace, metric, dimensions, stat }) =>
    [key, stat, namespace, metric, Object.entries(dimensions).join()].join(' '),
  )
  expect(asked).toEqual([
    '0.w.orders-age Maximum AWS/SQS ApproximateAgeOfOldestMessage QueueName,orders',
    '0.w.orders-age-witness SampleCount AWS/SQS ApproximateNumberOfMessagesVisible QueueName,orders',
    '0.w.orders-waiting Maximum AWS/SQS ApproximateNumberOfMessagesVisible QueueName,orders',
    '0.w.orders-dead-letters Maximum AWS/SQS ApproximateNumberOfMessagesVisible QueueName,orders-dead',
    `0.w.orders-failed Sum AWS/Lambda FailedInvokeEventCount EventSourceMappingUUID,${mapping}`,
    `0.w.orders-failed-witness SampleCount AWS/Lambda PolledEventCount EventSourceMappingUUID,${mapping}`,
    '0.w.orders-iterator-age Maximum AWS/Lambda IteratorAge FunctionName,checkout',
    '0.w.orders-async-age Maximum AWS/Lambda AsyncEventAge FunctionName,checkout',
    '0.w.orders-async-age-witness SampleCount AWS/Lambda Invocations FunctionName,checkout',
    '0.w.orders-dropped Sum AWS/Lambda AsyncEventsDropped FunctionName,checkout',
    '0.w.orders-dropped-witness SampleCount AWS/Lambda Invocations FunctionName,checkout',
  ])
  const own = questionsFor({ signals }, targets).filter(({ namespace }) => namespace === 'Orders')
  expect(own.map(({ key, dimensions }) => [key, dimensions['Version']])).toEqual([
    ['0.s.custom-orders-failures', '1'],
    ['0.c.custom-orders-failures', '2'],
  ])
})

it('of its signals those are advisory that it names, or that a person goes on in spite of', () => {
  const signals = apply({ ...all, advisory: ['waiting'], onFail: 'hold', whenUnknown: 'pause' })
  expect(watches(signals).get('orders-waiting')).toMatchObject({ role: 'advisory' })
  expect(watches(signals).get('orders-age')).toMatchObject({ role: 'critical', onFail: 'hold', whenUnknown: 'pause' })
  const [consumer] = signals.consumers ?? []
  if (consumer === undefined) throw new Error('there is no consumer')
  expect(advisoryIn(consumer, ['errors'])).toBe(consumer)
  expect(advisoryIn(consumer, ['orders-age']).advisory).toEqual(['waiting', 'age'])
})
