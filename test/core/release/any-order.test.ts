// Properties of a release under any events in any order: it comes to an end, and its invariants hold.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { advance, replay } from '../../../core/release/advance.ts'
import type { ReleaseEvent } from '../../../core/release/event.ts'
import { gatePoint } from '../../../core/release/gating.ts'
import { pendingMove, wayBack, wayForward } from '../../../core/release/move.ts'
import { nextAct } from '../../../core/release/next.ts'
import { hasTraffic, isSettled, type Release, weightOn } from '../../../core/release/release.ts'
import { only, shareBp } from '../../../core/service/routing.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { after, prepared, requested, t0 } from '../sample.ts'
import { anyStory, judged, minute, services, tell } from './any-event.ts'

describe('whatever happens, in any order', () => {
  const holds = (claim: (now: Release, before: Release, event: ReleaseEvent) => void): void => {
    fc.assert(
      fc.property(services, fc.boolean(), anyStory, (changes, early, story) => {
        tell(early ? requested(changes) : prepared(changes), story, claim)
      }),
      { numRuns: repeats(400, 100) },
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
        expect(shareBp(one.routing, one.candidate)).toBeLessThanOrEqual(step < 0 ? 0 : weightOn(now, one, step))
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

  it('is charged for what came after its promotion once, and only if it was watched', () =>
    holds((now, before, event) => {
      if (event.type !== 'lateCharged' || before.watched === undefined || before.late !== undefined)
        expect(now.late).toEqual(before.late)
      else expect(now.late).toMatchObject({ until: 'time', charges: [] })
    }))

  it('traffic that the candidate has or may have had counts as exposure', () =>
    holds((now) => {
      if (hasTraffic(now)) expect(now.exposure).toBeDefined()
      if (now.ending?.outcome === 'rejected') expect(now.exposure).toBeUndefined()
    }))

  it('rolled back means no traffic on the candidate, on every alias that is still ours', () =>
    holds((now) => {
      if (!isSettled(now) && now.state.phase !== 'settling') return
      if (now.ending?.outcome === 'promoted') return
      for (const one of now.targets) if (!one.lost) expect(shareBp(one.routing, one.candidate)).toBe(0)
    }))

  it('promoted means all traffic on the candidate', () =>
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

  it('a look is not due again right after a look: no busy loop', () => {
    holds((now, _, event) => {
      if (event.type === 'judged') expect(nextAct(now, event.atMs).act).not.toBe('judge')
    })
  })

  it('nothing begins and no weight is given unless its gates were open a moment ago', () =>
    holds((now, _, event) => {
      const { act } = nextAct(now, event.atMs)
      if (act !== 'prepare' && (act !== 'shift' || pendingMove(now) !== undefined)) return
      expect(now.cleared?.point).toBe(gatePoint(now))
      expect(event.atMs - (now.cleared?.atMs ?? 0)).toBeLessThan(10 * minute)
    }))

  it('gates that just said no are not asked again at once', () =>
    holds((now, before, event) => {
      if (event.type !== 'gated' || event.allowed || event.point !== gatePoint(before)) return
      expect(nextAct(now, event.atMs).act).not.toBe('gate')
    }))

  it('an ending is final once decided, unless somebody takes an alias from us', () =>
    holds((now, before, event) => {
      if (before.ending === undefined || event.type === 'interrupted' || event.type === 'moverNamed') return
      expect(now.ending).toEqual(before.ending)
    }))

  it('an event delivered twice changes nothing the second time, except its position in the log', () =>
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

  it('every release ends, as long as somebody does what it asks for', () => {
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
            // A look ends a bake, and does not begin it.
            if (act === 'bake') nowMs += minute * 30
            release = obey(release, nowMs, verdicts[turn % verdicts.length] ?? 'pass')
            // A gate's answer and a pass are valid for ten minutes; a caller that takes longer to act on them must ask again.
            if (act !== 'bake' && act !== 'gate' && act !== 'judge') nowMs += minute * 30
          }
          expect(isSettled(release)).toBe(true)
        },
      ),
      { numRuns: repeats(1000, 100) },
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
