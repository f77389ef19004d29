// A table's stream and the event source mapping to a function: in order, at least once, filtered.
import { CreateTableCommand, DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda'
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, describe, expect, it } from 'vitest'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import { localCloud, type LocalCloudOptions } from '../../../../cloud/local/cloud.ts'
import { inProcessRuntime } from '../../../../cloud/local/runtime/in-process-runtime.ts'
import type { StreamRecord } from '../../../../cloud/local/protocol/service.ts'
import { clientsAt, placeOf } from '../../../../local/clients.ts'

type Listener = (records: readonly StreamRecord[]) => unknown
let close: () => void = () => undefined
afterEach(() => close())

async function open(listener: Listener, more: object = {}, options: Partial<LocalCloudOptions> = {}) {
  const clock = steppedClock(0)
  const runtime = inProcessRuntime(
    { listener: (event) => listener((event as { Records: readonly StreamRecord[] }).Records) },
    clock,
  )
  const cloud = localCloud({ ...options, clock, runtime })
  close = () => cloud.close()
  const { dynamodb, lambda, sqs } = clientsAt(placeOf(cloud.handler, 'operator'))
  const { TableDescription } = await dynamodb.send(
    new CreateTableCommand({
      TableName: 'orders',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
    }),
  )
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'listener',
      Role: 'arn:aws:iam::000000000000:role/listener',
      Code: { ZipFile: Buffer.from('listener') },
    }),
  )
  const map = (streamArn = TableDescription?.LatestStreamArn, others: object = {}) =>
    lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: 'listener',
        EventSourceArn: streamArn,
        StartingPosition: 'TRIM_HORIZON',
        ...more,
        ...others,
      }),
    )
  const item = (id: string, text = '') => ({ TableName: 'orders', Item: { id: { S: id }, text: { S: text } } })
  return {
    ...{ clock, dynamodb, lambda, sqs, map },
    put: (id: string, text?: string) => dynamodb.send(new PutItemCommand(item(id, text))),
    remove: (id: string) => dynamodb.send(new DeleteItemCommand({ TableName: 'orders', Key: { id: { S: id } } })),
    stream: TableDescription?.LatestStreamArn,
  }
}

const told = ({ eventName, dynamodb }: StreamRecord): string =>
  `${eventName} ${(dynamodb.Keys['id'] as { S: string }).S}`

describe('a stream with an event source mapping', () => {
  it('delivers every change of an item, from the beginning, in order', async () => {
    const heard: string[] = []
    const { map, put, remove, dynamodb, clock } = await open((records) => void heard.push(...records.map(told)))
    const count = (id: string, condition: string) =>
      dynamodb.send(
        new UpdateItemCommand({
          TableName: 'orders',
          Key: { id: { S: id } },
          UpdateExpression: 'SET seen = :one',
          ConditionExpression: condition,
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }),
      )
    await put('a')
    await map()
    await put('a', 'changed')
    await count('a', 'attribute_exists(id)')
    await expect(count('a', 'attribute_not_exists(id)')).rejects.toThrow('conditional')
    await count('c', 'attribute_not_exists(id)')
    await put('b')
    await remove('b')
    await remove('never there')
    await clock.settle()
    expect(heard).toEqual(['INSERT a', 'MODIFY a', 'MODIFY a', 'INSERT c', 'INSERT b', 'REMOVE b'])
  })

  it('leaves out what the filter does not match, and batches what is waiting', async () => {
    const batches: string[][] = []
    const FilterCriteria = { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] }
    const { map, put, clock } = await open((records) => void batches.push(records.map(told)), {
      BatchSize: 2,
      FilterCriteria,
    })
    for (const id of ['a', 'a', 'b', 'c']) await put(id)
    await map()
    await clock.settle()
    expect(batches).toEqual([['INSERT a', 'INSERT b'], ['INSERT c']])
  })

  it('resends a failed batch, as a whole or from the failed record, and nothing past it', async () => {
    const heard: string[] = []
    let failures = 2
    const partly = (records: readonly StreamRecord[]) => {
      for (const record of records) {
        if (told(record) === 'INSERT b' && failures-- > 0)
          return { batchItemFailures: [{ itemIdentifier: record.dynamodb.SequenceNumber }] }
        heard.push(told(record))
      }
      return { batchItemFailures: [] }
    }
    const { map, put, clock } = await open(partly, { FunctionResponseTypes: ['ReportBatchItemFailures'] })
    for (const id of ['a', 'b', 'c']) await put(id)
    await map()
    await clock.settle()
    expect(heard).toEqual(['INSERT a'])
    await clock.advanceTo(60_000)
    expect(heard).toEqual(['INSERT a', 'INSERT b', 'INSERT c'])
    expect(failures).toBe(-1)
  })

  it('resends a batch if the function throws', async () => {
    const heard: string[] = []
    let broken = true
    const { map, put, clock } = await open((records) => {
      heard.push(...records.map(told))
      if (broken) throw new Error('not yet')
    })
    await put('a')
    await map()
    await clock.settle()
    broken = false
    await put('b')
    await clock.advanceTo(60_000)
    expect(heard).toEqual(['INSERT a', 'INSERT a', 'INSERT b'])
  })

  it.each([
    ['failed as often as it may', { MaximumRetryAttempts: 2 }, 'RetryAttemptsExhausted', 3],
    ['grew too old', { MaximumRecordAgeInSeconds: 60 }, 'RecordAgeExceeded', 6],
  ] as const)('sends a batch that %s to its destination, and goes on', async (_, bound, condition, times) => {
    const heard: string[] = []
    const fail = (records: readonly StreamRecord[]) => {
      heard.push(...records.map(told))
      if (records.some((record) => told(record) === 'INSERT a')) throw new Error('never')
    }
    const Destination = 'arn:aws:sqs:us-east-1:000000000000:lost'
    const { map, put, clock, sqs } = await open(fail, { DestinationConfig: { OnFailure: { Destination } }, ...bound })
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'lost' }))
    await map()
    await put('a')
    await clock.advanceTo(300_000)
    await put('b')
    await clock.settle()
    expect(heard).toEqual([...Array.from({ length: times }, () => 'INSERT a'), 'INSERT b'])
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }))
    expect(JSON.parse(Messages[0]?.Body ?? '')).toMatchObject({
      version: '1.0',
      requestContext: {
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:listener',
        condition,
        approximateInvokeCount: times,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      DDBStreamBatchInfo: {
        startSequenceNumber: '000000000000000000001',
        endSequenceNumber: '000000000000000000001',
        approximateArrivalOfFirstRecord: '1970-01-01T00:00:00Z',
        approximateArrivalOfLastRecord: '1970-01-01T00:00:00Z',
        batchSize: 1,
      },
    })
  })

  it('is not created for a role that may not read the stream', async () => {
    const { map, lambda } = await open(
      () => undefined,
      {},
      { authorize: ({ action }) => action !== 'dynamodb:GetRecords' },
    )
    await expect(map()).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('GetRecords') as string,
    })
    expect((await lambda.send(new ListEventSourceMappingsCommand())).EventSourceMappings).toEqual([])
  })

  it('refuses what it does not implement, by name', async () => {
    const { map } = await open(() => undefined)
    await expect(map('arn:aws:dynamodb:us-east-1:000000000000:table/none/stream/1')).rejects.toThrow(/not found/)
    await expect(map(undefined, { ParallelizationFactor: 2 })).rejects.toThrow(/ParallelizationFactor/)
  })
})
