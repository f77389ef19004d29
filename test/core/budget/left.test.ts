// The remaining budget is the same answer for every caller, and unknown never counts as left.
import { describe, expect, it } from 'vitest'
import { slotMs } from '../../../core/budget/budget.ts'
import { budgetLeft } from '../../../core/budget/left.ts'
import type { BudgetReport } from '../../../core/budget/report.ts'
import { type Slo, SloDefinition } from '../../../core/service/slo.ts'

const day = 86_400_000
const now = Date.UTC(2026, 4, 31)
const counted = SloDefinition.parse({ name: 'a', objective: 99, window: '10d' })
const reported = SloDefinition.parse({ name: 'a', sli: { applicationSignals: 'x1' } })
const mark = { readToMs: now, told: [] }
const report = (changes: object = {}): BudgetReport => ({
  status: 'ok',
  atMs: now - 1,
  unit: 'requests',
  total: 40,
  left: 30,
  ...changes,
})
const of = (slo: Slo, one?: BudgetReport) => budgetLeft(slo, one === undefined ? mark : { ...mark, report: one }, [])

describe('the remaining budget', () => {
  it('is unknown before it is counted, and while Application Signals does not know', () => {
    expect(budgetLeft(counted, undefined, [])).toMatchObject({ kind: 'unknown' })
    expect(budgetLeft(reported, undefined, [])).toMatchObject({ kind: 'unknown' })
    expect(of(reported)).toMatchObject({ kind: 'unknown', because: expect.stringContaining('no report') as string })
    const unknown = { status: 'unknown', atMs: now, because: 'nobody knows' } as const
    expect(of(reported, unknown)).toEqual({ kind: 'unknown', because: 'the budget a is not known: nobody knows' })
  })

  it('of a window without traffic is neither left nor gone', () => {
    expect(budgetLeft(counted, mark, [])).toEqual({ kind: 'quiet', knownToMs: now })
  })

  it('of an SLO counted here is a share of the whole window, at its pace so far', () => {
    // 1000 requests in the last of ten days: 10 of them may be bad, and 100 in the window.
    const young = [{ atMs: now - day, good: 995, bad: 5 }]
    expect(budgetLeft(counted, mark, young)).toEqual({ kind: 'known', knownToMs: now, spentShare: 0.05 })
    const old = [{ atMs: now - 11 * day, good: 1, bad: 0 }, ...young]
    expect(budgetLeft(counted, mark, old)).toEqual({ kind: 'known', knownToMs: now, spentShare: 0.5 })
    // Data that are not read yet do not count.
    expect(budgetLeft(counted, { ...mark, readToMs: now - day - slotMs }, young)).toMatchObject({ kind: 'quiet' })
  })

  it('of a report is what the report says, and a breached one is spent', () => {
    expect(of(reported, report())).toEqual({ kind: 'known', knownToMs: now - 1, spentShare: 0.25 })
    expect(of(reported, report({ status: 'warning' }))).toMatchObject({ spentShare: 0.25 })
    expect(of(reported, report({ status: 'breached' }))).toMatchObject({ spentShare: 1 })
    expect(of(reported, report({ status: 'breached', left: -10 }))).toMatchObject({ spentShare: 1.25 })
  })
})
