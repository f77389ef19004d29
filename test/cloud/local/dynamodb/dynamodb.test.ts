// DynamoDB in process, through the SDK: the behaviour that the controller's table relies on.
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import { chance, idsFrom } from '../../../../cloud/local/time/chance.ts'
import { steppedClock } from '../../../../cloud/local/time/clock.ts'
import { localHandler } from '../../../../cloud/local/dispatch.ts'
import { localDynamoDb } from '../../../../cloud/local/dynamodb/dynamodb.ts'
import { tableStream } from '../../../../cloud/local/dynamodb/stream.ts'
import { localTransport } from '../../../../cloud/local/transport.ts'
import { credentials } from '../stepfunctions/states.ts'

async function table(): Promise<DynamoDBClient> {
  const dynamodb = localDynamoDb({ clock: steppedClock(0), ids: idsFrom(chance(0, 'dynamodb')) })
  const requestHandler = localTransport(localHandler(() => ({ dynamodb })))
  const client = new DynamoDBClient({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 })
  await client.send(
    new CreateTableCommand({
      TableName: 'releases',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: ['pk', 'sk', 'open'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'open',
          KeySchema: [{ AttributeName: 'open', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  )
  return client
}

const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } })

describe('the embedded DynamoDB', () => {
  it('makes a table usable as soon as it is created, and puts an item only if there is none', async () => {
    const client = await table()
    const put = (by: string) =>
      client.send(
        new PutItemCommand({
          TableName: 'releases',
          Item: { ...key('r1', '0001'), by: { S: by } },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      )
    const outcomes = await Promise.allSettled([put('a'), put('b'), put('c')])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
    await expect(put('d')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    const { Item } = await client.send(
      new GetItemCommand({ TableName: 'releases', Key: key('r1', '0001'), ConsistentRead: true }),
    )
    expect(Item?.['by']).toEqual({ S: 'a' })
  })

  it('queries one partition in the order of its sort keys, by range and in pages', async () => {
    const client = await table()
    for (const sk of ['0003', '0001', '0002'])
      await client.send(new PutItemCommand({ TableName: 'releases', Item: key('r1', sk) }))
    await client.send(new PutItemCommand({ TableName: 'releases', Item: key('r10', '0001') }))
    const query = (more: object) =>
      client.send(
        new QueryCommand({
          TableName: 'releases',
          KeyConditionExpression: 'pk = :pk AND sk > :sk',
          ExpressionAttributeValues: { ':pk': { S: 'r1' }, ':sk': { S: '0001' } },
          ...more,
        }),
      )
    const sks = async (more = {}) => (await query(more)).Items?.map((item) => item['sk']?.S)
    expect(await sks()).toEqual(['0002', '0003'])
    expect(await sks({ ScanIndexForward: false, Limit: 1 })).toEqual(['0003'])
    const { LastEvaluatedKey } = await query({ Limit: 1 })
    expect(await sks({ ExclusiveStartKey: LastEvaluatedKey })).toEqual(['0003'])
  })

  it('updates under a condition, and keeps its index in step', async () => {
    const client = await table()
    await client.send(
      new PutItemCommand({
        TableName: 'releases',
        Item: { ...key('r1', 'head'), version: { N: '1' }, open: { S: 'yes' } },
      }),
    )
    const update = (expected: number) =>
      client.send(
        new UpdateItemCommand({
          TableName: 'releases',
          Key: key('r1', 'head'),
          UpdateExpression: 'SET version = version + :one REMOVE #open',
          ConditionExpression: 'version = :expected',
          ExpressionAttributeNames: { '#open': 'open' },
          ExpressionAttributeValues: { ':one': { N: '1' }, ':expected': { N: String(expected) } },
        }),
      )
    const open = async () =>
      (
        await client.send(
          new QueryCommand({
            TableName: 'releases',
            IndexName: 'open',
            KeyConditionExpression: '#open = :yes',
            ExpressionAttributeNames: { '#open': 'open' },
            ExpressionAttributeValues: { ':yes': { S: 'yes' } },
          }),
        )
      ).Count
    expect(await open()).toBe(1)
    await expect(update(2)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    await update(1)
    expect(await open()).toBe(0)
  })

  it('answers queries of any range, order and page like a list that is sorted', async () => {
    const client = await table()
    const random = chance(3, 'keys')
    const all = Array.from({ length: 40 }, () =>
      String(Math.floor(random() * 1000)).padStart(1 + Math.floor(random() * 4), '0'),
    )
    const sorts = [...new Set(all)].sort()
    for (const sk of all) await client.send(new PutItemCommand({ TableName: 'releases', Item: key('r1', sk) }))
    for (const pk of ['r0', 'r2']) await client.send(new PutItemCommand({ TableName: 'releases', Item: key(pk, '5') }))
    const asked = async (
      condition: string,
      values: Record<string, string>,
      Limit: number,
      ScanIndexForward: boolean,
    ) => {
      const found: (string | undefined)[] = []
      let ExclusiveStartKey: Record<string, AttributeValue> | undefined
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: 'releases',
            KeyConditionExpression: `pk = :pk${condition}`,
            ExpressionAttributeValues: {
              ':pk': { S: 'r1' },
              ...Object.fromEntries(Object.entries(values).map(([name, S]) => [name, { S }])),
            },
            ...{ Limit, ScanIndexForward, ExclusiveStartKey },
          }),
        )
        expect(page.Items?.length).toBeLessThanOrEqual(Limit)
        found.push(...(page.Items ?? []).map(({ sk }) => sk?.S))
        ExclusiveStartKey = page.LastEvaluatedKey
      } while (ExclusiveStartKey !== undefined)
      return found
    }
    const [low = '', high = ''] = [sorts[7], sorts[30]]
    const ranges: [string, Record<string, string>, (sk: string) => boolean][] = [
      ['', {}, () => true],
      [' AND sk > :low', { ':low': low }, (sk) => sk > low],
      [' AND sk >= :low', { ':low': low }, (sk) => sk >= low],
      [' AND sk < :high', { ':high': high }, (sk) => sk < high],
      [' AND sk <= :high', { ':high': high }, (sk) => sk <= high],
      [' AND sk BETWEEN :low AND :high', { ':low': low, ':high': high }, (sk) => sk >= low && sk <= high],
      [' AND begins_with(sk, :low)', { ':low': '0' }, (sk) => sk.startsWith('0')],
      [' AND sk = :low', { ':low': low }, (sk) => sk === low],
    ]
    for (const [condition, values, isIn] of ranges)
      for (const limit of [1, 3, 100])
        for (const forward of [true, false]) {
          const expected = sorts.filter(isIn)
          const found = await asked(condition, values, limit, forward)
          expect(found, `${condition} ${limit} ${forward}`).toEqual(forward ? expected : expected.reverse())
        }
  })

  it('keeps its stream for a day, and the positions of records that are gone', () => {
    const clock = { ...steppedClock(0), nowMs: () => nowMs }
    let nowMs = 0
    const stream = tableStream('arn', clock, () => 'id')
    const add = () => stream.add('INSERT', { pk: { S: String(stream.count()) } })
    for (let count = 0; count < 1500; count++) add()
    nowMs = 25 * 3_600_000
    add()
    expect([stream.count(), stream.at(0), stream.at(1499)]).toEqual([1501, undefined, undefined])
    expect(stream.at(1500)?.dynamodb).toMatchObject({
      Keys: { pk: { S: '1500' } },
      SequenceNumber: '1501'.padStart(21, '0'),
    })
  })

  describe('a transaction', () => {
    const at = (sk: string) => ({ TableName: 'releases', Key: key('r1', sk) })
    const item = (sk: string, by: string) => ({ TableName: 'releases', Item: { ...key('r1', sk), by: { S: by } } })
    const found = async (client: DynamoDBClient) =>
      ((await client.send(new ScanCommand({ TableName: 'releases' }))).Items ?? [])
        .map(({ sk, by }) => `${sk?.S ?? ''}${by?.S ?? ''}`)
        .sort()

    it('is written as a whole', async () => {
      const client = await table()
      for (const sk of ['1', '2']) await client.send(new PutItemCommand(item(sk, 'a')))
      const TransactItems = [
        { Put: item('0', 'b') },
        { Delete: at('1') },
        {
          Update: {
            ...at('2'),
            UpdateExpression: 'SET #by = :by',
            ExpressionAttributeNames: { '#by': 'by' },
            ExpressionAttributeValues: { ':by': { S: 'b' } },
          },
        },
        { ConditionCheck: { ...at('3'), ConditionExpression: 'attribute_not_exists(pk)' } },
      ]
      await client.send(new TransactWriteItemsCommand({ TransactItems }))
      expect(await found(client)).toEqual(['0b', '2b'])
    })

    it('leaves nothing behind if one condition does not hold, and says which', async () => {
      const client = await table()
      await client.send(new PutItemCommand(item('2', 'a')))
      const TransactItems = [
        { Put: item('1', 'b') },
        { Delete: at('2') },
        { ConditionCheck: { ...at('3'), ConditionExpression: 'attribute_exists(pk)' } },
      ]
      await expect(client.send(new TransactWriteItemsCommand({ TransactItems }))).rejects.toMatchObject({
        name: 'TransactionCanceledException',
        CancellationReasons: [{ Code: 'None' }, { Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
      })
      expect(await found(client)).toEqual(['2a'])
    })

    it.each([
      ['of nothing', []],
      ['of one item twice', [{ Put: item('1', 'a') }, { Delete: at('1') }]],
      ['of two things in one', [{ Put: item('1', 'a'), Delete: at('2') }]],
    ])('%s is refused', async (_, TransactItems) => {
      const client = await table()
      await expect(client.send(new TransactWriteItemsCommand({ TransactItems }))).rejects.toMatchObject({
        name: 'ValidationException',
      })
    })

    it('is visible as a whole or not at all', async () => {
      const client = await table()
      const write = (by: string) =>
        client.send(
          new TransactWriteItemsCommand({ TransactItems: ['1', '2', '3'].map((sk) => ({ Put: item(sk, by) })) }),
        )
      const [, seen] = await Promise.all([write('a'), found(client), write('b')])
      expect([[], ['1a', '2a', '3a'], ['1b', '2b', '3b']]).toContainEqual(seen)
      expect(await found(client)).toEqual(['1b', '2b', '3b'])
    })
  })
})

describe('a query that is asked again', () => {
  const TableName = 'releases'
  const inPartition = (pk: string, Limit?: number) => ({
    ...{ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: pk } } },
    ...(Limit !== undefined && { Limit }),
  })
  const found = async (client: DynamoDBClient, pk = 'r1') =>
    ((await client.send(new QueryCommand(inPartition(pk)))).Items ?? []).map(({ sk, by }) => `${sk?.S}${by?.S ?? ''}`)

  it('has the same answer until something in its partition changes, in whichever way, and then what is there', async () => {
    const client = await table()
    const put = (pk: string, sk: string, by = '') =>
      client.send(new PutItemCommand({ TableName, Item: { ...key(pk, sk), by: { S: by } } }))
    expect([await found(client), await found(client)]).toEqual([[], []])
    await put('r2', '1')
    expect(await found(client)).toEqual([])
    await put('r1', '1')
    expect([await found(client), await found(client), await found(client, 'r2')]).toEqual([['1'], ['1'], ['1']])
    await put('r1', '1', 'a')
    expect(await found(client)).toEqual(['1a'])
    const set = { UpdateExpression: 'SET #by = :by', ExpressionAttributeNames: { '#by': 'by' } }
    const to = { ExpressionAttributeValues: { ':by': { S: 'b' } } }
    await client.send(new UpdateItemCommand({ TableName, Key: key('r1', '1'), ...set, ...to }))
    expect(await found(client)).toEqual(['1b'])
    const Put = { TableName, Item: { ...key('r1', '2'), by: { S: 'c' } } }
    await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] }))
    expect(await found(client)).toEqual(['1b', '2c'])
    const DeleteRequest = { Key: key('r1', '1') }
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ DeleteRequest }] } }))
    expect(await found(client)).toEqual(['2c'])
    await client.send(new DeleteItemCommand({ TableName, Key: key('r1', '2') }))
    expect(await found(client)).toEqual([])
    const first = await client.send(new QueryCommand(inPartition('r2', 1)))
    expect((await client.send(new QueryCommand(inPartition('r2', 1)))).LastEvaluatedKey).toEqual(first.LastEvaluatedKey)
    await client.send(new DeleteTableCommand({ TableName }))
    await expect(found(client, 'r2')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it('by an index has what is there too', async () => {
    const client = await table()
    const open = async () => {
      const by = { KeyConditionExpression: '#o = :o', ExpressionAttributeNames: { '#o': 'open' } }
      const asked = { TableName, IndexName: 'open', ...by, ExpressionAttributeValues: { ':o': { S: 'yes' } } }
      return (await client.send(new QueryCommand(asked))).Count
    }
    expect([await open(), await open()]).toEqual([0, 0])
    await client.send(new PutItemCommand({ TableName, Item: { ...key('r1', '1'), open: { S: 'yes' } } }))
    expect(await open()).toBe(1)
  })
})
