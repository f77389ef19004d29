// The example of docs/migrate.md on the embedded cloud: its good end, and its two bad ones. PostgreSQL is in this process
// (PGlite), or the server that TIDEGATE_POSTGRES names (test/e2e/migrate.ts).
import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { CreateAliasCommand, CreateFunctionCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { type CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import pg from 'pg'
import { parse } from 'yaml'
import { chance } from '../../cloud/local/time/chance.ts'
import type { LocalFunction } from '../../cloud/local/runtime/in-process-runtime.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import { minute, openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { startTraffic, type Traffic } from '../../local/traffic.ts'

type Rows = { readonly rows: readonly Readonly<Record<string, unknown>>[] }
type Database = { query(text: string, values?: readonly unknown[]): Promise<Rows> }
type Order = { readonly euros?: number; readonly id?: number }
type Answer = { readonly version: number; readonly id?: number; readonly euros?: number }
type Orders = (db: Database) => (order: Order) => Promise<Answer>
type Schema = (deps: {
  readonly db: Database
  readonly lambda: unknown
  readonly sleep: (ms: number) => Promise<void>
  readonly needs: Readonly<Record<string, number>>
  readonly chunk: number
  readonly restMs: number
  readonly reportEvery: number
}) => Readonly<Record<'expand' | 'backfill' | 'contract', LocalFunction>>

const folder = '../../examples/expand-contract'
const part = async (name: string) => (await import(`${folder}/${name}`)) as { orders: Orders; schema: Schema }
const definition = (name: string) =>
  parseDefinition(parse(readFileSync(new URL(`${folder}/${name}.yaml`, import.meta.url), 'utf8')))

/** The server that has other sessions than ours, if there is one. */
const server = process.env['TIDEGATE_POSTGRES']
const sessionsOf = (name: string, max: number) => new pg.Pool({ connectionString: server, max, application_name: name })

type Opened = Database & { exec(text: string): Promise<unknown>; close(): Promise<void> }
async function open(): Promise<Opened> {
  if (server === undefined) {
    const lite = await PGlite.create()
    return {
      query: (text, values) => lite.query(text, [...(values ?? [])]),
      exec: (text) => lite.exec(text),
      close: () => lite.close(),
    }
  }
  const pool = new pg.Pool({ connectionString: server, max: 4, options: '-c lock_timeout=2s' })
  return {
    query: (text, values) => pool.query(text, [...(values ?? [])]),
    exec: (text) => pool.query(text),
    close: () => pool.end(),
  }
}

let db: Opened
beforeAll(async () => {
  db = await open()
})
afterAll(() => db.close())

let sandbox: Sandbox
let customers: Traffic
let isBroken = false

/** The customers of `traffic` only knock: so many requests would take the database longer than the test may. */
async function versions(): Promise<Readonly<Record<string, LocalFunction>>> {
  const all = await Promise.all(
    ['1', '2', '3'].map(async (number): Promise<[string, LocalFunction]> => {
      const handler = (await part(`v${number}/index.mjs`)).orders(db)
      return [`orders ${number}`, (event) => ('cart' in (event as object) ? {} : handler(event as Order))]
    }),
  )
  const broken: LocalFunction = () => {
    if (isBroken) throw new Error('the nightly report divides by zero')
    return {}
  }
  return { ...Object.fromEntries(all), 'orders 3 with a fault': broken }
}

const Role = 'arn:aws:iam::000000000000:role/orders'
const zip = (text: string) => ({ ZipFile: new TextEncoder().encode(text) })

beforeEach(async () => {
  isBroken = false
  await db.exec('drop table if exists orders; create table orders (id serial primary key, price numeric not null)')
  const { schema } = await part('schema/index.mjs')
  const hook =
    (name: 'expand' | 'backfill' | 'contract'): LocalFunction =>
    (event, context) => {
      const { lambda } = sandbox.clients
      const sleep = (ms: number): Promise<void> => context.waitMs(ms)
      const sizes = { chunk: 100, restMs: 4 * minute, reportEvery: 1 }
      return schema({ db, lambda, sleep, needs: { orders: 3, reports: 2 }, ...sizes })[name](event, context)
    }
  const hooks = { expand: hook('expand'), backfill: hook('backfill'), contract: hook('contract') }
  sandbox = await openSandbox({ perMinute: 1, functions: { ...hooks, ...(await versions()) } })
  const { lambda, cloudwatch } = sandbox.clients
  for (const name of ['expand', 'backfill', 'contract']) {
    const FunctionName = `orders-${name}`
    await lambda.send(new CreateFunctionCommand({ FunctionName, Role, Code: zip(name), Timeout: 900 }))
  }
  await sandbox.addFunction('reports')
  await lambda.send(new CreateFunctionCommand({ FunctionName: 'orders', Role, Code: zip('orders 1'), Publish: true }))
  await lambda.send(new CreateAliasCommand({ FunctionName: 'orders', Name: 'live', FunctionVersion: '1' }))
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      ...{ AlarmName: 'orders-replica-lag', Namespace: 'Orders', MetricName: 'ReplicaLag', Statistic: 'Maximum' },
      ...{ Period: 60, EvaluationPeriods: 3, Threshold: 30, ComparisonOperator: 'GreaterThanThreshold' },
      TreatMissingData: 'notBreaching',
    }),
  )
  const random = chance(7, 'orders')
  customers = startTraffic(sandbox.cloud, sandbox.clock, random, 120, { functionName: 'orders', alias: 'live' })
})
afterEach(() => {
  customers.stop()
  sandbox.close()
})

