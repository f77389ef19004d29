// Deletes or corrupts one item of the table while a bad version has traffic: the traffic goes back, somebody is paged, and
// another service is unaffected. Covers every kind of item, from the list of their keys.
import { CreateAliasCommand, CreateFunctionCommand } from '@aws-sdk/client-lambda'
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { type AttributeValue, DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { keptOf } from '../../core/message/kept.ts'
import { sentOf } from '../../core/message/sent.ts'
import { noEvidence } from '../../core/watch/evidence.ts'
import { pageOf } from '../../core/page.ts'
import { keys } from '../../cloud/aws/dynamodb/table.ts'
import type { LogKey as Key } from '../../core/release/log-key.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { authorize } from './least-privilege.ts'
import { sampleService } from '../../local/sample-service.ts'
import { usesItsRights } from '../lib/used-rights.ts'
import { areAll } from '../repeats.ts'

usesItsRights()

let sandbox: Sandbox
let other: string
let version: string
let services = 0

beforeAll(async () => {
  // The alarm says that the version is bad, so no customer traffic is needed.
  sandbox = await openSandbox({ authorize, perMinute: 0 })
  const code = { ZipFile: new TextEncoder().encode('v1') }
  const Role = 'arn:aws:iam::000000000000:role/checkout'
  const Runtime = 'nodejs24.x'
  const cart = { FunctionName: 'cart', Role, Handler: 'index.handler', Runtime, Code: code, Publish: true } as const
  await sandbox.clients.lambda.send(new CreateFunctionCommand(cart))
  await sandbox.clients.lambda.send(
    new CreateAliasCommand({ FunctionName: 'cart', Name: 'live', FunctionVersion: '1' }),
  )
  version = await sandbox.publish('v3')
  const calm = {
    slos: [],
    hooks: [],
    signals: { alarms: [], errors: {} },
    plan: { steps: [{ weight: 10, bake: '7d' }] },
  }
  const targets = [{ function: 'cart', alias: 'live' }]
  await sandbox.world.services.put(sampleService({ ...calm, name: 'cart', targets, policy: { lookEvery: '1h' } }))
  other = await sandbox.start({ service: 'cart', version: await sandbox.publish('v2', 'cart') })
})
afterEach(() => setAlarm('OK'))
afterAll(() => sandbox.close())

type Canary = { readonly service: string; readonly id: string; readonly requestedAtMs: number; readonly seq: number }

/** A release of its own service that has traffic, with an item of every kind. */
async function canary(): Promise<Canary> {
  services += 1
  const name = `shop-${services}`
  const signals = { alarms: ['checkout-errors'], errors: {} }
  const plan = { steps: [{ weight: 10, bake: '1h' }] }
  await sandbox.world.services.put(sampleService({ name, slos: [], hooks: [], signals, plan, gates: {} }))
  const id = await sandbox.start({ service: name, version, requestId: name })
  // Waits for its turn after the other release.
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 2_000)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { [version]: 0.1 } })
  const { requestedAtMs, seq } = await sandbox.release(id)
  const nowMs = sandbox.clock.nowMs()
  const { budgets, attestations, incidents, history, line } = sandbox.world
  const hourMs = Math.floor(nowMs / 3_600_000) * 3_600_000
  await budgets.putHour(name, 'fast', hourMs, [{ atMs: hourMs, good: 1, bad: 0 }])
  await budgets.setMark(name, 'fast', { readToMs: hourMs, told: [] })
  await attestations.put({ subject: `release/${id}`, by: 'ci', atMs: nowMs }, undefined)
  await incidents.put({ service: name, source: 'x', id: 'i', kind: 'opened', atMs: nowMs })
  const versions = { checkout: { stable: '0', candidate: '1' } }
  const head = { requestedAtMs: 1, seq: 1, phase: 'settled', candidate: 'checkout:1', source: 'cli', versions }
  await history.put({ ...head, releaseId: `${name}-before`, service: name })
  await sandbox.world.services.index(false)
  await sandbox.world.services.claim(`${name}:live`, { service: name, seq: 1, untilMs: nowMs }, nowMs)
  await sandbox.world.definitions.add(1, { service: name, by: 'user/ann', atMs: nowMs, after: {} })
  const deleted = { functionName: 'checkout', version: '1', codeSha256: 'x', bytes: 1, publishedAtMs: 1, by: 'policy' }
  await sandbox.world.deletedVersions.begin({ ...deleted, service: name, atMs: nowMs })
  await sandbox.world.waitingLists.add('shop', { id, requestedAtMs })
  await sandbox.world.queues.add(name, queued({ id, requestedAtMs }))
  await sandbox.world.journal.keep(id, '{}')
  await sandbox.world.outages.put({ part: 'CloudWatch', sinceMs: nowMs, because: 'x' })
  const target = { functionName: 'checkout', alias: 'live', stable: '1', candidate: '2', evidence: noEvidence }
  const times = { promotedAtMs: 0, requestedAtMs: 0, fromMs: nowMs, untilMs: nowMs + 3_600_000, settledMs: nowMs }
  const named = { v: 1, rev: 1, service: name, releaseId: id, onFault: 'page', seenSlots: 0 } as const
  await sandbox.world.watches.put({ ...named, ...times, targets: [target] })
  const page = pageOf('rejected', { key: `release/${id}/ended` }, { sentence: `Release ${id} is kept.` })
  await sandbox.world.messages.keep({ ...keptOf(page, nowMs, []), dueAtMs: nowMs })
  await sandbox.world.messages.setTold(page.key, { atMs: 0, overAtMs: 0 })
  await sandbox.world.messages.noteSent(sentOf(page, ['topic'], requestedAtMs))
  await sandbox.world.keptAnswers.take('canary', { id: 'r', fingerprint: 'f', untilMs: nowMs + 60_000 }, nowMs)
  const seen = { service: name, functionName: 'checkout', alias: 'live' }
  await sandbox.world.observations.setSeen({ ...seen, rev: 1, routing: { version: '1' } })
  const shift = { ...seen, id, stable: '1', candidate: '2', beganAtMs: requestedAtMs, shifts: [], looks: 0 }
  await sandbox.world.observations.putShift(shift)
  await sandbox.world.observations.append(name, id, { v: 1, seq: 1, atMs: nowMs, type: 'undone' })
  await line.stop(name, { by: 'ann', reason: 'lunch', sinceMs: nowMs })
  return { service: name, id, requestedAtMs, seq }
}

