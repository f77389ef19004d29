// Each role of the controller changes items of its own kinds, and of no other: asked of the IAM simulator, by the embedded cloud,
// for every kind of item in the table.
import { DeleteItemCommand, PutItemCommand, ScanCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { afterAll, expect, it } from 'vitest'
import { keys } from '../../cloud/aws/dynamodb/table.ts'
import { type Kind, kindOf, kinds, patternsOf } from '../../cloud/kinds.ts'
import { verbs } from '../../functions/handlers.ts'
import { itemRights } from '../../functions/permissions.ts'
import { ReleaseController } from '../../lib/controller.ts'
import { environment, functionName } from '../../local/installation.ts'
import { openSandbox } from '../../local/sandbox.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { enforcing, synthesised } from './policies.ts'

const TableName = environment.TIDEGATE_TABLE
const all = Object.keys(kinds) as readonly Kind[]
const { authorize } = enforcing(synthesised([sampleDefinition]))
const sandbox = await openSandbox({ authorize, perMinute: 0 })
afterAll(() => sandbox.close())

/** A key of the kind, which no item has. */
const keyOf = (kind: Kind) => ({ pk: { S: kinds[kind][0].replace('*', 'test') }, sk: { S: 'test' } })
/** `done`, or `denied` as IAM denies. */
const asked = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && error.name === 'AccessDeniedException' ? 'denied' : String(error)),
  )
const itemsOf = (verb: (typeof verbs)[number], action: string): readonly Kind[] =>
  itemRights(verb).flatMap((right) => (right.actions.some((one) => one === action) ? right.kinds : []))

it.each(verbs)('%s writes and deletes items of its own kinds only', async (verb) => {
  const { dynamodb } = sandbox.clientsFor(`role.${functionName(verb)}`)
  const written: Kind[] = []
  const deleted: Kind[] = []
  for (const kind of all) {
    const key = keyOf(kind)
    if ((await asked(dynamodb.send(new PutItemCommand({ TableName, Item: key })))) === 'done') written.push(kind)
    if ((await asked(dynamodb.send(new DeleteItemCommand({ TableName, Key: key })))) === 'done') deleted.push(kind)
  }
  expect(written.sort()).toEqual([...itemsOf(verb, 'dynamodb:PutItem')].sort())
  expect(deleted.sort()).toEqual([...itemsOf(verb, 'dynamodb:DeleteItem')].sort())
  // Of a log, and of what was applied, nobody may take anything away. A person may remove a service.
  expect(deleted).not.toContain('log')
  if (verb !== 'apply') expect(deleted).not.toContain('service')
  expect(deleted).not.toContain('definition')
  expect(deleted).not.toContain('deletedVersion')
  expect(await asked(dynamodb.send(new ScanCommand({ TableName })))).toBe('denied')
})

it('a transaction is denied when one of its items is of a foreign kind', async () => {
  const { dynamodb } = sandbox.clientsFor(`role.${functionName('attest')}`)
  const put = (...some: readonly Kind[]) =>
    asked(
      dynamodb.send(
        new TransactWriteItemsCommand({
          TransactItems: some.map((kind) => ({ Put: { TableName, Item: keyOf(kind) } })),
        }),
      ),
    )
  expect(await put('attestation')).toBe('done')
  expect(await put('attestation', 'log')).toBe('denied')
})

it('no statement of the stack lets anybody change items of any kind', () => {
  const stack = new Stack(new App(), 'tidegate')
  new ReleaseController(stack, 'Controller', { services: [sampleDefinition] })
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')) as {
    Properties: { PolicyDocument: { Statement: { Action: string | string[]; Condition?: unknown }[] } }
  }[]
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
  const changing = statements.filter(({ Action }) =>
    /dynamodb:(Put|Update|Delete|Batch|Transact|PartiQL)/.test(String(Action)),
  )
  expect(changing.length).toBeGreaterThan(verbs.length / 2)
  for (const { Condition } of changing)
    expect(Condition).toEqual({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': expect.anything() as unknown },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    })
  // IAM takes 10,240 characters of inline policies for a role.
  for (const { Properties } of policies) expect(JSON.stringify(Properties.PolicyDocument).length).toBeLessThan(10_240)
})

it('every key of the table is of one kind', () => {
  const made = Object.values(keys).map((key) =>
    typeof key === 'function' ? (key as (...parts: unknown[]) => { pk: string })({ service: 'a' }, 1, 'a').pk : key.pk,
  )
  expect([...new Set(made.map(kindOf))].sort()).toEqual([...all].sort())
  const patterns = patternsOf(all)
  for (const one of patterns)
    for (const other of patterns)
      if (one !== other) expect([one, other, other.startsWith(one.replace('*', ''))]).toEqual([one, other, false])
})
