// Executions from outside: starting twice, lists, pages, and status events.
import {
  DeleteStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
  DescribeStateMachineCommand,
  SendTaskSuccessCommand,
  CreateActivityCommand,
} from '@aws-sdk/client-sfn'
import { describe, expect, it } from 'vitest'
import { callback, startMs, states } from './states.ts'

const waiting = { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 60, End: true } } }
const passing = { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } }

describe('starting an execution', () => {
  it('again with the same name and input, while it runs, is the same execution', async () => {
    const world = states()
    const stateMachineArn = await world.create(waiting)
    const start = (input: string) => world.sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'r1', input }))
    const first = await start('{"a":1}')
    await world.clock.advanceTo(startMs + 5000)
    expect(await start('{"a":1}')).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate })
    await expect(start('{"a":2}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await world.clock.advanceTo(startMs + 60_000)
    await expect(start('{"a":1}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    expect(world.events.filter(({ detail }) => (detail as { status: string }).status === 'RUNNING')).toHaveLength(1)
  })

  it.each([
    [
      'no such machine',
      { stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:none' },
      'StateMachineDoesNotExist',
    ],
    ['input that is not JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['a name with a space', { name: 'a b' }, 'InvalidName'],
  ])('with %s is refused', async (_, input, name) => {
    const world = states()
    const stateMachineArn = await world.create(waiting)
    await expect(world.sfn.send(new StartExecutionCommand({ stateMachineArn, ...input }))).rejects.toMatchObject({
      name,
    })
  })

  it('uses the definition of that moment to its end, whatever is updated later', async () => {
    const world = states()
    const arn = await world.begin(waiting)
    const stateMachineArn = (await world.describe(arn)).stateMachineArn!
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', ...passing })
    await world.sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition }))
    expect((await world.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }))).definition).toBe(definition)
    await world.clock.settle()
    expect((await world.describe(arn)).status).toBe('RUNNING')
  })
})

describe('executions', () => {
  it('are listed newest first, by status and in pages', async () => {
    const world = states()
    const stateMachineArn = await world.create(waiting)
    for (const name of ['a', 'b', 'c']) await world.sfn.send(new StartExecutionCommand({ stateMachineArn, name }))
    await world.sfn.send(
      new StopExecutionCommand({ executionArn: `${stateMachineArn.replace('stateMachine', 'execution')}:b` }),
    )
    const running = await world.sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }))
    expect(running.executions?.map(({ name }) => name)).toEqual(['c', 'a'])
    const first = await world.sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 2 }))
    const second = await world.sfn.send(
      new ListExecutionsCommand({ stateMachineArn, maxResults: 2, nextToken: first.nextToken! }),
    )
    expect([first, second].map(({ executions }) => executions?.map(({ name }) => name))).toEqual([['c', 'b'], ['a']])
    expect(second.nextToken).toBeUndefined()
  })

  it('have a history that can be read backwards, each event after the previous one', async () => {
    const world = states()
    const executionArn = await world.begin(passing)
    const events = await world.history(executionArn)
    expect(events.map(({ id, previousEventId }) => [id, previousEventId])).toEqual(
      events.map((_, index) => [index + 1, index]),
    )
    expect(events[0]).toMatchObject({
      type: 'ExecutionStarted',
      timestamp: new Date(startMs),
      executionStartedEventDetails: { input: '{}' },
    })
    const last = await world.sfn.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
    )
    expect(last.events?.map(({ type }) => type)).toEqual(['ExecutionSucceeded'])
  })

  it("send events when they start, end, fail and are stopped, in EventBridge's shape", async () => {
    const definition = {
      StartAt: 'A',
      States: {
        A: {
          Type: 'Task',
          Resource: callback,
          Arguments: { FunctionName: 'f', Payload: '{% $states.context.Task.Token %}' },
          Next: 'B',
        },
        B: { Type: 'Choice', Choices: [{ Condition: "{% $states.input = 'ok' %}", Next: 'Good' }], Default: 'Bad' },
        Good: { Type: 'Succeed' },
        Bad: { Type: 'Fail', Error: 'Broken', Cause: 'why' },
      },
    }
    for (const [output, status, more] of [
      ['"ok"', 'SUCCEEDED', { output: '"ok"', error: null }],
      ['"no"', 'FAILED', { output: null, error: 'Broken', cause: 'why' }],
      ['', 'ABORTED', { error: 'E', cause: 'C' }],
    ] as const) {
      const world = states()
      const executionArn = await world.begin(definition)
      await world.clock.advanceTo(startMs + 1000)
      if (status === 'ABORTED') await world.sfn.send(new StopExecutionCommand({ executionArn, error: 'E', cause: 'C' }))
      else
        await world.sfn.send(
          new SendTaskSuccessCommand({ taskToken: world.calls[0]?.payload as unknown as string, output }),
        )
      await world.clock.settle()
      expect(world.events).toMatchObject([
        {
          source: 'aws.states',
          detailType: 'Step Functions Execution Status Change',
          resources: [executionArn],
          detail: { status: 'RUNNING', stopDate: null },
        },
        { detail: { executionArn, status, startDate: startMs, stopDate: startMs + 1000, input: '{}', ...more } },
      ])
    }
  })
})

describe('the service', () => {
  it('lists its machines, forgets a deleted one, and creates the same one only once', async () => {
    const world = states()
    const stateMachineArn = await world.create(passing)
    expect(await world.create(passing)).toBe(stateMachineArn)
    await expect(world.create(waiting)).rejects.toMatchObject({ name: 'StateMachineAlreadyExists' })
    const list = async () => (await world.sfn.send(new ListStateMachinesCommand({}))).stateMachines
    expect(await list()).toMatchObject([{ name: 'machine', type: 'STANDARD', stateMachineArn }])
    await world.sfn.send(new DeleteStateMachineCommand({ stateMachineArn }))
    expect(await list()).toEqual([])
  })

  it('answers everything else with not implemented', async () => {
    await expect(states().sfn.send(new CreateActivityCommand({ name: 'a' }))).rejects.toMatchObject({
      message: 'not implemented in the embedded cloud: AWSStepFunctions.CreateActivity',
    })
  })
})
