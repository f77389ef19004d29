// Functions in processes of their own: they answer, fail, hang and die as Lambda's do, on the cloud's time.
import { afterAll, expect, it } from 'vitest'
import { steppedClock } from '../../../cloud/local/clock.ts'
import { processRuntime } from '../../../cloud/local/process-runtime.ts'
import type { RunRequest } from '../../../cloud/local/runtime.ts'
import { zipSync } from 'fflate'

const clock = steppedClock(Date.UTC(2030, 0, 1))
const runtime = processRuntime({ clock, endpointUrl: () => 'http://127.0.0.1:9' })
afterAll(() => runtime.stop())

const source = `
let calls = 0
export const handler = async (event, context) => {
  if (event.throw) throw new RangeError(event.throw)
  if (event.exit) process.exit(3)
  if (event.hang) await new Promise(() => setInterval(() => {}, 1000))
  return { calls: ++calls, version: context.functionVersion, year: new Date().getUTCFullYear(), now: Date.now(), parsed: new Date('2020-01-01').getTime(), env: process.env }
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
const run = async (event: unknown, changes: Partial<RunRequest> = {}) => {
  const { payload, functionError } = await runtime.run(request(event, changes))
  return { functionError, answer: JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown> }
}

it("answers from one process as long as it lives, with the cloud's time and the given environment only", async () => {
  process.env['TIDEGATE_SECRET_OF_THE_TEST'] = 'must not leak'
  const first = await run({})
  expect(first.answer).toMatchObject({ calls: 1, version: '1', year: 2030, parsed: Date.UTC(2020, 0, 1) })
  expect(first.answer['env']).toMatchObject({
    GREETING: 'hello',
    AWS_ACCESS_KEY_ID: 'role.team',
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
  const hanging = run({ hang: true })
  await run({})
  for (const pid of runtime.processIds()) process.kill(pid, 'SIGKILL')
  expect((await hanging).answer).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringContaining('signal: killed') as string,
  })
  expect((await run({})).answer).toMatchObject({ calls: 1 })
  expect((await run({ exit: true })).answer).toMatchObject({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringContaining('exit status 3') as string,
  })
  expect((await run({})).answer).toMatchObject({ calls: 1 })
})

it('ends an invocation at its timeout', async () => {
  expect((await run({ hang: true }, { timeoutSeconds: 0.05 })).answer).toMatchObject({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringContaining('Task timed out') as string,
  })
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

it('starts no process any more once it has been stopped', async () => {
  const mine = processRuntime({ clock, endpointUrl: () => 'http://127.0.0.1:9' })
  await mine.stop()
  const { payload, functionError } = await mine.run(request({}))
  expect(functionError).toBe('Unhandled')
  expect(new TextDecoder().decode(payload)).toContain('has been stopped')
  expect(mine.processIds()).toEqual([])
})
