// The controller's one DynamoDB table: the key of each item, and how items are read and written. Every write touches one item.
// The kind of an item is the beginning of its partition key, because that is all that IAM can tell apart (cloud/kinds.ts).
// Every read is complete, and consistent unless the caller accepts an old one. An item that cannot be understood is a Problem
// that names its key.
//
// A value is one JSON string (`body`), not a DynamoDB map: it comes back exactly as it was written, two writes of it can be
// compared, `undefined` fields disappear, and the bundles need no marshaller. What a condition tests (`seq`, `holder`) is an
// attribute of its own.
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { z } from 'zod'
import { logKey, type LogKey as Key } from '../../../core/release/log-key.ts'
import { issuesSentence, Problem } from '../../../core/problem.ts'
import { asProblem, translated } from '../failure.ts'

export type Table = { readonly client: DynamoDBClient; readonly name: string }
export type Item = Record<string, AttributeValue>

export const padded = (number: number, digits: number): string => String(number).padStart(digits, '0')
const byTime = (atMs: number, releaseId: string): string => `${padded(atMs, 15)}#${releaseId}`

export const keys = {
  service: (name: string): Key => ({ pk: 'SERVICE', sk: name }),
  /** A definition that was applied. */
  definition: (service: string, seq: number): Key => ({ pk: `DEFINITION#${service}`, sk: padded(seq, 6) }),
  /** A version that was deleted, by its function. */
  deletedVersion: (service: string, functionName: string, version: string): Key => ({
    pk: `DELETED#${service}`,
    sk: `${functionName}#${version.padStart(19, '0')}`,
  }),
  lease: (service: string): Key => ({ pk: 'LEASE', sk: service }),
  /** No service is called `*`, so `*` stands for all services. */
  line: (service = '*'): Key => ({ pk: 'LINE', sk: service }),
  /** When the next turn of a queue begins. */
  turn: (queue: string): Key => ({ pk: 'TURN', sk: queue }),
  /** Finds a service by a lookup key (core/service/service-key.ts). */
  find: (key: string, service: string): Key => ({ pk: `FIND#${key}`, sk: service }),
  /** The service that is being given an alias. */
  claim: (alias: string): Key => ({ pk: `FIND#claim/${alias}`, sk: '*' }),
  /** Written once every service has its entries under `FIND#`. */
  findable: { pk: 'FINDABLE', sk: '*' } satisfies Key,
  /** A release that waits for the lease of its service. By what follows the service, the queue is in order. */
  queue: (service: string, turn: string): Key => ({ pk: 'QUEUE', sk: `${service}#${turn}` }),
  /** A release that waits for a place in a concurrency group. */
  waiting: (group: string, requestedAtMs: number, releaseId: string): Key => ({
    pk: `WAITING#${group}`,
    sk: byTime(requestedAtMs, releaseId),
  }),
  snapshot: (releaseId: string): Key => ({ pk: `SNAPSHOT#${releaseId}`, sk: 'AS-OF' }),
  open: (service: string, releaseId: string): Key => ({ pk: 'OPEN', sk: `${service}#${releaseId}` }),
  /** Puts the release's traffic back when its log cannot be read. */
  returnRecord: (releaseId: string): Key => ({ pk: 'RETURN', sk: releaseId }),
  /** The watch of a release after its promotion. */
  watch: (service: string, releaseId: string): Key => ({ pk: 'WATCH', sk: `${service}#${releaseId}` }),
  /** An AWS service that is down. */
  outage: (part: string): Key => ({ pk: 'OUTAGE', sk: part }),
  /** A message that is kept until it is sent. */
  message: (key: string): Key => ({ pk: 'MESSAGE', sk: key }),
  /** That a fact, or something of a cause, was told. */
  told: (key: string): Key => ({ pk: 'TOLD', sk: key }),
  /** A message that was sent. */
  sent: (atMs: number, key: string): Key => ({ pk: 'SENT', sk: byTime(atMs, key) }),
  event: logKey,
  waiter: (releaseId: string, slot: string): Key => ({ pk: `WAITER#${releaseId}`, sk: slot }),
  head: (service: string, requestedAtMs: number, releaseId: string): Key => ({
    pk: `HISTORY#${service}`,
    sk: byTime(requestedAtMs, releaseId),
  }),
  budgetHour: (service: string, slo: string, hourMs: number): Key => ({
    pk: `BUDGET#${service}`,
    sk: `${slo}#${padded(hourMs, 15)}`,
  }),
  budgetMark: (service: string, slo: string): Key => ({ pk: `BUDGET#${service}`, sk: `MARK#${slo}` }),
  attestation: (subject: string, by: string): Key => ({ pk: `ATTESTATION#${subject}`, sk: by }),
  incident: (notice: {
    readonly service: string
    readonly source: string
    readonly id: string
    readonly kind: string
  }): Key => ({ pk: `INCIDENT#${notice.service}`, sk: `${notice.source}#${notice.id}#${notice.kind}` }),
  /** What was last seen of an alias of a service that is observed. */
  seen: (service: string, functionName: string, alias: string): Key => ({
    pk: `OBSERVED#${service}`,
    sk: `SEEN#${functionName}:${alias}`,
  }),
  /** One shift of others, as a row of the report. */
  shift: (service: string, beganAtMs: number, id: string): Key => ({
    pk: `OBSERVED#${service}`,
    sk: `SHIFT#${byTime(beganAtMs, id)}`,
  }),
  observedEvent: (service: string, id: string, seq: number): Key => ({
    pk: `OBSERVEDLOG#${service}#${id}`,
    sk: padded(seq, 6),
  }),
  alarm: (alarmName: string, releaseId: string): Key => ({ pk: `ALARM#${alarmName}`, sk: releaseId }),
  /** The answer to a request with an idempotency key. */
  answer: (key: string): Key => ({ pk: `ANSWER#${key}`, sk: '*' }),
} as const

