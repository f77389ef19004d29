// The contract of the error budget ledger: writing an hour replaces it, and slots come back unchanged, in order.
import { describe, expect, it } from 'vitest'
import type { Budgets } from '../../../cloud/ports.ts'
import { hourAt } from '../../../core/budget/budget.ts'
import { expectOthersListed, expectReadableOrProblem } from '../fuzz.ts'
import { t0Ms } from '../samples.ts'

type BudgetsUnderTest = {
  readonly budgets: Budgets
  readonly spoilHour: (service: string, slo: string, hourMs: number, text: string) => unknown
  readonly spoilMark: (service: string, slo: string, text: string) => unknown
}

const hour = 3_600_000
const start = Math.floor(t0Ms / hour) * hour
const slot = (hourIndex: number, place: number, good = 10, bad = 1) => ({
  atMs: start + hourIndex * hour + place * 300_000,
  good,
  bad,
})

export function budgetsContract(name: string, open: () => Promise<BudgetsUnderTest>): void {
  describe(`budgets: ${name}`, () => {
    it('returns the slots of the requested hours, in order, without gaps', async () => {
      const { budgets } = await open()
      await budgets.putHour('orders', 'fast', start + hour, [slot(1, 11), slot(1, 0)])
      await budgets.putHour('orders', 'fast', start, [slot(0, 3)])
      await budgets.putHour('orders', 'fast', start + 2 * hour, [slot(2, 5)])
      await budgets.putHour('orders', 'available', start, [slot(0, 0)])
      await budgets.putHour('orders-2', 'fast', start, [slot(0, 1)])
      expect((await budgets.read('orders', 'fast', start, start + 2 * hour)).items).toEqual([
        slot(0, 3),
        slot(1, 0),
        slot(1, 11),
      ])
      expect((await budgets.read('orders', 'fast', start + hour, start + hour + 1)).items).toEqual([
        slot(1, 0),
        slot(1, 11),
      ])
      expect((await budgets.read('orders', 'fast', start, start)).items).toEqual([])
      expect((await budgets.read('nobody', 'fast', 0, start + 9 * hour)).items).toEqual([])
    })

    it('replaces an hour, and repeating that changes nothing', async () => {
      const { budgets } = await open()
      await budgets.putHour('orders', 'fast', start, [slot(0, 0, 5, 5), slot(0, 1)])
      for (let time = 0; time < 2; time++) await budgets.putHour('orders', 'fast', start, [slot(0, 0, 7, 0)])
      expect((await budgets.read('orders', 'fast', start, start + hour)).items).toEqual([slot(0, 0, 7, 0)])
      await budgets.putHour('orders', 'fast', start, [])
      expect((await budgets.read('orders', 'fast', start, start + hour)).items).toEqual([])
    })

    it('keeps a mark for each SLO', async () => {
      const { budgets } = await open()
      expect(await budgets.mark('orders', 'fast')).toBeUndefined()
      const mark = { readToMs: start, told: ['page' as const], leftStep: 50 }
      await budgets.setMark('orders', 'fast', mark)
      expect(await budgets.mark('orders', 'fast')).toEqual(mark)
      expect(await budgets.mark('orders', 'available')).toBeUndefined()
      // A mark is not an hour.
      expect((await budgets.read('orders', 'fast', 0, start + 9 * hour)).items).toEqual([])
    })

    it('meets anything stored with a value or a Problem, and returns the other hours', async () => {
      const { budgets, spoilHour, spoilMark } = await open()
      const counts = { slots: [[1, 2], null] }
      const others = [slot(0, 0), slot(2, 0)]
      for (const one of others) await budgets.putHour('orders', 'fast', hourAt(one.atMs), [one])
      await expectOthersListed(
        counts,
        (text) => spoilHour('orders', 'fast', start + hour, text),
        () => budgets.read('orders', 'fast', start, start + 3 * hour),
        { others, about: { hourMs: start + hour } },
      )
      const mark = { readToMs: 0, told: [] }
      await expectReadableOrProblem(
        mark,
        (text) => spoilMark('orders', 'fast', text),
        () => budgets.mark('orders', 'fast'),
      )
    })
  })
}
