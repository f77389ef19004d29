// The contract of turns: no two at the same time, none before it may begin, and no spoilt item keeps anybody waiting.
import { expect, it, describe } from 'vitest'
import type { Pace } from '../../../cloud/ports.ts'
import { t0Ms } from '../samples.ts'

type PaceUnderTest = { readonly pace: Pace; readonly spoil: (queue: string, value: string | number) => unknown }

export function paceContract(name: string, open: () => Promise<PaceUnderTest>): void {
  describe(`turns: ${name}`, () => {
    it('gives twenty at the same moment twenty turns, one behind the other', async () => {
      const { pace } = await open()
      const turns: number[] = []
      for (let index = 0; index < 10; index++) turns.push(await pace.take('NOW', t0Ms, 1000))
      turns.push(...(await Promise.all(Array.from({ length: 10 }, () => pace.take('NOW', t0Ms, 1000)))))
      expect(turns.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => t0Ms + index * 1000))
    })

    it('gives whoever is longer more time, and begins at once when the queue is empty', async () => {
      const { pace } = await open()
      expect(await pace.take('NOW', t0Ms, 3000)).toBe(t0Ms)
      expect(await pace.take('NOW', t0Ms + 10, 1000)).toBe(t0Ms + 3000)
      expect(await pace.take('NOW', t0Ms + 5000, 1000)).toBe(t0Ms + 5000)
    })

    it('keeps queues apart', async () => {
      const { pace } = await open()
      await pace.take('NOW', t0Ms, 5000)
      expect(await pace.take('AT#1', t0Ms, 1000)).toBe(t0Ms)
    })

    it.each([
      ['years ahead', t0Ms + 10 * 365 * 86_400_000],
      ['long ago', 0],
      ['no number', 'soon'],
    ])('begins anew when what is stored is %s', async (_, value) => {
      const { pace, spoil } = await open()
      await pace.take('NOW', t0Ms, 1000)
      await spoil('NOW', value)
      expect(await pace.take('NOW', t0Ms, 1000)).toBe(t0Ms)
      expect(await pace.take('NOW', t0Ms, 1000)).toBe(t0Ms + 1000)
    })
  })
}