const queued = ({ id, requestedAtMs }: Pick<Canary, 'id' | 'requestedAtMs'>) =>
  ({ releaseId: id, requestedAtMs, lane: 'usual', whileLive: 'queue' }) as const

/** The item of each kind that belongs to the release; a kind that is missing here does not compile. */
const items: Readonly<Record<keyof typeof keys, (one: Canary) => Key>> = {
  service: ({ service }) => keys.service(service),
  definition: ({ service }) => keys.definition(service, 1),
  deletedVersion: ({ service }) => keys.deletedVersion(service, 'checkout', '1'),
  lease: ({ service }) => keys.lease(service),
  line: ({ service }) => keys.line(service),
  open: ({ service, id }) => keys.open(service, id),
  outage: () => keys.outage('CloudWatch'),
  watch: ({ service, id }) => keys.watch(service, id),
  seen: ({ service }) => keys.seen(service, 'checkout', 'live'),
  shift: ({ service, requestedAtMs, id }) => keys.shift(service, requestedAtMs, id),
  observedEvent: ({ service, id }) => keys.observedEvent(service, id, 1),
  message: ({ id }) => keys.message(`release/${id}/ended`),
  told: ({ id }) => keys.told(`release/${id}/ended`),
  sent: ({ id, requestedAtMs }) => keys.sent(requestedAtMs, `release/${id}/ended`),
  turn: () => keys.turn('NOW'),
  claim: ({ service }) => keys.claim(`${service}:live`),
  find: ({ service }) => keys.find(serviceKey.target('checkout'), service),
  findable: () => keys.findable,
  queue: ({ service, id, requestedAtMs }) =>
    keys.queue(service, `2#${String(requestedAtMs).padStart(15, '0')}#${id}#queue`),
  waiting: ({ id, requestedAtMs }) => keys.waiting('shop', requestedAtMs, id),
  snapshot: ({ id }) => keys.snapshot(id),
  returnRecord: ({ id }) => keys.returnRecord(id),
  event: ({ id, seq }) => keys.event(id, Math.ceil(seq / 2)),
  waiter: ({ id }) => keys.waiter(id, 'turn'),
  head: ({ service }) => keys.head(service, 1, `${service}-before`),
  budgetHour: ({ service }) =>
    keys.budgetHour(service, 'fast', Math.floor(sandbox.clock.nowMs() / 3_600_000) * 3_600_000),
  budgetMark: ({ service }) => keys.budgetMark(service, 'fast'),
  attestation: ({ id }) => keys.attestation(`release/${id}`, 'ci'),
  incident: ({ service }) => keys.incident({ service, source: 'x', id: 'i', kind: 'opened' }),
  alarm: ({ id }) => keys.alarm('checkout-errors', id),
  answer: () => keys.answer('canary'),
}

