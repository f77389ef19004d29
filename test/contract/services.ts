// The contract of stored service definitions.
import { describe, expect, it } from 'vitest'
import type { Services } from '../../cloud/ports.ts'
import { expectOthersListed, expectReadableOrProblem } from './fuzz.ts'
import { expectProblem, service } from './samples.ts'

type ServicesUnderTest = {
  readonly services: Services
  readonly spoil: (name: string, text: string) => unknown
}

export function servicesContract(name: string, open: () => Promise<ServicesUnderTest>): void {
  describe(`services: ${name}`, () => {
    it('gives back what was put last', async () => {
      const { services } = await open()
      const first = service()
      const later = { ...first, runbook: 'https://example.com/runbook' }
      await services.put(first)
      await services.put(later)
      expect(await services.get('orders')).toEqual(later)
    })

    it('lists all services by name', async () => {
      const { services } = await open()
      expect((await services.list()).items).toEqual([])
      for (const one of ['orders', 'billing', 'checkout']) await services.put(service(one))
      expect((await services.list()).items.map((one) => one.name)).toEqual(['billing', 'checkout', 'orders'])
    })

    it('has a Problem for a service that is not there', async () => {
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

    it('does not take one service for another', async () => {
      const { services, spoil } = await open()
      await spoil('orders', JSON.stringify(service('billing')))
      await expectProblem('item_unreadable', services.get('orders'), /billing/)
    })
  })
}
