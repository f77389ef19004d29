// The release state machine on a third-party Step Functions. Scenarios run on the embedded cloud, and the answer of each task is
// passed to ministack (its SFN_MOCK_CONFIG, the format of AWS's Step Functions Local), which must then take the same path through
// the states, to the same end. It cannot answer one attempt with a failure and the retry of the same visit with a success, so we
// compare visits, by the outcome of a state's last attempt.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { Sandbox } from '../../local/sandbox.ts'
import { scenarios } from './scenarios.ts'
import { account, emulator, place, region, sleep, type Verify } from './emulator.ts'

const name = 'tidegate-release'
const machineArn = `arn:aws:states:${region}:${account}:stateMachine:${name}`

/** The outcome of a visit to a task state, in the mock's format. */
type Answer = { readonly Return: unknown } | { readonly Throw: { readonly Error: string; readonly Cause: string } }

type Recording = {
  readonly scenario: string
  readonly input: string
  readonly path: readonly string[]
  readonly answers: Readonly<Record<string, readonly Answer[]>>
  readonly end: string
}

const entered = (events: readonly HistoryEvent[]): string[] =>
  events.flatMap(({ stateEnteredEventDetails: entry }) => (entry?.name === undefined ? [] : [entry.name]))

/** The answer of the visit that these events belong to: its last attempt counts. */
function answerOf(event: HistoryEvent): Answer | undefined {
  const thrown = (Error = '', Cause = ''): Answer => ({ Throw: { Error, Cause } })
  if (event.type === 'TaskSucceeded') return { Return: JSON.parse(event.taskSucceededEventDetails?.output ?? 'null') }
  if (event.type === 'TaskFailed')
    return thrown(event.taskFailedEventDetails?.error, event.taskFailedEventDetails?.cause)
  if (event.type === 'TaskTimedOut') return thrown('States.Timeout', event.taskTimedOutEventDetails?.cause)
  return undefined
}

function answersIn(events: readonly HistoryEvent[]): Record<string, Answer[]> {
  const answers: Record<string, Answer[]> = {}
  let visited = ''
  let answer: Answer | undefined
  for (const event of events) {
    visited = event.stateEnteredEventDetails?.name ?? visited
    answer = answerOf(event) ?? answer
    if (event.type !== 'TaskStateExited' || answer === undefined) continue
    ;(answers[visited] ??= []).push(answer)
    answer = undefined
  }
  return answers
}

/**
 * How an execution ended, in one line. Without its output: the emulator supports no Output of a Succeed state, and reports one
 * for executions that failed.
 */
const ending = (one: { status?: string | undefined; error?: string | undefined; cause?: string | undefined }): string =>
  [one.status, one.error, one.cause].filter((part) => part !== undefined).join(' ')

type Recorded = { readonly definition: string; readonly recordings: readonly Recording[] }

async function record(): Promise<Recorded> {
  const recordings: Recording[] = []
  let definition = ''
  for (const [scenario, play] of Object.entries(scenarios)) {
    const sandbox = await play()
    definition = await definitionOf(sandbox)
    for (const [index, execution] of sandbox.cloud.states.executions().entries()) {
      // The mock has no one who stops an execution.
      if (execution.status === 'ABORTED') continue
      const { events = [] } = await sandbox.clients.sfn.send(
        new GetExecutionHistoryCommand({ executionArn: execution.arn, maxResults: 1000 }),
      )
      recordings.push({
        scenario: index === 0 ? scenario : `${scenario}-${index + 1}`,
        input: execution.input,
        path: entered(events),
        answers: answersIn(events),
        end: ending(execution),
      })
    }
    sandbox.close()
  }
  return { definition, recordings }
}

async function definitionOf({ clients }: Sandbox): Promise<string> {
  const described = await clients.sfn.send(new DescribeStateMachineCommand({ stateMachineArn: machineArn }))
  return described.definition ?? ''
}

function mockConfig(recordings: readonly Recording[]): string {
  const responses: Record<string, Record<string, Answer>> = {}
  const cases: Record<string, Record<string, string>> = {}
  for (const { scenario, answers } of recordings) {
    const states = (cases[scenario] = {} as Record<string, string>)
    for (const [state, visits] of Object.entries(answers)) {
      const response = (states[state] = `${scenario}-${state}`)
      responses[response] = Object.fromEntries(visits.map((answer, visit) => [String(visit), answer]))
    }
  }
  const file = join(mkdtempSync(join(tmpdir(), 'tidegate-paths-')), 'mock.json')
  writeFileSync(file, JSON.stringify({ StateMachines: { [name]: { TestCases: cases } }, MockedResponses: responses }))
  return file
}

async function walk(sfn: SFNClient, { scenario, input }: Recording): Promise<{ path: readonly string[]; end: string }> {
  const start = new StartExecutionCommand({ stateMachineArn: `${machineArn}#${scenario}`, name: scenario, input })
  const { executionArn } = await sfn.send(start)
  for (let tried = 0; tried < 300; tried++) {
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn }))
    if (described.status !== 'RUNNING') {
      const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))
      return { path: entered(events), end: ending(described) }
    }
    await sleep(100)
  }
  throw new Error(`${scenario} does not end on the emulator`)
}

/** Runs every scenario here, and then on the emulator from the recording. */
export async function checkPaths(verify: Verify): Promise<void> {
  const { definition, recordings } = await record()
  const stop = await emulator({ SFN_MOCK_CONFIG: mockConfig(recordings), SFN_WAIT_SCALE: '0' })
  try {
    const sfn = new SFNClient(place)
    await sfn.send(new CreateStateMachineCommand({ name, definition, roleArn: `arn:aws:iam::${account}:role/${name}` }))
    for (const recording of recordings) {
      const there = await walk(sfn, recording)
      const here = JSON.stringify([recording.path, recording.end])
      verify(
        `ministack: goes ${recording.path.length} states as here: ${recording.scenario}`,
        JSON.stringify([there.path, there.end]) === here,
        `here:  ${here}\nthere: ${JSON.stringify([there.path, there.end])}`,
      )
    }
  } finally {
    await stop()
  }
}
