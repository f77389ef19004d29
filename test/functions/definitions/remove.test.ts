// A service is removed through the API: who did is recorded, nothing else of it changes, and its name and aliases are free. On
// the embedded cloud under the stack's policies.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backendOnAws } from '../../../cli/backend/aws-backend.ts'
import { exitCodes, screenOn } from '../../../cli/backend/screen.ts'
import { showApplied } from '../../../cli/commands/applied.ts'
import { removeService } from '../../../cli/commands/remove.ts'
import { serviceKey } from '../../../core/service/service-key.ts'
import { Service } from '../../../core/service/service.ts'
import { register, remove } from '../../../functions/definitions/register.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleDefinition, sampleService } from '../../../local/sample-service.ts'
import { memoryCloud } from '../../memory/memory.ts'
import { authorize } from '../../scenarios/least-privilege.ts'
import { usesItsRights } from '../../lib/used-rights.ts'

usesItsRights()

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 60, watchMinutes: 1 })
})
afterEach(() => sandbox.close())

const as = (who: string, route: 'apply' | 'remove', service = 'cart', body: Readonly<Record<string, unknown>> = {}) =>
  sandbox.orderAs(who)(route, service, body)
const cart = (more: object = {}) => ({
  name: 'cart',
  targets: [{ function: 'cart', alias: 'live' }],
  plan: 'Canary10Percent5Minutes',
  ...more,
})
const records = async () => (await sandbox.world.definitions.list('cart', 10)).items

describe('a service that is removed', () => {
  it('is gone with its keys; the record says who removed what, and its alias is free', async () => {
    await as('ann', 'apply', 'cart', { definition: cart({ triggers: { ecr: { repository: 'cart' } } }) })
    const taken = { definition: cart({ name: 'basket' }) }
    await expect(as('ann', 'apply', 'basket', taken)).rejects.toMatchObject({ code: 'alias_taken' })
    expect(await as('ben', 'remove')).toMatchObject({ removed: true, service: { name: 'cart' } })
    await expect(sandbox.world.services.get('cart')).rejects.toMatchObject({ code: 'service_missing' })
    expect((await sandbox.world.services.under([serviceKey.repository('cart')])).items).toEqual([])
    const [last] = await records()
    expect(last).toMatchObject({ seq: 2, by: 'user/ben', atMs: sandbox.clock.nowMs(), before: { name: 'cart' } })
    expect(last?.after).toBeUndefined()
    expect(await as('ann', 'apply', 'basket', taken)).toMatchObject({ isKnown: false })
  })

  it('can be applied again, under the next number', async () => {
    await as('ann', 'apply', 'cart', { definition: cart() })
    await as('ann', 'remove')
    expect(await as('ben', 'apply', 'cart', { definition: cart() })).toMatchObject({ isKnown: false })
    expect((await records()).map(({ seq }) => seq)).toEqual([3, 2, 1])
  })

  it.each([
    ['nobody', 'service_missing'],
    ['Cart', 'call_invalid'],
    ['', 'call_invalid'],
    ['*', 'call_invalid'],
  ])('has to be there: "%s"', async (name, code) => {
    await as('ann', 'apply', 'cart', { definition: cart() })
    await expect(as('ann', 'remove', name)).rejects.toMatchObject({ code })
    expect(await records()).toHaveLength(1)
  })

  it.each([
    ['remove', { definition: cart() }],
    ['remove', { remove: false }],
    ['apply', { definition: cart(), remove: true }],
    ['apply', {}],
  ] as const)('is not what /%s takes with %j', async (route, body) => {
    await as('ann', 'apply', 'cart', { definition: cart() })
    await expect(as('ann', route, 'cart', body)).rejects.toMatchObject({ code: 'call_invalid' })
    expect(await records()).toHaveLength(1)
  })

  it('stays while a release of it has not ended; afterwards its history and its alias stay', async () => {
    await sandbox.world.services.put(sampleService({ hooks: [], slos: [] }))
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await expect(as('ann', 'remove', 'checkout')).rejects.toMatchObject({ code: 'verb_not_now' })
    expect((await sandbox.world.services.get('checkout')).name).toBe('checkout')
    expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
    await sandbox.minutes(10)
    await as('ann', 'remove', 'checkout')
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
    expect((await sandbox.world.history.list('checkout', 1)).items).toMatchObject([{ releaseId: id }])
    await expect(sandbox.start({ version: '1' })).rejects.toMatchObject({ name: 'Tidegate.service_missing' })
  })

  it('is not watched any more', async () => {
    await sandbox.world.services.put(sampleService({ hooks: [], slos: [], watch: { for: '24h' } }))
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.finish(id)
    await sandbox.minutes(10)
    await as('ann', 'remove', 'checkout')
    await sandbox.minutes(3)
    const watched = (await sandbox.events(id)).find(({ type }) => type === 'watched')
    expect(watched).toMatchObject({ because: expect.stringContaining('the service has been removed') as string })
    expect(sandbox.pages()).toEqual([])
  })

  it('that is to be found in the history of definitions, as the command line shows it', async () => {
    await as('ann', 'apply', 'checkout', { definition: sampleDefinition() })
    const said: string[] = []
    const cli = {
      backend: { ...backendOnAws({}, sandbox.clients.place), order: sandbox.orderAs('ben') },
      screen: screenOn((text) => said.push(text), false),
    }
    expect(await removeService(cli, 'checkout')).toBe(exitCodes.done)
    await showApplied(cli, 'checkout', 5)
    expect(said.join('\n')).toMatch(/Service checkout is removed[^]*2 {2}by user\/ben: removed/)
  })
})

it('a definition that was on its way while the service was removed takes itself back', async () => {
  const cloud = memoryCloud({ clock: { nowMs: () => 0 } })
  const before = Service.parse(sampleService({ slos: [] }))
  await register(cloud, before, 'ann')
  let isFirst = true
  const services: typeof cloud.services = {
    ...cloud.services,
    put: async (service, seq) => {
      // Somebody removes it between the record and the definition.
      if (isFirst) await remove(cloud, 'checkout', 'ben')
      isFirst = false
      return cloud.services.put(service, seq)
    },
  }
  const late = register({ ...cloud, services }, { ...before, runbook: 'https://example.com' }, 'ann')
  await expect(late).rejects.toMatchObject({ code: 'definition_contested' })
  await expect(cloud.services.get('checkout')).rejects.toMatchObject({ code: 'service_missing' })
})
