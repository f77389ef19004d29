// The Amazon States Language: how a definition handles data, time, and failures.
import { describe, expect, it } from 'vitest'
import { AwsError } from '../../../../cloud/local/protocol/aws-error.ts'
import { FunctionError, invoke, startMs, states } from './states.ts'

const task = (more: object = {}): object => ({
  Type: 'Task',
  Resource: invoke,
  Arguments: { FunctionName: 'f', Payload: {} },
  End: true,
  ...more,
})
const machine = (States: Record<string, object>): object => ({ StartAt: Object.keys(States)[0], States })
const seconds = (calls: readonly { atMs: number }[]): number[] => calls.map(({ atMs }) => (atMs - startMs) / 1000)

describe('a state machine', () => {
  it('passes a task its arguments and returns what the function returned', async () => {
    const world = states(() => ({ sum: 3 }))
    const Arguments = {
      FunctionName: 'add',
      Payload: { list: '{% $states.input.numbers %}', name: '{% $states.context.State.Name %}' },
    }
    const arn = await world.begin(machine({ Add: task({ Arguments }) }), { numbers: [1, 2] })
    expect(world.calls).toMatchObject([{ functionName: 'add', payload: { list: [1, 2], name: 'Add' } }])
    const { status, output } = await world.describe(arn)
    expect([status, JSON.parse(output!)]).toEqual([
      'SUCCEEDED',
      { ExecutedVersion: '7', Payload: { sum: 3 }, StatusCode: 200 },
    ])
  })

  it('evaluates Assign with the old values; the next state sees the new ones', async () => {
    const world = states()
    const arn = await world.begin(
      machine({
        A: { Type: 'Pass', Assign: { x: 1, y: 10 }, Next: 'B' },
        B: { Type: 'Pass', Assign: { x: '{% $y %}', y: '{% $x %}' }, Output: { seen: '{% $x %}' }, Next: 'C' },
        C: { Type: 'Succeed', Output: { x: '{% $x %}', y: '{% $y %}', seen: '{% $states.input.seen %}' } },
      }),
    )
    expect(JSON.parse((await world.describe(arn)).output!)).toEqual({ x: 10, y: 1, seen: 1 })
    const exited = (await world.history(arn)).filter(({ type }) => type === 'PassStateExited')
    expect(exited[1]?.stateExitedEventDetails?.assignedVariables).toEqual({ x: '10', y: '1' })
  })

  it.each([
    ['a bare expression without a value', '{% $states.input.nothing %}'],
    ['an unknown variable', '{% $nobody %}'],
    ['an error in JSONata', "{% $number('one') %}"],
    ['$eval', "{% $eval('1') %}"],
  ])('fails the state with States.QueryEvaluationError at %s', async (_, expression) => {
    const world = states()
    const arn = await world.begin(machine({ A: { Type: 'Pass', Output: { value: expression }, End: true } }))
    expect(await world.describe(arn)).toMatchObject({ status: 'FAILED', error: 'States.QueryEvaluationError' })
  })

  it('omits an undefined value inside an object, and has the functions that Step Functions adds to JSONata', async () => {
    const world = states()
    const Output =
      "{% {'no': $nobody, 'parsed': $parse('[1]'), 'parts': $partition([1..3], 2), 'range': $range(0, 10, 5), 'hash': $hash('a', 'MD5'), 'now': $now(), 'uuid': $length($uuid()), 'chance': $random() < 1} %}"
    const arn = await world.begin(machine({ A: { Type: 'Pass', Output, End: true } }))
    expect(JSON.parse((await world.describe(arn)).output!)).toEqual({
      parsed: [1],
      parts: [[1, 2], [3]],
      range: [0, 5, 10],
      hash: '0cc175b9c0f1b6a831c399e269772661',
      now: '2026-01-01T00:00:00.000Z',
      uuid: 36,
      chance: true,
    })
  })

  it('takes the first choice that holds, with its own Assign, and otherwise the default with the state’s', async () => {
    const choice = {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.n > 5 %}', Assign: { size: 'big' }, Next: 'Out' }],
      Default: 'Out',
      Assign: { size: 'small' },
    }
    const definition = machine({ Choose: choice, Out: { Type: 'Succeed', Output: '{% $size %}' } })
    for (const [n, size] of [
      [6, 'big'],
      [5, 'small'],
    ] as const) {
      const world = states()
      expect(JSON.parse((await world.describe(await world.begin(definition, { n }))).output!)).toBe(size)
    }
  })

  it("waits only on the cloud's clock", async () => {
    const world = states()
    const arn = await world.begin(
      machine({
        A: { Type: 'Wait', Seconds: '{% $states.input.s %}', Next: 'B' },
        B: { Type: 'Wait', Timestamp: '2026-01-01T01:00:00Z', End: true },
      }),
      { s: 90 },
    )
    await world.clock.advanceTo(startMs + 3_599_999)
    expect((await world.describe(arn)).status).toBe('RUNNING')
    await world.clock.advanceTo(startMs + 3_600_000)
    expect(await world.describe(arn)).toMatchObject({ status: 'SUCCEEDED', stopDate: new Date(startMs + 3_600_000) })
  })

  it('ends in Fail with an error and a cause that may be computed', async () => {
    const world = states()
    const arn = await world.begin(machine({ F: { Type: 'Fail', Error: '{% $states.input.e %}', Cause: 'because' } }), {
      e: 'Mine',
    })
    expect(await world.describe(arn)).toMatchObject({ status: 'FAILED', error: 'Mine', cause: 'because' })
    expect((await world.history(arn)).map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'FailStateEntered',
      'ExecutionFailed',
    ])
  })
})

