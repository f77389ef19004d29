// The contract of stored service definitions.
import { describe, expect, it } from 'vitest'
import type { Definitions, Services } from '../../../cloud/ports.ts'
import { serviceKey } from '../../../core/service/service-key.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import type { Service } from '../../../core/service/service.ts'
import { expectOthersListed, expectReadableOrProblem } from '../fuzz.ts'
import { expectProblem, service, t0Ms } from '../samples.ts'

type ServicesUnderTest = {
  readonly services: Services
  readonly spoil: (name: string, text: string) => unknown
}

const slo = (): Service['slos'] =>
  parseDefinition({
    name: 'x',
    targets: [{ function: 'x', alias: 'live' }],
    plan: 'AllAtOnce',
    slos: [{ name: 'available', objective: 99 }],
  }).slos

export function servicesContract(name: string, open: () => Promise<ServicesUnderTest>): void {
  describe(`services: ${name}`, () => {
    it('returns what was put last', async () => {
      const { services } = await open()
      const first = service()
      const later = { ...first, runbook: 'https://example.com/runbook' }
      await services.put(first)
      await services.put(later)
      expect(await services.get('orders')).toEqual(later)
    })

    it('keeps a definition of a higher number', async () => {
      const { services } = await open()
      const first = service()
      const later = { ...first, runbook: 'https://example.com/runbook' }
      expect(await services.put(first, 2)).toBe(true)
      expect(await services.put(later, 1)).toBe(false)
      expect(await services.get('orders')).toEqual(first)
      expect(await services.put(later, 2)).toBe(true)
      expect(await services.put(first, 3)).toBe(true)
      // One of before has no number.
      await services.put(later)
      expect(await services.put(first, 1)).toBe(true)
    })

    it('removes a service with its keys, but none of a higher number', async () => {
      const { services, spoil } = await open()
      const found = async () => (await services.under([serviceKey.target('orders-api')])).items.map(({ name }) => name)
      await services.put(service('orders'), 2)
      await services.put(service('billing'))
      await services.index(true)
      expect(await services.remove('orders', 1)).toBe(false)
      expect([await services.get('orders'), await found()]).toEqual([service('orders'), ['orders']])
      expect(await services.remove('orders', 3)).toBe(true)
      await expectProblem('service_missing', services.get('orders'), /orders/)
      expect(await found()).toEqual([])
      expect((await services.list()).items.map(({ name }) => name)).toEqual(['billing'])
      // Once more, or one that never was, or one without a number, or one that cannot be read.
      for (const name of ['orders', 'nobody', 'billing']) expect(await services.remove(name, 1)).toBe(true)
      await spoil('shop', '{')
      expect(await services.remove('shop', 1)).toBe(true)
      expect(await services.list()).toEqual({ items: [], unreadable: [] })
      await services.put(service('orders'), 1)
      expect(await found()).toEqual(['orders'])
    })

    it('lists all services by name', async () => {
      const { services } = await open()
      expect((await services.list()).items).toEqual([])
      for (const one of ['orders', 'billing', 'checkout']) await services.put(service(one))
      expect((await services.list()).items.map((one) => one.name)).toEqual(['billing', 'checkout', 'orders'])
    })

    it('finds services by their triggers, functions and incidents, and if they have budgets', async () => {
      const { services } = await open()
      const orders = service('orders')
      const billing = { ...service('billing'), slos: slo(), incidents: { keys: ['PD-1', 'PD-1'] } }
      const shop = {
        ...service('shop'),
        triggers: { s3: { bucket: 'artifacts', key: 'shop.zip' }, cloudFormation: false },
      }
      const images = { ...service('images'), triggers: { ecr: { repository: 'a/b' }, cloudFormation: true } }
      const all = [orders, billing, shop, images]
      const names = async (...keys: string[]) => (await services.under(keys)).items.map(({ name }) => name)
      const expectFound = async (): Promise<void> => {
        expect(await names(serviceKey.target('orders-api'))).toEqual(['orders'])
        expect(await names(serviceKey.target('orders'))).toEqual([])
        expect(await names(serviceKey.object('artifacts', 'shop.zip'))).toEqual(['shop'])
        expect(await names(serviceKey.repository('a/b'))).toEqual(['images'])
        expect(await names(serviceKey.budgeted)).toEqual(['billing'])
        expect(await names(serviceKey.incident('PD-1'), serviceKey.incident('shop'))).toEqual(['billing', 'shop'])
        expect(await names(serviceKey.target('orders-api'), serviceKey.incident('orders'))).toEqual(['orders'])
      }
      for (const one of all) await services.put(one)
      await expectFound()
      await services.index(false)
      await expectFound()
      await services.index(true)
      await expectFound()
      // A service is no longer found by keys that it no longer has.
      await services.put({ ...billing, slos: [] })
      expect(await names(serviceKey.budgeted)).toEqual([])
      await services.put(billing)
      await expectFound()
    })

    it('gives an alias to one service at a time, until it is dropped or its time is over', async () => {
      const { services } = await open()
      const claim = (service: string, nowMs: number, seq = 1) => {
        const wanted = { service, seq, untilMs: nowMs + 1000 }
        return services.claim('orders-api:live', wanted, nowMs)
      }
      expect(await claim('orders', t0Ms)).toBeUndefined()
      const orders = { service: 'orders', seq: 1, untilMs: t0Ms + 1000 }
      expect(await claim('billing', t0Ms)).toEqual(orders)
      expect(await services.claim('orders-api:beta', orders, t0Ms)).toBeUndefined()
      // The same service once more takes it over from itself, and the first call drops nothing.
      expect(await claim('orders', t0Ms, 2)).toBeUndefined()
      await services.dropClaim('orders-api:live', orders)
      expect(await claim('billing', t0Ms)).toMatchObject({ seq: 2 })
      await services.dropClaim('orders-api:live', { ...orders, seq: 2 })
      expect(await claim('billing', t0Ms)).toBeUndefined()
      expect(await claim('orders', t0Ms + 1000)).toMatchObject({ service: 'billing' })
      expect(await claim('orders', t0Ms + 1001)).toBeUndefined()
    })

    it('throws a Problem for a service that does not exist', async () => {
      const { services } = await open()
      await expectProblem('service_missing', services.get('nobody'), /nobody/)
    })

    it('meets anything stored with a value or a Problem', async () => {
      const { services, spoil } = await open()
      await expectReadableOrProblem(
        service(),
        (text) => spoil('orders', text),
        () => services.get('orders'),
      )
    })

    it('lists the others, and names the one that cannot be read', async () => {
      const { services, spoil } = await open()
      const others = [service('billing'), service('shipping')]
      for (const one of others) await services.put(one)
      await expectOthersListed(
        service(),
        (text) => spoil('orders', text),
        () => services.list(),
        {
          others,
          about: { service: 'orders' },
        },
      )
      await spoil('orders', JSON.stringify(service('billing')))
      expect(await services.list()).toMatchObject({ items: others, unreadable: [{ about: { service: 'orders' } }] })
    })

    it('does not confuse services', async () => {
      const { services, spoil } = await open()
      await spoil('orders', JSON.stringify(service('billing')))
      await expectProblem('item_unreadable', services.get('orders'), /billing/)
    })
  })
}

