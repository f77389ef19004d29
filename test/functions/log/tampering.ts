// What somebody with rights to the table does to the log of a release.
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { expect } from 'vitest'
import { logKey } from '../../../core/release/log-key.ts'
import { environment } from '../../../local/installation.ts'
import type { Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

/** A release that is over at once, in a log of six events. @returns its id */
export async function released({ world, start, finish }: Sandbox): Promise<string> {
  await world.services.put(sampleService({ slos: [], hooks: [], plan: 'AllAtOnce' }))
  const id = await start({ version: '1' })
  expect((await finish(id)).ending?.outcome).toBe('alreadyReleased')
  return id
}

export const TableName = environment.TIDEGATE_TABLE
export const keyOf = (id: string, seq: number) => {
  const { pk, sk } = logKey(id, seq)
  return { pk: { S: pk }, sk: { S: sk } }
}
export async function overwrite({ clients: { dynamodb } }: Sandbox, id: string, seq: number): Promise<void> {
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key: keyOf(id, seq) }))
  const body = { S: Item?.['body']?.S?.replace('"atMs":', '"atMs":1') ?? '' }
  await dynamodb.send(new PutItemCommand({ TableName, Item: { ...Item, body } }))
}
export const remove = ({ clients }: Sandbox, id: string, seq: number) =>
  clients.dynamodb.send(new DeleteItemCommand({ TableName, Key: keyOf(id, seq) }))
