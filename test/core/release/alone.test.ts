// What the evidence blames goes back alone, once, and the release goes on without it: whatever happens in whichever order, it
// never gets traffic again.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { announcementOf } from '../../../core/release/announcement.ts'
import type { NewEvent } from '../../../core/release/event.ts'
import { headOf, lastLeft, sentenceOf, takenTargets } from '../../../core/release/head.ts'
import { isOurs, pendingMove, wayBack, wayForward } from '../../../core/release/move.ts'
import { nextAct } from '../../../core/release/next.ts'
import { putBackAlonePage } from '../../../core/release/pages.ts'
import { putBackAlone, type Release, toldShareBp } from '../../../core/release/release.ts'
import { only, shareBp, split } from '../../../core/service/routing.ts'
import { nowOf } from '../../../core/view/release/now.ts'
import { tell as told } from '../../../core/view/release/told.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { repeats } from '../../repeats.ts'
import { after, prepared, shifted, t0, verdict } from '../sample.ts'
import { anyAt, anyEvent, type Make, minute, tell } from './any-event.ts'

const targets = ['a', 'b', 'c'].map((name) => ({ function: name, alias: 'live' }))
const waves = [
  { name: 'first', targets: ['a'] },
  { name: 'second', targets: ['b'], holdBack: 20 },
  { name: 'third', targets: ['c'] },
]
const three = { targets, signals: {}, policy: { whenBlamed: 'function' } }
const waved = { targets, signals: {}, waves, policy: { whenBlamed: 'wave' } }

const blaming = (atMs: number, blamed: readonly string[], keys = blamed.map((name) => `errors:${name}`)): NewEvent => ({
  type: 'judged',
  atMs,
  verdict: {
    ...verdict('fail'),
    signals: keys.map((signal) => ({ signal, kind: 'fail' as const, because: 'it fails' })),
    blamed: [...blamed],
  },
})
const pass = (atMs: number): NewEvent => ({ type: 'judged', atMs, verdict: verdict('pass') })
const open = (release: Release, atMs: number): Release =>
  release.state.phase === 'shifting' ? shifted(release, atMs) : release
const first = (changes: Record<string, unknown> = {}): Release => open(prepared({ ...three, ...changes }), t0)
const routings = ({ targets: all }: Release) => all.map(({ routing }) => shareBp(routing, '2') / 100)
const writes = (release: Release) =>
  wayForward(release, 'step' in release.state ? release.state.step : 0).targets.map((one) => one.functionName)

