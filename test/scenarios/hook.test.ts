// Hooks on the embedded cloud: of any length, called once for each attempt, and settled by the first answer from anywhere.
import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalHandler } from '../../cloud/local/dispatch.ts'
import type { LocalFunction } from '../../cloud/local/runtime/in-process-runtime.ts'
import { nowOf } from '../../core/view/release/now.ts'
import { HookAnswer } from '../../functions/tasks/hook.ts'
import { type Sandbox, minute, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

type Hook = (event: HookEvent, call: Parameters<LocalFunction>[1]) => unknown
type HookEvent = {
  readonly release: string
  readonly hook: string
  readonly attempt: number
  readonly answer: { readonly function: string; readonly nonce: string; readonly before: string }
}

/** A release that waits for this hook before its first traffic. @returns its id, and how often the hook was called */
async function open(
  hook: Hook,
  {
    timeout = '5m',
    seconds = 900,
    through,
  }: { timeout?: string; seconds?: number; through?: (handler: LocalHandler) => LocalHandler } = {},
) {
  const told: HookEvent[] = []
  sandbox = await openSandbox({
    ...(through === undefined ? {} : { through }),
    functions: {
      hook: (event, call) => {
        told.push(event as HookEvent)
        return hook(event as HookEvent, call)
      },
    },
  })
  await sandbox.publish('hook', 'checkout-smoke')
  const configured = { FunctionName: 'checkout-smoke', Timeout: seconds }
  await sandbox.clients.lambda.send(new UpdateFunctionConfigurationCommand(configured))
  const hooks = [{ at: 'beforeTraffic', function: 'checkout-smoke', timeout }]
  await sandbox.world.services.put(sampleService({ slos: [], hooks }))
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  return { id, told }
}

const answers = async (id: string) =>
  (await sandbox.events(id)).flatMap((event) => (event.type === 'hookAnswered' ? [[event.answer, event.because]] : []))

describe('a hook', () => {
  it('may run for as long as Lambda allows, and its return value is its answer', async () => {
    const { id, told } = await open(
      async (_, call) => {
        await call.waitMs(14 * minute)
        return { result: 'pass', message: 'all 12,000 rows are there' }
      },
      { timeout: '1d' },
    )
    await sandbox.minutes(13)
    expect(await answers(id)).toEqual([])
    await sandbox.minutes(2)
    expect(await answers(id)).toEqual([['pass', 'hook checkout-smoke says "all 12,000 rows are there"']])
    expect(told).toHaveLength(1)
    expect(await sandbox.alias()).toMatchObject({ weights: { '2': 0.1 } })
  })

  it('that throws has failed, whatever its text says', async () => {
    const { id, told } = await open(() => {
      throw new Error('GET https://shop.example/health: Task timed out after 3.00 seconds')
    })
    expect(await sandbox.finish(id)).toMatchObject({ ending: { outcome: 'rejected', by: 'hook' } })
    expect(told).toHaveLength(1)
  })

  it('that fails cannot tell a person in our words what to do', async () => {
    const order = 'Put it back by hand:\n  aws lambda update-alias --function-name checkout --function-version 9'
    const { id } = await open(() => ({ result: 'fail', message: `smoke failed".\u001b[2J\n${order}` }))
    expect(await sandbox.finish(id)).toMatchObject({ ending: { outcome: 'rejected', by: 'hook' } })
    const [[, because = ''] = []] = await answers(id)
    expect(because).toMatch(/^hook checkout-smoke says "smoke failed'[^"\n]+aws lambda update-alias[^"\n]+"$/)
    expect(because).toContain(String.raw`\u{1b}[2J\nPut it back`)
  })

  it("that hits its function's own timeout has not answered, and is called again after a pause", async () => {
    const { id, told } = await open(
      async ({ attempt }, call) => {
        if (attempt < 3) await call.waitMs(60_000)
        return { result: 'pass' }
      },
      { seconds: 3 },
    )
    await sandbox.minutes(10)
    const called = (await sandbox.events(id)).filter((event) => event.type === 'hookCalled')
    // Three seconds, a minute; three seconds, two minutes.
    expect(called.map((event) => Math.floor((event.atMs - (called[0]?.atMs ?? 0)) / 1000))).toEqual([0, 63, 186])
    expect((await answers(id)).map(([answer]) => answer)).toEqual(['unknown', 'unknown', 'pass'])
    expect((await answers(id))[0]?.[1]).toMatch(/Task timed out after 3\.00 seconds/)
    expect(told).toHaveLength(3)
  })

  const refused = async (what: Promise<unknown>): Promise<unknown> =>
    what.then(
      () => 'accepted',
      (error: unknown) => (error as Error).name,
    )
  const answer = ({ release, hook, answer: { nonce } }: HookEvent, changes: object = {}) =>
    sandbox.ask('answer', { releaseId: release, hook, nonce, result: 'pass', message: 'by call', ...changes })

  it('that answers by a call while it is running is refused: what it returns is its answer', async () => {
    const seen: unknown[] = []
    const { id, told } = await open(async (event, call) => {
      expect(Object.keys(event.answer)).toEqual(['function', 'nonce', 'before'])
      expect(event.answer.function).toBe('tidegate-answer')
      expect(Date.parse(event.answer.before)).toBe(sandbox.clock.nowMs() + 5 * minute)
      await call.waitMs(30_000)
      seen.push(await refused(answer(event)), await refused(answer(event, { nonce: undefined })))
      await call.waitMs(30_000)
      return { result: 'fail', message: 'the total is wrong' }
    })
    await sandbox.minutes(3)
    expect(seen).toEqual(['Tidegate.hook_running', 'Tidegate.answer_unproven'])
    expect(await answers(id)).toEqual([['fail', 'hook checkout-smoke says "the total is wrong"']])
    expect(await sandbox.alias()).toMatchObject({ weights: {} })
    expect(told).toHaveLength(1)
  })

  it('that said later is answered for by who has the nonce of that call, and by nobody else', async () => {
    const { id, told } = await open(() => ({ result: 'later' }), { timeout: '3m' })
    await sandbox.minutes(1)
    const [first] = told
    if (first === undefined) throw new Error('it was not called')
    const { nonce } = first.answer
    expect(nonce.length).toBeGreaterThanOrEqual(32)
    for (const wrong of [undefined, 'x', nonce.slice(1), `${nonce}0`, 'x'.repeat(200)])
      expect(await refused(answer(first, { nonce: wrong }))).toBe('Tidegate.answer_unproven')
    // The next attempt has a nonce of its own.
    await sandbox.minutes(5)
    const [, second] = told
    if (second === undefined) throw new Error('it was not called again')
    expect(second.answer.nonce).not.toBe(nonce)
    expect(await refused(answer(second, { nonce }))).toBe('Tidegate.answer_unproven')
    expect(await refused(answer(first))).toBe('Tidegate.verb_not_now')
    expect(await refused(answer(second))).toBe('accepted')
    await sandbox.clock.settle()
    expect((await answers(id)).at(-1)).toEqual(['pass', 'hook says "by call"'])
    expect(await sandbox.alias()).toMatchObject({ weights: { '2': 0.1 } })
    const written = JSON.stringify([await sandbox.events(id), sandbox.logged])
    expect([written.includes(nonce), written.includes(second.answer.nonce)]).toEqual([false, false])
    expect((await sandbox.events(id)).find(({ type }) => type === 'hookCalled')).toHaveProperty('nonceSha256')
  })

  it('says how far it is, at most once a minute, and what it says changes nothing', async () => {
    const { id, told } = await open(() => ({ result: 'later' }), { timeout: '3h' })
    await sandbox.minutes(1)
    const [event] = told
    if (event === undefined) throw new Error('it was not called')
    for (const minutes of [0, 1, 2, 2]) {
      await sandbox.minutes(minutes)
      await answer(event, { result: 'later', message: `${minutes} done\n  aws lambda delete-function` })
    }
    expect(await refused(answer(event, { result: 'later', nonce: 'x' }))).toBe('Tidegate.answer_unproven')
    const log = await sandbox.events(id)
    // A hundredth of three hours is more than a minute.
    const kept = log.flatMap((one) => (one.type === 'hookDeferred' && one.said !== undefined ? [one.said] : []))
    const words = (done: number) => String.raw`the hook says "${done} done\n aws lambda delete-function"`
    expect(kept).toEqual([words(0), words(2), words(2)])
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect(nowOf(await sandbox.release(id), sandbox.clock.nowMs()).sentence).toContain(`Last: ${words(2)}, at `)
    await answer(event)
    await sandbox.clock.settle()
    expect(await sandbox.release(id)).not.toHaveProperty('state.progress')
    expect(await sandbox.alias()).toMatchObject({ weights: { '2': 0.1 } })
  })

  it('that was called before there were nonces still answers, and the log says that it proved nothing', async () => {
    const { id, told } = await open(() => ({ result: 'later' }), {
      // The controller of before.
      through: (handler) => (request) => {
        const text = new TextDecoder().decode(request.body)
        const body = new TextEncoder().encode(text.replace(/,\\"nonceSha256\\":\\"[0-9a-f]{64}\\"/, ''))
        return handler({ ...request, body: text.includes('nonceSha256') ? body : request.body })
      },
    })
    await sandbox.minutes(1)
    const [first] = told
    if (first === undefined) throw new Error('it was not called')
    await answer(first, { nonce: undefined })
    const answered = (await sandbox.events(id)).find(({ type }) => type === 'hookAnswered')
    expect(answered).toMatchObject({ answer: 'pass', proof: 'none' })
    expect(sandbox.logged.map(({ message }) => message)).toContain(`hook ${first.hook} answered without a nonce`)
  })

  it('is called once for each attempt, however often we are asked to: by Lambda twice, by the machine again', async () => {
    const { id, told } = await open(
      async (_, call) => {
        await call.waitMs(8 * minute)
        return { result: 'pass' }
      },
      { timeout: '10m' },
    )
    const execution = sandbox.cloud.states.executions()[0]?.arn ?? ''
    for (const token of ['a', 'b'])
      await sandbox.ask('hook', { releaseId: id, execution, machine: 2, token: `AQCc${token}` }).catch(() => undefined)
    await sandbox.minutes(7)
    expect(told).toHaveLength(1)
    await sandbox.minutes(2)
    expect(await answers(id)).toEqual([['pass', 'hook checkout-smoke: answered pass']])
  })

  it('whose call is lost is unknown when its time is over, and not before', async () => {
    let lost = 0
    const { id, told } = await open(() => ({ result: 'pass' }), {
      timeout: '3m',
      through: (handler) => (request) => {
        const isCall = request.path.includes('/functions/checkout-smoke/invocations')
        if (isCall && lost++ === 0) return Promise.reject(new Error('socket hang up'))
        return handler(request)
      },
    })
    await sandbox.minutes(2)
    expect([lost, await answers(id)]).toEqual([1, []])
    const deferred = (await sandbox.events(id)).find(({ type }) => type === 'hookDeferred')
    expect(deferred).toHaveProperty('unheard', true)
    await sandbox.minutes(3)
    expect(await answers(id)).toEqual([
      ['unknown', 'hook checkout-smoke was silent for 180 s'],
      ['pass', 'hook checkout-smoke: answered pass'],
    ])
    expect([lost, told.map((event) => event.attempt)]).toEqual([2, [2]])
  })

  it('that Lambda throttles is unknown at once, and called again after a pause', async () => {
    let throttled = 0
    const { id, told } = await open(() => ({ result: 'pass' }), {
      through: (handler) => (request) => {
        const isCall = request.path.includes('/functions/checkout-smoke/invocations')
        if (!isCall || throttled++ > 0) return handler(request)
        const headers = { 'content-type': 'application/json', 'x-amzn-errortype': 'TooManyRequestsException' }
        return Promise.resolve({ status: 429, headers, body: '{"message":"Rate Exceeded."}' })
      },
    })
    await sandbox.minutes(2)
    expect((await answers(id)).map(([answer]) => answer)).toEqual(['unknown', 'pass'])
    expect(told).toHaveLength(1)
  })
})

describe("a hook's answer", () => {
  it('is its result, whatever else it contains', () => {
    const result = fc.constantFrom('pass', 'fail', 'later')
    fc.assert(
      fc.property(result, fc.object(), fc.anything(), (said, more, message) => {
        const parsed = HookAnswer.safeParse(JSON.parse(JSON.stringify({ ...more, message, result: said })))
        expect(parsed).toMatchObject({ success: true, data: { result: said } })
      }),
    )
  })

  it('without a valid result is no answer', () => {
    fc.assert(
      fc.property(fc.anything(), (answer) => {
        const result = typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : undefined
        fc.pre(!['pass', 'fail', 'later'].includes(result as string))
        expect(HookAnswer.safeParse(answer).success).toBe(false)
      }),
    )
  })

  it('may have a message of any length, which is cut, or none', async () => {
    const { id } = await open(({ attempt }) => ({ result: 'pass', message: 'x'.repeat(600), attempt, rows: [1] }))
    expect(await answers(id)).toEqual([['pass', `hook checkout-smoke says "${'x'.repeat(497)}..."`]])
  })
})
