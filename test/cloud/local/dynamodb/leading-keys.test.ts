// The partition keys that IAM sees in a request, however the request names them.
import { expect, it } from 'vitest'
import { leadingKeysOf } from '../../../../cloud/local/dynamodb/leading-keys.ts'

const keysOf = (input: Readonly<Record<string, unknown>>) =>
  leadingKeysOf(input, (table) => (table === 'releases' ? 'pk' : undefined))
const TableName = 'releases'
const item = (pk: string) => ({ pk: { S: pk }, sk: { S: 'other' }, body: { S: 'pk = :x' } })

it.each([
  ['a put', { TableName, Item: item('a') }, ['a']],
  ['a read, an update or a delete', { TableName, Key: item('a') }, ['a']],
  ['a number', { TableName, Key: { pk: { N: '7' } } }, ['7']],
  [
    'a query',
    {
      TableName,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
      ExpressionAttributeValues: { ':pk': { S: 'a' }, ':sk': { S: 'b' } },
    },
    ['a'],
  ],
  [
    'a query by another name',
    {
      TableName,
      KeyConditionExpression: '#s = :s and #p = :p',
      ExpressionAttributeNames: { '#p': 'pk', '#s': 'sk' },
      ExpressionAttributeValues: { ':p': { S: 'a' }, ':s': { S: 'b' } },
    },
    ['a'],
  ],
  [
    'a transaction',
    { TransactItems: [{ Put: { TableName, Item: item('a') } }, { ConditionCheck: { TableName, Key: item('b') } }] },
    ['a', 'b'],
  ],
  [
    'a batch of writes',
    { RequestItems: { releases: [{ PutRequest: { Item: item('a') } }, { DeleteRequest: { Key: item('b') } }] } },
    ['a', 'b'],
  ],
  ['a batch of reads', { RequestItems: { releases: { Keys: [item('a'), item('b'), item('a')] } } }, ['a', 'b']],
  ['a scan', { TableName }, []],
  ['another table', { TableName: 'others', Key: item('a') }, []],
])('%s', (_, input, keys) => {
  expect(keysOf(input)).toEqual(keys)
})
