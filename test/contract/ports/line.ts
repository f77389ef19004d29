// The contract of stopped lines: one for all services, one for each; what cannot be read is named.
import { describe, expect, it } from 'vitest'
import type { Line } from '../../../cloud/ports.ts'
import { t0Ms } from '../samples.ts'

type LineUnderTest = { readonly line: Line; readonly spoil: (service: string, text: string) => unknown }

export function lineContract(name: string, open: () => Promise<LineUnderTest>): void {
  describe(`line: ${name}`, () => {
    const stop = { by: 'ada', reason: 'lunch', sinceMs: t0Ms }

    it('lists what is stopped, and forgets what is started', async () => {
      const { line } = await open()
      expect(await line.list()).toEqual({ items: [], unreadable: [] })
      await line.stop('orders', stop)
      await line.stop(undefined, { ...stop, by: 'bob' })
      const all = { ...stop, by: 'bob', service: undefined }
      expect((await line.list()).items).toEqual([all, { ...stop, service: 'orders' }])
      expect(await line.start('orders')).toBe(true)
      expect((await line.list()).items).toEqual([all])
    })

    it('lists the others, and names the one that cannot be read', async () => {
      const { line, spoil } = await open()
      for (const service of ['billing', 'orders', undefined]) await line.stop(service, stop)
      await spoil('billing', '{}')
      await spoil('*', 'x')
      const { items, unreadable } = await line.list()
      expect(items).toEqual([{ ...stop, service: 'orders' }])
      expect(unreadable.map(({ about }) => about.service)).toEqual([undefined, 'billing'])
    })
  })
}
