// kill -9 of the process that runs the controller's functions, after one of its effects on AWS, while the embedded cloud stays
// alive in this process, as AWS would. Every release must end, with a consistent alias and a complete log. `npm test` kills after
// one effect of some kinds, `npm run e2e` after each effect in turn (TIDEGATE_TESTS=all).
import { type CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import {
  GetAliasCommand,
  InvokeCommand,
  type LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { areAll } from '../repeats.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { type LocalCloud, localCloud } from '../../cloud/local/cloud.ts'
import type { RequestInfo } from '../../cloud/local/protocol/service.ts'
import { inProcessRuntime } from '../../cloud/local/runtime/in-process-runtime.ts'
import { processRuntime } from '../../cloud/local/runtime/process-runtime.ts'
import type { Runtime } from '../../cloud/local/runtime/runtime.ts'
import { localKeys } from '../../cloud/local/door/keys.ts'
import { localSocket } from '../../cloud/local/socket.ts'
import { replay } from '../../core/release/advance.ts'
import type { World } from '../../functions/steps/world.ts'
import { clientsAt, placeOf } from '../../local/clients.ts'
import { apiRequest } from '../../local/api-request.ts'
import { functionName, install } from '../../local/installation.ts'
import { controllerPackages } from '../../local/package.ts'
import { createSample, sampleService } from '../../local/sample-service.ts'
import { minute, startMs } from '../../local/sandbox.ts'
import { worldOn } from '../../local/world.ts'

// Calls that change something on AWS; other calls may be repeated without a trace.
const effects = new Set([
  'PutItem',
  'DeleteItem',
  'UpdateAlias',
  'PublishVersion',
  'StartExecution',
  'SendTaskSuccess',
  'SendTaskFailure',
  'PutEvents',
  'Publish',
  'Invoke',
])

const clock = steppedClock(startMs)
let killAfter = Number.POSITIVE_INFINITY
let performed: string[] = []
let killed: string | undefined
let codes = 0
/** How many effects the last release had when its alarm fired. */
let beforeAlarm = 0

const keys = localKeys([])
// A cold start on a busy machine is no function that hangs.
const patienceMs = 600_000
const processes = processRuntime({ clock, endpointUrl: () => url, secretOf: keys.secretOf, patienceMs })
const inProcess = inProcessRuntime({ v1: () => 1, smoke: () => ({ result: 'pass' }) }, clock)
let turn: Promise<unknown> = Promise.resolve()
const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
  const mine = turn.then(work)
  turn = mine.catch(() => undefined)
  return mine
}
const controllerRole = 'arn:aws:iam::000000000000:role/tidegate-controller'
const runtime: Runtime = {
  run: (request) =>
    (request.functionName.startsWith('tidegate-')
      ? // One role, and one call at a time, so one process serves all functions: a kill ends it, and a new one starts.
        { ...processes, run: () => inTurn(() => processes.run({ ...request, role: controllerRole })) }
      : request.functionName === 'checkout'
        ? { ...inProcess, run: () => Promise.resolve({ payload: new Uint8Array(), durationMs: 1 }) }
        : inProcess
    ).run(request),
  stop: () => processes.stop(),
}

function watch({ operation, caller, phase }: RequestInfo): void {
  if (phase !== 'after' || !caller.arn.includes('/tidegate-') || !effects.has(operation)) return
  performed.push(operation)
  if (performed.length !== killAfter) return
  killed = operation
  for (const pid of processes.processIds()) process.kill(pid, 'SIGKILL')
  throw new Error('nobody is left to hear the answer')
}

let url = ''
let cloud: LocalCloud
let world: World
let close: () => Promise<void>
let lambda: LambdaClient
let cloudwatch: CloudWatchClient

beforeAll(async () => {
  cloud = localCloud({ clock, runtime, seed: 3, onRequest: watch })
  const socket = await localSocket(cloud.handler, keys)
  url = socket.url
  close = () => socket.close()
  const clients = clientsAt(placeOf(cloud.handler, 'operator'))
  lambda = clients.lambda
  cloudwatch = clients.cloudwatch
  const packageOf = await controllerPackages()
  await install(clients, { code: (verb) => ({ zip: packageOf(verb), handler: `index.${verb}` }) })
  await createSample(clients, { v1: new TextEncoder().encode('v1'), smoke: new TextEncoder().encode('smoke') })
  world = worldOn(clients, clock, { log: () => undefined, emit: () => undefined })
  const hooks = [{ at: 'beforeTraffic', function: 'checkout-smoke' }]
  await world.services.put(
    sampleService({
      slos: [],
      hooks,
      plan: 'Canary50Percent1Minute',
      policy: { lookEvery: '2m' },
      signals: { alarms: ['checkout-errors'], errors: { minimumSamples: 10 } },
    }),
  )
  await clock.advanceTo(startMs + 2 * minute)
  customers()
})
afterAll(async () => {
  await runtime.stop()
  cloud.close()
  await close()
})

/** Records invocations of both versions behind the alias as metrics, without sending any. */
function customers(): void {
  clock.at(clock.nowMs() + minute / 2, async () => {
    const alias = await lambda.send(new GetAliasCommand({ FunctionName: 'checkout', Name: 'live' }))
    for (const version of [
      alias.FunctionVersion ?? '',
      ...Object.keys(alias.RoutingConfig?.AdditionalVersionWeights ?? {}),
    ]) {
      const dimensionSets = [{ FunctionName: 'checkout', Resource: 'checkout:live', ExecutedVersion: version }]
      for (const name of ['Invocations', 'Errors']) {
        const value = name === 'Invocations' ? 20 : 0
        cloud.cloudwatch.record({
          namespace: 'AWS/Lambda',
          name,
          dimensionSets,
          value,
          unit: 'Count',
          atMs: clock.nowMs(),
        })
      }
    }
    customers()
  })
}

/** Runs one release with a kill after its effect number `after`. @returns what was killed, if the release got that far */
async function releaseWithKill(after: number, story: 'good' | 'bad'): Promise<string | undefined> {
  await lambda.send(
    new UpdateFunctionCodeCommand({ FunctionName: 'checkout', ZipFile: new TextEncoder().encode(`code ${++codes}`) }),
  )
  const { Version: version = '' } = await lambda.send(new PublishVersionCommand({ FunctionName: 'checkout' }))
  const stable = (await lambda.send(new GetAliasCommand({ FunctionName: 'checkout', Name: 'live' }))).FunctionVersion
  performed = []
  killed = undefined
  killAfter = after
  // Asynchronously, so that Lambda retries by itself: whoever calls the API tries again with the same request id.
  const call = { version, requestId: `${story}-${after}-${version}` }
  const request = apiRequest({ who: 'ann', route: 'start', service: 'checkout', body: call }, call.requestId)
  await lambda.send(
    new InvokeCommand({
      FunctionName: functionName('start'),
      InvocationType: 'Event',
      Payload: JSON.stringify(request),
    }),
  )
  await clock.settle()
  if (story === 'bad') {
    await clock.advanceTo(clock.nowMs() + minute)
    beforeAlarm = performed.length
    await cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'the test says so' }),
    )
  }
  const releaseId = `checkout-${world.digest(`checkout\ncall/${call.requestId}`).slice(0, 20)}`
  for (let passed = 0; passed < 60 && !(await isOver(releaseId)); passed++)
    await clock.advanceTo(clock.nowMs() + minute)
  // The kill may have hit the function that announces the end.
  await clock.advanceTo(clock.nowMs() + minute)
  await check(releaseId, story, stable ?? '', version)
  killAfter = Number.POSITIVE_INFINITY
  return killed
}

