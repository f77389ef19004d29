// The life of a release: by example, and as properties over every order in which events may arrive.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance, replay } from '../../../core/release/advance.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import { gatePoint } from '../../../core/release/clearance.ts'
import { isOurs, pendingMove, wayBack, wayForward } from '../../../core/release/move.ts'
import { nextAct } from '../../../core/release/next.ts'
import { hasTraffic, isSettled, type Release, weightAt } from '../../../core/release/release.ts'
import { only, shareBp, split } from '../../../core/service/routing.ts'
import { numbered } from '../../../functions/steps/ledger.ts'
import { after, prepared, requested, shifted, t0, target, verdict } from '../sample.ts'

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

  it('that fails goes back; before any traffic it is turned away instead', () => {
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

  it('whose first shift was announced and not confirmed counts as one that had traffic', () => {
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

  it('that is paused between two steps is looked at now and then, not without end', () => {
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

  it('leaves an alias that somebody else moved alone and puts the others back', () => {
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

  it('looks at every interval and at the end of a bake, and ever less often while it is held', () => {
    const baking = shifted(prepared(), t0)
    expect(nextAct(baking, t0)).toEqual({ act: 'bake', seconds: 60 })
    expect(nextAct(after(baking, judged(t0 + 270_000, 'unknown')), t0 + 270_000)).toEqual({ act: 'bake', seconds: 30 })
    const held = after(baking, judged(t0 + 25 * minute, 'unknown', true))
    expect(nextAct(held, t0 + 25 * minute)).toEqual({ act: 'bake', seconds: 120 })
    expect(nextAct(held, t0 + 27 * minute)).toEqual({ act: 'judge' })
  })

  it('hands over to a new execution before the history of one runs full', () => {
    const old: Release = { ...shifted(prepared(), t0), seq: 802, carriedAtSeq: 1 }
    expect(nextAct(old, t0)).toEqual({ act: 'handOver' })
  })
})

// --- properties -------------------------------------------------------------------------------------------------

const anyAt = fc.integer({ min: 0, max: 200 }).map((minutes) => t0 + minutes * minute)
const points = ['beforeTraffic', 'beforeStep', 'afterPromotion', 'afterRollback'] as const

/** Any event at all, whether or not it makes sense now. Moves are those that the handlers would make of the release. */
type Make = (release: Release) => NewEvent | undefined
const anyEvent: fc.Arbitrary<Make> = fc.oneof(
  {
    weight: 4,
    arbitrary: anyAt.map(
      (atMs): Make =>
        (release) =>
          release.state.phase === 'shifting'
            ? { type: 'moveIntended', atMs, move: wayForward(release, release.state.step) }
            : { type: 'moveIntended', atMs, move: wayBack(release) },
    ),
  },
  {
    weight: 4,
    arbitrary: anyAt.map((atMs): Make => (release) => {
      const move = pendingMove(release)
      const revisions = Object.fromEntries(release.targets.map((one) => [one.functionName, `r${atMs}`]))
      return { type: 'moved', atMs, purpose: move?.purpose ?? 'shift', revisions }
    }),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(anyAt, fc.constantFrom('pass', 'fail', 'unknown'), fc.boolean()).map(
      ([atMs, kind, quiet]): Make =>
        () =>
          judged(atMs, kind, quiet),
    ),
  },
  fc
    .tuple(anyAt, fc.constantFrom(...points), fc.nat(3), fc.nat(1), fc.integer({ min: 1, max: 3 }))
    .map(([atMs, point, step, index, attempt]): Make => () => ({
      type: 'hookCalled',
      atMs,
      point,
      step,
      index,
      attempt,
    })),
  fc.tuple(anyAt, fc.constantFrom('pass', 'fail', 'unknown')).map(
    ([atMs, answer]): Make =>
      ({ state }) =>
        state.phase === 'hooks'
          ? {
              type: 'hookAnswered',
              atMs,
              point: state.point,
              step: state.step,
              index: state.index,
              attempt: state.attempt,
              answer: answer as 'pass',
              because: 'x',
            }
          : undefined,
  ),
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyAt, fc.boolean(), fc.boolean(), fc.integer({ min: -1, max: 3 }))
      .map(([atMs, allowed, isHere, elsewhere]): Make => (release) => {
        const point = isHere ? (gatePoint(release) ?? elsewhere) : elsewhere
        return { type: 'gated', atMs, point, allowed, because: 'x', gates: allowed ? [] : ['freeze'] }
      }),
  },
  anyAt.map((atMs): Make => () => ({ type: 'approved', atMs, beforeBp: 0, by: 'ann', answer: 'approve' })),
  anyAt.map((atMs): Make => () => ({ type: 'overridden', atMs, by: 'ann', reason: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'gateReopened', atMs, because: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'paused', atMs, by: 'ann', reason: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'resumed', atMs, by: 'ann' })),
  anyAt.map((atMs): Make => () => ({ type: 'promoteOrdered', atMs, by: 'ann', reason: 'x' })),
  fc.tuple(anyAt, fc.boolean()).map(([atMs, fast]): Make => (release) => ({
    type: 'returnOrdered',
    atMs,
    by: 'alarm',
    reason: 'x',
    outcome: 'rolledBack',
    ...(fast && hasTraffic(release) ? { move: wayBack(release) } : {}),
  })),
  anyAt.map((atMs): Make => () => ({ type: 'interrupted', atMs, functionName: 'a', because: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'settled', atMs })),
  anyAt.map((atMs): Make => () => ({ type: 'charged', atMs, charges: [] })),
  anyAt.map((atMs): Make => () => ({ type: 'admitted', atMs })),
  anyAt.map((atMs): Make => () => ({ type: 'prepared', atMs, targets: [target], alarms: [] })),
  anyAt.map((atMs): Make => () => ({ type: 'refused', atMs, outcome: 'rejected', code: 'x', because: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'queued', atMs, behind: 'x' })),
)
const anyStory = fc.array(anyEvent, { maxLength: 60 })
const services = fc.constantFrom(
  {},
  {
    targets: [
      { function: 'a', alias: 'live' },
      { function: 'b', alias: 'live' },
    ],
  },
  { hooks: points.map((at) => ({ at, function: 'hook' })) },
  { plan: 'AllAtOnce' },
  { plan: 'Linear10PercentEvery1Minute' },
)

/** Tells a story from the request or from preparation on, checking `claim` after every event. */
function tell(
  start: Release,
  story: readonly Make[],
  claim: (now: Release, before: Release, event: ReleaseEvent) => void,
): Release {
  let release = start
  for (const make of story) {
    const wanted = make(release)
    if (wanted === undefined) continue
    const event = numbered(wanted, release.seq + 1)
    const now = advance(release, event)
    claim(now, release, event)
    release = now
  }
  return release
}

describe('whatever happens, in whatever order', () => {
  const holds = (claim: (now: Release, before: Release, event: ReleaseEvent) => void): void => {
    fc.assert(
      fc.property(services, fc.boolean(), anyStory, (changes, early, story) => {
        tell(early ? requested(changes) : prepared(changes), story, claim)
      }),
      { numRuns: 400 },
    )
  }

  it('the weight never exceeds that of the step', () =>
    holds((now) => {
      const { state } = now
      const step =
        state.phase === 'hooks' && state.point === 'beforeStep'
          ? state.step - 1
          : 'step' in state
            ? state.step
            : undefined
      if (step === undefined || now.ending !== undefined) return
      for (const one of now.targets)
        expect(shareBp(one.routing, one.candidate)).toBeLessThanOrEqual(step < 0 ? 0 : weightAt(now, step))
    }))

  it('a settled release moves nothing and stays settled', () =>
    holds((now, before) => {
      if (!isSettled(before)) return
      expect(now.state).toEqual(before.state)
      expect(now.targets).toEqual(before.targets)
      expect(now.exposure).toEqual(before.exposure)
      expect(pendingMove(now)).toBeUndefined()
    }))

  it('is charged after its end, once', () =>
    holds((now, before, event) => {
      if (event.type !== 'charged' || !isSettled(before) || before.charges !== undefined)
        expect(now.charges).toEqual(before.charges)
      else expect(now.charges).toEqual([])
    }))

  it('traffic that the candidate has or may have had is exposure', () =>
    holds((now) => {
      if (hasTraffic(now)) expect(now.exposure).toBeDefined()
      if (now.ending?.outcome === 'rejected') expect(now.exposure).toBeUndefined()
    }))

  it('rolled back means nothing on the candidate, on every alias that is still ours', () =>
    holds((now) => {
      if (!isSettled(now) && now.state.phase !== 'settling') return
      if (now.ending?.outcome === 'promoted') return
      for (const one of now.targets) if (!one.lost) expect(shareBp(one.routing, one.candidate)).toBe(0)
    }))

  it('promoted means everything on the candidate', () =>
    holds((now) => {
      if (now.ending?.outcome !== 'promoted') return
      for (const one of now.targets) expect(one.routing).toEqual(only(one.candidate))
    }))

  it('unknown never advances a release', () =>
    holds((now, before, event) => {
      const unknown = event.type === 'judged' && event.verdict.kind === 'unknown'
      const silent = event.type === 'hookAnswered' && event.answer === 'unknown' && event.point !== 'afterRollback'
      if (!unknown && !silent) return
      const forward = (release: Release): string =>
        `${'step' in release.state ? release.state.step : ''}${release.state.phase}`
      if (now.state.phase !== 'returning' && now.state.phase !== 'settling' && now.ending === undefined)
        expect(forward(now)).toBe(forward(before))
    }))

  it('a look that has just been taken is not due again: nobody goes round in circles', () => {
    holds((now, _, event) => {
      if (event.type === 'judged') expect(nextAct(now, event.atMs).act).not.toBe('judge')
    })
  })

  it('nothing begins and no weight is given unless the gates before it were open a moment ago', () =>
    holds((now, _, event) => {
      const { act } = nextAct(now, event.atMs)
      if (act !== 'prepare' && (act !== 'shift' || pendingMove(now) !== undefined)) return
      expect(now.cleared?.point).toBe(gatePoint(now))
      expect(event.atMs - (now.cleared?.atMs ?? 0)).toBeLessThan(10 * minute)
    }))

  it('gates that have just said no are not asked again at once', () =>
    holds((now, before, event) => {
      if (event.type !== 'gated' || event.allowed || event.point !== gatePoint(before)) return
      expect(nextAct(now, event.atMs).act).not.toBe('gate')
    }))

  it('an ending once decided is kept, unless somebody takes an alias from us', () =>
    holds((now, before, event) => {
      if (before.ending === undefined || event.type === 'interrupted' || event.type === 'moverNamed') return
      expect(now.ending).toEqual(before.ending)
    }))

  it('an event delivered twice changes nothing the second time, but for its place in the log', () =>
    holds((now, _, event) => {
      if (['moved', 'hookAnswered', 'judged', 'promoteOrdered', 'paused'].includes(event.type) && 'step' in now.state)
        return
      const { seq: _seq, ...again } = advance(now, { ...event, seq: now.seq + 1 })
      const { seq: _seq2, ...once } = now
      expect({ ...again, carriedAtSeq: 0 }).toEqual({ ...once, carriedAtSeq: 0 })
    }))

  it('is the fold of its log', () => {
    fc.assert(
      fc.property(services, anyStory, (changes, story) => {
        const first = numbered(
          {
            type: 'requested',
            atMs: t0,
            releaseId: 'checkout-1',
            key: 'version/checkout:2',
            service: requested(changes).service,
            candidate: { kind: 'versions', versions: { checkout: '2' } },
            provenance: { source: 'api' },
          },
          1,
        )
        const log: ReleaseEvent[] = [first]
        const end = tell(requested(changes), story, (_, __, event) => log.push(event))
        expect(replay(log)).toEqual(end)
      }),
    )
  })

  it('every release ends, if somebody only keeps doing what it asks for', () => {
    fc.assert(
      fc.property(
        services,
        anyStory,
        fc.array(fc.constantFrom('pass' as const, 'fail' as const, 'unknown' as const), {
          minLength: 1,
          maxLength: 20,
        }),
        (changes, story, verdicts) => {
          let release = tell(prepared(changes), story, () => undefined)
          let nowMs = t0 + 300 * minute
          for (let turn = 0; turn < 3000 && !isSettled(release); turn++) {
            const { act } = nextAct(release, nowMs)
            release = obey(release, nowMs, verdicts[turn % verdicts.length] ?? 'pass')
            // What gates say is good for ten minutes: whoever takes longer than that to act on it asks again.
            if (act !== 'gate') nowMs += minute * 30
          }
          expect(isSettled(release)).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })
})

/** Does what the release asks for, as the handlers would. */
function obey(release: Release, atMs: number, kind: 'pass' | 'fail' | 'unknown'): Release {
  const { state } = release
  const act = nextAct(release, atMs).act
  switch (act) {
    case 'hook': {
      if (state.phase !== 'hooks') throw new Error('no hook to call')
      const { point, step, index, attempt } = state
      return after(
        release,
        { type: 'hookCalled', atMs, point, step, index, attempt },
        { type: 'hookAnswered', atMs, point, step, index, attempt, answer: kind, because: 'x' },
      )
    }
    case 'shift':
    case 'rollBack': {
      const move = state.phase === 'shifting' ? wayForward(release, state.step) : wayBack(release)
      const announced =
        pendingMove(release) === undefined ? after(release, { type: 'moveIntended', atMs, move }) : release
      const revisions = Object.fromEntries(release.targets.map((one) => [one.functionName, 'r']))
      return after(announced, { type: 'moved', atMs, purpose: move.purpose, revisions })
    }
    case 'gate': {
      const point = gatePoint(release) ?? 0
      const allowed = kind === 'pass'
      return after(release, { type: 'gated', atMs, point, allowed, because: 'x', gates: allowed ? [] : ['freeze'] })
    }
    case 'settle':
      return after(release, { type: 'settled', atMs })
    default:
      return after(release, judged(atMs, kind))
  }
}
