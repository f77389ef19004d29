// The contracts of what waits: lists for places in groups, and the queues of services. In order, each once, each separately.
import { describe, expect, it } from 'vitest'
import type { Queues, WaitingLists } from '../../../cloud/ports.ts'
import type { QueueEntry } from '../../../core/queue/admission.ts'
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

const entry = (releaseId: string, later: number, lane: QueueEntry['lane'] = 'usual'): QueueEntry => ({
  releaseId,
  requestedAtMs: t0Ms + later,
  lane,
  whileLive: 'queue',
})

export function queuesContract(name: string, open: () => Promise<{ readonly queues: Queues }>): void {
  describe(`queues of services: ${name}`, () => {
    it('lists rollbacks, then security fixes, then the others, each lane by time, and each entry once', async () => {
      const { queues } = await open()
      const late = entry('a-1', 100)
      const [early, fix, back] = [entry('z-1', 9), entry('u-1', 500, 'urgent'), entry('b-1', 900, 'back')]
      for (const one of [late, early, fix, back, back, early]) await queues.add('shop', one)
      expect(await queues.first('shop')).toEqual([back, fix, early, late])
      expect(await queues.first('shop', 2)).toEqual([back, fix])
      expect(await queues.newest('shop', 'usual')).toEqual(late)
      expect(await queues.newest('shop', 'urgent')).toEqual(fix)
      await queues.remove('shop', early)
      await queues.remove('shop', early)
      await queues.remove('shop', { ...late, requestedAtMs: late.requestedAtMs + 1 })
      expect(await queues.first('shop', 9)).toEqual([back, fix, late])
    })

    it('keeps services apart, also where the name of one begins like that of another', async () => {
      const { queues } = await open()
      const [one, other] = [{ ...entry('s-1', 1), whileLive: 'coalesce' as const }, entry('x-1', 2)]
      await queues.add('shop', one)
      await queues.add('shop-2', other)
      expect(await queues.first('shop')).toEqual([one])
      expect(await queues.newest('shop-2', 'usual')).toEqual(other)
      expect(await queues.newest('shop', 'back')).toBeUndefined()
      expect(await queues.first('nobody')).toEqual([])
      expect(await queues.list()).toEqual([
        { service: 'shop', entry: one },
        { service: 'shop-2', entry: other },
      ])
    })
  })
}
