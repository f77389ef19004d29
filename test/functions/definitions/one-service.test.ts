// An alias has one service: a second one is refused where definitions are written, also of two at the same moment, and what was
// registered before this rule goes on.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { parseDefinition } from '../../../core/service/definition.ts'
import type { Service } from '../../../core/service/service.ts'
import { register } from '../../../functions/definitions/register.ts'
import { provisionHandler } from '../../../functions/listeners/provision.ts'
import { t0Ms } from '../../contract/samples.ts'
import { memoryCloud } from '../../memory/memory.ts'
import { repeats } from '../../repeats.ts'

let nowMs: number
let cloud: ReturnType<typeof memoryCloud>
beforeEach(() => {
  nowMs = t0Ms
  cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
})

const arn = (name: string, { partition, region, account } = cloud.home): string =>
  `arn:${partition}:lambda:${region}:${account}:function:${name}`
const defined = (name: string, targets: readonly string[], more: object = {}): Service =>
  parseDefinition({
    ...{ name, plan: 'AllAtOnce', ...more },
    targets: targets.map((target) => {
      const [, functionName, alias] = /^(.*):([^:]+)$/.exec(target) ?? []
      return { function: functionName, alias }
    }),
  })
const apply = (service: Service) => register({ ...cloud, log: () => {} }, service, 'user/ann')
const taken = (words: string) => ({ code: 'alias_taken', message: expect.stringContaining(words) as unknown })
const stored = async (): Promise<readonly string[]> => (await cloud.services.list()).items.map(({ name }) => name)

describe('an alias that a service has', () => {
  it.each<[string, () => Service]>([
    ['by the same name', () => defined('shop', ['cart:live'])],
    ['by the ARN of the own account', () => defined('shop', [`${arn('cart')}:live`])],
    ['among others', () => defined('shop', ['pay:live', 'cart:live'])],
    ['that only looks', () => defined('shop', ['cart:live'], { mode: 'observe' })],
  ])('is refused to another one %s, which is told whose it is, and nothing is kept', async (_, other) => {
    await apply(defined('cart', ['cart:live']))
    await expect(apply(other())).rejects.toMatchObject(taken('Service cart releases alias '))
    expect(await stored()).toEqual(['cart'])
    expect((await cloud.definitions.list('shop', 5)).items).toEqual([])
    // Nor does it stand in the way of the next.
    await apply(defined('pay', ['pay:live']))
  })

  it('is refused by its name where the other has it by its ARN, and where the other only looks', async () => {
    await apply(defined('cart', [`${arn('cart')}:live`]))
    await expect(apply(defined('shop', ['cart:live']))).rejects.toMatchObject(taken('Service cart releases'))
    await apply(defined('seen', ['pay:live'], { mode: 'observe' }))
    await expect(apply(defined('pay', ['pay:live']))).rejects.toMatchObject(taken('Service seen watches'))
  })

  it('is another one in another region, account or by another name', async () => {
    await apply(defined('cart', ['cart:live']))
    const elsewhere = { ...cloud.home, region: 'us-east-2' }
    await apply(defined('far', [`${arn('cart', elsewhere)}:live`]))
    await apply(defined('beta', ['cart:beta']))
    await apply(defined('long', ['cart2:live']))
    await expect(apply(defined('far-2', [`${arn('cart', elsewhere)}:live`]))).rejects.toMatchObject(
      taken('far releases'),
    )
    expect(await stored()).toEqual(['beta', 'cart', 'far', 'long'])
  })

  it('moves to another service once the first has given it up', async () => {
    await apply(defined('cart', ['cart:live', 'pay:live']))
    await expect(apply(defined('pay', ['pay:live']))).rejects.toMatchObject(taken('cart'))
    await apply(defined('cart', ['cart:live']))
    await apply(defined('pay', ['pay:live']))
    await expect(apply(defined('cart', ['cart:live', 'pay:live']))).rejects.toMatchObject(taken('pay releases'))
  })

  it('stays with both that had it before the rule, and no third gets it', async () => {
    const [one, two] = [defined('cart', ['cart:live']), defined('shop', ['cart:live', 'pay:live'])]
    await cloud.services.put(one)
    await cloud.services.put(two)
    expect(await apply({ ...one, runbook: 'https://a.b/c' })).toMatchObject({ changed: ['runbook'] })
    expect(await apply(two)).toMatchObject({ changed: [] })
    await expect(apply(defined('third', ['cart:live']))).rejects.toMatchObject(taken('cart'))
    // What it gives up it gets back no more.
    await apply(defined('shop', ['pay:live']))
    await expect(apply(two)).rejects.toMatchObject(taken('Service cart releases'))
  })
})

it('a function is a target once, in whichever spelling', async () => {
  await expect(apply(defined('cart', ['cart:live', `${arn('cart')}:beta`]))).rejects.toMatchObject({
    code: 'definition_invalid',
  })
})

it('the stack is refused as people are', async () => {
  await apply(defined('cart', ['cart:live']))
  const definition = JSON.stringify({ name: 'shop', targets: [{ function: 'cart', alias: 'live' }], plan: 'AllAtOnce' })
  const deploy = provisionHandler({ ...cloud, log: () => {} })
  await expect(
    deploy({ RequestType: 'Create', ResourceProperties: { kind: 'service', definition } }),
  ).rejects.toMatchObject(taken('Service cart releases'))
})

it('of two that are given it at the same moment, at most one has it, whichever way their steps interleave', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.constantFrom('name', 'arn'), async (scheduler, spelling) => {
      const racing = memoryCloud({ clock: { nowMs: () => t0Ms } })
      // Every step of a port may be overtaken.
      const stepwise = <P extends object>(port: P): P =>
        new Proxy(port, {
          get: (target, name) => (scheduler.scheduleFunction as (f: unknown) => unknown)(Reflect.get(target, name)),
        })
      const ports = { ...racing, services: stepwise(racing.services), definitions: stepwise(racing.definitions) }
      const deps = { ...ports, log: () => {} }
      const other = spelling === 'name' ? 'cart' : arn('cart', racing.home)
      const services = [defined('cart', ['cart:live']), defined('shop', [`${other}:live`])]
      const all = Promise.allSettled(services.map((service) => register(deps, service, 'user/ann')))
      await scheduler.waitFor(all)
      const settled = await all
      for (const one of settled)
        if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'alias_taken' })
      const done = settled.filter(({ status }) => status === 'fulfilled')
      expect(done).toHaveLength((await racing.services.list()).items.length)
      expect(done).toHaveLength(1)
    }),
    { numRuns: repeats(200, 40) },
  )
})

it('a claim of one who died on the way ends by itself', async () => {
  await cloud.services.claim('cart:live', { service: 'shop', seq: 1, untilMs: t0Ms + 120_000 }, t0Ms)
  await expect(apply(defined('cart', ['cart:live']))).rejects.toMatchObject(taken('is being given to service shop'))
  nowMs += 120_001
  await apply(defined('cart', ['cart:live']))
})
