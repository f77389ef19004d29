// What a reader sees of the table: everything that the command line prints, and no task token. Under the policy of `grantRead`,
// as the IAM simulator decides.
import { GetItemCommand, PutItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import * as iam from 'aws-cdk-lib/aws-iam'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backendOnAws } from '../../cli/backend/aws-backend.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { showDrift } from '../../cli/commands/diff.ts'
import { showReport } from '../../cli/commands/report.ts'
import { showHistory, showLog, showStatus, watchRelease } from '../../cli/commands/verbs.ts'
import { verify } from '../../cli/commands/verify-log.ts'
import { type Kind, kinds } from '../../cloud/kinds.ts'
import { environment } from '../../local/installation.ts'
import { openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { enforcing, synthesised } from './policies.ts'

const TableName = environment.TIDEGATE_TABLE
const { authorize, used } = enforcing(
  synthesised([sampleDefinition], (controller, stack) => {
    const assumedBy = new iam.AccountRootPrincipal()
    controller.grantRead(new iam.Role(stack, 'Reader', { assumedBy, description: 'reader' }))
  }),
)
const sandbox = await openSandbox({ authorize, perMinute: 60 })
const { dynamodb, place } = sandbox.clientsFor('role.reader')
let live = ''
beforeAll(async () => {
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  const first = await sandbox.start({ version: await sandbox.publish('v4') })
  await sandbox.finish(first)
  live = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(2)
}, 60_000)
afterAll(() => sandbox.close())

/** `done`, or `denied` as IAM denies. */
const asked = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && error.name === 'AccessDeniedException' ? 'denied' : String(error)),
  )

it('a release waits by a token, which a reader cannot read', async () => {
  expect((await sandbox.world.journal.waiters(live)).map(({ token }) => token)).not.toEqual([])
  const key = { pk: { S: `WAITER#${live}` }, sk: { S: 'turn' } }
  expect(await asked(dynamodb.send(new GetItemCommand({ TableName, Key: key })))).toBe('denied')
  const query = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': key.pk } }
  expect(await asked(dynamodb.send(new QueryCommand({ TableName, ...query })))).toBe('denied')
})

it.each(Object.keys(kinds) as readonly Kind[])(
  'a reader reads %s, unless it has tokens, and writes nothing',
  async (kind) => {
    const Key = { pk: { S: kinds[kind][0].replace('*', 'test') }, sk: { S: 'test' } }
    const may = kind === 'waiter' ? 'denied' : 'done'
    expect(await asked(dynamodb.send(new GetItemCommand({ TableName, Key })))).toBe(may)
    expect(await asked(dynamodb.send(new PutItemCommand({ TableName, Item: Key })))).toBe('denied')
  },
)

it('a reader scans nothing: a scan asks for no partition', async () => {
  expect(await asked(dynamodb.send(new ScanCommand({ TableName })))).toBe('denied')
})

it('nothing that a reader may read has a token', async () => {
  const tokens = (await sandbox.world.journal.waiters(live)).map(({ token }) => token)
  const { Items = [] } = await sandbox.clients.dynamodb.send(new ScanCommand({ TableName }))
  const shown = Items.filter(({ pk }) => pk?.S?.startsWith('WAITER#') === false)
  expect(shown.length).toBeGreaterThan(10)
  for (const token of tokens) expect(JSON.stringify(shown)).not.toContain(token)
})

it('the command line reads everything as a reader', async () => {
  const lines: string[] = []
  const cli = { backend: backendOnAws(environment, place), screen: screenOn((line) => lines.push(line), false) }
  const once = { everyMs: 0, pause: () => Promise.resolve(false), evidence: true }
  const commands: readonly (() => Promise<number>)[] = [
    () => showStatus(cli, undefined),
    () => showStatus(cli, 'checkout'),
    () => showHistory(cli, 'checkout', 20),
    () => showLog(cli, live),
    () => verify(cli, live, undefined),
    () => watchRelease(cli, 'checkout', once),
    () => showDrift(cli, []),
    () => showReport(cli, 'checkout', { last: '30d' }),
  ]
  for (const command of commands) await command()
  expect(lines.join('\n')).toContain(live)
  const denied = [...used.values()].filter(({ role, allowed }) => role === 'reader' && !allowed)
  // Those of the tests above.
  expect([...new Set(denied.map(({ action, kinds: [kind] }) => `${action} ${kind ?? ''}`))].sort()).toEqual(
    [
      ...['GetItem', 'Query'].map((action) => `dynamodb:${action} waiter`),
      ...Object.keys(kinds).map((kind) => `dynamodb:PutItem ${kind}`),
      'dynamodb:Scan ',
    ].sort(),
  )
})
