// What the gates answer, from what was looked up and what the policies decided.
import { describe, expect, it } from 'vitest'
import { answerOf, pacedAnswerOf } from '../../../core/gate/answer.ts'
import type { LookedUp } from '../../../core/gate/facts.ts'
import type { PolicyDecision, PolicyReason } from '../../../core/gate/policy.ts'
import { beginPoint } from '../../../core/release/gating.ts'
import { prepared, t0 } from '../sample.ts'

const release = prepared({ pace: { bold: 'Canary30Percent5Minutes' }, slos: [{ name: 'available', objective: 99 }] })
const found = (changes: Partial<LookedUp> = {}): LookedUp => ({
  nowMs: t0,
  gates: release.service.gates,
  budgets: [{ slo: 'available', leftShare: 0.9, burning: 'no' }],
  full: false,
  attested: {},
  ...changes,
})
const open: PolicyDecision = { allowed: true, because: [], trouble: [] }
const closed = (because: readonly PolicyReason[], trouble: readonly string[] = []): PolicyDecision => ({
  allowed: false,
  because,
  trouble,
})
const stopped = { by: 'ben', reason: 'lunch', isAll: false }
const stop: PolicyReason = { policy: 'stop-the-line', gate: 'stop', says: 'The line is stopped.' }

describe('an open gate', () => {
  it('says what is left, and with the pace how boldly the release goes on', () => {
    const left = 'the gates are open; 90 % of error budget available is left'
    expect(answerOf(release, beginPoint, found(), open)).toEqual({ allowed: true, because: left, gates: [] })
    expect(pacedAnswerOf(release, beginPoint, found(), open)).toEqual({
      allowed: true,
      because: `${left}; the pace is bold`,
      gates: [],
      plan: { steps: [{ weightBp: 3000, bakeSeconds: 300 }] },
    })
  })

  it('of a service without budgets says nothing of the pace', () => {
    const answer = { allowed: true, because: 'the gates are open', gates: [] }
    expect(pacedAnswerOf(release, beginPoint, found({ budgets: [] }), open)).toEqual(answer)
  })
})

it.each<[string, PolicyDecision, string, readonly string[]]>([
  ['a gate has a sentence', closed([stop]), 'releases of checkout are stopped by ben: "lunch"', ['stop']],
  [
    'two policies belong to one gate',
    closed([stop, stop]),
    'releases of checkout are stopped by ben: "lunch"',
    ['stop'],
  ],
  ['a policy of the service says why', closed([{ policy: 'own', says: 'Not today.' }]), 'own: Not today.', ['own']],
  ['one does not', closed([{ policy: 'own' }]), 'own: a policy of the service forbids it', ['own']],
  ['a gate has nothing to say', closed([{ ...stop, gate: 'budget' }]), '', ['budget']],
  ['the evaluator had trouble', closed([], ['it broke']), 'it broke', []],
  ['nothing permits it', closed([]), 'no policy permits it', []],
])('a closed gate, when %s', (_, decision, because, gates) => {
  const seen = found({ stopped, budgets: [] })
  const own = because === '' ? 'stop-the-line: The line is stopped.' : because
  const answer = { allowed: false, because: own, gates }
  expect(answerOf(release, beginPoint, seen, decision)).toEqual(answer)
  expect(pacedAnswerOf(release, beginPoint, seen, decision)).toEqual(answer)
})

it('an answer is as long as an event takes', () => {
  const long = found({ stopped: { ...stopped, by: 'x'.repeat(3000) } })
  expect(answerOf(release, beginPoint, long, closed([stop])).because).toHaveLength(2000)
  const many = Array.from({ length: 50 }, (_, index) => ({ policy: `${index}${'p'.repeat(100)}` }))
  const { gates } = answerOf(release, beginPoint, found(), closed(many))
  expect([gates.length, gates[0]?.length]).toEqual([40, 60])
})
