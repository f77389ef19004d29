// Who spent a budget: the releases of its window by what they were charged, and the rest.
import { expect, it } from 'vitest'
import { spenderLines } from '../../../cli/commands/spending.ts'
import type { Budget } from '../../../core/budget/budget.ts'
import type { Charge } from '../../../core/release/charge.ts'
import type { Head } from '../../../core/release/head.ts'
import { spendingOf } from '../../../core/budget/spending.ts'

const budget: Budget = {
  window: { startMs: 1000, endMs: 2000 },
  good: 9900,
  bad: 100,
  allowed: 200,
  whole: 200,
  spent: 0.5,
}
const counted = (bad: number, error = 1): Charge => ({
  kind: 'counted',
  slo: 'available',
  all: 500,
  elsewhen: 0,
  bad,
  error,
})
const head = (releaseId: string, settledAtMs: number, charges?: readonly Charge[]): Head => ({
  releaseId,
  service: 'orders',
  requestedAtMs: settledAtMs - 10,
  seq: 9,
  phase: 'settled',
  outcome: 'rolledBack',
  settledAtMs,
  candidate: 'orders:2',
  source: 'cli',
  versions: {},
  chargeable: true,
  ...(charges === undefined ? {} : { charges }),
})

it('sorts the largest first, ignores other windows and SLOs, and leaves the rest unassigned', () => {
  const { chargeable: _, ...uncharged } = head('no-traffic', 1500)
  const heads = [
    head('fresh', 1990),
    head('small', 1900, [counted(2, 3)]),
    head('large', 1800, [counted(60)]),
    head('better', 1700, [counted(-8)]),
    head('dark', 1600, [{ kind: 'unknown', slo: 'available', because: 'nobody saw it' }]),
    uncharged,
    head('other', 1500, [{ ...counted(5), slo: 'fast' }]),
    head('before', 999, [counted(40)]),
  ]
  const found = spendingOf(heads, 'available', budget)
  expect(found.charged.map(({ releaseId, sure }) => [releaseId, sure])).toEqual([
    ['large', true],
    ['small', false],
    ['better', false],
  ])
  expect(found.unknown).toEqual([
    { releaseId: 'fresh', outcome: 'rolledBack', because: 'it is not charged yet' },
    { releaseId: 'dark', outcome: 'rolledBack', because: 'nobody saw it' },
  ])
  expect(found.unassigned).toBe(100 - 60 - 2 + 8)
  expect(spenderLines(found, budget.allowed)).toEqual([
    '  spent by release large (rolledBack): 60 bad, ± 1; 30 % of the budget',
    '  by 2 other releases together: -6 bad, none of them more than chance explains',
    '  unknown for 2 releases: fresh: it is not charged yet; ...',
    '  by no release: 46 bad',
  ])
})

it('names five, and does not call the others chance', () => {
  const heads = [1, 2, 3, 4, 5, 6].map((n) => head(`r${n}`, 1100 + n, [counted(10 + n)]))
  const lines = spenderLines(spendingOf(heads, 'available', budget), budget.allowed)
  expect(lines).toHaveLength(7)
  expect(lines[0]).toContain('r6')
  expect(lines[5]).toBe('  by 1 other release together: 11 bad')
})

it('says nothing without a release', () => {
  expect(spenderLines(spendingOf([], 'available', budget), budget.allowed)).toEqual([])
})

it('keeps what says that a release was promoted without a function', () => {
  const part = { ...head('part', 1500, [counted(9)]), outcome: 'promoted' as const, putBack: ['pay'] }
  expect(spendingOf([part], 'available', budget).charged).toMatchObject([{ outcome: 'promoted', putBack: ['pay'] }])
})