type Stored = Readonly<Record<string, AttributeValue>>
const TableName = 'tidegate'
const attributes = ({ pk, sk }: Key) => ({ pk: { S: pk }, sk: { S: sk } })
const store = (key: Key, content: Stored) =>
  sandbox.clients.dynamodb.send(new PutItemCommand({ TableName, Item: { ...attributes(key), ...content } }))
const without = (stored: Stored) =>
  Object.fromEntries(Object.entries(stored).filter(([name]) => name !== 'pk' && name !== 'sk'))
const bodyOf = (stored: Stored): Record<string, unknown> =>
  JSON.parse(stored['body']?.S ?? '{}') as Record<string, unknown>

const damages: Readonly<Record<string, (key: Key, stored: Stored) => Promise<unknown>>> = {
  deleted: (key) => sandbox.clients.dynamodb.send(new DeleteItemCommand({ TableName, Key: attributes(key) })),
  'not JSON': (key, stored) => store(key, { ...without(stored), body: { S: '{"v":' } }),
  'of a later format': (key, stored) =>
    store(key, { ...without(stored), body: { S: JSON.stringify({ ...bodyOf(stored), v: 2, more: true }) } }),
  'of wrong types': (key, stored) =>
    store(key, Object.fromEntries(Object.keys(without(stored)).map((name) => [name, { N: '7' }]))),
  empty: (key, stored) => store(key, { ...without(stored), body: { S: '' } }),
}

const setAlarm = (StateValue: 'ALARM' | 'OK') =>
  sandbox.clients.cloudwatch.send(
    new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue, StateReason: 'the orders drop' }),
  )

/** Events except looks, which continue. */
const decisions = async (id: string) => (await sandbox.events(id)).filter((event) => event.type !== 'judged')

const isOfChange = ({ subject = '' }: { readonly subject?: string | undefined }): boolean =>
  subject.includes('was changed')
/** Apart from the pages about changed logs. */
const told = () => sandbox.pages().filter((page) => !isOfChange(page))
const changesTold = (id: string) => sandbox.pages().filter((page) => isOfChange(page) && page.subject?.includes(id))

/** Fires the alarm and checks the result within two minutes. */
async function expectBack(one: Canary, pagesBefore: number): Promise<void> {
  const quiet = await decisions(other)
  await setAlarm('ALARM')
  await sandbox.minutes(2)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  const pages = told().slice(pagesBefore)
  expect(pages.map((page) => page.subject).join()).toContain(one.id)
  expect(await decisions(other)).toEqual(quiet)
  expect(await sandbox.alias('cart')).toMatchObject({ version: '1', weights: { '2': 0.1 } })
}

