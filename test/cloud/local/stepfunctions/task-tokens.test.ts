// Waiting for an answer: tokens, timeouts, heartbeats, and everything that comes too late.
import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { describe, expect, it } from 'vitest'
import { callback, FunctionError, invoke, startMs, states } from './states.ts'

const bake = (more: object = {}): object => ({
  StartAt: 'Bake',
  States: {
    Bake: {
      Type: 'Task',
      Resource: callback,
      Arguments: { FunctionName: 'bake', Payload: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: '{% $states.input.seconds %}',
      Catch: [
        { ErrorEquals: ['States.Timeout', 'States.HeartbeatTimeout'], Next: 'Judge' },
        { ErrorEquals: ['States.ALL'], Output: '{% $states.errorOutput %}', Next: 'Recover' },
      ],
      Next: 'Woken',
      ...more,
    },
    Woken: { Type: 'Succeed', Output: { woken: '{% $states.input %}' } },
    Judge: { Type: 'Succeed', Output: 'judge' },
    Recover: { Type: 'Succeed', Output: { recover: '{% $states.input %}' } },
  },
})
const atSeconds = (seconds: number): number => startMs + seconds * 1000
const tokenOf = (world: ReturnType<typeof states>, call = 0): string => String(world.calls[call]?.payload['token'])
const succeed = (taskToken: string, output: unknown = {}): SendTaskSuccessCommand =>
  new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })

describe('a task that waits for its token', () => {
  it('times out into Catch after the seconds that an expression gave, to the millisecond', async () => {
    const world = states()
    const arn = await world.begin(bake(), { seconds: 300 })
    await world.clock.advanceTo(atSeconds(300) - 1)
    expect((await world.describe(arn)).status).toBe('RUNNING')
    await world.clock.advanceTo(atSeconds(300))
    expect(await world.describe(arn)).toMatchObject({
      status: 'SUCCEEDED',
      output: '"judge"',
      stopDate: new Date(atSeconds(300)),
    })
    expect((await world.history(arn)).map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskTimedOut',
      'TaskStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ])
  })

  it('is woken at once by SendTaskSuccess, with its output as the result', async () => {
    const world = states(() => ({ ignored: true }))
    const arn = await world.begin(bake(), { seconds: 300 })
    await world.clock.advanceTo(atSeconds(10))
    await world.sfn.send(succeed(tokenOf(world), { by: 'alarm' }))
    await world.clock.settle()
    expect(JSON.parse((await world.describe(arn)).output!)).toEqual({ woken: { by: 'alarm' } })
    expect(world.clock.nextAtMs()).toBeUndefined()
  })

  it('fails by SendTaskFailure with the error and the cause that were sent', async () => {
    const world = states()
    const arn = await world.begin(bake(), { seconds: 300 })
    await world.sfn.send(new SendTaskFailureCommand({ taskToken: tokenOf(world), error: 'Hook.No', cause: 'red' }))
    await world.clock.settle()
    expect(JSON.parse((await world.describe(arn)).output!)).toEqual({ recover: { Error: 'Hook.No', Cause: 'red' } })
  })

  it('may be answered before the function has returned', async () => {
    const world = states(async ({ payload }) => {
      await world.sfn.send(succeed(String(payload['token']), 'early'))
      throw new FunctionError('Late', 'after the answer')
    })
    const arn = await world.begin(bake(), { seconds: 300 })
    expect(JSON.parse((await world.describe(arn)).output!)).toEqual({ woken: 'early' })
  })

  it('fails when its function fails', async () => {
    const world = states(() => {
      throw new FunctionError('Bad', 'no')
    })
    const arn = await world.begin(bake(), { seconds: 300 })
    expect(JSON.parse((await world.describe(arn)).output!)).toMatchObject({ recover: { Error: 'Bad' } })
    await expect(world.sfn.send(succeed(tokenOf(world)))).rejects.toMatchObject({ name: 'TaskTimedOut' })
  })

  it('accepts one answer, in time; a new attempt has a new token', async () => {
    const world = states()
    const Retry = [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1, MaxAttempts: 1 }]
    await world.begin(bake({ Retry }), { seconds: 60 })
    await world.clock.advanceTo(atSeconds(62))
    expect(tokenOf(world, 1)).not.toBe(tokenOf(world, 0))
    await expect(world.sfn.send(succeed(tokenOf(world, 0)))).rejects.toMatchObject({ name: 'TaskTimedOut' })
    await world.sfn.send(succeed(tokenOf(world, 1)))
    await expect(world.sfn.send(succeed(tokenOf(world, 1)))).rejects.toMatchObject({ name: 'TaskTimedOut' })
    await expect(world.sfn.send(succeed('nonsense'))).rejects.toMatchObject({ name: 'InvalidToken' })
  })

  it('refuses an answer that is not JSON, and keeps waiting', async () => {
    const world = states()
    const arn = await world.begin(bake(), { seconds: 60 })
    await expect(
      world.sfn.send(new SendTaskSuccessCommand({ taskToken: tokenOf(world), output: '{' })),
    ).rejects.toMatchObject({ name: 'InvalidOutput' })
    expect((await world.describe(arn)).status).toBe('RUNNING')
  })

  it('lives as long as heartbeats arrive, but not longer than its timeout', async () => {
    const world = states()
    const arn = await world.begin(bake({ HeartbeatSeconds: 10 }), { seconds: 25 })
    for (const seconds of [9, 18]) {
      await world.clock.advanceTo(atSeconds(seconds))
      await world.sfn.send(new SendTaskHeartbeatCommand({ taskToken: tokenOf(world) }))
    }
    await world.clock.advanceTo(atSeconds(24))
    expect((await world.describe(arn)).status).toBe('RUNNING')
    await world.clock.advanceTo(atSeconds(25))
    expect((await world.describe(arn)).output).toBe('"judge"')
  })

  it.each(['States.Timeout', 'States.HeartbeatTimeout'])('that misses a heartbeat is caught as %s', async (name) => {
    const world = states()
    const Catch = [
      { ErrorEquals: [name], Next: 'Judge' },
      { ErrorEquals: ['States.ALL'], Next: 'Recover' },
    ]
    const arn = await world.begin(bake({ HeartbeatSeconds: 10, Catch }), { seconds: 60 })
    await world.clock.advanceTo(atSeconds(10))
    expect((await world.describe(arn)).output).toBe('"judge"')
  })

  it.each([0, -1, 1.5, 'soon'])('cannot have a timeout of %s', async (seconds) => {
    const world = states()
    const arn = await world.begin(bake(), { seconds })
    expect(JSON.parse((await world.describe(arn)).output!)).toMatchObject({
      recover: { Error: 'States.QueryEvaluationError' },
    })
    expect(world.calls).toEqual([])
  })
})

