// The contracts of leases, which have one holder who keeps it until it is dropped, and of stopped lines.
import { describe, expect, it } from 'vitest'
import type { Leases, Line } from '../../../cloud/ports.ts'
import { t0Ms } from '../samples.ts'

export function leasesContract(name: string, open: () => Promise<{ readonly leases: Leases }>): void {
  describe(`leases: ${name}`, () => {
    it('gives a free lease to exactly one of ten', async () => {
      const { leases } = await open()
      const ids = Array.from({ length: 10 }, (_, index) => `r${index}`)
      const holders = await Promise.all(ids.map((id) => leases.take('orders', id)))
      expect(new Set(holders).size).toBe(1)
      expect(ids).toContain(holders[0])
      expect(await leases.holder('orders')).toBe(holders[0])
    })

    it('gives it to its holder again', async () => {
      const { leases } = await open()
      expect(await leases.take('orders', 'r1')).toBe('r1')
      expect(await leases.take('orders', 'r1')).toBe('r1')
      expect(await leases.take('orders', 'r2')).toBe('r1')
      expect(await leases.take('billing', 'r2')).toBe('r2')
    })

    it('lists the leases that are held, and their holders', async () => {
      const { leases } = await open()
      expect((await leases.list()).items).toEqual([])
      await leases.take('orders', 'r1')
      await leases.take('#night/1', 'r1')
      await leases.take('billing', 'r2')
      await leases.drop('billing', 'r2')
      expect((await leases.list()).items).toEqual([
        { name: '#night/1', holder: 'r1' },
        { name: 'orders', holder: 'r1' },
      ])
    })

    it('is dropped only by its holder', async () => {
      const { leases } = await open()
      await leases.take('orders', 'r1')
      await leases.drop('orders', 'r2')
      expect(await leases.holder('orders')).toBe('r1')
      await leases.drop('orders', 'r1')
      await leases.drop('orders', 'r1')
      expect(await leases.holder('orders')).toBeUndefined()
      expect(await leases.take('orders', 'r2')).toBe('r2')
    })
  })
}

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
