// The shop of examples/shadow on the embedded cloud, under the policies of the construct, with its hook and its customers.
import { readFileSync } from 'node:fs'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  ListVersionsByFunctionCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda'
import { CreateTableCommand, type DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { parse } from 'yaml'
import { chance } from '../../cloud/local/time/chance.ts'
import type { LocalFunction } from '../../cloud/local/runtime/in-process-runtime.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import { parseConfigs } from '../../core/shadow/config.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { startTraffic } from '../../local/traffic.ts'
import { awsPorts } from '../../shadow/aws.ts'
import { attributesOf, sampled } from '../../shadow/index.ts'
import { shadowHook } from '../../shadow/try.ts'
import type { ShadowedFunction } from '../../lib/shadow/shadow.ts'
import { enforcing, installed, policiesOf } from '../shadow/installed.ts'

type Deps = { readonly db: unknown; readonly isShadow: boolean; readonly newId: () => string; readonly now: () => Date }
type Checkout = (deps: Deps) => (event: unknown) => Promise<unknown>
export const table = 'tidegate-shadow-samples'
export const arn = (name: string) => `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`

const zip = (text: string) => ({ ZipFile: new TextEncoder().encode(text) })
const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`
type Options = {
  readonly load?: NonNullable<ShadowedFunction['load']>
  readonly versions: readonly string[]
  /** What is between a version and its tables. */
  readonly through?: (db: DynamoDBClient, context: Parameters<LocalFunction>[1]) => unknown
  readonly timeout?: string
  /** In the place of the construct: what a file of the shadow makes. */
  readonly template?: (file: unknown) => Parameters<typeof policiesOf>[0]
}

export async function shopInShadow({ load, versions, through = (db) => db, timeout = '15m', template }: Options) {
  const config = load === undefined ? {} : { load }
  const reads = [{ actions: ['dynamodb:GetItem'], resources: [arn('coupons'), arn('prices')] }]
  const may = { 'dynamodb:GetItem': arn('coupons'), 'dynamodb:PutItem': arn('orders') }
  const functions = { shop: { reads, ...config } }
  const policies =
    template === undefined
      ? policiesOf(installed({ functions }, 'shop', may))
      : byTemplate(template({ functions }), may)
  const { authorize, refused } = enforcing(policies)
  const store = { isAway: false }
  // They begin to work when the sandbox is open.
  const late: { sandbox?: Sandbox } = {}
  const open = (): Sandbox => late.sandbox!
  const checkouts = await Promise.all(
    versions.map(async (name): Promise<[string, LocalFunction]> => {
      const { checkout } = (await import(`../../examples/shadow/v${name}/checkout.mjs`)) as { checkout: Checkout }
      return [`shop ${name}`, versionOf(open, checkout, store, through)]
    }),
  )
  const hook: LocalFunction = (event, context) => {
    const { clock, clientsFor } = open()
    const { lambda, dynamodb, cloudwatch } = clientsFor(`role.${context.functionName}`)
    const ports = awsPorts({
      ...{ lambda, dynamodb, cloudwatch, table, nowMs: () => clock.nowMs(), random: chance(5, 'hook') },
      ...{ hookName: context.functionName, log: () => undefined, rest: (ms) => context.waitMs(ms) },
      download: async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer()),
    })
    return shadowHook(ports, parseConfigs({ shop: { shadow: 'shop-shadow', ...config } }))(event, context)
  }
  const sandbox = await openSandbox({
    authorize,
    perMinute: 1,
    functions: { ...Object.fromEntries(checkouts), hook },
  })
  late.sandbox = sandbox
  await installShop(sandbox, timeout, load && (load.concurrency ?? 20))
  const shop = { functionName: 'shop', alias: 'live' }
  const customers = startTraffic(sandbox.cloud, sandbox.clock, chance(7, 'shop'), 20, shop)
  return {
    ...{ sandbox, customers, refused, store, ...asked(sandbox) },
    stop: () => {
      customers.stop()
      sandbox.close()
    },
  }
}

/** The role of the function has what it may, and the policy that the template has for it. */
function byTemplate(template: Parameters<typeof policiesOf>[0], may: Readonly<Record<string, string>>) {
  const policies = policiesOf(template, { AnswerFunction: 'tidegate-answer' })
  const Statement = Object.entries(may).map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }))
  const own = { Version: '2012-10-17', Statement }
  return new Map([...policies, ['shop', [own, ...(policies.get('Tidegate: keeps samples of shop') ?? [])]]])
}

function versionOf(
  open: () => Sandbox,
  checkout: Checkout,
  store: { readonly isAway: boolean },
  through: NonNullable<Options['through']>,
): LocalFunction {
  let handler: ((event: unknown, context: never) => unknown) | undefined
  return (event, context) => {
    const { clock, clientsFor } = open()
    const db = clientsFor(`role.${context.functionName}`).dynamodb
    const isShadow = context.environment['TIDEGATE_SHADOW'] !== undefined
    const random = chance(Number(context.functionVersion), context.functionName)
    const take = checkout({
      db: through(db, context),
      isShadow,
      newId: () => `${clock.nowMs()}${random()}`,
      now: () => new Date(clock.nowMs()),
    })
    if (isShadow) return take(event)
    handler ??= sampled<unknown, { readonly functionName: string }, unknown>(take, {
      ...{ share: 1, everyMs: 0, redact: ['/email'], nowMs: () => clock.nowMs(), random: chance(3, 'samples') },
      put: (item) => {
        if (store.isAway) throw new Error('away')
        return db.send(new PutItemCommand({ TableName: table, Item: attributesOf(item) }))
      },
      trouble: () => undefined,
    })
    return handler(event, context as never)
  }
}

async function installShop({ clients, clock, world }: Sandbox, timeout: string, reserved?: number): Promise<void> {
  const { lambda, dynamodb } = clients
  for (const [TableName, ...names] of [
    [table, 'pk', 'sk'],
    ['coupons', 'name'],
    ['prices', 'name'],
    ['orders', 'id'],
    ['coupon-uses', 'name'],
  ] as const)
    await dynamodb.send(
      new CreateTableCommand({
        ...{ TableName, BillingMode: 'PAY_PER_REQUEST' },
        KeySchema: names.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
        AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      }),
    )
  await clock.settle()
  await dynamodb.send(
    new PutItemCommand({ TableName: 'coupons', Item: { name: { S: 'FRIEND' }, percent: { N: '20' } } }),
  )
  for (const [FunctionName, code] of [
    ['shop', 'shop 1'],
    ['shop-shadow', 'nothing'],
    ['tidegate-shadow', 'hook'],
  ] as const) {
    const about = { Role: role(FunctionName), Timeout: 840, Publish: code === 'shop 1' }
    await lambda.send(new CreateFunctionCommand({ FunctionName, Code: zip(code), ...about }))
  }
  if (reserved !== undefined) {
    const concurrency = { FunctionName: 'shop-shadow', ReservedConcurrentExecutions: reserved }
    await lambda.send(new PutFunctionConcurrencyCommand(concurrency))
  }
  await lambda.send(new CreateAliasCommand({ FunctionName: 'shop', Name: 'live', FunctionVersion: '1' }))
  const text = readFileSync(new URL('../../examples/shadow/service.yaml', import.meta.url), 'utf8')
  await world.services.put(parseDefinition(parse(text.replace('15m', timeout))))
}

const asked = (sandbox: Sandbox) => ({
  items: async (TableName: string) => (await sandbox.clients.dynamodb.send(new ScanCommand({ TableName }))).Items ?? [],
  release: async (code: string) =>
    sandbox.start({ service: 'shop', version: await sandbox.publish(code, 'shop'), requestId: code.replace(' ', '-') }),
  answerOf: async (id: string) =>
    (await sandbox.events(id)).flatMap((event) =>
      event.type === 'hookAnswered' ? [[event.answer, event.because]] : [],
    ),
  saidOf: async (id: string) =>
    (await sandbox.events(id)).flatMap((event) =>
      event.type === 'hookDeferred' && event.said !== undefined ? [event.said] : [],
    ),
  copies: async () =>
    (
      await sandbox.clients.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'shop-shadow' }))
    ).Versions?.map((one) => one.Version),
})
