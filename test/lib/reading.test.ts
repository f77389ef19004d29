// What a reader sees of the table: everything that the command line prints, and no task token. Under the policy of `grantRead`,
// as the IAM simulator decides.
import { GetItemCommand, PutItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { App, Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import * as iam from 'aws-cdk-lib/aws-iam'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backendOnAws } from '../../cli/backend/aws-backend.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { showDrift } from '../../cli/commands/diff.ts'
import { showReport } from '../../cli/commands/report.ts'
import { showHistory, showLog, showStatus, watchRelease } from '../../cli/commands/verbs.ts'
import { verify } from '../../cli/commands/verify-log.ts'
import { type Kind, kinds } from '../../cloud/kinds.ts'
import { ReleaseController } from '../../lib/controller.ts'
import { environment } from '../../local/installation.ts'
import { openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { routeNames, routePath } from '../../functions/routes.ts'
import { apiId, enforcing, synthesised } from './policies.ts'

const TableName = environment.TIDEGATE_TABLE
const { authorize, used } = enforcing(
  synthesised([sampleDefinition], (controller, stack) => {
    const assumedBy = new iam.AccountRootPrincipal()
    controller.grantRead(new iam.Role(stack, 'Reader', { assumedBy, description: 'reader' }))
    controller.grantRead(new iam.Role(stack, 'OfCart', { assumedBy, description: 'ofCart' }), 'cart')
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
})
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

const paths = [
  ...['/services', '/open', '/line', '/openapi.json', '/problem/queue_full'],
  ...['cart', 'cart-2', 'checkout'].flatMap((name) => [
    ...[
      `/service/${name}`,
      `/observed/${name}`,
      `/releases/${name}`,
      `/release/${name}/${name}-1`,
      `/events/${name}/${name}-1`,
    ],
  ]),
]
const mayGet = async (who: string, path: string, method = 'GET'): Promise<boolean> => {
  const arn = `arn:aws:sts::000000000000:assumed-role/${who}/session`
  const resource = `arn:aws:execute-api:us-east-1:000000000000:${apiId}/$default/${method}${path}`
  return authorize({ action: 'execute-api:Invoke', resource, caller: { arn, accessKeyId: '' } })
}

it('a reader reads everything by the API, and orders nothing', async () => {
  for (const path of paths) expect([path, await mayGet('reader', path)]).toEqual([path, true])
  for (const name of routeNames)
    expect(await mayGet('reader', routePath(name).replace('{service}', 'cart'), 'POST')).toBe(false)
})

it('a reader of one service reads what the API says of it, and nothing else', async () => {
  const allowed: string[] = []
  for (const path of paths) if (await mayGet('ofCart', path)) allowed.push(path)
  expect(allowed).toEqual([
    ...['/openapi.json', '/problem/queue_full'],
    ...['/service/cart', '/observed/cart', '/releases/cart', '/release/cart/cart-1', '/events/cart/cart-1'],
  ])
  const key = { pk: { S: 'SERVICE' }, sk: { S: 'cart' } }
  const { dynamodb } = sandbox.clientsFor('role.ofCart')
  expect(await asked(dynamodb.send(new GetItemCommand({ TableName, Key: key })))).toBe('denied')
})

it('a stream of events has a limit of its own, and API Gateway hears of it when the route is there', () => {
  const stack = new Stack(new App(), 'tidegate')
  new ReleaseController(stack, 'Controller', { services: [sampleDefinition] })
  const template = Template.fromStack(stack)
  const [route = ''] = Object.keys(
    template.findResources('AWS::ApiGatewayV2::Route', {
      Properties: { RouteKey: 'GET /events/{service}/{release}', AuthorizationType: 'AWS_IAM' },
    }),
  )
  const limit = { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 20 }
  template.hasResource('AWS::ApiGatewayV2::Stage', {
    Properties: { RouteSettings: { 'GET /events/{service}/{release}': limit } },
    DependsOn: Match.arrayWith([route]),
  })
})