describe('a task that fails', () => {
  const retry = {
    ErrorEquals: ['Lambda.TooManyRequestsException'],
    IntervalSeconds: 2,
    BackoffRate: 3,
    MaxAttempts: 3,
    MaxDelaySeconds: 10,
  }

  it('is retried after 2, 6 and at most 10 seconds, and each retry is a transition', async () => {
    const world = states(() => {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)
    })
    const arn = await world.begin(machine({ A: task({ Retry: [retry] }) }))
    await world.clock.advanceTo(startMs + 100_000)
    expect(seconds(world.calls)).toEqual([0, 2, 8, 18])
    expect(await world.describe(arn)).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.TooManyRequestsException',
      cause: 'Rate Exceeded.',
    })
    expect(world.service.executions()[0]?.transitions).toBe(4)
  })

  it('waits for a random part of the delay, with jitter', async () => {
    const world = states((_, count) => {
      if (count < 4) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)
    })
    await world.begin(machine({ A: task({ Retry: [{ ...retry, JitterStrategy: 'FULL' }] }) }))
    await world.clock.advanceTo(startMs + 100_000)
    const at = seconds(world.calls)
    expect(at).toHaveLength(4)
    expect(at[1]).toBeGreaterThan(0)
    expect(at[1]).toBeLessThan(2)
    expect(at[3]).toBeLessThan(18)
  })

  it('keeps the name of the function’s error and its payload as the cause, also in Catch', async () => {
    const world = states(() => {
      throw new FunctionError('Tidegate.traffic_moved', 'moved')
    })
    const Catch = [
      {
        ErrorEquals: ['Tidegate.traffic_moved'],
        Assign: { cause: '{% $parse($states.errorOutput.Cause).errorMessage %}' },
        Output: '{% $states.errorOutput.Error %}',
        Next: 'Caught',
      },
    ]
    const arn = await world.begin(
      machine({
        A: task({ Catch, End: undefined, Next: 'Caught' }),
        Caught: { Type: 'Succeed', Output: '{% [$states.input, $cause] %}' },
      }),
    )
    expect(JSON.parse((await world.describe(arn)).output!)).toEqual(['Tidegate.traffic_moved', 'moved'])
  })

  it.each([
    ['States.ALL', 'Anything', true],
    ['States.TaskFailed', 'Anything', true],
    ['Other', 'Anything', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.Runtime', 'States.Runtime', false],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.ALL', 'States.Timeout', true],
  ])('%s catches %s: %s', async (clause, error, expected) => {
    const world = states(() => {
      throw new FunctionError(error, '')
    })
    const arn = await world.begin(
      machine({ A: task({ Catch: [{ ErrorEquals: [clause], Next: 'Caught' }] }), Caught: { Type: 'Succeed' } }),
    )
    expect((await world.describe(arn)).status).toBe(expected ? 'SUCCEEDED' : 'FAILED')
  })

  it('cannot return more than 256 KiB', async () => {
    const world = states(() => 'x'.repeat(262_144))
    const arn = await world.begin(
      machine({ A: task({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] }), B: { Type: 'Succeed' } }),
    )
    expect(await world.describe(arn)).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' })
  })

  it('fails the execution when the history is full', async () => {
    const world = states()
    const arn = await world.begin(
      machine({
        A: { Type: 'Pass', Next: 'B' },
        B: { Type: 'Pass', Next: 'A' },
      }),
    )
    expect(await world.describe(arn)).toMatchObject({ status: 'FAILED', error: 'States.Runtime' })
    const history = await world.history(arn)
    expect(history.length).toBeLessThanOrEqual(25_000)
    expect(history.length).toBeGreaterThan(24_990)
    expect(history.at(-1)?.type).toBe('ExecutionFailed')
  })
})

describe('a definition', () => {
  const pass = { Type: 'Pass', End: true }
  it.each([
    ['a start that is no state', { StartAt: 'B', States: { A: pass } }],
    ['a Next that is no state', machine({ A: { Type: 'Pass', Next: 'B' } })],
    ['a state without a way on', machine({ A: { Type: 'Pass' } })],
    ['a field that does not exist', machine({ A: { ...pass, Outputs: 1 } })],
    ['a Type that is not implemented', machine({ A: { Type: 'Parallel', Branches: [], End: true } })],
    ['JSONPath', { ...machine({ A: pass }), QueryLanguage: 'JSONPath' }],
    ['JSONPath in one state', machine({ A: { ...pass, QueryLanguage: 'JSONPath' } })],
    ['another service', machine({ A: task({ Resource: 'arn:aws:states:::sqs:sendMessage' }) })],
    ['an expression that is not JSONata', machine({ A: { ...pass, Output: '{% ( %}' } })],
    ['a state that nothing leads to', machine({ A: pass, B: pass })],
    ['a timeout of nothing', machine({ A: task({ TimeoutSeconds: 0 }) })],
    ['a choice without a condition', machine({ A: { Type: 'Choice', Choices: [{ Next: 'A' }] } })],
  ])('with %s is refused', async (_, definition) => {
    await expect(states().create(definition)).rejects.toMatchObject({ name: 'InvalidDefinition' })
  })
})
