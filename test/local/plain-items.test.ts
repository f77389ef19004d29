// Calls about items by the short form (local/plain-items.ts): what is sent, and what comes back, is what the SDK makes of it.
import {
  type AttributeValue,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandOutput,
  PutItemCommand,
  type PutItemCommandOutput,
  QueryCommand,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb'
import { beforeAll, expect, it } from 'vitest'
import { localCloud } from '../../cloud/local/cloud.ts'
import type { LocalHandler } from '../../cloud/local/dispatch.ts'
import { inProcessRuntime } from '../../cloud/local/runtime/in-process-runtime.ts'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { clientsAt, placeOf } from '../../local/clients.ts'
import { startMs } from '../../local/sandbox.ts'

const TableName = 'tidegate'
let bodies: string[] = []
let short: DynamoDBClient
let long: DynamoDBClient

beforeAll(async () => {
  const clock = steppedClock(startMs)
  const cloud = localCloud({ clock, runtime: inProcessRuntime({}, clock), seed: 1 })
  const seen: LocalHandler = (request) => {
    bodies.push(Buffer.from(request.body).toString('utf8'))
    return cloud.handler(request)
  }
  const place = placeOf(seen, 'operator')
  short = clientsAt(place).dynamodb
  long = new DynamoDBClient(place)
  await short.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
})

const key = { pk: { S: 'a' }, sk: { S: '1' } }
const texts: Record<string, AttributeValue> = {
  ...key,
  body: { S: '{"ü":"\\u2028"}' },
  seq: { N: '7' },
  on: { BOOL: true },
}
const bytes: Record<string, AttributeValue> = {
  ...key,
  body: { B: new Uint8Array([0, 255]) },
  list: { L: [{ M: { in: { B: new Uint8Array([1]) } } }] },
}

it.each([
  ['texts and numbers', texts],
  ['bytes, and bytes within lists', bytes],
])('an item of %s is written and read as the SDK does it', async (_, Item) => {
  const calls: readonly ((
    client: DynamoDBClient,
  ) => Promise<GetItemCommandOutput | PutItemCommandOutput | QueryCommandOutput>)[] = [
    (client) => client.send(new PutItemCommand({ TableName, Item, ReturnValues: 'ALL_OLD' })),
    (client) => client.send(new GetItemCommand({ TableName, Key: key, ConsistentRead: undefined })),
    (client) =>
      client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: 'a' } },
        }),
      ),
  ]
  await long.send(new PutItemCommand({ TableName, Item }))
  for (const call of calls) {
    bodies = []
    const [ours, theirs] = [await call(short), await call(long)]
    expect(JSON.parse(bodies[0] ?? '')).toEqual(JSON.parse(bodies[1] ?? ''))
    expect({ ...ours, $metadata: 0 }).toEqual({ ...theirs, $metadata: 0 })
    expect(ours.$metadata.httpStatusCode).toBe(200)
  }
})

it('a refusal is the error that the SDK makes of it', async () => {
  const taken = () =>
    new PutItemCommand({
      TableName,
      Item: texts,
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
  const errors = await Promise.all([short, long].map((one) => one.send(taken()).catch((error: unknown) => error)))
  expect(errors[0]).toMatchObject({
    name: 'ConditionalCheckFailedException',
    Item: (errors[1] as { Item: unknown }).Item,
  })
  expect((errors[0] as Error).constructor).toBe((errors[1] as Error).constructor)
})