describe('a function that the evidence blames', () => {
  it('goes back alone, at once and before any gate; the others keep their weight and bake again', () => {
    const failed = after(first(), blaming(t0 + 3 * minute, ['b']))
    expect(failed).toMatchObject({ state: { phase: 'shifting', step: 0, alone: true } })
    expect(nextAct(failed, t0 + 3 * minute)).toEqual({ act: 'shift' })
    expect(wayForward(failed, 0)).toMatchObject({
      purpose: 'putBack',
      targets: [{ functionName: 'b', desired: only('1') }],
    })
    const on = shifted(failed, t0 + 4 * minute)
    expect(on).toMatchObject({ state: { phase: 'baking', step: 0, sinceMs: t0 + 4 * minute } })
    expect(on.ending).toBeUndefined()
    expect(on.shifts).toEqual([{ sinceMs: t0, weightBp: 1000 }])
    expect(routings(on)).toEqual([10, 0, 10])
    expect(on.exposure?.toMs).toBeUndefined()
    expect(after(on, pass(t0 + 5 * minute)).state).toMatchObject({ phase: 'baking', step: 0 })
    const next = after(on, pass(t0 + 9 * minute))
    expect(next.state).toMatchObject({ phase: 'shifting', step: 1 })
    expect(writes(next)).toEqual(['a', 'c'])
  })

  it('stays on stable to the end, and everything that is said of the end says so', () => {
    const on = shifted(after(first(), blaming(t0 + minute, ['b'])), t0 + minute)
    const second = shifted(after(on, pass(t0 + 6 * minute)), t0 + 6 * minute)
    const last = shifted(after(second, pass(t0 + 11 * minute)), t0 + 11 * minute)
    const settled = after(last, { type: 'settled', atMs: t0 + 12 * minute })
    expect(routings(settled)).toEqual([100, 0, 100])
    const head = headOf(settled)
    expect(['a', 'b', 'c'].map((name) => lastLeft([head], name)?.version)).toEqual(['2', '1', '2'])
    expect(takenTargets(settled).map((one) => one.functionName)).toEqual(['a', 'c'])
    expect(head.putBack).toEqual(['b'])
    expect(settled.ending).toMatchObject({ outcome: 'promoted', because: 'all traffic is on a:2, c:2 and back on b:1' })
    expect(sentenceOf(settled)).toContain('was promoted without b: all traffic')
    expect(nowOf(settled, t0 + 12 * minute)).toMatchObject({ state: 'promoted in part', tone: 'hold' })
    const event = numbered({ type: 'settled', atMs: t0 }, 20)
    expect(announcementOf(event, settled)).toMatchObject({ detail: { putBack: ['b'], outcome: 'promoted' } })
  })

  it('is paged and announced by its name, with the command that is next', () => {
    const failed = after(first(), blaming(t0 + minute, ['b']))
    const intent = after(failed, { type: 'moveIntended', atMs: t0, move: wayForward(failed, 0) })
    const words = told(numbered({ type: 'moveIntended', atMs: t0, move: wayForward(failed, 0) }, 9), intent).words
    expect(words).toBe('to put back b alone, and to go on with the others')
    const on = shifted(failed, t0 + minute)
    const page = putBackAlonePage(on)
    expect(page.lines[0]).toBe('b went back alone, and release checkout-1 of checkout goes on without.')
    expect(page.next).toContain('Put all of it back: tidegate rollback checkout')
    const event = numbered({ type: 'moved', atMs: t0, purpose: 'putBack', revisions: {} }, 9)
    expect(announcementOf(event, on)).toMatchObject({
      detailType: 'Release Part Rolled Back',
      detail: { versions: { b: { stable: '1', candidate: '2' } }, because: 'said fail' },
    })
    expect(nowOf(failed, t0).sentence).toBe('b goes back alone, and the others go on.')
    expect(nowOf(on, t0 + minute).sentence).toMatch(/^Baking at 10 % without b, put back, step 1 of 2/)
  })

  it('goes back also while a person has paused the release, which stays paused', () => {
    const paused = after(first(), { type: 'paused', atMs: t0, by: 'ann', reason: 'x' }, blaming(t0 + minute, ['b']))
    expect(nextAct(paused, t0 + minute)).toEqual({ act: 'shift' })
    const on = shifted(paused, t0 + minute)
    expect(on).toMatchObject({ state: { phase: 'baking' }, paused: { by: 'ann' } })
    expect(routings(on)).toEqual([10, 0, 10])
  })

  it('goes back while the next step waits at a gate, which is asked again when the step has been baked again', () => {
    const waiting = after(first(), pass(t0 + 5 * minute))
    const failed = after(waiting, blaming(t0 + 6 * minute, ['b']))
    expect(failed.state).toMatchObject({ phase: 'shifting', step: 0, alone: true })
    expect(shifted(failed, t0 + 6 * minute).state).toMatchObject({ phase: 'baking', step: 0, sinceMs: t0 + 6 * minute })
  })

  it('is promoted by nobody who is in a hurry', () => {
    const hurry: NewEvent = { type: 'promoteOrdered', atMs: t0, by: 'ann', reason: 'x' }
    const failed = after(first(), blaming(t0 + minute, ['b']))
    expect(after(failed, hurry).state).toEqual(failed.state)
    const ordered = after(shifted(failed, t0 + minute), hurry)
    expect(routings(shifted(ordered, t0 + 2 * minute))).toEqual([100, 0, 100])
  })

  it('leaves to the next process what it takes: the intent explains both routings', () => {
    const failed = after(first(), blaming(t0 + minute, ['b']))
    const dead = after(failed, { type: 'moveIntended', atMs: t0, move: wayForward(failed, 0) })
    expect(nextAct(dead, t0 + minute)).toEqual({ act: 'shift' })
    expect(pendingMove(dead)?.purpose).toBe('putBack')
    expect([split('1', '2', 1000), only('1'), only('2')].map((one) => isOurs(dead, 'b', one))).toEqual([
      true,
      true,
      false,
    ])
    const back = after(dead, { type: 'returnOrdered', atMs: t0, by: 'ann', reason: 'x', outcome: 'aborted' })
    expect(wayBack(back).targets.map((one) => one.functionName)).toEqual(['a', 'b', 'c'])
  })
})

