// The hook on the embedded cloud: what it does not know it does not pass, and it leaves nothing behind.
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { beforeEach, expect, it } from 'vitest'
import { chance } from '../../cloud/local/time/chance.ts'
import { localCloud } from '../../cloud/local/cloud.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { inProcessRuntime, type LocalFunction } from '../../cloud/local/runtime/in-process-runtime.ts'
import { Problem } from '../../core/problem.ts'
import { parseConfigs } from '../../core/shadow/config.ts'
import { sampleOf } from '../../core/shadow/sample.ts'
import { clientsAt, placeOf } from '../../local/clients.ts'
import { awsPorts } from '../../shadow/aws.ts'
import type { ShadowPorts } from '../../shadow/ports.ts'
import { shadowHook } from '../../shadow/try.ts'

const nowMs = Date.UTC(2026, 0, 1)
const Role = 'arn:aws:iam::000000000000:role/checkout'
const zip = (text: string) => ({ ZipFile: new TextEncoder().encode(text) })
const keeping = { functionName: 'checkout', redact: [], hours: 6, maxBytes: 1000 }
const sample = (nth: number) => sampleOf({ nth }, keeping, nowMs, (nth % 200) / 200)

let clock: ReturnType<typeof steppedClock>
let cloud: ReturnType<typeof localCloud>
let clients: ReturnType<typeof clientsAt>
let marks: Set<string>
let stored: unknown[]
let ports: ShadowPorts

const double: LocalFunction = (event, { environment }) => {
  marks.add(environment['TIDEGATE_SHADOW'] ?? 'none')
  return { twice: 2 * (event as { nth: number }).nth, currency: environment['CURRENCY'] }
}

beforeEach(async () => {
  clock = steppedClock(nowMs)
  marks = new Set()
  stored = Array.from({ length: 40 }, (_, nth) => sample(nth))
  const slow: LocalFunction = async (event, context) => {
    await context.waitMs(100)
    return double(event, context)
  }
  const runtime = inProcessRuntime({ double, same: double, slow }, clock)
  cloud = localCloud({ clock, runtime })
  clients = clientsAt(placeOf(cloud.handler, 'role.hook'))
  const { lambda, dynamodb, cloudwatch } = clients
  const Environment = { Variables: { CURRENCY: 'EUR' } }
  await lambda.send(
    new CreateFunctionCommand({ FunctionName: 'checkout', Role, Code: zip('double'), Environment, Publish: true }),
  )
  const shadow = { FunctionName: 'checkout-shadow', Role: `${Role}-shadow`, Code: zip('nothing') }
  await lambda.send(new CreateFunctionCommand(shadow))
  ports = awsPorts({
    ...{
      lambda,
      dynamodb,
      cloudwatch,
      hookName: 'tidegate-shadow',
      table: 'samples',
      nowMs: () => clock.nowMs(),
      random: chance(5, 'hook'),
      log: () => undefined,
    },
    rest: () => clock.settle(),
    download: async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer()),
  })
  ports = { ...ports, samples: { read: () => Promise.resolve(stored) } }
})

async function publish(code: string): Promise<void> {
  const { lambda } = clients
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'checkout', ...zip(code) }))
  await lambda.send(new PublishVersionCommand({ FunctionName: 'checkout' }))
}

const targets = [{ function: 'checkout', alias: 'live', stable: '1', candidate: '2' }]
type How = { readonly shadow?: string; readonly leftMs?: number; readonly call?: unknown; readonly config?: object }
async function ask({ shadow = 'checkout-shadow', leftMs = 600_000, call = { targets }, config = {} }: How = {}) {
  const hook = shadowHook(ports, parseConfigs({ checkout: { shadow, ...config } }))
  let answer: unknown
  const asked = hook(call, { getRemainingTimeInMillis: () => leftMs })
    .then((said) => (answer = said))
    .catch((error: unknown) => (answer = error))
  while (answer === undefined) {
    await clock.settle()
    await clock.advanceTo(clock.nowMs() + 100)
  }
  await asked
  return answer
}
const left = async () =>
  (await clients.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'checkout-shadow' }))).Versions?.length

it('gives each copy the package, the settings and environments of its own, keeps the role, and leaves no version', async () => {
  await publish('same')
  await clients.lambda.send(new PublishVersionCommand({ FunctionName: 'checkout-shadow' }))
  expect(await ask({ config: { copies: 3 } })).toMatchObject({ result: 'pass' })
  expect(marks.size).toBe(4)
  expect(marks.has('none')).toBe(false)
  const now = await clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'checkout-shadow' }))
  expect([now.Role, now.Environment?.Variables?.['CURRENCY'], await left()]).toEqual([`${Role}-shadow`, 'EUR', 1])
})

it('finds a version that is slower', async () => {
  await publish('slow')
  expect(await ask()).toMatchObject({
    result: 'fail',
    message: expect.stringContaining('it is slower at 40 of 40') as string,
  })
  expect(await ask({ config: { slower: 'off' } })).toMatchObject({ result: 'pass' })
})

it('tries nothing in a function with the role of the other, and does not publish there', async () => {
  await publish('same')
  const { lambda } = clients
  await lambda.send(new CreateFunctionCommand({ FunctionName: 'unsafe', Role, Code: zip('nothing') }))
  expect(await ask({ shadow: 'unsafe' })).toMatchObject({
    result: 'unknown',
    message: 'checkout: the shadow did not come about: unsafe has the role of checkout, and may write what it writes.',
  })
  expect(marks.size).toBe(0)
})