/** An order, as a customer of this version writes or reads it. */
const ask = async (order: Order, qualifier = 'live'): Promise<Answer> => {
  const { payload, functionError } = await sandbox.cloud.lambda.invoke(
    'orders',
    qualifier,
    Buffer.from(JSON.stringify(order)),
  )
  if (functionError !== undefined) throw new Error(Buffer.from(payload).toString())
  return JSON.parse(Buffer.from(payload).toString()) as Answer
}
const columns = async () =>
  (
    await db.query(`select column_name as name from information_schema.columns
    where table_name = 'orders' order by ordinal_position`)
  ).rows.map(({ name }) => name)
const reports = (FunctionVersion: string) =>
  sandbox.clients.lambda.send(new UpdateAliasCommand({ FunctionName: 'reports', Name: 'live', FunctionVersion }))
const release = async (code: string, name: 'expand' | 'contract', call: object = {}): Promise<string> => {
  await sandbox.world.services.put(definition(name))
  const version = await sandbox.publish(code, 'orders')
  return sandbox.start({ service: 'orders', version, requestId: `r${version}`, ...call })
}
const outcome = async (id: string) => (await sandbox.finish(id)).ending
const said = async (id: string) =>
  (await sandbox.events(id)).flatMap((event) => (event.type === 'hookDeferred' && event.said ? [event.said] : []))
/** 250 orders of version 1, and version 2 in its place. */
async function expanded(): Promise<void> {
  await db.exec('insert into orders (price) select 12.5 from generate_series(1, 250)')
  const id = await release('orders 2', 'expand')
  await sandbox.minutes(3)
  expect(await columns()).toEqual(['id', 'price', 'cents'])
  // Both versions read what either writes.
  const written = [await ask({ euros: 3.1 }, '1'), await ask({ euros: 4.2 }, '2')]
  for (const [index, euros] of [3.1, 4.2].entries())
    for (const version of ['1', '2'])
      expect(await ask({ id: written[index]?.id ?? 0 }, version)).toMatchObject({ euros })
  expect(await outcome(id)).toMatchObject({ outcome: 'promoted' })
}
/** Version 3, past its one-way step. */
async function contracting(code = 'orders 3'): Promise<string> {
  const id = await release(code, 'contract')
  await sandbox.minutes(36)
  expect((await sandbox.release(id)).held?.because).toMatch(/^0 of 1 approvals before 100 %/)
  await sandbox.ask('approve', { service: 'orders', by: 'ben', before: 100 })
  await sandbox.clock.settle()
  expect(await sandbox.alias('orders')).toMatchObject({ version: '2', weights: { '3': 0.9 } })
  return id
}

it('expands, fills the old rows and says how far it is, and drops the old column once nobody needs it', async () => {
  await expanded()
  // What reads the same table goes first, and the release says so before it has moved anything.
  const early = await release('orders 3', 'contract')
  expect(await outcome(early)).toMatchObject({
    outcome: 'rejected',
    because: 'hook orders-backfill says "reports:live still has version 1, and needs 2"',
  })
  await reports('2')
  const version = '3'
  const id = await sandbox.start({ service: 'orders', version, requestId: 'again' })
  await sandbox.minutes(37)
  expect(await said(id)).toEqual([
    'the hook says "101 rows have cents, 151 are left"',
    'the hook says "201 rows have cents, 51 are left"',
    'the hook says "252 rows have cents, 0 are left"',
  ])
  await sandbox.ask('approve', { service: 'orders', by: 'ben', before: 100 })
  // Somebody puts reports back, behind what it needs.
  await reports('1')
  await sandbox.minutes(14)
  expect((await said(id)).at(-1)).toBe('the hook says "reports:live still has version 1, and needs 2"')
  expect([await columns(), await sandbox.alias('orders')]).toMatchObject([['id', 'price', 'cents'], { version: '3' }])
  await reports('2')
  expect(await outcome(id)).toMatchObject({ outcome: 'promoted' })
  expect(await columns()).toEqual(['id', 'cents'])
  expect(await ask({ id: 1 })).toEqual({ version: 3, euros: 12.5 })
  await expect(
    sandbox.orderAs('ann')('roll-back', 'orders', { reason: 'the old one was nicer' }),
  ).rejects.toMatchObject({ name: 'Tidegate.one_way_passed' })
})

