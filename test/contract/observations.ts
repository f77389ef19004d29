// The contract of observations: a log is only added to, a row takes the place of the one before, and of two lookers one goes on.
import { describe, expect, it } from 'vitest'
import type { Observations } from '../../cloud/ports.ts'
import type { ObservedEvent, ObservedShift, SeenAlias } from '../../core/observe/event.ts'
import { t0Ms } from './samples.ts'

type ObservationsUnderTest = {
  readonly observations: Observations
  readonly spoil: (service: string, beganAtMs: number, id: string, text: string) => unknown
}

const id = 'orders-api:live@1'
const event = (seq: number, how: 'through' | 'putBack' = 'through'): ObservedEvent => ({
  ...{ v: 1, seq, atMs: t0Ms + seq, type: 'ended' },
  how,
})
const row = (beganAtMs: number, looks = 0): ObservedShift => ({
  ...{ id, service: 'orders', functionName: 'orders-api', alias: 'live', stable: '1', candidate: '2' },
  ...{ beganAtMs, shifts: [], looks },
})
const seen = (rev: number, version = '1'): SeenAlias => ({
  ...{ service: 'orders', functionName: 'orders-api', alias: 'live', rev },
  routing: { version },
})

export function observationsContract(name: string, open: () => Promise<ObservationsUnderTest>): void {
  describe(`observations: ${name}`, () => {
    it('adds to a log at the next number alone, and reads it in order', async () => {
      const { observations } = await open()
      expect(await observations.read('orders', id)).toEqual([])
      expect(await observations.append('orders', id, event(1))).toBe(true)
      expect(await observations.append('orders', id, event(2))).toBe(true)
      expect(await observations.append('orders', id, event(2, 'putBack'))).toBe(false)
      expect(await observations.read('orders', id)).toEqual([event(1), event(2)])
      expect(await observations.read('orders', id, 1)).toEqual([event(2)])
      expect(await observations.read('billing', id)).toEqual([])
    })

    it('lets one of two lookers go on', async () => {
      const { observations } = await open()
      expect(await observations.seen('orders', 'orders-api', 'live')).toBeUndefined()
      expect(await observations.setSeen(seen(1))).toBe(true)
      expect(await observations.setSeen(seen(1, '3'))).toBe(false)
      expect(await observations.setSeen(seen(2, '2'))).toBe(true)
      expect(await observations.setSeen(seen(2, '3'))).toBe(false)
      expect(await observations.seen('orders', 'orders-api', 'live')).toEqual(seen(2, '2'))
    })

    it('lists the rows of a time, oldest first, the latest of each, without one that cannot be read', async () => {
      const { observations, spoil } = await open()
      for (const age of [0, 20, 10]) await observations.putShift(row(t0Ms - age))
      await observations.putShift(row(t0Ms - 10, 7))
      const list = async (fromMs: number, toMs: number) => observations.shifts('orders', fromMs, toMs)
      expect((await list(t0Ms - 20, t0Ms + 1)).items.map(({ looks }) => looks)).toEqual([0, 7, 0])
      expect((await list(t0Ms - 19, t0Ms)).items).toEqual([row(t0Ms - 10, 7)])
      await spoil('orders', t0Ms - 20, id, '{')
      const { items, unreadable } = await list(0, t0Ms + 1)
      expect(items).toHaveLength(2)
      expect(unreadable.map(({ problem }) => problem.code)).toEqual(['item_unreadable'])
    })

    it('lists the newest rows first, part by part, past one that cannot be read', async () => {
      const { observations, spoil } = await open()
      // Beside the rows, and none of them.
      await observations.setSeen(seen(1))
      for (const age of [0, 20, 10]) await observations.putShift(row(t0Ms - age))
      const times = async (...asked: readonly [number, { beganAtMs: number; id: string }?]) =>
        (await observations.latest('orders', ...asked)).items.map(({ beganAtMs }) => t0Ms - beganAtMs)
      expect(await times(9)).toEqual([0, 10, 20])
      expect(await times(2)).toEqual([0, 10])
      expect(await times(2, { beganAtMs: t0Ms - 10, id })).toEqual([20])
      expect(await times(2, { beganAtMs: t0Ms - 20, id })).toEqual([])
      await spoil('orders', t0Ms - 10, id, '{')
      const { items, unreadable } = await observations.latest('orders', 2)
      expect(items).toEqual([row(t0Ms)])
      expect(unreadable.map(({ about }) => about)).toEqual([{ beganAtMs: t0Ms - 10, id }])
    })
  })
}
