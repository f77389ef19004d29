// The contract of the waiting lists for places: the oldest first, each once, each group separately.
import { describe, expect, it } from 'vitest'
import type { WaitingLists } from '../../../cloud/ports.ts'
import { t0Ms } from '../samples.ts'

export function waitingListsContract(name: string, open: () => Promise<{ readonly waitingLists: WaitingLists }>): void {
  describe(`waiting lists: ${name}`, () => {
    it('lists the oldest first, up to the requested count, until they are removed', async () => {
      const { waitingLists } = await open()
      const [a, b, c] = [9, 100, 20].map((later, index) => ({ id: `r-${index}`, requestedAtMs: t0Ms + later }))
      for (const one of [a, b, c, c]) await waitingLists.add('shop', one!)
      await waitingLists.add('shop-2', { id: 'r-9', requestedAtMs: t0Ms })
      expect(await waitingLists.first('shop', 2)).toEqual([a, c])
      await waitingLists.remove('shop', a!)
      await waitingLists.remove('shop', a!)
      expect(await waitingLists.first('shop', 9)).toEqual([c, b])
      expect(await waitingLists.first('nobody', 9)).toEqual([])
    })
  })
}
