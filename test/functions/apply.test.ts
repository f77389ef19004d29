// A definition changes through the API alone: who changed what is recorded, and what is refused changes nothing. On the embedded
// cloud under the stack's policies.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { backendOnAws } from '../../cli/backend/aws-backend.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import { showApplied } from '../../cli/commands/applied.ts'
import { applyFiles } from '../../cli/commands/apply.ts'
import { keys } from '../../cloud/aws/dynamodb/table.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { applyHandler } from '../../functions/orders/apply.ts'
import { register } from '../../functions/definitions/register.ts'
import { environment } from '../../local/installation.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { memoryCloud } from '../memory/memory.ts'
import { authorize } from '../scenarios/least-privilege.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 0 })
})
afterEach(() => sandbox.close())

const cart = (more: object = {}) => ({
  name: 'cart',
  targets: [{ function: 'cart', alias: 'live' }],
  plan: 'Canary10Percent5Minutes',
  ...more,
})
const applyAs = (who: string, definition: unknown, service = 'cart') =>
  sandbox.orderAs(who)('apply', service, { definition })
const records = async (service = 'cart') => (await sandbox.world.definitions.list(service, 10)).items
const code = (code: string) => ({ code })

const secretIn = (region = 'us-east-1', account = '0'): string =>
  `arn:aws:secretsmanager:${region}:${account.repeat(12)}:secret:cart/db-AbCdEf`

describe('a definition', () => {
  it('is registered, changed and recorded: who, when, before and after', async () => {
    const first = await applyAs('ann', cart({ triggers: { ecr: { repository: 'cart' } } }))
    expect(first).toMatchObject({ isKnown: false, service: { name: 'cart' } })
    const ben = 'arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ben@example.com'
    const again = await applyAs(ben, cart({ plan: 'AllAtOnce' }))
    expect(again).toMatchObject({ isKnown: true, changed: expect.arrayContaining(['triggers.ecr']) as unknown })
    expect(await records()).toMatchObject([
      { seq: 2, by: 'sso/ben@example.com', atMs: sandbox.clock.nowMs(), before: { plan: { steps: [{}] } }, after: {} },
      { seq: 1, by: 'user/ann' },
    ])
    expect((await records())[1]?.before).toBeUndefined()
    expect((await sandbox.world.services.get('cart')).plan.steps).toEqual([])
    const { items } = await sandbox.world.services.under([serviceKey.repository('cart')])
    expect(items).toEqual([])
    expect(sandbox.logged).toContainEqual(
      expect.objectContaining({ message: 'order: apply', service: 'cart', by: 'sso/ben@example.com', seq: 2 }),
    )
  })

  it('may depend on a secret of the account and region of the controller', async () => {
    await applyAs('ann', cart({ depends: { secrets: [secretIn()] } }))
    expect((await sandbox.world.services.get('cart')).depends?.secrets).toEqual([secretIn()])
  })

  it('that is the same again is no change', async () => {
    await applyAs('ann', cart())
    expect(await applyAs('ben', cart({ plan: { steps: [{ weight: 10, bake: '300s' }] } }))).toMatchObject({
      changed: [],
    })
    expect(await records()).toHaveLength(1)
  })

  it.each<[string, unknown, string]>([
    ['that is none', 'name: cart', 'call_invalid'],
    ['that is empty', {}, 'definition_invalid'],
    ['of another service', cart({ name: 'checkout' }), 'call_invalid'],
    ['of the service in another spelling', cart({ name: 'Cart' }), 'definition_invalid'],
    ['with a typing mistake', cart({ plans: 1 }), 'definition_invalid'],
    ['with policies that are none', cart({ gates: { rules: 'permit(' } }), 'definition_invalid'],
    ['of a megabyte', cart({ runbook: `https://a.b/${'x'.repeat(1_000_000)}` }), 'definition_invalid'],
    ['with more custom signals than an item holds', cart({ signals: { custom: manySignals() } }), 'definition_invalid'],
    ['with a secret of another region', cart({ depends: { secrets: [secretIn('eu-west-3')] } }), 'definition_invalid'],
    [
      'with a secret of another account',
      cart({ depends: { secrets: [secretIn(undefined, '1')] } }),
      'definition_invalid',
    ],
    ['with a prototype', JSON.parse('{"name":"cart","__proto__":{"plan":1}}'), 'definition_invalid'],
  ])('%s is refused, and nothing changes', async (_, definition, refusal) => {
    await applyAs('ann', cart())
    await expect(applyAs('ben', definition)).rejects.toMatchObject(code(refusal))
    expect(await records()).toHaveLength(1)
    expect(await sandbox.world.services.get('cart')).toMatchObject({ plan: { steps: [{}] } })
  })

  it.each(['Cart', 'cart ', 'cart/../checkout', '*', 'checkout', ''])(
    'is refused on the route of "%s"',
    async (service) => {
      await expect(applyAs('ann', cart(), service)).rejects.toMatchObject(code('call_invalid'))
      expect(await records()).toEqual([])
    },
  )

  it('of a service that cannot be read any more mends it', async () => {
    await applyAs('ann', cart())
    const { pk, sk } = keys.service('cart')
    const Item = { pk: { S: pk }, sk: { S: sk }, body: { S: '{' } }
    await sandbox.clients.dynamodb.send(new PutItemCommand({ TableName: environment.TIDEGATE_TABLE, Item }))
    expect(await applyAs('ann', cart())).toMatchObject({ isKnown: false })
    expect(await sandbox.world.services.get('cart')).toMatchObject({ name: 'cart' })
  })

  it('changes nothing in a release that runs, and counts from the next on', async () => {
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    const { plan } = (await sandbox.release(id)).service
    await applyAs('ann', { ...checkout, plan: 'AllAtOnce' }, 'checkout')
    await sandbox.minutes(1)
    expect((await sandbox.release(id)).service.plan).toEqual(plan)
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
  })
})

