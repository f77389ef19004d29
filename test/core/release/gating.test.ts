// Evidence while a gate is closed: what let the release get there must still hold when the gate opens.
import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../../core/release/event.ts'
import { nextAct } from '../../../core/release/next.ts'
import type { Release } from '../../../core/release/release.ts'
import { after, prepared, shifted, t0, verdict } from '../sample.ts'

const minute = 60_000
const at = (minutes: number): number => t0 + minutes * minute
const judged = (minutes: number, kind: 'pass' | 'fail' | 'unknown'): NewEvent => ({
  ...{ type: 'judged', atMs: at(minutes), verdict: verdict(kind) },
})
const gated = (minutes: number, allowed: boolean): NewEvent => ({
  ...{
    type: 'gated',
    atMs: at(minutes),
    point: 1,
    allowed,
    because: 'x',
    gates: allowed ? [] : ['windows'],
  },
})
const called = (release: Release, minutes: number): Release => {
  if (release.state.phase !== 'hooks') return release
  const { point, step, index, attempt } = release.state
  const call = { atMs: at(minutes), point, step, index, attempt }
  const answer = { type: 'hookAnswered', ...call, answer: 'pass', because: 'x' } as const
  return after(release, { type: 'hookCalled', ...call }, answer)
}
const act = (release: Release, minutes: number) => nextAct(release, at(minutes)).act

describe.each([
  ['without hooks', {}, 'shift'],
  ['with a hook', { hooks: [{ at: 'beforeStep', function: 'smoke' }] }, 'hook'],
])('a gate that opens, %s', (_, changes, forward) => {
  /** At 10 %, whose bake has passed after five minutes; the gate before 50 % is closed. */
  const closed = (): Release => after(shifted(called(prepared(changes), 0), t0), judged(5, 'pass'), gated(5, false))

  it('lets a release on whose last look passed', () => {
    expect(act(after(closed(), judged(10, 'pass'), gated(11, true)), 11)).toBe(forward)
  })

  it('lets none on whose last look did not pass: the step before is baked on until it passes', () => {
    const open = after(closed(), judged(10, 'unknown'), gated(10.5, true))
    expect(act(open, 10.5)).toBe('bake')
    expect(act(open, 11)).toBe('judge')
    const baking = after(open, judged(11, 'unknown'))
    expect(baking.state).toMatchObject({ phase: 'baking', step: 0 })
    expect(act(after(baking, judged(12, 'pass')), 12)).toBe(forward)
    const limit = after(baking, judged(41, 'unknown'))
    expect(limit.ending).toMatchObject({ outcome: 'rolledBack', by: 'policy' })
  })

  it('lets it come and go for no longer than a gate may be closed', () => {
    let release = closed()
    for (let minutes = 10; release.ending === undefined && minutes < 10_000; minutes += 30) {
      release = after(release, gated(minutes, true), judged(minutes, 'unknown'), judged(minutes + 1, 'pass'))
      release = after(release, gated(minutes + 1, false))
    }
    expect(release.ending?.because).toBe('its evidence came and went for 3d, longer than policy.hold.gated')
    expect(release.lookedAtMs).toBe(at(10 + 3 * 1440))
  })

  it('is asked of the evidence once more when the last look is older than an open gate may be', () => {
    const open = after(closed(), gated(15, true))
    expect(act(open, 15)).toBe('judge')
    expect(act(after(open, judged(15, 'pass')), 15)).toBe(forward)
  })

  it('calls no hook once more when the evidence was lost after it had passed', () => {
    const passed = called(after(closed(), judged(10, 'pass'), gated(10, true)), 10)
    const lost = after(passed, gated(21, true), judged(21, 'unknown'))
    expect(lost.state).toMatchObject({ phase: 'baking', step: 0 })
    expect(after(lost, judged(22, 'pass')).state).toMatchObject({ phase: 'shifting', step: 1 })
  })

  it('does not wait for evidence where a person has ordered the promotion', () => {
    const ordered = after(closed(), { type: 'promoteOrdered', atMs: at(9), by: 'ann', reason: 'x' })
    const open = after(ordered, judged(10, 'unknown'), { ...gated(10, true), point: 2 } as NewEvent)
    expect(act(open, 10)).toBe('shift')
  })
})
