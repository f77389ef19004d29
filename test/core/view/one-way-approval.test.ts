// Whoever is asked to say yes to a step that cannot be undone is told so, and what it does, wherever the yes is asked for.
import { expect, it } from 'vitest'
import { closedSentences, contextOf, type LookedUp } from '../../../core/gate/facts.ts'
import { gatePoint, isBeforeOneWay } from '../../../core/release/gating.ts'
import type { Release } from '../../../core/release/release.ts'
import { gatesOfRelease } from '../../../core/service/gates.ts'
import { needsOf } from '../../../core/view/needs.ts'
import { after, prepared, shifted, t0, verdict } from '../sample.ts'

const steps = [
  { weight: 10, bake: '5m' },
  { weight: 50, bake: '5m', oneWay: { reason: 'the old column "total" is dropped' } },
]
const warning = `there is no way back after it: "the old column 'total' is dropped"`

const found = (release: Release): LookedUp => ({
  ...{
    nowMs: t0 + 300_000,
    gates: gatesOfRelease(release.service, release.service),
    budgets: [],
    full: false,
    attested: {},
  },
})
const asked = (release: Release): string =>
  closedSentences(release, gatePoint(release) ?? 0, found(release))['approvals'] ?? ''

/** Its first step has passed, and it waits for the yes. */
function held(changes: Record<string, unknown> = {}): Release {
  const baking = shifted(prepared({ plan: { steps }, signals: {}, ...changes }), t0)
  const passed = after(baking, { type: 'judged', atMs: t0 + 300_000, verdict: verdict('pass') })
  const point = gatePoint(passed) ?? 0
  const approvals = gatesOfRelease(passed.service, passed.service).approvals
  return after(passed, {
    ...{ type: 'gated', atMs: t0 + 300_000, point, allowed: false, because: 'held', gates: ['approvals'] },
    missing: approvals.map(({ beforeBp }) => beforeBp),
  })
}

it('is told by the gate, and by what needs a person', () => {
  const release = held()
  expect(isBeforeOneWay(release)).toBe(true)
  expect(contextOf(release, 1, found(release))).toMatchObject({ oneWay: true, approvals: { missing: 1 } })
  expect(asked(release)).toContain(`approvals before 50 %, not by whoever asked for it; rejected in 1d; ${warning}`)
  const none = { waiting: [], heads: [], budgets: [], aliases: [], unknown: [] }
  const [need] = needsOf({ name: 'checkout', live: release, service: release.service, ...none }, t0 + 300_000)
  expect(need).toMatchObject({ kind: 'approval' })
  expect(need?.sentence).toContain(`it is rejected. Beware: ${warning}.`)
})

it('is not said of an approval before a step that can be undone', () => {
  const plan = { steps: [steps[0], { weight: 50, bake: '5m' }] }
  const release = held({ plan, gates: { approvals: [{ before: 50 }] } })
  expect(asked(release)).toMatch(/^0 of 1 approvals before 50 %, not by whoever asked for it; rejected in 1d$/)
})
