// The contract of watches: of two lookers one goes on, and one that cannot be read hides no other.
import { describe, expect, it } from 'vitest'
import type { Watches } from '../../cloud/ports.ts'
import { noEvidence } from '../../core/watch/evidence.ts'
import type { Watch } from '../../core/watch/watch.ts'
import { t0Ms } from './samples.ts'

type WatchesUnderTest = {
  readonly watches: Watches
  readonly spoil: (service: string, releaseId: string, text: string) => unknown
}

const watch = (service: string, rev: number, seenSlots = 0): Watch => ({
  ...{ v: 1, rev, service, releaseId: `${service}-1`, onFault: 'page', seenSlots },
  ...{ requestedAtMs: t0Ms, promotedAtMs: t0Ms, fromMs: t0Ms, settledMs: t0Ms, untilMs: t0Ms + 3_600_000 },
  targets: [{ functionName: service, alias: 'live', stable: '1', candidate: '2', evidence: noEvidence }],
})

export function watchesContract(name: string, open: () => Promise<WatchesUnderTest>): void {
  describe(`watches: ${name}`, () => {
    it('lets one of two lookers go on, and the same write be sent again', async () => {
      const { watches } = await open()
      expect(await watches.put(watch('orders', 1))).toBe(true)
      expect(await watches.put(watch('orders', 1, 3))).toBe(false)
      expect(await watches.put(watch('orders', 2, 4))).toBe(true)
      expect(await watches.put(watch('orders', 2, 4))).toBe(true)
      expect(await watches.put(watch('orders', 2, 5))).toBe(false)
      expect((await watches.list()).items).toEqual([watch('orders', 2, 4)])
    })

    it('lists those of a service or of all, without one that cannot be read, and removes one', async () => {
      const { watches, spoil } = await open()
      for (const service of ['orders', 'orders-more', 'billing']) await watches.put(watch(service, 1))
      expect((await watches.list('orders')).items.map(({ service }) => service)).toEqual(['orders'])
      await spoil('billing', 'billing-1', '{')
      const { items, unreadable } = await watches.list()
      expect(items.map(({ service }) => service).sort()).toEqual(['orders', 'orders-more'])
      expect(unreadable.map(({ about }) => about)).toEqual([{ service: 'billing', releaseId: 'billing-1' }])
      await watches.remove(watch('orders', 1))
      await watches.remove(watch('orders', 1))
      expect((await watches.list('orders')).items).toEqual([])
    })
  })
}