/** Where a waiter was kept until November 2026: beside the log. docs/decisions/0054 says when this may go. */
export const waiterBefore = (releaseId: string, slot: string): Key => ({
  pk: logKey(releaseId, 1).pk,
  sk: `WAIT#${slot}`,
})

export const bodyOf = (value: unknown): Item => ({ body: { S: JSON.stringify(value) } })

export const keyOf = (item: Item): Key => ({ pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' })

export function unreadable(key: Key, why: string, cause?: unknown): Problem {
  const options = cause === undefined ? undefined : { cause }
  return new Problem('item_unreadable', `The stored item ${key.pk} / ${key.sk} cannot be read: ${why}.`, options)
}

/** @throws Problem `item_unreadable` */
export function parseBody<S extends z.ZodType>(schema: S, item: Item): z.output<S> {
  const key = keyOf(item)
  const text = item['body']?.S
  if (text === undefined) throw unreadable(key, 'it has no body')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unreadable(key, 'its body is not JSON', error)
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw unreadable(key, issuesSentence(parsed.error.issues))
  return parsed.data
}

/**
 * Reads bodies that are read again and again, and parses each text once. The oldest are dropped.
 * @param mostChars of the texts that a function keeps
 */
export function bodyReader<S extends z.ZodType>(schema: S, mostChars: number): (item: Item) => z.output<S> {
  const known = new Map<string, z.output<S>>()
  let chars = 0
  return (item) => {
    const text = item['body']?.S ?? ''
    const found = known.get(text)
    if (found !== undefined) return found
    const value = parseBody(schema, item)
    known.set(text, value)
    chars += text.length
    for (const oldest of known.keys()) {
      if (chars <= mostChars) break
      known.delete(oldest)
      chars -= oldest.length
    }
    return value
  }
}

const callOn = (action: string, { pk, sk }: Key): string => `dynamodb:${action} of ${pk} / ${sk}`

/** @param mayBeOld accepts an eventually consistent read, which costs half */
export async function getItem(table: Table, key: Key, mayBeOld = false): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: table.name, Key: attributesOf(key), ConsistentRead: !mayBeOld })
  const { Item } = await translated(callOn('GetItem', key), table.client.send(command))
  return Item
}

/** A DynamoDB condition expression; `:names` are bound to `values`. */
export type Condition = { readonly expression: string; readonly values?: Item }
export const ifNew: Condition = { expression: 'attribute_not_exists(pk)' }

