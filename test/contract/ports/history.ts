// The contract of a service's history: newest first, and never overwritten by an older head.
import { describe, expect, it } from 'vitest'
import type { History } from '../../../cloud/ports.ts'
import { expectOthersListed } from '../fuzz.ts'
import { head, t0Ms } from '../samples.ts'

type HistoryUnderTest = {
  readonly history: History
  readonly spoil: (service: string, requestedAtMs: number, releaseId: string, text: string) => unknown
}

export function historyContract(name: string, open: () => Promise<HistoryUnderTest>): void {
  describe(`history: ${name}`, () => {
    it('lists the newest first, up to the limit', async () => {
      const { history } = await open()
      for (const age of [3, 1, 2, 0]) await history.put(head(`r${age}`, t0Ms - age))
      await history.put({ ...head('b1'), service: 'billing' })
      const ids = async (limit: number): Promise<string[]> =>
        (await history.list('orders', limit)).items.map((one) => one.releaseId)
      expect(await ids(10)).toEqual(['r0', 'r1', 'r2', 'r3'])
      expect(await ids(2)).toEqual(['r0', 'r1'])
      expect(await ids(0)).toEqual([])
      expect((await history.list('nobody', 5)).items).toEqual([])
    })

    it('goes on after a release, also one of the same moment', async () => {
      const { history } = await open()
      for (const age of [3, 1, 2, 0]) await history.put(head(`r${age}`, t0Ms - age))
      await history.put(head('r2b', t0Ms - 2))
      const after = async (releaseId: string, age: number, limit: number): Promise<string[]> =>
        (await history.list('orders', limit, { releaseId, requestedAtMs: t0Ms - age })).items.map(
          (one) => one.releaseId,
        )
      expect(await after('r1', 1, 2)).toEqual(['r2b', 'r2'])
      expect(await after('r2b', 2, 9)).toEqual(['r2', 'r3'])
      expect(await after('r2aa', 2, 1)).toEqual(['r2'])
      expect(await after('r3', 3, 9)).toEqual([])
      expect(await after('r3', 3, 0)).toEqual([])
    })

    it('lists releases requested in a period, oldest first', async () => {
      const { history } = await open()
      for (const age of [3, 1, 2, 0]) await history.put(head(`r${age}`, t0Ms - age))
      await history.put({ ...head('b1', t0Ms - 2), service: 'billing' })
      const ids = async (fromMs: number, toMs: number): Promise<string[]> =>
        (await history.between('orders', fromMs, toMs)).items.map((one) => one.releaseId)
      expect(await ids(t0Ms - 2, t0Ms)).toEqual(['r2', 'r1'])
      expect(await ids(-5, t0Ms + 1)).toEqual(['r3', 'r2', 'r1', 'r0'])
      expect(await ids(t0Ms, t0Ms)).toEqual([])
      expect(await ids(t0Ms, 0)).toEqual([])
    })

    it('never replaces a head with an older one', async () => {
      const { history } = await open()
      await history.put(head('r1', t0Ms, 2))
      await history.put({ ...head('r1', t0Ms, 7), phase: 'settled', outcome: 'promoted' })
      await history.put(head('r1', t0Ms, 3))
      await history.put(head('r1', t0Ms, 10))
      await history.put(head('r1', t0Ms, 9))
      const [found, ...others] = (await history.list('orders', 5)).items
      expect(found?.seq).toBe(10)
      expect(others).toEqual([])
    })

    it('accepts the same head again', async () => {
      const { history } = await open()
      await history.put(head('r1', t0Ms, 4))
      await history.put({ ...head('r1', t0Ms, 4), phase: 'settled' })
      expect((await history.list('orders', 1)).items[0]?.phase).toBe('settled')
    })

    it('lists the others, and names the one that cannot be read', async () => {
      const { history, spoil } = await open()
      const spoilOne = (text: string): unknown => spoil('orders', t0Ms, 'r1', text)
      const others = [head('r2', t0Ms + 1), head('r0', t0Ms - 1)]
      for (const one of others) await history.put(one)
      const expected = { others, about: { releaseId: 'r1', requestedAtMs: t0Ms } }
      await expectOthersListed(head('r1'), spoilOne, () => history.list('orders', 3), expected)
      await expectOthersListed(head('r1'), spoilOne, () => history.between('orders', 0, t0Ms + 2), expected)
      await spoilOne('{}')
      expect(await history.between('orders', t0Ms + 1, t0Ms + 2)).toEqual({ items: [others[0]], unreadable: [] })
    })
  })
}
