// The contract of turns: no two overlap, none starts before its time, and a corrupt item blocks nobody.
import { expect, it, describe } from 'vitest'
import type { Turns } from '../../../cloud/ports.ts'
import { t0Ms } from '../samples.ts'

type TurnsUnderTest = { readonly turns: Turns; readonly spoil: (queue: string, value: string | number) => unknown }

export function turnsContract(name: string, open: () => Promise<TurnsUnderTest>): void {
  describe(`turns: ${name}`, () => {
    it('gives twenty releases at the same moment twenty turns, one after the other', async () => {
      const { turns } = await open()
      const taken: number[] = []
      for (let index = 0; index < 10; index++) taken.push(await turns.take('NOW', t0Ms, 1000))
      taken.push(...(await Promise.all(Array.from({ length: 10 }, () => turns.take('NOW', t0Ms, 1000)))))
      expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => t0Ms + index * 1000))
    })

    it('gives longer turns more time, and starts at once when the queue is empty', async () => {
      const { turns } = await open()
      expect(await turns.take('NOW', t0Ms, 3000)).toBe(t0Ms)
      expect(await turns.take('NOW', t0Ms + 10, 1000)).toBe(t0Ms + 3000)
      expect(await turns.take('NOW', t0Ms + 5000, 1000)).toBe(t0Ms + 5000)
    })

    it('keeps queues apart', async () => {
      const { turns } = await open()
      await turns.take('NOW', t0Ms, 5000)
      expect(await turns.take('AT#1', t0Ms, 1000)).toBe(t0Ms)
    })

    it.each([
      ['years ahead', t0Ms + 10 * 365 * 86_400_000],
      ['long ago', 0],
      ['no number', 'soon'],
    ])('starts over if what is stored is %s', async (_, value) => {
      const { turns, spoil } = await open()
      await turns.take('NOW', t0Ms, 1000)
      await spoil('NOW', value)
      expect(await turns.take('NOW', t0Ms, 1000)).toBe(t0Ms)
      expect(await turns.take('NOW', t0Ms, 1000)).toBe(t0Ms + 1000)
    })
  })
}