it('moves nothing where the old rows cannot be filled, and goes on from there once they can', async () => {
  await expanded()
  await reports('2')
  await db.exec('insert into orders (price) values (null), (99999999999)')
  const id = await release('orders 3', 'contract')
  expect(await outcome(id)).toMatchObject({
    outcome: 'rejected',
    because: expect.stringContaining('integer out of range') as string,
  })
  await db.exec('delete from orders where price > 1e9')
  const second = await sandbox.start({ service: 'orders', version: '3', requestId: 'second' })
  expect(await outcome(second)).toMatchObject({ because: 'hook says "1 rows have no price, and cannot be filled"' })
  expect([await sandbox.alias('orders'), await columns()]).toMatchObject([{ version: '2' }, ['id', 'price', 'cents']])
})

it('freezes where version 3 fails past the one-way step, pages, and is fixed forward', async () => {
  await expanded()
  await reports('2')
  const id = await contracting('orders 3 with a fault')
  isBroken = true
  await sandbox.minutes(6)
  expect(await sandbox.release(id)).toMatchObject({ frozen: { kind: 'oneWay', told: true } })
  expect(sandbox.pages().at(-1)?.message).toContain(`--fixes ${id}`)
  expect([await sandbox.alias('orders'), await columns()]).toMatchObject([
    { version: '2', weights: { '3': 0.9 } },
    ['id', 'price', 'cents'],
  ])
  const fix = await release('orders 3', 'contract', { fixes: id })
  await sandbox.minutes(2)
  await sandbox.ask('approve', { service: 'orders', by: 'ben', before: 100 })
  expect(await outcome(fix)).toMatchObject({ outcome: 'promoted' })
  expect([await sandbox.alias('orders'), await columns()]).toMatchObject([
    { version: '4', weights: {} },
    ['id', 'cents'],
  ])
})

// The schedule that docs/migrate.md asks for: the probe's own code, asked each minute, with the server's sessions as they are.
async function probed(minutes: number): Promise<void> {
  const { probe } = (await import(`${folder}/schema/probe.mjs`)) as {
    probe: (db: Database, cloudwatch: CloudWatchClient) => () => Promise<unknown>
  }
  const look = probe(db, sandbox.clients.cloudwatch)
  for (let passed = 0; passed < minutes; passed++) {
    await look()
    await sandbox.minutes(1)
  }
}

it.runIf(server)('holds while sessions of version 2 wait for locks, until a person lets it go on', async () => {
  await db.exec('drop table if exists busy; create table busy (id int)')
  const [holder, waiters] = [sessionsOf('reports:2', 1), sessionsOf('orders:2', 6)]
  const id = await release('orders 2', 'expand')
  await probed(3)
  expect((await sandbox.release(id)).state).toMatchObject({ phase: 'baking' })
  await holder.query('begin; lock table busy')
  const waiting = Array.from({ length: 6 }, () => waiters.query('select count(*) from busy'))
  const { lockWaits } = (await import(`${folder}/schema/sessions.mjs`)) as {
    lockWaits: (db: Database) => Promise<readonly { readonly waiting: number }[]>
  }
  // All of them have to be seen from the first minute on.
  await expect.poll(async () => (await lockWaits(db))[0]?.waiting, { timeout: 60_000 }).toBe(6)
  await probed(15)
  expect(await sandbox.release(id)).toMatchObject({ frozen: { kind: 'hold' } })
  expect(sandbox.pages().at(-1)?.message).toContain('lock-waits: candidate ')
  expect(await sandbox.alias('orders')).toMatchObject({ version: '1', weights: { '2': 0.1 } })
  await holder.query('commit')
  await Promise.all([...waiting, holder.end()])
  await waiters.end()
  await probed(5)
  await sandbox.orderAs('ann')('resume', 'orders', {})
  expect(await outcome(id)).toMatchObject({ outcome: 'promoted' })
})