it.each<[string, () => void | Promise<void>, object, RegExp]>([
  ['no shadow', () => undefined, { shadow: 'nobody' }, /did not come about: /],
  ['a candidate that is not there', () => undefined, {}, /did not come about: /],
  [
    'no time',
    () => publish('same'),
    { leftMs: 30_000 },
    /0 events could be compared, and it takes 30 \(40 not tried for want of time\)/,
  ],
  [
    'no samples',
    () => void (stored = []),
    {},
    /it takes 30: no sample is kept, and the alias had no call in the last 24 hours$/,
  ],
  [
    'damaged and old samples',
    () =>
      void (stored = [null, 7, { ...sample(1), event: '{' }, { ...sample(1), expiresAt: 5 }, { ...sample(1), v: 2 }]),
    {},
    /\(3 damaged; 1 expired; 1 of another version\): the last sample is of 2026-01-01 00:00Z$/,
  ],
  [
    'versions that cannot be called',
    () => {
      ports = { ...ports, shadows: { ...ports.shadows, invoke: () => Promise.resolve(undefined) } }
      return publish('same')
    },
    {},
    /\(40 not called\)$/,
  ],
  [
    'no definition',
    () => undefined,
    { call: { targets: [{ ...targets[0], function: 'toString' }] } },
    /toString: no shadow is defined/,
  ],
])('does not know with %s', async (_, prepare, how, words) => {
  await prepare()
  expect(await ask(how)).toMatchObject({ result: 'unknown', message: expect.stringMatching(words) as string })
  expect(await left()).toBe(1)
})

it('says of a pass that all events were the same, as where all of them is redacted, and of no other', async () => {
  await publish('same')
  const variety = / would have been seen; all events are the same: is all of them redacted\?$/
  const messageOf = async () => ((await ask()) as { readonly message: string }).message
  expect(await messageOf()).toMatch(/ would have been seen$/)
  stored = stored.map((one) => ({ ...(one as object), event: '{"nth":0}' }))
  expect(await messageOf()).toMatch(variety)
})

/** Invocations that CloudWatch has of the alias, a minute each, so many minutes ago. */
function called(...minutesAgo: readonly number[]): void {
  for (const ago of minutesAgo)
    cloud.cloudwatch.record({
      ...{ namespace: 'AWS/Lambda', name: 'Invocations', value: 7, unit: 'Count', atMs: nowMs - ago * 60_000 },
      dimensionSets: [{ FunctionName: 'checkout', Resource: 'checkout:live' }],
    })
}
const old = (minutesAgo: number) => ({ ...sample(minutesAgo), atMs: nowMs - minutesAgo * 60_000 })

it.each<[string, () => void, RegExp]>([
  [
    'customers call and nothing is kept',
    () => (called(5, 6), void (stored = [])),
    /no sample is kept, and the alias had 14 calls in the last 24 hours: sampling does not work, or keeps a small share$/,
  ],
  [
    'nobody calls any more',
    () => (called(90), void (stored = [old(90), old(95)])),
    /^checkout: 2 events .* it takes 30: the last sample is of 2025-12-31 22:30Z, and the alias had no call since then$/,
  ],
  [
    'sampling has ended',
    () => (called(90, 3), void (stored = [old(90)])),
    /the last sample is of 2025-12-31 22:30Z, and the alias had 7 calls since then$/,
  ],
  [
    'nobody may ask CloudWatch',
    () => {
      const calls = () => Promise.reject(new Problem('permission_denied', 'no'))
      ports = { ...ports, production: { ...ports.production, calls } }
      stored = [old(90), { ...old(1), atMs: nowMs * 2 }]
    },
    /\(1 damaged\): the last sample is of 2025-12-31 22:30Z$/,
  ],
])('says what it waits for when %s, and since when', async (_, prepare, words) => {
  prepare()
  expect(await ask()).toMatchObject({ result: 'unknown', message: expect.stringMatching(words) as string })
})

it('compares within the call where it may not call itself: it was installed before it could', async () => {
  await publish('same')
  const answer = { function: 'tidegate-answer', nonce: 'n', before: new Date(nowMs + 600_000).toISOString() }
  // There is no function of the name of the hook here.
  expect(await ask({ call: { release: 'r1', hook: 'beforeTraffic/0/0/1', targets, answer } })).toMatchObject({
    result: 'pass',
  })
})

it('a package that is another one when it arrives is not tried', async () => {
  await publish('same')
  const download = () => Promise.resolve(new TextEncoder().encode('double'))
  const { lambda, dynamodb, cloudwatch } = clients
  const world = {
    lambda,
    dynamodb,
    cloudwatch,
    hookName: 'tidegate-shadow',
    table: 'samples',
    nowMs: () => clock.nowMs(),
    random: () => 0.5,
    log: () => undefined,
  }
  ports = { ...awsPorts({ ...world, rest: () => clock.settle(), download }), samples: ports.samples }
  expect(await ask()).toMatchObject({
    message: expect.stringContaining('does not have the package of checkout:2') as string,
  })
})

it('passes a target that keeps its version, and refuses a call that is none', async () => {
  expect(await ask({ call: { targets: [{ ...targets[0], candidate: '1' }] } })).toMatchObject({ result: 'pass' })
  for (const call of [null, {}, { targets: 'checkout' }, { targets: [{ function: 'checkout' }] }])
    expect(await ask({ call })).toMatchObject({ name: 'Tidegate.call_invalid' })
})
