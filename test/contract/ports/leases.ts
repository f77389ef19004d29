// The contract of leases: one holder, who keeps it until it is dropped.
import { describe, expect, it } from 'vitest'
import type { Leases } from '../../../cloud/ports.ts'

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