/** @returns the item in the way if the condition did not hold; `undefined` if the item was written */
export async function putItem(
  table: Table,
  key: Key,
  content: Item,
  condition?: Condition,
): Promise<{ readonly inTheWay: Item | undefined } | undefined> {
  const command = new PutItemCommand({
    TableName: table.name,
    Item: { ...attributesOf(key), ...content },
    ...conditionOf(condition),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  try {
    await table.client.send(command)
    return undefined
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw asProblem(error, callOn('PutItem', key))
    // Older endpoints do not return the item.
    return { inTheWay: error.Item ?? (await getItem(table, key)) }
  }
}

/**
 * @returns whether what is stored now is this item. The SDK retries a write whose answer was lost and then finds its own item in
 *   the way.
 */
export async function putOwn(table: Table, key: Key, content: Item, condition: Condition): Promise<boolean> {
  const refused = await putItem(table, key, content, condition)
  return refused === undefined || refused.inTheWay?.['body']?.S === content['body']?.S
}

type Change = { readonly update: string; readonly condition: string; readonly values: Item }

/** @returns the attributes that were set, or `undefined` if the condition did not hold */
export async function updateItem(
  table: Table,
  key: Key,
  { update, condition, values }: Change,
): Promise<Item | undefined> {
  const command = new UpdateItemCommand({
    TableName: table.name,
    Key: attributesOf(key),
    UpdateExpression: update,
    ConditionExpression: condition,
    ExpressionAttributeValues: values,
    ReturnValues: 'UPDATED_NEW',
  })
  try {
    return (await table.client.send(command)).Attributes ?? {}
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw asProblem(error, callOn('UpdateItem', key))
  }
}

/** Does nothing if the condition does not hold. */
export async function deleteItem(table: Table, key: Key, condition?: Condition): Promise<void> {
  const command = new DeleteItemCommand({ TableName: table.name, Key: attributesOf(key), ...conditionOf(condition) })
  try {
    await table.client.send(command)
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw asProblem(error, callOn('DeleteItem', key))
  }
}

type Search = {
  readonly pk: string
  readonly prefix?: string
  /** Range of sort keys, both ends included. */
  readonly between?: readonly [first: string, last: string]
  readonly newestFirst?: boolean
  readonly limit?: number | undefined
  /** Begins after this sort key. */
  readonly after?: string | undefined
  /** Attributes besides the keys; the rest is left out. Items cost as much to read then, and less to send and to parse. */
  readonly only?: string
}

/** Reads all pages (a page ends at 1 MB), in order of `sk`, up to `limit` items. */
export async function queryItems(table: Table, search: Search): Promise<readonly Item[]> {
  const { pk, newestFirst, limit, after, only } = search
  const found: Item[] = []
  let from = after === undefined ? undefined : attributesOf({ pk, sk: after })
  do {
    const command = new QueryCommand({
      TableName: table.name,
      ...keyCondition(search),
      ConsistentRead: true,
      ScanIndexForward: newestFirst !== true,
      ...(only === undefined ? {} : { ProjectionExpression: `pk, sk, ${only}` }),
      ...(limit === undefined ? {} : { Limit: limit - found.length }),
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    })
    const page = await translated(`dynamodb:Query of ${pk}`, table.client.send(command))
    found.push(...(page.Items ?? []))
    from = page.LastEvaluatedKey
  } while (from !== undefined && (limit === undefined || found.length < limit))
  return found
}

function keyCondition({ pk, prefix, between }: Search) {
  const values = { ':pk': { S: pk } }
  if (prefix !== undefined) {
    return {
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ...values, ':prefix': { S: prefix } },
    }
  }
  if (between === undefined) return { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: values }
  const [first, last] = between
  return {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: { ...values, ':first': { S: first }, ':last': { S: last } },
  }
}

const attributesOf = ({ pk, sk }: Key): Item => ({ pk: { S: pk }, sk: { S: sk } })

function conditionOf(condition: Condition | undefined) {
  if (condition === undefined) return {}
  const { expression, values } = condition
  return { ConditionExpression: expression, ...(values === undefined ? {} : { ExpressionAttributeValues: values }) }
}
