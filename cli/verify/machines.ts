// Experiments on Step Functions: tokens, timeouts, and errors of Lambda's API.
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { Clients } from './clients.ts'
import { compared, type Experiment, notAsked } from './experiment.ts'
import type { Lab } from './lab.ts'
import { checked, outcome, settled, unsettled } from './rights.ts'

/** @returns the machine's ARN, or why there is none */
async function machine(
  lab: Lab,
  name: string,
  state: object,
): Promise<{ readonly arn: string } | { readonly why: string }> {
  const fn = await lab.fn()
  const roleArn = await lab.roleFor(`machine-${name}`, 'states.amazonaws.com', [
    { actions: ['lambda:InvokeFunction'], resources: [lab.arn('lambda', `function:${fn}`)] },
    { actions: ['lambda:UpdateAlias'], resources: [lab.arn('lambda', `function:${fn}`)] },
  ])
  const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Ask', States: { Ask: state } })
  const tags = lab.tags.map(({ Key, Value }) => ({ key: Key, value: Value }))
  const command = new CreateStateMachineCommand({ name: `${lab.prefix}-${name}`, roleArn, definition, tags })
  let why = ''
  const made = await lab.belongings.make('machine', `${lab.prefix}-${name}`, () =>
    lab.until('the role of the state machine', 90_000, async () => {
      try {
        return await lab.clients.sfn.send(command)
      } catch (error) {
        why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
        // A new role takes a while to become visible to Step Functions; a refused definition stays refused.
        if (!/AccessDenied|assume/i.test(why)) return { stateMachineArn: undefined }
        return undefined
      }
    }),
  )
  return made?.stateMachineArn === undefined ? { why } : { arn: made.stateMachineArn }
}

const waiting = (fn: string, more: object = {}): object => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: fn, Payload: { token: '{% $states.context.Task.Token %}' } },
  TimeoutSeconds: 600,
  End: true,
  ...more,
})

async function tokenOf(lab: Lab, executionArn: string): Promise<string | undefined> {
  return lab.until('the task', 120_000, async () => {
    const { events = [] } = await lab.clients.sfn.send(new GetExecutionHistoryCommand({ executionArn }))
    const parameters = events.flatMap(({ taskScheduledEventDetails }) => taskScheduledEventDetails?.parameters ?? [])[0]
    const submitted = events.some(({ type }) => type === 'TaskSubmitted')
    if (parameters === undefined || !submitted) return undefined
    return (JSON.parse(parameters) as { Payload?: { token?: string } }).Payload?.token
  })
}

async function ended(lab: Lab, executionArn: string, longestMs: number) {
  return lab.until('the execution', longestMs, async () => {
    const found = await lab.clients.sfn.send(new DescribeExecutionCommand({ executionArn }))
    return found.status === 'RUNNING' ? undefined : found
  })
}

const taskAnswer: Experiment = {
  id: 'right-task-answer',
  question: 'Is SendTaskSuccess allowed by a grant on the state machine alone?',
  place: '§9',
  expectation: 'yes, although the service authorization reference says that it takes no resource',
  source: 'aws-cdk PR 8486; NOAA-OWP/hydrovis #837',
  makes: ['role nobody', 'role answers', 'role machine-answered', 'machine answered'],
  makesRoles: true,
  minutes: 6,
  ask: checked(async (lab, fn) => {
    const made = await machine(lab, 'answered', waiting(fn))
    if ('why' in made) return notAsked(`The state machine is refused: ${made.why}`)
    const start = new StartExecutionCommand({ stateMachineArn: made.arn })
    const { executionArn = '' } = await lab.clients.sfn.send(start)
    const taskToken = await tokenOf(lab, executionArn)
    if (taskToken === undefined) return notAsked('The execution showed no token.')
    const answer = ({ sfn }: Clients) => sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))
    const nobody = await outcome(lab, answer(await lab.as('nobody', [])))
    const actions = ['states:SendTaskSuccess']
    const answers = await lab.as('answers', [{ actions, resources: [made.arn] }])
    const granted = (await settled(lab, () => answer(answers))) ? 'allowed' : await outcome(lab, answer(answers))
    if (granted !== 'allowed' && nobody === 'allowed') return unsettled
    const status = (await ended(lab, executionArn, 60_000))?.status
    const says = `Without a grant it is ${nobody}; with one on the machine it is ${granted}, and the execution ${status ?? 'goes on'}.`
    return compared(granted === 'allowed' && nobody.startsWith('denied') && status === 'SUCCEEDED', says, {
      nobody,
      granted,
      status,
    })
  }),
}

const preconditionName: Experiment = {
  id: 'machine-precondition-name',
  question: 'What does Step Functions call a failed precondition of UpdateAlias?',
  place: '§3.8',
  expectation: 'Lambda.PreconditionFailedException',
  source: 'the convention; the literal name was not found',
  makes: ['role machine-stale', 'machine stale'],
  makesRoles: true,
  minutes: 4,
  async ask(lab) {
    const fn = await lab.fn()
    const Name = await lab.alias('stale', '1')
    const made = await machine(lab, 'stale', {
      ...{ Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:lambda:updateAlias', End: true },
      Arguments: { FunctionName: fn, Name, FunctionVersion: '2', RevisionId: '00000000-0000-4000-a000-000000000000' },
      TimeoutSeconds: 60,
    })
    if ('why' in made) return notAsked(`The state machine is refused: ${made.why}`)
    const { executionArn = '' } = await lab.clients.sfn.send(new StartExecutionCommand({ stateMachineArn: made.arn }))
    const found = await ended(lab, executionArn, 120_000)
    const { error = 'none', cause } = found ?? {}
    return compared(error === 'Lambda.PreconditionFailedException', `It calls it ${error}.`, { error, cause })
  },
}

const timeoutExpression: Experiment = {
  id: 'machine-timeout-expression',
  question: "Is an expression taken as a task's TimeoutSeconds, and does it end the task?",
  place: '§3.2',
  expectation: 'yes: a bake waits for as long as its input says',
  source: 'Step Functions developer guide; cfn-lint wants a number',
  makes: ['role machine-timed', 'machine timed'],
  makesRoles: true,
  minutes: 4,
  async ask(lab) {
    const seconds = 10
    const fn = await lab.fn()
    const made = await machine(lab, 'timed', waiting(fn, { TimeoutSeconds: '{% $states.input.seconds %}' }))
    if ('why' in made) return notAsked(`The state machine is refused: ${made.why}`)
    const start = new StartExecutionCommand({ stateMachineArn: made.arn, input: JSON.stringify({ seconds }) })
    const { executionArn = '' } = await lab.clients.sfn.send(start)
    const found = await ended(lab, executionArn, 120_000)
    const { startDate, stopDate, error = 'none', status = 'RUNNING' } = found ?? {}
    const took = ((stopDate?.getTime() ?? 0) - (startDate?.getTime() ?? 0)) / 1000
    const says = `The execution ended as ${status} with ${error} after ${took.toFixed(1)} s; the expression said ${seconds}.`
    return compared(error === 'States.Timeout' && took >= seconds && took < seconds + 30, says, {
      error,
      status,
      took,
      seconds,
    })
  },
}

export const machineExperiments: readonly Experiment[] = [taskAnswer, preconditionName, timeoutExpression]