/** The processes run in real time: on a busy machine a look comes before the alarm or not, which is some effects more or less. */
async function killedAfter(after: number, story: 'good' | 'bad'): Promise<string | undefined> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    // Let the alarm of the previous release recover.
    await clock.advanceTo(clock.nowMs() + 2 * minute)
    const found = await releaseWithKill(after, story)
    if (found !== undefined) return found
  }
  return undefined
}

async function isOver(releaseId: string): Promise<boolean> {
  const { events } = await world.journal.read(releaseId)
  return events.at(-1)?.type === 'settled' && (await world.openReleases.list()).items.length === 0
}

async function check(releaseId: string, story: 'good' | 'bad', stable: string, candidate: string): Promise<void> {
  const where = `killed after effect ${killAfter} (${killed ?? 'none'})`
  const { events } = await world.journal.read(releaseId)
  const release = replay(events)
  const alias = await lambda.send(new GetAliasCommand({ FunctionName: 'checkout', Name: 'live' }))
  // A kill may cost the candidate its release, but never the service its traffic.
  expect(release?.state.phase, where).toBe('settled')
  const outcome = release?.ending?.outcome ?? ''
  expect(story === 'good' ? ['promoted', 'aborted'] : ['rolledBack', 'rejected', 'aborted'], where).toContain(outcome)
  expect(alias.FunctionVersion, where).toBe(outcome === 'promoted' ? candidate : stable)
  expect(alias.RoutingConfig?.AdditionalVersionWeights ?? {}, where).toEqual({})
  expect(
    events.map((event) => event.seq),
    where,
  ).toEqual(events.map((_, index) => index + 1))
  for (const type of ['requested', 'admitted', 'prepared', 'settled']) {
    expect(events.filter((event) => event.type === type).length, `${type}, ${where}`).toBeLessThanOrEqual(1)
  }
  expect(await world.leases.holder('checkout'), where).toBeUndefined()
  expect(await world.alarmWatch.releases('checkout-errors'), where).not.toContain(releaseId)
  expect((await world.history.list('checkout', 1)).items[0], where).toMatchObject({ releaseId, outcome })
  const told = cloud.events
    .recorded()
    .filter(
      (event) =>
        event['detail-type'] === 'Release Settled' &&
        (event.detail as { metadata?: { releaseId?: string } }).metadata?.releaseId === releaseId,
    )
  expect(told.length, where).toBeGreaterThanOrEqual(1)
}

const some = { good: ['UpdateAlias', 'SendTaskSuccess'], bad: ['Publish'] }

/** The effects to kill after: all of them, or the middle one of some kinds. */
function killsOf(story: 'good' | 'bad', effectsMade: readonly string[], from: number): readonly number[] {
  const all = effectsMade.flatMap((_, index) => (index + 1 >= from ? [index + 1] : []))
  if (areAll) return all
  return some[story].map((kind) => {
    const ofKind = all.filter((after) => effectsMade[after - 1] === kind)
    return ofKind[Math.floor(ofKind.length / 2)] ?? from
  })
}

it.each(['good', 'bad'] as const)('a %s release survives kill -9 after any one of its effects', async (story) => {
  await releaseWithKill(Number.POSITIVE_INFINITY, story)
  const effectsMade = performed
  // Until its alarm, a bad release is the same as a good one, which covers the kills there.
  const from = story === 'good' ? 1 : beforeAlarm
  const everywhere = ['PutItem', 'DeleteItem', 'UpdateAlias', 'SendTaskSuccess', 'PutEvents']
  const own = story === 'good' ? ['StartExecution', 'Invoke'] : ['Publish']
  expect(new Set(effectsMade.slice(from - 1))).toEqual(new Set([...everywhere, ...own]))
  for (const after of killsOf(story, effectsMade, from)) {
    expect(await killedAfter(after, story), `killed after effect ${after}`).toBeDefined()
  }
})
