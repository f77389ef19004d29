// Lambda's queue of asynchronous events: an accepted event is retried as often and as long as AWS retries it, and a record of one
// that was never handled goes to the destination, in the words of AWS's developer guide.
import {
  CreateFunctionCommand,
  DeleteFunctionEventInvokeConfigCommand,
  GetFunctionEventInvokeConfigCommand,
  InvokeCommand,
  ListFunctionEventInvokeConfigsCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  type PutFunctionEventInvokeConfigCommandInput,
  UpdateFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda'
import { CreateQueueCommand, DeleteQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, describe, expect, it } from 'vitest'
import { AwsError } from '../../../../cloud/local/protocol/aws-error.ts'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import { localCloud, type LocalCloudOptions } from '../../../../cloud/local/cloud.ts'
import { inProcessRuntime } from '../../../../cloud/local/runtime/in-process-runtime.ts'
import { clientsAt, placeOf } from '../../../../local/clients.ts'
import { startMs } from '../stepfunctions/states.ts'

let close: () => void = () => undefined
afterEach(() => close())

const queueArn = 'arn:aws:sqs:us-east-1:000000000000:lost'
const onFailure = { DestinationConfig: { OnFailure: { Destination: queueArn } } }
type Config = Omit<PutFunctionEventInvokeConfigCommandInput, 'FunctionName'>

async function open(handle: (count: number) => unknown, options: Partial<LocalCloudOptions> = {}) {
  const clock = steppedClock(startMs)
  const ran: number[] = []
  const runtime = inProcessRuntime(
    {
      work: () => {
        ran.push((clock.nowMs() - startMs) / 1000)
        return handle(ran.length)
      },
    },
    clock,
  )
  // Lambda's own errors do not come from the function.
  const refusing = {
    ...runtime,
    run: async (request: Parameters<typeof runtime.run>[0]) => {
      const result = await runtime.run(request)
      const { errorType } = JSON.parse(Buffer.from(result.payload).toString()) as { errorType?: string }
      if (errorType === 'TooManyRequestsException')
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)
      return result
    },
  }
  const cloud = localCloud({ ...options, clock, runtime: refusing })
  close = () => cloud.close()
  const { lambda, sqs } = clientsAt(placeOf(cloud.handler, 'operator'))
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'lost' }))
  const code = { Code: { ZipFile: Buffer.from('work') }, Role: 'arn:aws:iam::000000000000:role/work' }
  await lambda.send(new CreateFunctionCommand({ FunctionName: 'work', ...code }))
  return {
    ...{ clock, lambda, sqs, ran, QueueUrl },
    configure: (config: Config) =>
      lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: 'work', ...config })),
    invoke: (Payload = '{"n":1}', FunctionName = 'work') =>
      lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload })),
    hours: (n: number) => clock.advanceTo(clock.nowMs() + n * 3_600_000),
    kept: async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
      return Messages.map(({ Body = '' }) => JSON.parse(Body) as Record<string, unknown>)
    },
    sum: (metric: string) => {
      const minutes = cloud.cloudwatch.handle(
        {
          method: 'POST',
          path: '/',
          query: new URLSearchParams(),
          headers: { 'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData' },
          body: Buffer.from(
            JSON.stringify({
              StartTime: startMs / 1000,
              EndTime: startMs / 1000 + 86_400,
              MetricDataQueries: [
                {
                  Id: 'm',
                  MetricStat: {
                    Metric: {
                      Namespace: 'AWS/Lambda',
                      MetricName: metric,
                      Dimensions: [{ Name: 'FunctionName', Value: 'work' }],
                    },
                    Period: 86_400,
                    Stat: 'Sum',
                  },
                },
              ],
            }),
          ),
        },
        { accessKeyId: 'x', arn: 'x' },
      )
      return minutes.then(({ body }) => {
        const { MetricDataResults } = JSON.parse(String(body)) as { MetricDataResults: { Values: number[] }[] }
        return MetricDataResults[0]?.Values[0] ?? 0
      })
    },
  }
}
const fail = (): never => {
  throw new TypeError('broken')
}