type DefinitionsUnderTest = {
  readonly definitions: Definitions
  readonly spoil: (name: string, seq: number, text: string) => unknown
}

export function definitionsContract(name: string, open: () => Promise<DefinitionsUnderTest>): void {
  describe(`applied definitions: ${name}`, () => {
    const applied = (by: string, runbook?: string) => ({
      ...{ service: 'orders', by, atMs: t0Ms },
      after: { ...service(), ...(runbook === undefined ? {} : { runbook }) },
    })

    it('lists the latest, newest first, and of no other service', async () => {
      const { definitions } = await open()
      expect(await definitions.list('orders', 5)).toEqual({ items: [], unreadable: [] })
      for (let seq = 1; seq <= 12; seq++) expect(await definitions.add(seq, applied(`user/${seq}`))).toBe(true)
      await definitions.add(1, { ...applied('user/other'), service: 'orders-2' })
      const { items } = await definitions.list('orders', 3)
      expect(items).toEqual([12, 11, 10].map((seq) => ({ ...applied(`user/${seq}`), seq })))
    })

    it('gives each number once; the same again is no other', async () => {
      const { definitions } = await open()
      expect(await definitions.add(1, applied('user/ann'))).toBe(true)
      expect(await definitions.add(1, applied('user/ben'))).toBe(false)
      expect(await definitions.add(1, applied('user/ann'))).toBe(true)
      expect((await definitions.list('orders', 5)).items).toMatchObject([{ seq: 1, by: 'user/ann' }])
    })

    it('reads whatever a definition looked like, and names the number of a record that cannot be read', async () => {
      const { definitions, spoil } = await open()
      await definitions.add(1, { ...applied('user/ann'), before: { plan: 'of another time' }, after: { shape: [] } })
      expect((await definitions.list('orders', 5)).items).toMatchObject([{ after: { shape: [] } }])
      await spoil('orders', 1, '{')
      const { items, unreadable } = await definitions.list('orders', 5)
      expect({ items, unreadable }).toMatchObject({ items: [], unreadable: [{ about: { service: 'orders', seq: 1 } }] })
    })
  })
}
