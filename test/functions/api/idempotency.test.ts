// Requests with an idempotency key: done once, answered alike; and carried out all the same when answers cannot be kept.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { orderVerbs, type RouteName, routeOf } from '../../../functions/routes.ts'
import { timeoutSeconds } from '../../../functions/rules.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { sampleDefinition } from '../../scenarios/least-privilege.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { callerOn } from './caller.ts'

usesItsRights()

const { authorize } = enforcing(synthesised([sampleDefinition]))
let sandbox: Sandbox
async function open(options: SandboxOptions = {}): Promise<void> {
  sandbox = await openSandbox({ authorize, perMinute: 60, ...options })
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [] }))
}
afterEach(() => sandbox.close())

/** As `ann`, of whom these policies know nothing: the stack's are about its functions. */
const post = (path: string, key: string | undefined, body: object = {}, who = 'ann') =>
  callerOn(
    sandbox,
    who,
  )({
    ...{ method: 'POST', path, body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
  })
const open1 = async (): Promise<number> => (await sandbox.world.openReleases.keys()).length

describe('a request that comes again', () => {
  beforeEach(() => open())

  it('starts one release, and gets the same answer', async () => {
    const version = await sandbox.publish('v2')
    const first = await post('/start/checkout', 'run-1', { version })
    expect(first).toMatchObject({ status: 200, said: { releases: [{}] } })
    for (const key of ['run-1', '"run-1"'])
      expect((await post('/start/checkout', key, { version })).said).toEqual(first.said)
    expect(await open1()).toBe(1)
    // Without the key, each is one.
    await post('/start/checkout', undefined, { version })
    await post('/start/checkout', undefined, { version })
    expect(await open1()).toBe(3)
  })

  it('puts back what it was about, and not what was released before', async () => {
    const first = await sandbox.start({ version: await sandbox.publish('v2'), plan: 'AllAtOnce' })
    await sandbox.finish(first)
    const live = await sandbox.start({ version: await sandbox.publish('v1') })
    await sandbox.minutes(2)
    const back = await post('/roll-back/checkout', 'k', { reason: 'x' })
    expect([back.status, back.said]).toMatchObject([200, { releaseId: live }])
    await sandbox.finish(live)
    expect((await post('/roll-back/checkout', 'k', { reason: 'x' })).said).toEqual(back.said)
    expect(await open1()).toBe(0)
  })

  it('is another one by another caller, for another service, on another route', async () => {
    const version = await sandbox.publish('v2')
    const ids = new Set<unknown>()
    for (const who of ['ann', 'ben', 'role.ci:1'])
      ids.add(JSON.stringify((await post('/start/checkout', 'k', { version }, who)).said))
    expect(ids.size).toBe(3)
    // A role is the same caller in every session: a job that is run again has another one.
    ids.add(JSON.stringify((await post('/start/checkout', 'k', { version }, 'role.ci:2')).said))
    expect(ids.size).toBe(3)
    expect(await post('/pause/checkout', 'k', { reason: 'x' })).toMatchObject({ status: 200 })
    expect(await post('/start/nobody', 'k', { version })).toMatchObject({ status: 404 })
  })

  it('with another body is refused', async () => {
    await post('/start/checkout', 'k', { version: '1' })
    expect(await post('/start/checkout', 'k', { version: '2' })).toMatchObject({
      status: 422,
      said: { code: 'idempotency_key_reused' },
    })
  })

  it('after a refusal is carried out: nothing was done', async () => {
    expect(await post('/pause/checkout', 'k', { reason: 'x' })).toMatchObject({ status: 404 })
    await sandbox.start({ version: await sandbox.publish('v2') })
    expect(await post('/pause/checkout', 'k', { reason: 'x' })).toMatchObject({ status: 200 })
  })

  it.each(['', '""', 'a b', 'ü', 'x'.repeat(256), 'a"b'])('with the key %j is refused', async (key) => {
    expect(await post('/pause/checkout', key, { reason: 'x' })).toMatchObject({
      status: 400,
      said: { code: 'call_invalid' },
    })
  })
})

it('a request that comes again after a day is a new one, and before that it is not', async () => {
  await open({ perMinute: 1, sweepMinutes: 60 })
  await post('/stop-line/checkout', 'k', { reason: 'x' })
  await sandbox.orderAs('ben')('start-line', 'checkout')
  await sandbox.minutes(23 * 60)
  await post('/stop-line/checkout', 'k', { reason: 'x' })
  expect(await sandbox.world.line.stopped('checkout')).toBeUndefined()
  await sandbox.minutes(62)
  await post('/stop-line/checkout', 'k', { reason: 'x' })
  expect(await sandbox.world.line.stopped('checkout')).toBeDefined()
})

it('while the first one is carried out it is refused, and then gets its answer', async () => {
  let goOn = (): void => undefined
  const hold = new Promise<void>((resolve) => (goOn = resolve))
  await open({
    through: (handler) => async (request) => {
      // Before the answer is stored.
      if (Buffer.from(request.body).includes('holder = :holder')) await hold
      return handler(request)
    },
  })
  const version = await sandbox.publish('v2')
  const first = post('/start/checkout', 'k', { version })
  while ((await open1()) === 0) await new Promise(setImmediate)
  expect(await post('/start/checkout', 'k', { version })).toMatchObject({
    status: 409,
    headers: { 'retry-after': '5' },
    said: { code: 'idempotency_key_in_use' },
  })
  goOn()
  const { status, said } = await first
  expect(status).toBe(200)
  expect((await post('/start/checkout', 'k', { version })).said).toEqual(said)
})

it('after a crash before its answer was stored it is carried out again, and the log keeps it from a second release', async () => {
  let dies = true
  await open({
    through: (handler) => (request) =>
      dies && Buffer.from(request.body).includes('holder = :holder')
        ? Promise.reject(new Error('killed'))
        : handler(request),
  })
  const version = await sandbox.publish('v2')
  const { said } = await post('/start/checkout', 'k', { version })
  dies = false
  // As long as the function may still run.
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + Math.max(...orderVerbs.map(timeoutSeconds)) * 1000)
  expect(await post('/start/checkout', 'k', { version })).toMatchObject({ status: 409 })
  await sandbox.minutes(1)
  const again = await post('/start/checkout', 'k', { version })
  expect([again.status, again.said]).toEqual([200, said])
  expect(await open1()).toBe(1)
})

