// Step Functions with a scripted Lambda behind it and real SDK clients in front, on a stepped clock.
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { DescribeExecutionCommandOutput, HistoryEvent } from '@aws-sdk/client-sfn'
import { chance, idsFrom } from '../../../../cloud/local/time/chance.ts'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import type { LocalClock, SteppedClock } from '../../../../cloud/local/time/clock.ts'
import { localHandler } from '../../../../cloud/local/dispatch.ts'
import type { BusEvent, Invocation } from '../../../../cloud/local/protocol/service.ts'
import type { ApiCaller } from '../../../../cloud/local/stepfunctions/integrations.ts'
import { localStepFunctions } from '../../../../cloud/local/stepfunctions/stepfunctions.ts'
import type { LocalStepFunctions } from '../../../../cloud/local/stepfunctions/stepfunctions.ts'
import { localTransport } from '../../../../cloud/local/transport.ts'

type Call = { readonly functionName: string; readonly payload: Record<string, unknown>; readonly atMs: number }
/** What a function returns; throw an AwsError for an API error, a FunctionError for an error of the function. */
type Script = (call: Call, count: number) => unknown

export class FunctionError extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

export const startMs = Date.parse('2026-01-01T00:00:00Z')
export const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' }

type States = {
  readonly clock: SteppedClock
  readonly sfn: SFNClient
  readonly service: LocalStepFunctions
  readonly calls: Call[]
  readonly events: BusEvent[]
  readonly create: (definition: object, name?: string) => Promise<string>
  /** Starts an execution and waits until it makes no more progress. */
  readonly begin: (definition: object, input?: unknown) => Promise<string>
  readonly describe: (executionArn: string) => Promise<DescribeExecutionCommandOutput>
  readonly history: (executionArn: string) => Promise<HistoryEvent[]>
}

/** @param held whether running functions stop the clock, as in the cloud */
export function states(script: Script = () => null, held = true, api: ApiCaller = () => undefined): States {
  const clock = steppedClock(startMs)
  const calls: Call[] = []
  const events: BusEvent[] = []
  const invoke = async (
    functionName: string,
    _qualifier: string | undefined,
    bytes: Uint8Array,
  ): Promise<Invocation> => {
    const call = {
      functionName,
      payload: JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>,
      atMs: clock.nowMs(),
    }
    calls.push(call)
    try {
      const payload = Buffer.from(JSON.stringify((await script(call, calls.length)) ?? null))
      return { status: 200, executedVersion: '7', payload }
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error
      const payload = Buffer.from(JSON.stringify({ errorType: error.type, errorMessage: error.message }))
      return { status: 200, executedVersion: '7', payload, functionError: 'Unhandled' }
    }
  }
  const own: LocalClock = held ? clock : { ...clock, hold: (work) => work }
  const service = localStepFunctions({
    clock: own,
    invoker: { invoke, take: (...call) => void invoke(...call) },
    api,
    services: {},
    bus: { emit: (event) => void events.push(event) },
    random: chance(1, 'jitter'),
    ids: idsFrom(chance(1, 'ids')),
  })
  const requestHandler = localTransport(localHandler(() => ({ states: service })))
  const sfn = new SFNClient({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 })

  async function create(definition: object, name = 'machine'): Promise<string> {
    const text = JSON.stringify({ QueryLanguage: 'JSONata', ...definition })
    const roleArn = 'arn:aws:iam::000000000000:role/machine'
    const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name, definition: text, roleArn }))
    return stateMachineArn!
  }
  return {
    ...{ clock, sfn, service, calls, events, create },
    async begin(definition, input = {}) {
      const stateMachineArn = await create(definition)
      const { executionArn } = await sfn.send(
        new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
      )
      await clock.settle()
      return executionArn!
    },
    describe: (executionArn) => sfn.send(new DescribeExecutionCommand({ executionArn })),
    async history(executionArn) {
      const events: HistoryEvent[] = []
      let nextToken: string | undefined
      do {
        const page = await sfn.send(
          new GetExecutionHistoryCommand({
            executionArn,
            maxResults: 1000,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        )
        events.push(...(page.events ?? []))
        nextToken = page.nextToken
      } while (nextToken !== undefined)
      return events
    },
  }
}

export const invoke = 'arn:aws:states:::lambda:invoke'
export const callback = `${invoke}.waitForTaskToken`
