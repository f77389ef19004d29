// What the API lets read: each answer has the form that docs/openapi.json says, and pages bring everything once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keys } from '../../../cloud/aws/dynamodb/table.ts'
import { readingAnswers } from '../../../functions/api/answers.ts'
import { environment } from '../../../local/installation.ts'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { watchOf } from '../../../core/watch/watch.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { sampleDefinition } from '../../scenarios/least-privilege.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { shiftsOfAllKinds } from '../../core/observe/shifts.ts'
import { callerOn } from './caller.ts'

usesItsRights()

const { authorize } = enforcing(synthesised([sampleDefinition]))

let sandbox: Sandbox
let call: ReturnType<typeof callerOn>
const releases: string[] = []
beforeAll(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 60, budgetMinutes: 5 })
  call = callerOn(sandbox)
  await sandbox.world.services.put(
    sampleService({ hooks: [], plan: 'AllAtOnce', slos: [{ name: 'a', objective: 99.9 }] }),
  )
  await sandbox.minutes(10)
  for (const [code, plan] of [
    ['v2', 'AllAtOnce'],
    ['v1', 'AllAtOnce'],
    ['v2', 'Canary10Percent5Minutes'],
  ] as const) {
    const id = await sandbox.start({ version: await sandbox.publish(code), plan })
    await sandbox.finish(id)
    releases.push(id)
  }
  for (const name of ['billing', 'cart']) await sandbox.world.services.put({ ...sampleService({ hooks: [] }), name })
})
afterAll(() => sandbox.close())

type Page = { items: Record<string, unknown>[]; unreadable: Record<string, unknown>[]; next?: string }

/** Also that the answer is of the form that it is said to have. */
async function read(reading: string, path: string, query = ''): Promise<Record<string, unknown>> {
  const { status, headers, said } = await call({ path, query })
  expect([status, headers['content-type'], said]).toEqual([200, 'application/json', said])
  expect(readingAnswers[reading]?.safeParse(said).error).toBeUndefined()
  return said
}

/** Page by page, to the end. */
async function all(reading: string, path: string, limit: number): Promise<Page['items']> {
  const found: Page['items'] = []
  let next: string | undefined
  do {
    const query = `limit=${limit}${next === undefined ? '' : `&next=${next}`}`
    const page = (await read(reading, path, query)) as Page
    expect(page.items.length).toBeLessThanOrEqual(limit)
    found.push(...page.items)
    next = page.next
  } while (next !== undefined)
  return found
}

