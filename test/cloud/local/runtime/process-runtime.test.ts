// Functions in processes of their own: they answer, wait, fail, hang and die like Lambda's, in the cloud's time.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, expect, it } from 'vitest'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import { localKeys } from '../../../../cloud/local/door/keys.ts'
import { localCloud } from '../../../../cloud/local/cloud.ts'
import { processRuntime } from '../../../../cloud/local/runtime/process-runtime.ts'
import type { RunRequest } from '../../../../cloud/local/runtime/runtime.ts'
import { localSocket } from '../../../../cloud/local/socket.ts'
import { placeOf } from '../../../../local/clients.ts'
import { zipSync } from 'fflate'

const startMs = Date.UTC(2030, 0, 1)
const clock = steppedClock(startMs)
let url = 'http://127.0.0.1:9'
const keys = localKeys([])
const runtime = processRuntime({ clock, endpointUrl: () => url, secretOf: keys.secretOf })
const hasty = processRuntime({ clock, endpointUrl: () => url, patienceMs: 200 })
afterAll(() => Promise.all([runtime.stop(), hasty.stop()]))

const source = `
import { setTimeout as later } from 'node:timers/promises'
let calls = 0
export const handler = async (event, context) => {
  if (event.throw) throw new RangeError(event.throw)
  if (event.exit) process.exit(3)
  if (event.hang === 'promise') await new Promise(() => {})
  if (event.hang === 'interval') await new Promise(() => setInterval(() => {}, 1000))
  if (event.hang === 'loop') for (;;);
  if (event.hang === 'outside') await fetch(event.url)
  if (event.sleepMs) console.log('sleeps')
  if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs))
  if (event.laterMs) await later(event.laterMs)
  return { calls: ++calls, version: context.functionVersion, year: new Date().getUTCFullYear(), now: Date.now(), left: context.getRemainingTimeInMillis(), parsed: new Date('2020-01-01').getTime(), env: process.env }
}`
const zip = zipSync({ 'index.mjs': new TextEncoder().encode(source) })
let count = 0
const request = (event: unknown, changes: Partial<RunRequest> = {}): RunRequest => ({
  functionName: 'fn',
  functionArn: 'arn:fn',
  version: '1',
  handler: 'index.handler',
  role: 'arn:aws:iam::000000000000:role/team',
  code: { sha256: 'a', bytes: zip },
  environment: { GREETING: 'hello' },
  payload: new TextEncoder().encode(JSON.stringify(event)),
  requestId: `r${++count}`,
  timeoutSeconds: 30,
  ...changes,
})
const run = async (event: unknown, changes: Partial<RunRequest> = {}, on = runtime) => {
  const { payload, functionError, durationMs } = await on.run(request(event, changes))
  return { functionError, durationMs, answer: JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown> }
}

it('ends a process that was idle for an hour, and starts a new one for the next call', async () => {
  const own = processRuntime({ clock, endpointUrl: () => url })
  const calls = async () => (await run({}, {}, own)).answer['calls']
  expect([await calls(), await calls()]).toEqual([1, 2])
  await clock.advanceTo(clock.nowMs() + 59 * 60_000)
  expect(await calls()).toBe(3)
  await clock.advanceTo(clock.nowMs() + 60 * 60_000)
  expect(await calls()).toBe(1)
  await own.stop()
})

it("answers from one process as long as it lives, with only the cloud's time and the given environment", async () => {
  process.env['TIDEGATE_SECRET_OF_THE_TEST'] = 'must not leak'
  const first = await run({})
  expect(first.answer).toMatchObject({ calls: 1, version: '1', year: 2030, parsed: Date.UTC(2020, 0, 1) })
  expect(first.answer['env']).toMatchObject({
    GREETING: 'hello',
    AWS_ACCESS_KEY_ID: 'role.team',
    AWS_SECRET_ACCESS_KEY: keys.secretOf('role.team'),
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  })
  expect(first.answer['env']).not.toHaveProperty('TIDEGATE_SECRET_OF_THE_TEST')
  await clock.advanceTo(clock.nowMs() + 5000)
  const second = await run({})
  expect(second.answer).toMatchObject({ calls: 2, now: clock.nowMs() })
  expect(runtime.processIds()).toHaveLength(1)
})

it('reports what a handler throws by its name', async () => {
  expect(await run({ throw: 'too far' })).toMatchObject({
    functionError: 'Unhandled',
    answer: { errorType: 'RangeError', errorMessage: 'too far' },
  })
})