const checkout = { name: 'checkout', targets: [{ function: 'checkout', alias: 'live' }] }
/** Each within its limits, together more than may be stored. */
function manySignals(): readonly object[] {
  const dimensions = (index: number) =>
    Object.fromEntries(Array.from({ length: 10 }, (_, one) => [`${index}-${one}`, 'x'.repeat(1000)]))
  return Array.from({ length: 20 }, (_, index) => ({
    name: `custom-${index}`,
    namespace: 'Shop',
    metric: 'Orders',
    stat: 'Sum',
    dimensions: dimensions(index),
    above: 1,
  }))
}

describe('two people who apply at the same moment', () => {
  it('are both told the truth: what the last record says is what holds, whichever way their steps interleave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, people) => {
        const cloud = memoryCloud({ clock: { nowMs: () => 0 } })
        // Every step of a port may be overtaken.
        const stepwise = <P extends object>(port: P): P =>
          new Proxy(port, {
            get: (target, name) => (scheduler.scheduleFunction as (f: unknown) => unknown)(Reflect.get(target, name)),
          })
        const deps = { ...cloud, services: stepwise(cloud.services), definitions: stepwise(cloud.definitions) }
        const defined = (index: number) => sampleService({ policy: { alpha: 0.01 + index / 1000 } })
        const all = Promise.allSettled(
          Array.from({ length: people }, (_, index) => register(deps, defined(index), `user/${index}`)),
        )
        await scheduler.waitFor(all)
        const [last] = (await cloud.definitions.list('checkout', 10)).items
        expect(await cloud.services.get('checkout')).toEqual(last?.after)
        for (const one of await all)
          if (one.status === 'rejected') expect(one.reason).toMatchObject(code('definition_contested'))
        const winner = (await all)[Number(last?.by.split('/')[1])]
        expect(winner?.status).toBe('fulfilled')
      }),
      { numRuns: repeats(200, 40) },
    )
  })

  it('get the one definition or the other on a real table, and no third', async () => {
    const both = await Promise.allSettled([applyAs('ann', cart({ plan: 'AllAtOnce' })), applyAs('ben', cart())])
    expect(both.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    const [last] = await records()
    expect(await sandbox.world.services.get('cart')).toEqual(last?.after)
  })
})

describe('the command line', () => {
  const file = (text: string): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'tidegate-')), 'service.yaml')
    writeFileSync(path, text)
    return path
  }
  const lines: string[] = []
  const cli = () => ({
    backend: { ...backendOnAws({}, sandbox.clients.place), order: sandbox.orderAs('ann') },
    screen: screenOn((line) => lines.push(line), false),
  })
  beforeEach(() => void lines.splice(0))

  it('says what changed, and later who changed it', async () => {
    expect(await applyFiles(cli(), [file(JSON.stringify(cart()))])).toBe(exitCodes.done)
    await applyFiles(cli(), [file(JSON.stringify(cart({ runbook: 'https://a.b/c' })))])
    expect(lines.join('\n')).toMatch(/It is new\.[^]*Changed: runbook\./)
    lines.splice(0)
    await showApplied(cli(), 'cart', 5)
    expect(lines.join('\n')).toMatch(
      / 2 {2}by user\/ann\n {2}runbook: nothing → "https:\/\/a\.b\/c"\n.* 1 {2}by user\/ann/,
    )
    const friendly = 'arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_dev_1/ann: all is well'
    await applyAs(friendly, cart())
    lines.splice(0)
    await showApplied(cli(), 'cart', 1)
    expect(lines.join('\n')).toContain(' 3  by "sso/ann: all is well"')
    lines.splice(0)
    await showApplied(cli(), 'nobody', 5)
    expect(lines.join('\n')).toMatch(/No definition of nobody/)
  })

  it.each([
    ['two services in one file', `${JSON.stringify(cart())}\n---\nname: shop\n`],
    [
      'aliases that multiply',
      `a: &a [1]\nb: &b [${'*a,'.repeat(9)}*a]\nc: &c [${'*b,'.repeat(9)}*b]\nd: [${'*c,'.repeat(9)}*c]\n`,
    ],
    ['an alias of itself', 'name: cart\ntargets: &t [*t]\nplan: AllAtOnce\n'],
  ])('sends nothing of a file with %s', async (_, text) => {
    await expect(applyFiles(cli(), [file(text)])).rejects.toMatchObject(code('definition_invalid'))
    expect(await records()).toEqual([])
  })
})

it('a right to the function itself is not enough: it does not say who calls', async () => {
  await expect(applyHandler({ ...sandbox.world })({ service: 'cart', definition: cart() })).rejects.toMatchObject(
    code('call_invalid'),
  )
})