describe('everything goes back', () => {
  const isWhole = (release: Release): boolean =>
    release.state.phase === 'returning' && putBackAlone(release).length === 0
  it.each<readonly [string, () => Release]>([
    ['where the definition does not ask for it', () => after(first({ policy: {} }), blaming(t0, ['b']))],
    ['when nothing stands out', () => after(first(), blaming(t0, []))],
    ['when all are blamed', () => after(first(), blaming(t0, ['a', 'b', 'c']))],
    ['when an alarm fires too', () => after(first(), blaming(t0, ['b'], ['alarm:x:b', 'errors:b']))],
    ['when a guard fails too', () => after(first(), blaming(t0, ['b'], ['orders-age', 'errors:b']))],
    ['when another one fails that is not blamed', () => after(first(), blaming(t0, ['b'], ['errors:b', 'latency:c']))],
    ['of a rehearsal', () => after({ ...first(), drill: true }, blaming(t0, ['b']))],
  ])('%s', (_, release) => {
    expect(isWhole(release())).toBe(true)
  })

  it('at the second fail, with what went back before', () => {
    const on = shifted(after(first(), blaming(t0 + minute, ['b'])), t0 + minute)
    const again = after(on, blaming(t0 + 2 * minute, ['a']))
    expect(again).toMatchObject({ state: { phase: 'returning' }, ending: { outcome: 'rolledBack', by: 'verdict' } })
    expect(lastLeft([headOf(again)], 'b')?.version).toBe('1')
  })
})

describe('the wave under way', () => {
  const second = (): Release => {
    const steps = [5, 10, 15].reduce(
      (now, at) => open(after(now, pass(t0 + at * minute)), t0 + at * minute),
      open(prepared(waved), t0),
    )
    expect(routings(steps)).toEqual([90, 50, 0])
    return steps
  }

  it('goes back alone, no later one begins, and those before are promoted after the bake', () => {
    const failed = after(second(), blaming(t0 + 16 * minute, ['b']))
    expect(putBackAlone(failed)).toEqual(['b', 'c'])
    expect(writes(failed)).toEqual(['b'])
    const on = shifted(failed, t0 + 16 * minute)
    expect(routings(on)).toEqual([90, 0, 0])
    expect(toldShareBp(on)).toBe(9000)
    const next = after(on, pass(t0 + 21 * minute))
    expect(wayForward(next, next.state.phase === 'shifting' ? next.state.step : 0)).toMatchObject({
      purpose: 'promote',
      targets: [{ functionName: 'a', desired: only('2') }],
    })
    expect(headOf(shifted(next, t0 + 21 * minute)).putBack).toEqual(['b', 'c'])
  })

  it('takes everything with it where it is the first, or where an earlier one is blamed', () => {
    const early = after(open(prepared(waved), t0), blaming(t0 + minute, ['a']))
    const earlier = after(second(), blaming(t0 + 16 * minute, ['a']))
    for (const release of [early, earlier])
      expect(release).toMatchObject({ state: { phase: 'returning' }, ending: { outcome: 'rolledBack' } })
  })

  it('is not left empty by its one function: then no other wave begins', () => {
    const one = { ...waved, policy: { whenBlamed: 'function' } }
    const steps = [5, 10].reduce(
      (now, at) => open(after(now, pass(t0 + at * minute)), t0 + at * minute),
      open(prepared(one), t0),
    )
    expect(after(steps, blaming(t0 + 11 * minute, ['b'])).state.phase).toBe('returning')
  })
})

const blames: fc.Arbitrary<Make> = fc.tuple(anyAt, fc.subarray(['a', 'b', 'c'], { minLength: 1 })).map(
  ([atMs, names]): Make =>
    () =>
      blaming(atMs, names),
)
const stories = fc.array(fc.oneof({ weight: 5, arbitrary: anyEvent }, { weight: 2, arbitrary: blames }), {
  maxLength: 60,
})

it('whatever the order, what went back alone never gets traffic again', () => {
  let seen = 0
  fc.assert(
    fc.property(fc.constantFrom(three, waved, { ...waved, policy: three.policy }), stories, (changes, story) => {
      tell(open(prepared(changes), t0), story, (now, before) => {
        const move = pendingMove(now)
        for (const target of now.targets.filter(({ backMs }) => backMs !== undefined)) {
          const was = before.targets.find((one) => one.functionName === target.functionName)
          const desired = move?.targets.find((one) => one.functionName === target.functionName)?.desired
          expect(desired ?? only('1')).toEqual(only('1'))
          expect(shareBp(target.routing, '2')).toBeLessThanOrEqual(was === undefined ? 0 : shareBp(was.routing, '2'))
          expect(target.backMs).toBe(was?.backMs ?? target.backMs)
          if (now.state.phase === 'baking') expect(shareBp(target.routing, '2')).toBe(0)
          seen += 1
        }
        if (now.ending?.outcome === 'promoted' && before.ending === undefined)
          for (const { routing, backMs } of now.targets) expect(routing).toEqual(only(backMs === undefined ? '2' : '1'))
      })
    }),
    { numRuns: repeats(3000, 200) },
  )
  expect(seen).toBeGreaterThan(0)
})
