// A release in waves, as its log says it: what each move writes, what a way back leaves alone, and what a process that dies in
// between leaves to the next one.
import { describe, expect, it } from 'vitest'
import { begin } from '../../../core/release/advance.ts'
import { type NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import { isOurs, pendingMove, wayBack, wayForward } from '../../../core/release/move.ts'
import { nextAct } from '../../../core/release/next.ts'
import { candidateShareBp, type Release, toldShareBp } from '../../../core/release/release.ts'
import { only, split } from '../../../core/service/routing.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { after, service, t0, verdict } from '../sample.ts'
import { tell } from '../../../core/view/release/told.ts'
import { nowOf } from '../../../core/view/release/now.ts'
import { requestsOf, servedOf } from '../../../core/view/release/requests.ts'
import { planWordsOf } from '../../../cli/story/weights.ts'
import { announcementOf } from '../../../core/release/announcement.ts'

const minute = 60_000
const names = ['a', 'b', 'c']
const waved = service({
  targets: names.map((name) => ({ function: name, alias: 'live' })),
  waves: [
    { name: 'pilot', targets: ['a'] },
    { name: 'rest', targets: ['b', 'c'], pause: true },
  ],
  signals: {},
})

function start(
  changes: {
    readonly service?: typeof waved
    readonly without?: string
    readonly said?: object
    readonly first?: NewEvent
  } = {},
): Release {
  const requested = numbered(
    {
      ...{ type: 'requested', atMs: t0, releaseId: 'r-1', key: 'version/a:2', service: changes.service ?? waved },
      ...{ candidate: { kind: 'versions', versions: { a: '2', b: '2', c: '2' } }, provenance: { source: 'api' } },
      ...changes.said,
    },
    1,
  )
  if (requested.type !== 'requested') throw new Error('unreachable')
  const targets = names
    .filter((name) => name !== changes.without)
    .map((functionName) => ({
      ...{ functionName, alias: 'live', stable: '1', candidate: '2', revision: 'r0', codeSha256: 'x' },
    }))
  return after(
    begin(requested),
    { type: 'admitted', atMs: t0 },
    ...(changes.first === undefined ? [] : [changes.first]),
    { type: 'prepared', atMs: t0, targets, alarms: [] },
  )
}

const pass = (atMs: number): NewEvent => ({ type: 'judged', atMs, verdict: verdict('pass') })

function intended(release: Release, atMs: number): Release {
  if (release.state.phase !== 'shifting') throw new Error(`it is ${release.state.phase}`)
  return after(release, { type: 'moveIntended', atMs, move: wayForward(release, release.state.step) })
}

function moved(release: Release, atMs: number): Release {
  const move = pendingMove(release)
  if (move === undefined) throw new Error('nothing is announced')
  const revisions = Object.fromEntries(move.targets.map(({ functionName }) => [functionName, `r${atMs}`]))
  return after(release, { type: 'moved', atMs, purpose: move.purpose, revisions })
}
const shift = (release: Release, atMs: number): Release => moved(intended(release, atMs), atMs)
/** At the end of the pilot's last step. */
const pilot = (): Release => {
  const first = shift(start(), t0)
  const second = shift(after(first, pass(t0 + 5 * minute)), t0 + 5 * minute)
  return after(second, pass(t0 + 10 * minute))
}
const resumed = (): Release => after(pilot(), { type: 'resumed', atMs: t0 + 20 * minute, by: 'ann' })
const second = (): Release => shift(resumed(), t0 + 20 * minute)
const written = (release: Release) =>
  Object.fromEntries((pendingMove(release)?.targets ?? []).map(({ functionName, desired }) => [functionName, desired]))
const shares = ({ targets }: Release) => targets.map(({ shifts }) => shifts?.map(({ weightBp }) => weightBp))

describe('a release in waves', () => {
  it('writes the aliases of the wave that goes on, and no others', () => {
    expect(written(intended(start(), t0))).toEqual({ a: split('1', '2', 1000) })
    expect(written(intended(resumed(), t0))).toEqual({
      a: split('1', '2', 9000),
      b: split('1', '2', 1000),
      c: split('1', '2', 1000),
    })
    const next = after(second(), pass(t0 + 25 * minute))
    expect(written(intended(next, t0))).toEqual({ b: split('1', '2', 5000), c: split('1', '2', 5000) })
    const last = after(shift(next, t0 + 25 * minute), pass(t0 + 30 * minute))
    expect(written(intended(last, t0))).toEqual({ a: only('2'), b: only('2'), c: only('2') })
    const promoted = shift(last, t0 + 30 * minute)
    expect(promoted.ending).toMatchObject({ outcome: 'promoted' })
    expect(shares(promoted)).toEqual([
      [1000, 5000, 9000, 10_000],
      [1000, 5000, 10_000],
      [1000, 5000, 10_000],
    ])
  })

  it('pauses before a wave that says so, until a person resumes it, and looks at the evidence meanwhile', () => {
    const waiting = pilot()
    expect(waiting).toMatchObject({ state: { phase: 'shifting', step: 2 }, paused: { by: 'waves' } })
    const event = numbered(pass(t0 + 10 * minute), waiting.seq)
    expect(announcementOf(event, waiting)).toMatchObject({ detailType: 'Release Paused', detail: { by: 'waves' } })
    const moves = numbered({ type: 'moved', atMs: t0, purpose: 'shift', revisions: {} }, 9)
    expect(announcementOf(moves, second())).toMatchObject({ detail: { step: 3, wave: 'rest', weightPercent: 10 } })
    expect(nextAct(waiting, t0 + 15 * minute)).toMatchObject({ act: 'judge' })
    const failed = after(waiting, { type: 'judged', atMs: t0 + 15 * minute, verdict: verdict('fail') })
    expect(failed).toMatchObject({ state: { phase: 'returning' }, ending: { outcome: 'rolledBack' } })
    expect(nextAct(resumed(), t0 + 20 * minute)).toMatchObject({ act: 'gate' })
  })

  it('pauses once, also where the evidence is lost before it goes on, and has to pass again', () => {
    const hooked = (release: Release): Release => ({
      ...release,
      service: { ...release.service, hooks: [{ at: 'beforeStep', functionName: 'smoke', timeoutSeconds: 60 }] },
    })
    const first = shift(start(), t0)
    const second = hooked(shift(after(first, pass(t0 + 5 * minute)), t0 + 5 * minute))
    const paused = after(second, pass(t0 + 10 * minute))
    expect(paused).toMatchObject({ state: { phase: 'hooks', step: 2 }, paused: { by: 'waves' } })
    const unknown: NewEvent = { type: 'judged', atMs: t0 + 21 * minute, verdict: verdict('unknown') }
    const lost = after(paused, { type: 'resumed', atMs: t0 + 20 * minute, by: 'ann' }, unknown)
    expect(lost.state).toMatchObject({ phase: 'baking', step: 1 })
    const again = after(lost, pass(t0 + 22 * minute))
    expect([again.state, again.paused]).toMatchObject([{ phase: 'hooks', step: 2 }, undefined])
  })

  it('goes back where it has been, also where only an answer is missing, and nowhere else', () => {
    const early = after(shift(start(), t0), { type: 'judged', atMs: t0 + minute, verdict: verdict('fail') })
    expect(wayBack(early).targets.map(({ functionName }) => functionName)).toEqual(['a'])
    // It dies between the intent and the answer: b or c may have traffic already.
    const dead = after(intended(resumed(), t0), { type: 'judged', atMs: t0 + minute, verdict: verdict('fail') })
    expect(wayBack(dead).targets.map(({ functionName, desired }) => [functionName, desired])).toEqual(
      names.map((name) => [name, only('1')]),
    )
    for (const name of ['b', 'c']) {
      expect(isOurs(dead, name, split('1', '2', 1000))).toBe(true)
      expect(isOurs(dead, name, only('1'))).toBe(true)
      expect(isOurs(dead, name, split('1', '2', 5000))).toBe(false)
    }
  })

  it('is told by the share of the wave that goes on', () => {
    expect([toldShareBp(second()), candidateShareBp(second())]).toEqual([1000, 9000])
    expect([toldShareBp(pilot()), candidateShareBp(pilot())]).toEqual([5000, 5000])
    expect(nowOf(second(), t0 + 21 * minute).sentence).toMatch(
      /^Baking at 10 % in wave 2 of 2 \(rest\), step 3 of 4: .+ gets 50 % in wave 2 of 2 \(rest\)\.$/,
    )
    expect(nowOf(pilot(), t0 + 11 * minute).sentence).toMatch(
      /^Paused at 50 % in wave 1 of 2 \(pilot\) since .+ by waves: wave rest begins when a person resumes the release\./,
    )
    const move = wayForward(resumed(), 2)
    const intent = numbered({ type: 'moveIntended', atMs: t0, move }, 9)
    expect(tell(intent, resumed()).words).toBe('to give the candidate 10 % in wave 2 of 2 (rest)')
    expect(planWordsOf(second())).toMatch(/^step 3 of 4, wave 2 of 2 \(rest\): 10 %/)
    const points = (values: readonly number[]) => values.map((value, index): [number, number] => [index, value])
    const readings = {
      ...{ fromMs: t0 + 20 * minute, toMs: t0 + 21 * minute, complete: true },
      points: {
        ...{ '0.s.invocations': points([10]), '0.c.invocations': points([90]) },
        ...{ '1.s.invocations': points([88]), '1.c.invocations': points([12]), '2.s.invocations': points([100]) },
      },
    }
    const read = after(second(), {
      ...{ type: 'judged', atMs: t0 + 22 * minute, verdict: { ...verdict('unknown'), readings } },
    })
    expect(servedOf(requestsOf(read), read)).toMatchObject({ shareBp: 600, requests: 200 })
  })

  it('takes no waves where a person promotes it, or its plan has no steps', () => {
    const order: NewEvent = { type: 'promoteOrdered', atMs: t0 + minute, by: 'ann', reason: 'a fix' }
    const early = after(shift(start(), t0), order)
    expect(written(intended(early, t0 + minute))).toEqual({ a: only('2'), b: only('2'), c: only('2') })
    const atOnce = start({ service: { ...waved, plan: { steps: [] } } })
    expect(Object.keys(written(intended(atOnce, t0)))).toEqual(names)
  })

  it('takes none as the fix of a release that is past a one-way step, so that no alias gets less', () => {
    const targets = names.map((functionName) => ({
      ...{ functionName, alias: 'live', stable: '1', candidate: '2', revision: 'r0', codeSha256: 'x' },
    }))
    const oneWay = { reason: 'a column is gone', weightBp: 5000 }
    const requested = numbered(
      {
        ...{ type: 'requested', atMs: t0, releaseId: 'r-2', key: 'k', service: waved, fixes: 'r-1' },
        ...{ candidate: { kind: 'versions', versions: { a: '2' } }, provenance: { source: 'api' } },
      },
      1,
    )
    if (requested.type !== 'requested') throw new Error('unreachable')
    const fix = after(
      begin(requested),
      { type: 'admitted', atMs: t0 },
      { ...{ type: 'prepared', atMs: t0, alarms: [] }, targets, oneWay },
    )
    expect(wayForward(fix, 0).targets.map(({ desired }) => desired)).toEqual(names.map(() => split('1', '2', 5000)))
  })

  it('has the plans of its waves, unless it brings its own or is urgent; that of the budget is for those without one', () => {
    const own = { steps: [{ weightBp: 200, bakeSeconds: 600 }] }
    const [pilot, rest] = waved.waves ?? []
    if (pilot === undefined || rest === undefined) throw new Error('unreachable')
    const planned = { ...waved, waves: [pilot, { ...rest, plan: own }] }
    const steps = ({ service }: Release) => service.plan.steps.map(({ weightBp }) => weightBp)
    const usual = start({ service: planned })
    expect(steps(usual)).toEqual([1000, 5000, 200])
    expect(steps(start({ service: planned, said: { urgent: true } }))).toEqual([1000, 5000, 1000, 5000])
    expect(steps(start({ service: planned, said: { planBy: 'call' } }))).toEqual([1000, 5000, 1000, 5000])
    const gated: NewEvent = {
      ...{ type: 'gated', atMs: t0, point: -1, allowed: true, because: 'the pace is careful', gates: [] },
      plan: { steps: [{ weightBp: 100, bakeSeconds: 300 }] },
    }
    expect(steps(start({ service: planned, first: gated }))).toEqual([100, 200])
    const last = after(shift(usual, t0), pass(t0 + 5 * minute))
    const atRest = after(shift(last, t0 + 5 * minute), pass(t0 + 10 * minute), {
      ...{ type: 'resumed', atMs: t0 + 20 * minute, by: 'ann' },
    })
    expect(written(intended(atRest, t0))).toMatchObject({ a: split('1', '2', 9000), c: split('1', '2', 200) })
    const promoting = after(shift(atRest, t0 + 20 * minute), pass(t0 + 30 * minute))
    expect(written(intended(promoting, t0))).toEqual({ a: only('2'), b: only('2'), c: only('2') })
  })

  it('leaves out a wave that has nothing to release', () => {
    const release = start({ without: 'a' })
    expect(release.service.plan.steps.map(({ wave }) => wave)).toEqual([1, 1])
    expect(written(intended(release, t0))).toEqual({ b: split('1', '2', 1000), c: split('1', '2', 1000) })
  })

  it('keeps its waves when the error budget makes a step smaller, and that event reads back', () => {
    const release = resumed()
    const { plan } = release.service
    const smaller = { steps: plan.steps.toSpliced(2, 0, { weightBp: 200, bakeSeconds: 300, wave: 1 }) }
    const gated: NewEvent = {
      ...{ type: 'gated', atMs: t0 + 20 * minute, point: 2, allowed: true, because: 'open' },
      ...{ gates: [], plan: smaller },
    }
    expect(ReleaseEvent.parse(numbered(gated, 9))).toMatchObject({ plan: smaller })
    const paced = intended(after(release, gated), t0 + 20 * minute)
    expect(written(paced)).toMatchObject({ a: split('1', '2', 9000), b: split('1', '2', 200) })
  })

  it('of a definition without waves has no weights by target', () => {
    const { waves: _, ...plain } = waved
    const release = shift(start({ service: plain }), t0)
    expect(shares(release)).toEqual([undefined, undefined, undefined])
    expect(wayBack(release).targets).toHaveLength(3)
  })
})