describe('an execution that is stopped', () => {
  it('catches nothing, starts nothing, and refuses answers to its token', async () => {
    const world = states()
    const arn = await world.begin(bake(), { seconds: 60 })
    await world.sfn.send(new StopExecutionCommand({ executionArn: arn, error: 'Stop', cause: 'by hand' }))
    await expect(world.sfn.send(succeed(tokenOf(world)))).rejects.toMatchObject({ name: 'TaskTimedOut' })
    expect(world.clock.nextAtMs()).toBeUndefined()
    await world.clock.advanceTo(atSeconds(120))
    expect(await world.describe(arn)).toMatchObject({ status: 'ABORTED', error: 'Stop', cause: 'by hand' })
    expect((await world.history(arn)).at(-1)?.type).toBe('ExecutionAborted')
  })

  it('lets a running function finish, and drops its result', async () => {
    let finish: (value: unknown) => void = () => undefined
    let finished = false
    const world = states(() => new Promise((resolve) => (finish = resolve)).then(() => (finished = true)), false)
    const Task = { Type: 'Task', Resource: invoke, Arguments: { FunctionName: 'f' }, Next: 'After' }
    const arn = await world.begin({ StartAt: 'A', States: { A: Task, After: { ...Task, Next: undefined, End: true } } })
    await world.sfn.send(new StopExecutionCommand({ executionArn: arn }))
    finish(null)
    await world.clock.settle()
    expect([finished, world.calls.length]).toEqual([true, 1])
    expect(await world.describe(arn)).toMatchObject({ status: 'ABORTED' })
    expect((await world.history(arn)).map(({ type }) => type)).not.toContain('TaskSucceeded')
  })
})

describe('a function that takes too long', () => {
  it('fails its task with States.Timeout, and its result is dropped', async () => {
    let finish: (value: unknown) => void = () => undefined
    const world = states(() => new Promise((resolve) => (finish = resolve)), false)
    const Task = {
      Type: 'Task',
      Resource: invoke,
      Arguments: { FunctionName: 'f' },
      TimeoutSeconds: 5,
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Late' }],
      End: true,
    }
    const arn = await world.begin({ StartAt: 'A', States: { A: Task, Late: { Type: 'Wait', Seconds: 60, End: true } } })
    await world.clock.advanceTo(atSeconds(5))
    finish('too late')
    await world.clock.advanceTo(atSeconds(65))
    expect(await world.describe(arn)).toMatchObject({ status: 'SUCCEEDED', stopDate: new Date(atSeconds(65)) })
    expect((await world.history(arn)).map(({ type }) => type)).not.toContain('TaskSucceeded')
  })

  it('writes nothing into the history for a wait that is over', async () => {
    let finish: (value: unknown) => void = () => undefined
    const world = states(() => new Promise((resolve) => (finish = resolve)), false)
    const A = {
      ...{ Type: 'Task', Resource: callback, Arguments: { FunctionName: 'f' }, TimeoutSeconds: 5, End: true },
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rest' }],
    }
    const arn = await world.begin({ StartAt: 'A', States: { A, Rest: { Type: 'Wait', Seconds: 60, End: true } } })
    await world.clock.advanceTo(atSeconds(5))
    finish('submitted too late')
    await world.clock.advanceTo(atSeconds(65))
    expect((await world.describe(arn)).status).toBe('SUCCEEDED')
    expect((await world.history(arn)).map(({ type }) => type)).not.toContain('TaskSubmitted')
  })

  it("or an execution that does: the machine's TimeoutSeconds cannot be caught", async () => {
    const world = states()
    const arn = await world.begin({ ...bake(), TimeoutSeconds: 30 }, { seconds: 60 })
    await world.clock.advanceTo(atSeconds(90))
    expect(await world.describe(arn)).toMatchObject({ status: 'TIMED_OUT', stopDate: new Date(atSeconds(30)) })
  })
})
