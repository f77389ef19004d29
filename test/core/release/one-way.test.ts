// Past a one-way step nothing goes back, whatever events come in whichever order, and only a person or a forward fix ends a
// freeze. A fail of a signal with onFail: hold leaves the decision to a person.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import { oneWayBehind, type Head } from '../../../core/release/head.ts'
import { pendingMove } from '../../../core/release/move.ts'
import { nextAct } from '../../../core/release/next.ts'
import { candidateShareBp, type Release } from '../../../core/release/release.ts'
import { isLeft, passing, returnRecordOf } from '../../../core/release/return-record.ts'
import { only, split } from '../../../core/service/routing.ts'
import type { Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { after, prepared, requested, shifted, t0, target, verdict } from '../sample.ts'
import { anyAt, anyEvent, type Make, minute, tell } from './any-event.ts'

const reason = 'the old column is dropped'
const plan = (weight: number) => ({
  steps: [10, 50, 80].map((one) => ({ weight: one, bake: '5m', ...(one === weight ? { oneWay: { reason } } : {}) })),
})
const points = ['beforeTraffic', 'beforeStep', 'afterPromotion', 'afterRollback'] as const
const services = fc.constantFrom(
  { plan: plan(10) },
  { plan: plan(50) },
  { plan: plan(80), hooks: points.map((at) => ({ at, function: 'hook' })) },
  {
    plan: plan(50),
    signals: { errors: { onFail: 'hold' } },
    targets: [
      { function: 'a', alias: 'live' },
      { function: 'b', alias: 'live' },
    ],
  },
)
const passed: NewEvent = { type: 'oneWayPassed', atMs: t0, step: 1, reason, revisions: { checkout: 'r9' } }
const oneWayEvent: fc.Arbitrary<Make> = fc.oneof(
  anyAt.map((atMs): Make => () => ({ ...passed, atMs })),
  anyAt.map((atMs): Make => () => ({ type: 'frozen', atMs, by: 'alarm x', reason: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'frozenTold', atMs })),
  anyAt.map((atMs): Make => () => ({ type: 'fixBegun', atMs, by: 'checkout-2' })),
  anyAt.map((atMs): Make => () => ({ type: 'fixEnded', atMs, by: 'checkout-2', reason: 'declined' })),
  anyAt.map((atMs): Make => () => ({ type: 'fixedForward', atMs, by: 'checkout-2' })),
)
const stories = fc.array(fc.oneof({ weight: 5, arbitrary: anyEvent }, { weight: 1, arbitrary: oneWayEvent }), {
  maxLength: 60,
})

describe('past a one-way step, whatever happens in any order', () => {
  const holds = (claim: (now: Release, before: Release, event: ReleaseEvent) => void, isFix = false): void => {
    fc.assert(
      fc.property(services, stories, (changes, story) => {
        tell(isFix ? fix(changes) : after(prepared(changes), passed), story, (now, before, event) => {
          if (before.oneWay !== undefined) claim(now, before, event)
        })
      }),
      { numRuns: repeats(2000, 60) },
    )
  }
  const fix = (changes: Record<string, unknown>): Release =>
    after(
      requested({ ...changes, targets: [{ function: 'checkout', alias: 'live' }] }),
      { type: 'admitted', atMs: t0 },
      {
        type: 'prepared',
        atMs: t0,
        targets: [{ ...target, candidate: '3', standing: split('1', '2', 5000) }],
        alarms: [],
        oneWay: { reason, weightBp: 5000 },
      },
    )

  it.each([false, true])('nothing goes back, and nothing is announced that would (forward fix: %s)', (isFix) =>
    holds((now, before) => {
      expect(now.state.phase).not.toBe('returning')
      expect(now.state).not.toMatchObject({ point: 'afterRollback' })
      expect(['rolledBack', 'aborted', 'rejected']).not.toContain(now.ending?.outcome)
      expect(pendingMove(now)?.purpose).not.toBe('rollBack')
      expect(now.oneWay).toEqual(before.oneWay)
      if (candidateShareBp(before) > 0) expect(candidateShareBp(now)).toBeGreaterThanOrEqual(candidateShareBp(before))
    }, isFix),
  )

  it('no rollback is asked for but to tell a person of a freeze', () =>
    holds((now, _, { atMs }) => {
      if (nextAct(now, atMs).act === 'rollBack') expect(now.frozen?.told).toBeUndefined()
      if (nextAct(now, atMs).act === 'rollBack') expect(now.frozen).toBeDefined()
    }))

  it('a frozen release writes nothing, and is not looked at in a busy loop', () =>
    holds((now, _, event) => {
      if (now.frozen?.told === undefined || now.ending !== undefined) return
      expect(['bake', 'judge', 'handOver']).toContain(nextAct(now, event.atMs).act)
      if (event.type === 'judged') expect(nextAct(now, event.atMs).act).not.toBe('judge')
    }))

  it('its return record leaves every alias where it is', () =>
    holds((now) => {
      const record = returnRecordOf(now)
      for (const one of record?.targets ?? [])
        for (const found of [only(one.stable), only(one.candidate), split(one.stable, one.candidate, 100)])
          expect(record !== undefined && isLeft(record, one, found)).toBe(true)
    }))
})

const failing = (...signals: readonly string[]): Verdict => ({
  ...verdict('fail'),
  signals: signals.map((signal) => ({ signal, kind: 'fail' as const, because: `${signal} failed` })),
})
const judged = (atMs: number, said: Verdict): NewEvent => ({ type: 'judged', atMs, verdict: said })
const open = (atMs: number, point: number): NewEvent => ({
  ...{ type: 'gated', atMs, point, allowed: true, because: 'x', gates: [] },
})
const baking = (changes: Record<string, unknown> = {}): Release =>
  shifted(after(prepared(changes), open(t0, 0)), t0 + minute)

describe('a fail of a signal with onFail: hold', () => {
  const held = { signals: { errors: { onFail: 'hold' }, latency: {} } }

  it('freezes the release, and a person goes on in spite of it or puts it back', () => {
    const frozen = after(baking(held), judged(t0 + 2 * minute, failing('errors')))
    expect(frozen).toMatchObject({ state: { phase: 'baking' }, frozen: { kind: 'hold' }, paused: { by: 'verdict' } })
    expect(nextAct(frozen, t0 + 2 * minute).act).toBe('rollBack')
    const resumed = after(frozen, { type: 'resumed', atMs: t0 + 3 * minute, by: 'ann' })
    expect(resumed).toMatchObject({
      service: { signals: { errors: { role: 'advisory' }, latency: { role: 'critical' } } },
    })
    expect(resumed.frozen ?? resumed.paused).toBeUndefined()
    const back = after(frozen, { type: 'returnOrdered', atMs: t0, by: 'ann', reason: 'x', outcome: 'rolledBack' })
    expect(back).toMatchObject({ state: { phase: 'returning' }, ending: { outcome: 'rolledBack', by: 'ann' } })
  })

  it('does not hold when another signal fails with it, at once or later, and not for longer than a pause may be', () => {
    const both = after(baking(held), judged(t0 + 2 * minute, failing('errors', 'latency')))
    expect(both.state.phase).toBe('returning')
    const frozen = after(baking(held), judged(t0 + 2 * minute, failing('errors')))
    expect(after(frozen, judged(t0 + 3 * minute, failing('alarm:checkout-errors'))).state.phase).toBe('returning')
    expect(after(frozen, judged(t0 + 60 * minute, failing('errors')))).toEqual({
      ...frozen,
      seq: frozen.seq + 1,
      lookedAtMs: t0 + 60 * minute,
      verdict: failing('errors'),
    })
    const late = after(frozen, judged(t0 + 5 * 24 * 60 * minute, failing('errors')))
    expect(late.ending?.because).toContain('longer than policy.hold.paused')
  })
})

describe('a return record before the one-way step', () => {
  it('puts back what has less than the share of the step, and leaves the rest', () => {
    const record = returnRecordOf(baking({ plan: plan(50) }))
    const [alias] = record?.targets ?? []
    if (record === undefined || alias === undefined) throw new Error('no record')
    expect(isLeft(record, alias, split('1', '2', 1000))).toBe(false)
    expect(isLeft(record, alias, split('1', '2', 5000))).toBe(true)
    expect(isLeft(record, alias, only('2'))).toBe(true)
    expect(isLeft(passing(record), alias, split('1', '2', 1000))).toBe(true)
  })
})

describe('going back by the history', () => {
  const head = (id: string, stable: string, candidate: string, more: Partial<Head> = {}): Head => ({
    ...{ releaseId: id, service: 'checkout', requestedAtMs: 0, seq: 1, phase: 'settled', candidate: '', source: 'api' },
    outcome: 'promoted',
    versions: { checkout: { stable, candidate } },
    ...more,
  })
  const oneWay = { oneWay: { reason, atMs: 0 } }
  const behind = (heads: readonly Head[], version?: string) =>
    oneWayBehind(heads, version === undefined ? undefined : { checkout: version })?.releaseId

  it('stops at the release that has passed a one-way step, however it ended', () => {
    const heads = [head('d', '4', '5'), head('c', '3', '4', oneWay), head('b', '2', '3'), head('a', '1', '2')]
    expect(behind(heads)).toBeUndefined()
    expect(['4', '3', '2', '1'].map((version) => behind(heads, version))).toEqual([undefined, 'c', 'c', 'c'])
    expect(behind(heads.slice(1))).toBe('c')
    const left = [head('e', '5', '6', { ...oneWay, outcome: 'superseded' }), head('d', '4', '5'), head('c', '3', '4')]
    expect([behind(left), behind(left, '4')]).toEqual(['e', 'e'])
  })
})
