// The contract of budget reports: one answer for each requested SLO, in order; a missing report is unknown.
import { describe, expect, it } from 'vitest'
import type { BudgetReports } from '../../../cloud/ports.ts'
import { t0Ms } from '../samples.ts'

type ReportsUnderTest = {
  readonly reports: BudgetReports
  /** Counted in requests, with 75 of 100 left, attained 99.95 % of 99.9 %. */
  readonly setGood: (id: string) => unknown
  /** Without enough data. */
  readonly setInsufficient: (id: string) => unknown
}

const arn = 'arn:aws:application-signals:us-east-1:000000000000:slo/by arn'

export function budgetReportsContract(name: string, open: () => Promise<ReportsUnderTest>): void {
  describe(`budget reports: ${name}`, () => {
    it('are the requested ones, by name or ARN, in order, however often', async () => {
      const { reports, setGood, setInsufficient } = await open()
      setGood('orders')
      setGood(arn)
      setInsufficient('young')
      const good = {
        status: 'ok',
        atMs: t0Ms,
        unit: 'requests',
        total: 100,
        left: 75,
        attainmentPercent: 99.95,
        goalPercent: 99.9,
      }
      const unknown = { status: 'unknown', atMs: t0Ms, because: expect.any(String) as string }
      expect(await reports.read(['young', 'orders', 'nobody', arn, 'orders'], t0Ms)).toEqual([
        unknown,
        good,
        unknown,
        good,
        good,
      ])
      expect(await reports.read([], t0Ms)).toEqual([])
    })
  })
}