it('fails an invocation whose process is killed or exits, and starts a new one for the next', async () => {
  const hanging = run({ hang: 'promise' })
  for (const pid of runtime.processIds()) process.kill(pid, 'SIGKILL')
  expect((await hanging).answer).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(/^RequestId: r\d+ Error: Runtime exited with error: signal: killed$/) as string,
  })
  expect((await run({})).answer).toMatchObject({ calls: 1 })
  expect((await run({ exit: true })).answer).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringContaining('exit status 3') as string,
  })
  expect((await run({})).answer).toMatchObject({ calls: 1 })
})

it("waits only in the cloud's time, and works in no time", async () => {
  const sinceMs = clock.nowMs()
  const sleeping = run({ sleepMs: 20_000, laterMs: 9000 })
  const working = await run({})
  expect([working.durationMs, clock.nowMs()]).toEqual([1, sinceMs])
  await clock.advanceTo(sinceMs + 28_999)
  await clock.advanceTo(sinceMs + 29_000)
  const { durationMs, answer } = await sleeping
  expect([durationMs, answer['now'], answer['left']]).toEqual([29_000, sinceMs + 29_000, 1000])
})

it.each(['promise', 'interval', 'loop', 'outside'])(
  "ends an invocation at its timeout, in Lambda's words, when it hangs for a reason like this: %s",
  async (hang) => {
    const mute = createServer(() => undefined)
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    const sinceMs = clock.nowMs()
    // Nothing shows that the last two only wait.
    const on = hang === 'loop' || hang === 'outside' ? hasty : runtime
    const hanging = run({ hang, url: `http://127.0.0.1:${port}` }, { timeoutSeconds: 3 }, on)
    await clock.advanceTo(sinceMs + 3000)
    expect(await hanging).toEqual({
      functionError: 'Unhandled',
      durationMs: 3000,
      answer: {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: r${count} Error: Task timed out after 3.00 seconds`,
      },
    })
    mute.close()
    mute.closeAllConnections()
    expect((await run({})).answer).toMatchObject({ year: 2030 })
  },
)

it('lets time pass for a function that waits for another one', async () => {
  const cloud = localCloud({ clock, runtime, seed: 1 })
  const socket = await localSocket(cloud.handler, keys)
  url = socket.url
  const lambda = new LambdaClient(placeOf(cloud.handler, 'operator'))
  const asks = `
    import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
    export const handler = async (event) => {
      const { Payload } = await new LambdaClient({}).send(new InvokeCommand({ FunctionName: 'slow', Payload: JSON.stringify(event) }))
      return { now: JSON.parse(new TextDecoder().decode(Payload)).now, then: Date.now() }
    }`
  for (const [FunctionName, text] of Object.entries({ asks, slow: source })) {
    const ZipFile = zipSync({ 'index.mjs': new TextEncoder().encode(text) })
    const common = {
      Role: 'arn:aws:iam::000000000000:role/team',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
    } as const
    await lambda.send(new CreateFunctionCommand({ ...common, FunctionName, Timeout: 30, Code: { ZipFile } }))
  }
  const sinceMs = clock.nowMs()
  const asked = lambda.send(new InvokeCommand({ FunctionName: 'asks', Payload: '{"sleepMs":7000}' }))
  await clock.settle()
  await clock.advanceTo(sinceMs + 60_000)
  const { Payload } = await asked
  expect(JSON.parse(new TextDecoder().decode(Payload))).toEqual({ now: sinceMs + 7000, then: sinceMs + 7000 })
  cloud.close()
  await socket.close()
})

it('gives another role or environment a process of its own, and refuses a package that reaches outside itself', async () => {
  const before = runtime.processIds().length
  await run({}, { role: 'arn:aws:iam::000000000000:role/other' })
  expect(runtime.processIds()).toHaveLength(before + 1)
  const evil = zipSync({ '../../evil.mjs': new TextEncoder().encode('x') })
  expect((await run({}, { code: { sha256: 'b', bytes: evil } })).answer).toMatchObject({
    errorType: 'Runtime.InvalidPackage',
  })
})

it('starts no process after it has been stopped', async () => {
  const mine = processRuntime({ clock, endpointUrl: () => 'http://127.0.0.1:9' })
  await mine.stop()
  const { payload, functionError } = await mine.run(request({}))
  expect(functionError).toBe('Unhandled')
  expect(new TextDecoder().decode(payload)).toContain('has been stopped')
  expect(mine.processIds()).toEqual([])
})