const shared = ['turn', 'findable', 'outage']
// `npm test` deletes an item of each kind, and leaves one or two kinds of content that cannot be read; `npm run e2e` all
// four.
const [deleted, ...contents] = Object.keys(damages)
const damagesOf = (kind: number) => [deleted, ...contents.filter((_, content) => areAll || (content + kind) % 3 === 0)]
const cases = Object.keys(keys).flatMap((name, kind) => damagesOf(kind).map((damage = '') => [name, damage] as const))

describe('an item of the table, while a bad version has traffic', () => {
  it.each(cases)(
    '%s %s: the traffic goes back, somebody is paged, another service is unaffected',
    async (kind, how) => {
      const one = await canary()
      const key = items[kind as keyof typeof keys](one)
      const { Item } = await sandbox.clients.dynamodb.send(new GetItemCommand({ TableName, Key: attributes(key) }))
      expect(Item).toBeDefined()
      const before = told().length
      await damages[how]?.(key, Item ?? {})
      await expectBack(one, before)
      expect(changesTold(one.id)).toHaveLength(kind === 'event' ? 1 : 0)
      // Restore shared items for the next test.
      if (shared.includes(kind)) await store(key, without(Item ?? {}))
    },
  )

  it.each(['first', 'last'])(
    'the %s event of the log: the traffic goes back too, once, and the service can release again',
    async (which) => {
      const one = await canary()
      const before = told().length
      await damages['not JSON']?.(keys.event(one.id, which === 'first' ? 1 : one.seq), {})
      await expectBack(one, before)
      expect(told().slice(before)).toHaveLength(1)
      const [head] = (await sandbox.world.history.list(one.service, 1)).items
      expect(head).toMatchObject({ releaseId: one.id, outcome: 'rolledBack', phase: 'settled' })
      expect(head?.because).toMatch(/^alarm checkout-errors fired: .*its log cannot be read/)
      expect(await sandbox.world.leases.holder(one.service)).toBeUndefined()
      expect((await sandbox.world.openReleases.list(one.service)).items).toEqual([])
      expect(await sandbox.world.alarmWatch.releases('checkout-errors')).not.toContain(one.id)
      await sandbox.world.line.start(one.service)
      const next = await sandbox.start({ service: one.service, version, requestId: `${one.service}-again` })
      await sandbox.minutes(1)
      expect((await sandbox.release(next)).state.phase).toBe('baking')
      await sandbox.ask('orderRollback', { verb: 'abort', releaseId: next, by: 'ann', reason: 'done' })
      await sandbox.clock.settle()
    },
  )

  const why = { by: 'ann', reason: 'it is bad' }
  it.each<[string, (one: Canary) => Promise<unknown>]>([
    ['a person', ({ service }) => sandbox.ask('orderRollback', { verb: 'rollBack', service, ...why })],
    ['the state machine', ({ id }) => sandbox.ask('rollBack', { releaseId: id, execution: 'arn:late', machine: 3 })],
  ])('an event of the log: %s puts it back too, says so, and the next one begins', async (_, putBack) => {
    const one = await canary()
    await sandbox.world.line.start(one.service)
    const next = await sandbox.start({ service: one.service, version, requestId: `${one.service}-next` })
    const before = told().length
    await damages['not JSON']?.(keys.event(one.id, 1), {})
    const foreign = { verb: 'rollBack', service: 'cart', releaseId: one.id, ...why }
    await expect(sandbox.ask('orderRollback', foreign)).rejects.toMatchObject({ name: 'Tidegate.release_missing' })
    expect(await sandbox.alias()).toMatchObject({ weights: { [version]: 0.1 } })
    await putBack(one)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect(told().slice(before)).toMatchObject([{ subject: expect.stringContaining(one.id) as string }])
    expect(await sandbox.world.leases.holder(one.service)).not.toBe(one.id)
    await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 2_000)
    expect((await sandbox.release(next)).state.phase).toBe('baking')
    await sandbox.ask('orderRollback', { verb: 'abort', releaseId: next, ...why })
    await sandbox.clock.settle()
  })
})