describe('a reading', () => {
  it('of services has all of them, page by page', async () => {
    for (const limit of [1, 2, 3, 100])
      expect((await all('services', '/services', limit)).map(({ name }) => name)).toEqual([
        'billing',
        'cart',
        'checkout',
      ])
  })

  it('of a service has its definition, its budgets, and where its traffic is', async () => {
    const { version } = await sandbox.alias()
    expect(await read('service', '/service/checkout')).toMatchObject({
      definition: { name: 'checkout' },
      targets: [{ functionName: 'checkout', alias: 'live', routing: { version } }],
      budgets: [{ slo: 'a', burning: 'no' }],
    })
    expect(await read('service', '/service/cart')).not.toHaveProperty('targets.0.routing')
  })

  it('of a service has the watch after its promotion as long as it goes on', async () => {
    const [releaseId = ''] = releases
    const release = await sandbox.release(releaseId)
    const watch = watchOf({ ...release, service: { ...release.service, watch: { seconds: 86_400, onFault: 'page' } } })
    if (watch === undefined) throw new Error('it is not watched')
    await sandbox.world.watches.put(watch)
    expect(await read('service', '/service/checkout')).toMatchObject({
      watch: {
        releaseId,
        untilMs: watch.untilMs,
        sentence: expect.stringMatching(/^Watched until .*: what was usual before is being read\.$/) as string,
      },
    })
    await sandbox.world.watches.remove(watch)
    expect(await read('service', '/service/checkout')).not.toHaveProperty('watch')
  })

  it('of a service has what is kept warm, by the definition of now', async () => {
    const [releaseId = ''] = releases
    const { openReleases, clock } = sandbox.world
    const requestedAtMs = clock.nowMs()
    const { events } = await sandbox.world.journal.read(releaseId)
    const [requested] = events
    if (requested?.type !== 'requested') throw new Error('unreachable')
    const kept = { functionName: 'checkout', alias: 'live', stable: '1', candidate: '2', environments: 20 }
    await openReleases.add({ service: 'checkout', releaseId, requestedAtMs, requested })
    await openReleases.keepWarm({
      ...{ v: 1, service: 'checkout', releaseId, targets: [kept] },
      ...{ promotedAtMs: requestedAtMs, settledAtMs: requestedAtMs, untilMs: requestedAtMs + 3_600_000 },
    })
    expect(await read('service', '/service/checkout')).toMatchObject({
      warm: [
        {
          ...{ releaseId, untilMs: 0 },
          targets: [{ functionName: 'checkout', alias: 'live', version: '1', environments: 20 }],
          sentence: expect.stringMatching(/^No longer kept warm since .*: 20 environments of checkout:1\./) as string,
        },
      ],
    })
    expect(await read('service', '/service/cart')).not.toHaveProperty('warm')
    await openReleases.remove({ service: 'checkout', releaseId })
    expect(await read('service', '/service/checkout')).not.toHaveProperty('warm')
  })

  it('of releases has the newest first, page by page', async () => {
    for (const limit of [1, 2, 3, 100])
      expect((await all('releases', '/releases/checkout', limit)).map(({ releaseId }) => releaseId)).toEqual(
        releases.toReversed(),
      )
    expect(await all('releases', '/releases/cart', 2)).toEqual([])
  })

  it('of observed shifts has the newest first, page by page, and what the last 30 days come to in the first one', async () => {
    const rows = shiftsOfAllKinds('cart', sandbox.clock.nowMs() - 7 * 3_600_000)
    for (const row of rows) await sandbox.world.observations.putShift(row)
    const ids = rows.map(({ id }) => id).toReversed()
    for (const limit of [1, 4, 6, 100])
      expect((await all('observed', '/observed/cart', limit)).map(({ id }) => id)).toEqual(ids)
    const first = await read('observed', '/observed/cart', 'limit=1')
    expect(first).toMatchObject({ totals: { days: 30, shifts: 6, caught: 2, minutesEarlier: 8, requestsSaved: 24.4 } })
    expect(await read('observed', '/observed/cart', `limit=5&next=${String(first['next'])}`)).not.toHaveProperty(
      'totals',
    )
    expect((await all('observed', '/observed/cart', 100)).at(-1)).toMatchObject({
      ...{ finding: 'caught', minutesEarlier: 8, putBackAtMs: rows[0]?.end?.atMs },
    })
    expect(await all('observed', '/observed/billing', 2)).toEqual([])
  })

  it('of a release has its state and verdict, and nothing of the readings', async () => {
    const [, , last = ''] = releases
    const said = await read('release', `/release/checkout/${last}`)
    expect(said).toMatchObject({ releaseId: last, phase: 'settled', outcome: 'promoted', verdict: { kind: 'pass' } })
    expect(said).not.toHaveProperty('verdict.readings')
  })

  it('of events has the log, page by page', async () => {
    const [first = ''] = releases
    const events = await sandbox.events(first)
    for (const limit of [1, 7, 100]) expect(await all('events', `/events/checkout/${first}`, limit)).toEqual(events)
  })

  it('of the line has who has stopped it, for whom', async () => {
    await sandbox.orderAs('ann')('stop-line', 'cart', { reason: 'x' })
    await sandbox.orderAs('ben')('stop-every-line', undefined, { reason: 'y' })
    expect(await read('line', '/line')).toMatchObject({
      items: [
        { by: 'user/ben', reason: 'y' },
        { service: 'cart', by: 'user/ann', reason: 'x' },
      ],
    })
    expect(await read('service', '/service/cart')).toMatchObject({ stopped: { by: 'user/ben', isAll: true } })
    await sandbox.orderAs('ben')('start-every-line')
    await sandbox.orderAs('ben')('start-line', 'cart')
    // As a release does it that froze past its one-way step.
    const frozen = { by: 'tidegate', reason: 'it is frozen', sinceMs: 1, release: 'cart-1' }
    await sandbox.world.line.stopFor('cart', frozen)
    expect(await read('line', '/line')).toMatchObject({ items: [{ service: 'cart', release: 'cart-1' }] })
    expect(await read('service', '/service/cart')).toMatchObject({ stopped: { release: 'cart-1' } })
    await sandbox.world.line.startFor('cart', 'cart-1')
    expect(await read('line', '/line')).toEqual({ items: [], unreadable: [] })
  })

  it('of a problem says what to do', async () => {
    expect(await read('problem', '/problem/queue_full')).toMatchObject({ code: 'queue_full', status: 409 })
    for (const code of ['nonesuch', 'toString', '__proto__'])
      expect(await call({ path: `/problem/${code}` })).toMatchObject({ status: 404, said: { code: 'problem_missing' } })
  })

  it('leaves out what cannot be read, and says so', async () => {
    const key = keys.head('checkout', 5, 'damaged')
    const Item = { pk: { S: key.pk }, sk: { S: key.sk }, body: { S: '{}' } }
    await sandbox.clients.dynamodb.send(new PutItemCommand({ TableName: environment.TIDEGATE_TABLE, Item }))
    const said = await read('releases', '/releases/checkout')
    expect(said).toMatchObject({ unreadable: [{ releaseId: 'damaged', requestedAtMs: 5 }] })
    expect(said['items']).toHaveLength(3)
    // Also where a page ends with it.
    expect(await all('releases', '/releases/checkout', 1)).toHaveLength(3)
  })

  it('of another service than the path says is none', async () => {
    for (const reading of ['release', 'events'])
      expect(await call({ path: `/${reading}/cart/${releases[0] ?? ''}` })).toMatchObject({
        status: 404,
        said: { code: 'release_missing' },
      })
  })

  it.each([
    ['/services', 'limit=0'],
    ['/services', 'limit=101'],
    ['/services', 'limit=1e1'],
    ['/services', 'limit='],
    ['/services', 'limit=1&limit=2'],
    ['/services', 'next=x'],
    ['/services', 'next='],
    ['/services', `next=${Buffer.from('{"a":1}').toString('base64url')}`],
    ['/services', 'nxet=1'],
    ['/line', 'limit=1'],
    ['/service/UPPER', ''],
    ['/releases/checkout', `next=${Buffer.from('"checkout"').toString('base64url')}`],
    ['/events/checkout/checkout-1', 'wait=21'],
    ['/events/checkout/checkout-1', 'wait=-1'],
    ['/events/checkout/..', ''],
  ])('of %s with %s is refused', async (path, query) => {
    expect(await call({ path, query })).toMatchObject({ status: 400, said: { code: 'call_invalid' } })
  })

  it('of what is not there is a 404 with what to do', async () => {
    for (const [path, code] of [
      ['/service/nobody', 'service_missing'],
      ['/releases/nobody', 'service_missing'],
      ['/observed/nobody', 'service_missing'],
      ['/release/checkout/checkout-1', 'release_missing'],
      ['/events/checkout/checkout-1', 'release_missing'],
    ] as const)
      expect(await call({ path })).toMatchObject({ status: 404, said: { code, type: `/problem/${code}` } })
  })
})

describe('releases under way', () => {
  it('are listed page by page, and a service names the live one', async () => {
    const ids = [
      await sandbox.start({ version: await sandbox.publish('v1'), plan: 'Canary10Percent5Minutes' }),
      await sandbox.start({ version: await sandbox.publish('v3'), plan: 'Canary10Percent5Minutes' }),
    ]
    for (const limit of [1, 2, 100])
      expect((await all('open', '/open', limit)).map(({ releaseId }) => releaseId).sort()).toEqual(ids.toSorted())
    const [live = ''] = ids
    expect(await read('service', '/service/checkout')).toMatchObject({ live: { releaseId: live } })
    expect((await read('services', '/services'))['items']).toContainEqual(
      expect.objectContaining({ name: 'checkout', live }),
    )
    for (const id of ids) await sandbox.finish(id)
    expect(await all('open', '/open', 5)).toEqual([])
  })
})
