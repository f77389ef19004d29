// The contract of stored service definitions.
import { describe, expect, it } from 'vitest'
import type { Services } from '../../cloud/ports.ts'
import { expectReadableOrProblem } from './fuzz.ts'
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
      expect(await services.list()).toEqual([])
      for (const one of ['orders', 'billing', 'checkout']) await services.put(service(one))
      expect((await services.list()).map((one) => one.name)).toEqual(['billing', 'checkout', 'orders'])
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
      await spoil('orders', '{}')
      await expectProblem('item_unreadable', services.list(), /orders/)
    })

    it('does not take one service for another', async () => {
      const { services, spoil } = await open()
      await spoil('orders', JSON.stringify(service('billing')))
      await expectProblem('item_unreadable', services.get('orders'), /billing/)
    })
  })
}
