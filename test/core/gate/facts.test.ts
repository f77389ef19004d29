// What the gates are told: a step that holds traffic back on stable counts as the weight that was written.
import { describe, expect, it } from 'vitest'
import { contextOf, type LookedUp } from '../../../core/gate/facts.ts'
import { beginPoint } from '../../../core/release/gating.ts'
import { prepared, t0 } from '../sample.ts'

const steps = [
  { weight: 10, bake: '5m' },
  { weight: 100, bake: '5m' },
]

function at(point: number, holdBack: number) {
  const release = prepared({ plan: { steps, holdBack }, gates: { approvals: [{ before: 100 }, { before: 95 }] } })
  const found: LookedUp = { nowMs: t0, gates: release.service.gates, budgets: [], full: false, attested: {} }
  const { weightBp, approvals } = contextOf(release, point, found)
  return { weightBp, approvals }
}

describe('the weight that a gate stands before', () => {
  it.each([0, 10])('is what was written, with %d %% held back', (holdBack) => {
    expect([beginPoint, 0, 1, 2].map((point) => at(point, holdBack).weightBp)).toEqual([0, 1000, 10_000, 10_000])
    // So nobody gets around an approval before 100 % by holding some traffic back.
    expect(at(0, holdBack).approvals).not.toEqual(at(1, holdBack).approvals)
    expect(at(1, holdBack).approvals).toEqual(at(2, holdBack).approvals)
  })
})