describe('an asynchronous event', () => {
  it('is accepted before the function runs, whatever its outcome', async () => {
    const { invoke, ran, hours, kept, sum } = await open(() => 'fine')
    expect((await invoke()).StatusCode).toBe(202)
    await hours(1)
    expect([ran, await kept()]).toEqual([[0], []])
    expect([await sum('AsyncEventsReceived'), await sum('AsyncEventsDropped')]).toEqual([1, 0])
  })

  it('whose function fails is retried after one and after two more minutes, and then sent to the destination', async () => {
    const { configure, invoke, ran, hours, kept, sum } = await open(fail)
    await configure(onFailure)
    await invoke()
    await hours(1)
    expect(ran).toEqual([0, 60, 180])
    const record = {
      version: '1.0',
      timestamp: '2026-01-01T00:03:00.000Z',
      requestContext: {
        requestId: expect.any(String) as string,
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:work:$LATEST',
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { n: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'TypeError', errorMessage: 'broken', trace: [] },
    }
    expect(await kept()).toEqual([record])
    expect([await sum('AsyncEventsDropped'), await sum('DestinationDeliveryFailures')]).toEqual([1, 0])
  })

  it('without a destination is dropped, and counted', async () => {
    const { invoke, ran, hours, kept, sum } = await open(fail)
    await invoke()
    await hours(1)
    expect([ran.length, await kept(), await sum('AsyncEventsDropped')]).toEqual([3, [], 1])
  })

  it('that is throttled goes back to the queue, for a second up to five minutes, until it is too old', async () => {
    const { configure, invoke, ran, hours, kept, sum } = await open(() => {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429)
    })
    await configure({ ...onFailure, MaximumEventAgeInSeconds: 3600 })
    await invoke()
    await hours(2)
    expect(ran.slice(0, 5)).toEqual([0, 1, 3, 7, 15])
    expect(Math.max(...ran.slice(1).map((at, n) => at - (ran[n] ?? 0)))).toBe(300)
    expect(ran.at(-1)).toBeLessThanOrEqual(3600)
    const [record] = await kept()
    expect(record).toMatchObject({ requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 } })
    expect(record).not.toHaveProperty('responsePayload')
    expect(await sum('AsyncEventsDropped')).toBe(1)
  })

  it('for a function that is switched off goes to the destination at once', async () => {
    const { configure, lambda, invoke, ran, clock, kept } = await open(() => 'fine')
    await configure(onFailure)
    const off = { FunctionName: 'work', ReservedConcurrentExecutions: 0 }
    await lambda.send(new PutFunctionConcurrencyCommand(off))
    expect((await invoke()).StatusCode).toBe(202)
    await clock.settle()
    expect([ran, (await kept()).length]).toEqual([[], 1])
  })

  it('is not retried more often than configured, and is handled by the first attempt that succeeds', async () => {
    const once = await open(fail)
    await once.configure({ ...onFailure, MaximumRetryAttempts: 0 })
    await once.invoke()
    await once.hours(1)
    expect([once.ran, (await once.kept()).length]).toEqual([[0], 1])
    const later = await open((count) => (count < 2 ? fail() : 'fine'))
    await later.configure({
      DestinationConfig: { OnSuccess: { Destination: queueArn }, OnFailure: { Destination: queueArn } },
    })
    await later.invoke()
    await later.hours(1)
    expect(later.ran).toEqual([0, 60])
    expect(await later.kept()).toMatchObject([
      { requestContext: { condition: 'Success', approximateInvokeCount: 2 }, responsePayload: 'fine' },
    ])
  })

  it('is lost if its destination does not exist or the role may not send to it, and is counted', async () => {
    const gone = await open(fail)
    await gone.configure(onFailure)
    await gone.sqs.send(new DeleteQueueCommand({ QueueUrl: gone.QueueUrl }))
    await gone.invoke()
    await gone.hours(1)
    expect(await gone.sum('DestinationDeliveryFailures')).toBe(1)
    let allowed = true
    const denied = await open(fail, { authorize: ({ action }) => allowed || action !== 'sqs:SendMessage' })
    await denied.configure(onFailure)
    allowed = false
    await denied.invoke()
    await denied.hours(1)
    expect([await denied.kept(), await denied.sum('DestinationDeliveryFailures')]).toEqual([[], 1])
  })

  it('is refused if the function does not exist, or the payload is not JSON or too long', async () => {
    const { invoke } = await open(() => 'fine')
    await expect(invoke('{}', 'none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(invoke('{')).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
    await expect(invoke(JSON.stringify('x'.repeat(1_048_576)))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
    })
  })
})

describe('the configuration of asynchronous invocation', () => {
  it('can be put, updated in part, listed and deleted, for each qualifier', async () => {
    const { configure, lambda } = await open(() => 'fine')
    const FunctionName = 'work'
    const get = () => lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }))
    await expect(get()).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await configure({ ...onFailure, MaximumRetryAttempts: 1 })
    await lambda.send(new UpdateFunctionEventInvokeConfigCommand({ FunctionName, MaximumEventAgeInSeconds: 60 }))
    const { $metadata: _, ...found } = await get()
    expect(found).toEqual({
      FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:work:$LATEST',
      LastModified: new Date(startMs),
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnSuccess: {}, OnFailure: { Destination: queueArn } },
    })
    const list = () => lambda.send(new ListFunctionEventInvokeConfigsCommand({ FunctionName }))
    expect((await list()).FunctionEventInvokeConfigs).toHaveLength(1)
    await lambda.send(new DeleteFunctionEventInvokeConfigCommand({ FunctionName }))
    expect((await list()).FunctionEventInvokeConfigs).toEqual([])
    await expect(configure({ Qualifier: 'none' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await expect(configure({ MaximumRetryAttempts: 3 })).rejects.toMatchObject({ name: 'ValidationException' })
    await expect(configure({ MaximumEventAgeInSeconds: 59 })).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('is refused for a role that may not send to the destination', async () => {
    const { configure } = await open(() => 'fine', { authorize: ({ action }) => action !== 'sqs:SendMessage' })
    await expect(configure(onFailure)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('permissions to call SendMessage on arn:aws:sqs') as string,
    })
  })
})
