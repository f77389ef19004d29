// The life of a release, by example. The properties over events in any order are in any-order.test.ts.
import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../../core/release/event.ts'
import { isOurs, pendingMove, wayBack, wayForward } from '../../../core/release/move.ts'
import { nextAct } from '../../../core/release/next.ts'
import { type Release } from '../../../core/release/release.ts'
import { only, split } from '../../../core/service/routing.ts'
import { after, prepared, shifted, t0, verdict } from '../sample.ts'

const minute = 60_000
const judged = (atMs: number, kind: 'pass' | 'fail' | 'unknown', quiet = false): NewEvent => ({
  type: 'judged',
  atMs,
  verdict: verdict(kind, quiet),
})

const passHook = (release: Release): Release => {
  if (release.state.phase !== 'hooks') throw new Error('no hook to pass')
  const { point, step, index, attempt } = release.state
  const call = { atMs: t0, point, step, index, attempt }
  return after(
    release,
    { type: 'hookCalled', ...call },
    { type: 'hookAnswered', ...call, answer: 'pass', because: 'x' },
  )
}

describe('a release', () => {
  it('that passes every step is promoted and settles', () => {
    let release = shifted(prepared(), t0)
    expect(release.targets[0]?.routing).toEqual(split('1', '2', 1000))
    release = shifted(after(release, judged(t0 + 5 * minute, 'pass')), t0 + 5 * minute)
    expect(release.targets[0]?.routing).toEqual(split('1', '2', 5000))
    release = shifted(after(release, judged(t0 + 10 * minute, 'pass')), t0 + 10 * minute)
    expect(release.targets[0]?.routing).toEqual(only('2'))
    release = after(release, { type: 'settled', atMs: t0 + 10 * minute })
    expect(release).toMatchObject({ state: { phase: 'settled' }, ending: { outcome: 'promoted' } })
  })

  it('does not advance before its bake is over, however good it looks', () => {
    const release = after(shifted(prepared(), t0), judged(t0 + 5 * minute - 1, 'pass'))
    expect(release.state).toMatchObject({ phase: 'baking', step: 0 })
  })

  it('that is a drill goes back after its step, however good it looks', () => {
    const drill: Release = { ...prepared(), drill: true }
    const passed = after(shifted(drill, t0), judged(t0 + 5 * minute, 'pass'))
    const over = after(shifted(passed, t0 + 5 * minute), judged(t0 + 10 * minute, 'pass'))
    expect(over).toMatchObject({ state: { phase: 'returning' }, ending: { outcome: 'rolledBack', by: 'policy' } })
    const ordered = after(shifted(drill, t0), { type: 'promoteOrdered', atMs: t0, by: 'ann', reason: 'x' })
    expect(ordered.state).toMatchObject({ phase: 'baking', step: 0 })
  })

  it('that fails goes back; before any traffic it is rejected instead', () => {
    expect(after(shifted(prepared(), t0), judged(t0 + minute, 'fail'))).toMatchObject({
      state: { phase: 'returning' },
      ending: { outcome: 'rolledBack' },
    })
    const hooked = prepared({ hooks: [{ at: 'beforeTraffic', function: 'smoke' }] })
    const failed = after(
      hooked,
      { type: 'hookCalled', atMs: t0, point: 'beforeTraffic', step: 0, index: 0, attempt: 1 },
      {
        type: 'hookAnswered',
        atMs: t0,
        point: 'beforeTraffic',
        step: 0,
        index: 0,
        attempt: 1,
        answer: 'fail',
        because: 'smoke',
      },
    )
    expect(failed).toMatchObject({ state: { phase: 'settling' }, ending: { outcome: 'rejected' } })
  })

  it('counts as having had traffic if its first shift was announced and not confirmed', () => {
    const release = prepared()
    const announced = after(release, { type: 'moveIntended', atMs: t0, move: wayForward(release, 0) })
    const returned = after(announced, {
      type: 'returnOrdered',
      atMs: t0,
      by: 'alarm',
      reason: 'fired',
      outcome: 'rolledBack',
      move: wayBack(announced),
    })
    expect(returned).toMatchObject({ state: { phase: 'returning' }, ending: { outcome: 'rolledBack' } })
    expect(isOurs(returned, 'checkout', split('1', '2', 1000))).toBe(true)
    expect(isOurs(returned, 'checkout', only('1'))).toBe(true)
    expect(isOurs(returned, 'checkout', split('1', '2', 2000))).toBe(false)
  })

  it('held unknown past its limit goes back, or waits for a person, as the policy says', () => {
    const baking = shifted(prepared(), t0)
    const held = after(baking, judged(t0 + 34 * minute, 'unknown'))
    expect(held.state.phase).toBe('baking')
    expect(after(held, judged(t0 + 35 * minute, 'unknown')).ending?.outcome).toBe('rolledBack')
    expect(after(held, judged(t0 + 35 * minute, 'unknown', true)).state.phase).toBe('baking')
    const patient = shifted(prepared({ policy: { whenHeldTooLong: 'pause' } }), t0)
    const paused = after(patient, judged(t0 + 35 * minute, 'unknown'))
    expect(paused).toMatchObject({ state: { phase: 'baking' }, paused: { by: 'policy.whenHeldTooLong' } })
    expect(after(paused, judged(t0 + 35 * minute + 259_200_000, 'pass')).ending?.outcome).toBe('rolledBack')
  })

  it('that is paused changes no weight until it is resumed, and still goes back when it fails', () => {
    const paused = after(shifted(prepared(), t0), { type: 'paused', atMs: t0, by: 'ann', reason: 'lunch' })
    const waiting = after(paused, judged(t0 + 20 * minute, 'pass'))
    expect(waiting.state).toMatchObject({ phase: 'baking', step: 0 })
    expect(after(waiting, judged(t0 + 21 * minute, 'fail')).state.phase).toBe('returning')
    const resumed = after(
      waiting,
      { type: 'resumed', atMs: t0 + 21 * minute, by: 'ann' },
      judged(t0 + 22 * minute, 'pass'),
    )
    expect(resumed.state).toMatchObject({ phase: 'shifting', step: 1 })
    const stopped = after(resumed, { type: 'paused', atMs: t0, by: 'ann', reason: 'wait' })
    expect(after(stopped, { type: 'moveIntended', atMs: t0, move: wayForward(stopped, 1) })).toMatchObject({
      state: { phase: 'shifting' },
    })
    expect(
      pendingMove(after(stopped, { type: 'moveIntended', atMs: t0, move: wayForward(stopped, 1) })),
    ).toBeUndefined()
  })

  it('that is paused between two steps is looked at occasionally, but not endlessly', () => {
    const hooked = shifted(passHook(prepared({ hooks: [{ at: 'beforeStep', function: 'check' }] })), t0)
    expect(hooked.state.phase).toBe('baking')
    const between = after(hooked, judged(t0 + 5 * minute, 'pass'), {
      type: 'paused',
      atMs: t0 + 5 * minute,
      by: 'ann',
      reason: 'x',
    })
    expect(between.state.phase).toBe('hooks')
    expect(nextAct(between, t0 + 5 * minute)).toEqual({ act: 'bake', seconds: 60 })
    expect(nextAct(between, t0 + 6 * minute)).toEqual({ act: 'judge' })
    const seen = after(between, judged(t0 + 6 * minute, 'pass'))
    expect(nextAct(seen, t0 + 6 * minute)).toEqual({ act: 'bake', seconds: 60 })
  })

  it('asks a silent hook again and gives up when the policy says so', () => {
    const call = (attempt: number): NewEvent => ({
      type: 'hookCalled',
      atMs: t0,
      point: 'beforeTraffic',
      step: 0,
      index: 0,
      attempt,
    })
    const silent = (attempt: number, atMs: number): NewEvent => ({
      type: 'hookAnswered',
      atMs,
      point: 'beforeTraffic',
      step: 0,
      index: 0,
      attempt,
      answer: 'unknown',
      because: 'silent',
    })
    const hooked = prepared({ hooks: [{ at: 'beforeTraffic', function: 'smoke' }] })
    const asked = after(hooked, call(1), silent(1, t0 + 5 * minute))
    expect(asked.state).toMatchObject({ phase: 'hooks', attempt: 2 })
    expect(after(asked, silent(1, t0 + 40 * minute)).state).toEqual(asked.state)
    expect(after(asked, call(2), silent(2, t0 + 30 * minute)).ending?.outcome).toBe('rejected')
  })

  it('does not touch an alias that somebody else moved, and puts the others back', () => {
    const two = {
      targets: [
        { function: 'a', alias: 'live' },
        { function: 'b', alias: 'live' },
      ],
    }
    const release = after(shifted(prepared(two), t0), {
      type: 'interrupted',
      atMs: t0,
      functionName: 'a',
      because: 'moved',
    })
    expect(release).toMatchObject({ state: { phase: 'returning' }, ending: { outcome: 'interrupted', by: 'unknown' } })
    expect(wayBack(release).targets.map((one) => one.functionName)).toEqual(['b'])
    expect(after(release, { type: 'moverNamed', atMs: t0, functionName: 'a', suspect: 'sam' }).ending?.by).toBe('sam')
  })

  it('looks at every interval and at the end of a bake, and less and less often while it is held', () => {
    const baking = shifted(prepared(), t0)
    expect(nextAct(baking, t0)).toEqual({ act: 'bake', seconds: 60 })
    expect(nextAct(after(baking, judged(t0 + 270_000, 'unknown')), t0 + 270_000)).toEqual({ act: 'bake', seconds: 30 })
    const held = after(baking, judged(t0 + 25 * minute, 'unknown', true))
    expect(nextAct(held, t0 + 25 * minute)).toEqual({ act: 'bake', seconds: 120 })
    expect(nextAct(held, t0 + 27 * minute)).toEqual({ act: 'judge' })
  })

  it('hands over to a new execution before the history of one is full', () => {
    const old: Release = { ...shifted(prepared(), t0), seq: 802, carriedAtSeq: 1 }
    expect(nextAct(old, t0)).toEqual({ act: 'handOver' })
  })
})
