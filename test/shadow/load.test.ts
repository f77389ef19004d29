// The load on the embedded cloud: how it goes from run to run, and all that makes it stop. Production is never throttled by it.
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CloudWatchClient, GetMetricDataCommand, type GetMetricDataCommandOutput } from '@aws-sdk/client-cloudwatch'
import { CreateTableCommand, DeleteTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { beforeEach, expect, it } from 'vitest'
import { localCloud } from '../../cloud/local/cloud.ts'
import { inProcessRuntime, type LocalFunction } from '../../cloud/local/runtime/in-process-runtime.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { environmentsMost, parseConfigs } from '../../core/shadow/config.ts'
import { sampleOf } from '../../core/shadow/sample.ts'
import { clientsAt, placeOf } from '../../local/clients.ts'
import { awsPorts } from '../../shadow/aws.ts'
import { attributesOf } from '../../shadow/index.ts'
import { calling } from '../../shadow/hook.ts'
import { shadowHook } from '../../shadow/try.ts'

const startMs = Date.UTC(2026, 0, 1, 12)
const minute = 60_000
const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`
const zip = (text: string) => ({ ZipFile: new TextEncoder().encode(text) })

let clock: ReturnType<typeof steppedClock>
let cloud: ReturnType<typeof localCloud>
let clients: ReturnType<typeof clientsAt>
let cloudwatch: CloudWatchClient
/** What the hook said, and when it was last called. */
let said: { readonly result: string; readonly message: string }[]
let [runs, calls, underWay, most] = [0, 0, 0, 0]
let onCall: () => unknown = () => undefined
let refusal: string | undefined
let load: object | undefined

const answer: LocalFunction = (event) => {
  if (refusal !== undefined) throw Object.assign(new Error('no'), { name: refusal })
  said.push(event as (typeof said)[number])
  return {}
}

const taking =
  (ms: number, lateMs = ms): LocalFunction =>
  async (event, context) => {
    if (context.environment['TIDEGATE_SHADOW'] === undefined) return event
    calls++
    underWay++
    most = Math.max(most, underWay)
    onCall()
    await context.waitMs(calls > 32 * 3 ? lateMs : ms)
    underWay--
    return event
  }

const hook: LocalFunction = (event, context) => {
  runs++
  const { lambda, dynamodb } = clients
  const ports = awsPorts({
    ...{ lambda, dynamodb, cloudwatch, table: 'samples', nowMs: () => clock.nowMs(), random: chance(runs, 'hook') },
    ...{ hookName: context.functionName, log: () => undefined, rest: (ms) => context.waitMs(ms) },
    download: async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer()),
  })
  const config = { shadow: 'checkout-shadow', concurrency: 3, slower: 'off', ...(load && { load }) }
  return shadowHook(ports, parseConfigs({ checkout: config }))(event, context)
}

const record = (name: string, value: number, dimensions: Readonly<Record<string, string>>): void =>
  cloud.cloudwatch.record({
    ...{ namespace: 'AWS/Lambda', name, value, unit: 'Count', atMs: clock.nowMs(), dimensionSets: [dimensions] },
  })

beforeEach(async () => {
  clock = steppedClock(startMs)
  ;[said, refusal, load, onCall] = [[], undefined, { times: 1, minutes: 4 }, () => undefined]
  ;[runs, calls, underWay, most] = [0, 0, 0, 0]
  const functions = {
    hook,
    answer,
    quick: taking(20),
    same: taking(20),
    long: taking(5000),
    slow: taking(20, 4000),
    endless: taking(20, 300_000),
  }
  cloud = localCloud({ clock, runtime: inProcessRuntime(functions, clock) })
  clients = clientsAt(placeOf(cloud.handler, 'role.hook'))
  cloudwatch = clients.cloudwatch
  const { lambda, dynamodb } = clients
  const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType })
  await dynamodb.send(
    new CreateTableCommand({
      ...{ TableName: 'samples', BillingMode: 'PAY_PER_REQUEST', KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')] },
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    }),
  )
  await clock.settle()
  const keeping = { functionName: 'checkout', redact: [], hours: 6, maxBytes: 1000 }
  for (let nth = 0; nth < 32; nth++) {
    const Item = attributesOf(sampleOf({ nth }, keeping, startMs, (nth + 0.5) / 200)!)
    await dynamodb.send(new PutItemCommand({ TableName: 'samples', Item }))
  }
  for (const [FunctionName, code, Timeout] of [
    ['checkout', 'quick', 600],
    ['checkout-shadow', 'nothing', 600],
    ['tidegate-shadow', 'hook', 840],
    ['tidegate-answer', 'answer', 60],
  ] as const) {
    const created = { FunctionName, Role: role(FunctionName), Code: zip(code), Timeout }
    await lambda.send(new CreateFunctionCommand({ ...created, Publish: FunctionName === 'checkout' }))
  }
  await reserve(20)
})

const reserve = (ReservedConcurrentExecutions: number) =>
  clients.lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName: 'checkout-shadow', ReservedConcurrentExecutions }),
  )

const timeout = (Timeout: number) =>
  clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'tidegate-shadow', Timeout }))

const call = {
  ...{ release: 'r1', hook: 'beforeTraffic/0/0/1' },
  targets: [{ function: 'checkout', alias: 'live', stable: '1', candidate: '2' }],
  answer: { function: 'tidegate-answer', nonce: 'n', before: new Date(startMs + 60 * minute).toISOString() },
}
const at = (ms: number, work: () => unknown) => (atMs: number) => (atMs === ms ? work() : undefined)
type How = {
  readonly code?: string
  readonly minutes?: number
  readonly event?: object
  /** Called every second of the cloud's time. */
  readonly meanwhile?: (atMs: number) => unknown
}

/** Calls the hook, as the controller does, and lets time pass. */
async function asked({ code = 'same', minutes = 15, event = call, meanwhile }: How = {}) {
  const { lambda } = clients
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'checkout', ...zip(code) }))
  await lambda.send(new PublishVersionCommand({ FunctionName: 'checkout' }))
  record('Invocations', 60, { FunctionName: 'checkout', Resource: 'checkout:live' })
  let first: unknown
  void lambda
    .send(new InvokeCommand({ FunctionName: 'tidegate-shadow', Payload: Buffer.from(JSON.stringify(event)) }))
    .then(({ Payload }) => (first = JSON.parse(Buffer.from(Payload ?? []).toString()) as unknown))
  for (let second = 0; second < minutes * 60; second++) {
    await meanwhile?.(second * 1000)
    await clock.settle()
    await clock.advanceTo(startMs + (second + 1) * 1000)
    if (said.some(({ result }) => result !== 'later') || (runs > 1 && refusal !== undefined)) break
  }
  return { first, last: said.at(-1) }
}
const left = async () =>
  (await clients.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'checkout-shadow' }))).Versions?.length

it('says how far it is, then what came of it, and leaves no version', async () => {
  const { first, last } = await asked()
  expect(first).toEqual({ result: 'later', message: 'the comparison begins' })
  expect(last).toMatchObject({
    ...{ result: 'pass', releaseId: 'r1', hook: 'beforeTraffic/0/0/1', nonce: 'n' },
    message: expect.stringMatching(/^checkout: version 2 carries 1 times the traffic \(1 call a second\)/) as string,
  })
  const words = [...new Set(said.slice(0, -1).map(({ message }) => message))]
  expect(words).toEqual([
    'checkout: 0 of 32 events compared; the copies are made first',
    ...[1, 2, 3, 4].map((nth) => `checkout: minute ${nth} of 4 at 1 times the traffic`),
  ])
  // 32 events with two copies of stable, one block to warm each version, and 24 pairs.
  expect([runs, calls, await left()]).toEqual([2, 32 * 3 + 2 * 5 * 25, 1])
})

it('says how far a comparison is without a load too, and then what came of it', async () => {
  load = undefined
  const { first, last } = await asked({ code: 'long' })
  expect(first).toEqual({ result: 'later', message: 'the comparison begins' })
  expect(last).toMatchObject({
    result: 'pass',
    message: expect.stringMatching(/^checkout: version 2 answers 32/) as string,
  })
  expect(said.slice(0, -1).map(({ message }) => message)).toEqual([
    'checkout: 0 of 32 events compared; the copies are made first',
    'checkout: 9 of 32 events compared',
    'checkout: 18 of 32 events compared',
    'checkout: 27 of 32 events compared',
  ])
  expect([runs, calls, await left()]).toEqual([2, 32 * 3, 1])
})

it('ends a comparison without a load when nobody waits for it any more', async () => {
  load = undefined
  await asked({ code: 'long', minutes: 3, meanwhile: at(20_000, () => (refusal = 'Tidegate.verb_not_now')) })
  await clock.advanceTo(clock.nowMs() + 2 * minute)
  expect([said.every(({ result }) => result === 'later'), calls < 32 * 3, await left()]).toEqual([true, true, 1])
})

it('goes from run to run with what it knows, and never has more under way than nine tenths of its environments', async () => {
  await timeout(400)
  load = { times: 4, minutes: 5, concurrency: 10 }
  await reserve(10)
  const { last } = await asked({ code: 'slow', minutes: 30 })
  // Calls that take four seconds at four a second need 16 environments.
  // What had to wait for an environment is as slow as it was to whoever waited.
  expect(last).toMatchObject({
    result: 'fail',
    message: expect.stringMatching(/does not carry 4 times.*; its p95 is [5-9]\d{3} ms against 20 ms;/) as string,
  })
  expect([runs > 3, most, await left()]).toEqual([true, 9, 1])
})

async function throttles(): Promise<number> {
  const Metric = {
    ...{ Namespace: 'AWS/Lambda', MetricName: 'Throttles' },
    Dimensions: [{ Name: 'FunctionName', Value: 'checkout-shadow' }],
  }
  const { MetricDataResults } = await clients.cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [{ Id: 'q', MetricStat: { Metric, Period: 60, Stat: 'Sum' } }],
      ...{ StartTime: new Date(startMs), EndTime: new Date(clock.nowMs() + 20 * minute) },
    }),
  )
  return (MetricDataResults?.[0]?.Values ?? []).reduce((sum, one) => sum + one, 0)
}

it('stops at the first call that is throttled: nothing more is sent, and it is unknown', async () => {
  load = { times: 4, minutes: 4 }
  const { last } = await asked({
    code: 'slow',
    meanwhile: at(25_000, () => reserve(4)),
  })
  expect(last).toMatchObject({
    result: 'unknown',
    message: expect.stringMatching(
      /^checkout: the load says nothing: minute 1 of 4 .*: the shadow was throttled with its 20 environments, and the load ended at once$/,
    ) as string,
  })
  const after = calls
  expect(await throttles()).toBe(1)
  await clock.advanceTo(clock.nowMs() + 5 * minute)
  expect([calls, await left(), await throttles()]).toEqual([after, 1, 1])
})

it.each<[string, () => How | Promise<How>, RegExp]>([
  [
    'production is throttled',
    () => ({ meanwhile: at(60_000, () => record('Throttles', 3, { FunctionName: 'checkout' })) }),
    /minute [12] of 4 at 1 times the traffic: production is throttled, at 3 calls in the last minutes$/,
  ],
  [
    'the concurrency of the account is claimed',
    () => ({ meanwhile: at(60_000, () => record('ClaimedAccountConcurrency', 710, {})) }),
    /minute [12] .*: 71 % of the concurrency of the account is claimed, and `load.accountShare` is 70 %$/,
  ],
  ['nobody knows what is claimed', () => (withoutClaims(), {}), /CloudWatch does not say how much of the concurrency/],
  [
    'the hook may not keep its claim',
    () => clients.dynamodb.send(new DeleteTableCommand({ TableName: 'samples' })).then(() => ({})),
    /^the hook could not go on: /,
  ],
  ['the shadow reserves too little', () => reserve(19).then(() => ({})), /reserves 19 environments/],
  [
    'the timeout of the hook is too near',
    () => ({ event: { ...call, answer: { ...call.answer, before: new Date(startMs + 11 * minute).toISOString() } } }),
    /the load may take 12 minutes, and the timeout of the hook is before: raise it$/,
  ],
  ['there was no traffic', () => ({ event: withAlias('other') }), /no invocations of the last 24 hours/],
  ['calls do not end', () => ({ code: 'endless', minutes: 45 }), /calls to candidate did not end within a minute/],
])('does not know when %s, and sends no more', async (_, prepare, words) => {
  const how = await prepare()
  const { last } = await asked(how)
  expect(last).toMatchObject({ result: 'unknown', message: expect.stringMatching(words) as string })
  const after = calls
  await clock.advanceTo(clock.nowMs() + 15 * minute)
  expect([calls, await left()]).toEqual([after, 1])
})
/** CloudWatch answers as for a metric without points. */
function withoutClaims(): void {
  cloudwatch = new CloudWatchClient(clients.place)
  cloudwatch.middlewareStack.add(
    (next) => async (args) => {
      const answered = await next(args)
      const { MetricDataResults } = answered.output as GetMetricDataCommandOutput
      const [claims] = MetricDataResults ?? []
      if (claims?.Label === 'ClaimedAccountConcurrency') Object.assign(claims, { Values: [], Timestamps: [] })
      return answered
    },
    { step: 'initialize' },
  )
}
const withAlias = (alias: string) => ({ ...call, targets: [{ ...call.targets[0], alias }] })

it('loads nothing for a release that does not go on anyway', async () => {
  const orders = { function: 'orders', alias: 'live', stable: '1', candidate: '2' }
  const { last } = await asked({ event: { ...call, targets: [orders, ...call.targets] } })
  expect(last).toMatchObject({ result: 'unknown', message: 'orders: no shadow is defined for it' })
  expect([calls, await left()]).toEqual([32 * 3, 1])
})

it('ends where Lambda would end it, if the function of the hook has too little time', async () => {
  await timeout(240)
  const { last } = await asked()
  expect([last?.message, runs]).toEqual(['checkout: more than 14 runs would be needed', 15])
})

it('stops within seconds when nobody waits any more, and answers nobody', async () => {
  const { last } = await asked({ minutes: 3, meanwhile: at(70_000, () => (refusal = 'Tidegate.verb_not_now')) })
  await clock.advanceTo(clock.nowMs() + minute)
  const after = calls
  await clock.advanceTo(clock.nowMs() + 10 * minute)
  expect([last?.result, calls, runs, await left()]).toEqual(['later', after, 2, 1])
})

it('is not doubled by an event that comes twice, nor by another release', async () => {
  let [inLoad, other] = [0, undefined as unknown]
  const run = { call, run: 1, done: [] }
  const invoke = (event: object) =>
    clients.lambda.send(
      new InvokeCommand({ FunctionName: 'tidegate-shadow', Payload: Buffer.from(JSON.stringify(event)) }),
    )
  await asked({
    meanwhile: at(60_000, () => {
      inLoad = underWay
      void invoke(run)
      void invoke({ ...run, call: { ...call, release: 'r2', answer: { ...call.answer, function: 'nobody' } } })
      other = inLoad
    }),
  })
  expect([calls, runs, other]).toEqual([32 * 3 + 2 * 5 * 25, 4, inLoad])
  expect(said.filter(({ result }) => result !== 'later')).toHaveLength(1)
})

it.each<[string, object, RegExp]>([
  ['does not say who waits', { targets: call.targets }, /a load needs a call by Tidegate/],
  ['has a time that is none', { ...call, answer: { ...call.answer, before: 'soon' } }, /call_invalid|before/],
  ['is a run of nothing', { run: 1 }, /call/],
  ['is a run that never ends', { call, run: 1e9, done: [] }, /run/],
  ['has a state that is none', { call, run: 2, done: [], load: { pairs: 'many' } }, /load/],
])('a call that %s begins nothing', async (_, event, words) => {
  const { first } = await asked({ event, minutes: 1 })
  expect(JSON.stringify(first)).toMatch(words)
  expect(calls).toBe(0)
})

it('has as many calls under way as the largest load has environments: none waits for a connection', async () => {
  const waiting: ServerResponse[] = []
  const server = createServer((_, response) => {
    // Who waits for a connection never comes, and nobody is answered.
    if (waiting.push(response) === environmentsMost) for (const one of waiting) one.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const lambda = new LambdaClient({ ...calling, endpoint, region: 'us-east-1', credentials })
  const sent = Array.from({ length: environmentsMost }, () => lambda.send(new InvokeCommand({ FunctionName: 'x' })))
  expect((await Promise.all(sent)).every(({ StatusCode }) => StatusCode === 200)).toBe(true)
  lambda.destroy()
  server.close()
})