it('is carried out when answers cannot be kept, and the log keeps it from a second release', async () => {
  await open({
    through: (handler) => (request) =>
      Buffer.from(request.body).includes('ANSWER#')
        ? Promise.resolve({ status: 400, headers: {}, body: '{"__type":"AccessDeniedException"}' })
        : handler(request),
  })
  const version = await sandbox.publish('v2')
  const first = await post('/start/checkout', 'k', { version })
  expect(first.status).toBe(200)
  expect((await post('/start/checkout', 'k', { version })).said).toEqual(first.said)
  expect(await open1()).toBe(1)
  await sandbox.minutes(1)
  expect(await post('/roll-back/checkout', 'k', { reason: 'x' })).toMatchObject({ status: 200 })
  expect(sandbox.logged.filter((line) => JSON.stringify(line).includes('counts for nothing'))).not.toEqual([])
})

it('every order takes a key, and may keep its answer', async () => {
  await open()
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [], gates: { approvals: [{ before: 100 }] } }))
  const reason = { reason: 'x' }
  const bodies = {
    start: { version: await sandbox.publish('v2') },
    ask: {},
    'old-versions': {},
    pause: reason,
    approve: {},
    override: reason,
    'stop-line': reason,
    'start-line': {},
    'attest-flags': { version: '1', flags: [] },
    incident: { id: '1', source: 'x', openedAt: '2026-01-01T00:00:00Z' },
    promote: reason,
    'roll-back': reason,
    apply: { definition: sampleDefinition },
  } satisfies Partial<Record<RouteName, object>>
  for (const [name, body] of Object.entries(bodies)) {
    // Not the one who has started it: four eyes.
    const { status, said } = await post(`/${name}/checkout`, 'k', body, name === 'approve' ? 'ben' : 'ann')
    expect([name, status, said['detail']]).toEqual([name, 200, undefined])
    await sandbox.clock.settle()
  }
  expect(sandbox.logged.filter((line) => JSON.stringify(line).includes('counts for nothing'))).toEqual([])
  const verbs = Object.keys(bodies).map((name) => routeOf(name as RouteName).verb)
  expect([...new Set(verbs)].sort()).toEqual([...orderVerbs].sort())
})
