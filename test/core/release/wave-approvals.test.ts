// Approvals before waves, as the gates ask for them: where each is due, and what an answer to one is worth for another.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { begin } from '../../../core/release/advance.ts'
import { announcementOf } from '../../../core/release/announcement.ts'
import { type NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import { gatePoint } from '../../../core/release/gating.ts'
import { nextAct } from '../../../core/release/next.ts'
import type { Release } from '../../../core/release/release.ts'
import { answerOf } from '../../../core/gate/answer.ts'
import { contextOf, dueAt, type LookedUp, missingAt } from '../../../core/gate/facts.ts'
import { gatesOfRelease } from '../../../core/service/gates.ts'
import type { Service } from '../../../core/service/service.ts'
import { needsOf } from '../../../core/view/needs.ts'
import { gatesOf } from '../../../core/view/release/steering.ts'
import { tell } from '../../../core/view/release/told.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { after, service, shifted, t0, verdict } from '../sample.ts'

const minute = 60_000
const names = ['a', 'b', 'c']
const step = { weight: 50, bake: '5m' }
const waved = service({
  targets: names.map((name) => ({ function: name, alias: 'live' })),
  plan: { steps: [step] },
  waves: [
    { name: 'dev', targets: ['a'] },
    { name: 'constructor', targets: ['b'], approval: { fourEyes: false } },
    { name: 'production', targets: ['c'], approval: { count: 2, expires: '1h' } },
  ],
  signals: {},
})

function start(of: Service = waved, some: readonly string[] = names): Release {
  const requested = numbered(
    {
      ...{ type: 'requested', atMs: t0, releaseId: 'r-1', key: 'k', service: of },
      ...{ candidate: { kind: 'versions', versions: { a: '2' } }, provenance: { source: 'api', author: 'ann' } },
    },
    1,
  )
  if (requested.type !== 'requested') throw new Error('unreachable')
  const targets = some.map((functionName) => ({
    ...{ functionName, alias: 'live', stable: '1', candidate: '2', revision: 'r0', codeSha256: 'x' },
  }))
  return after(begin(requested), { type: 'admitted', atMs: t0 }, { type: 'prepared', atMs: t0, targets, alarms: [] })
}

const found = (release: Release, today: Service = waved): LookedUp => ({
  ...{ nowMs: t0 + 10 * minute, gates: gatesOfRelease(today, release.service), budgets: [], full: false },
  attested: { provenance: [], builders: [] } as unknown as LookedUp['attested'],
})
const missing = (release: Release, point: number, today?: Service) => missingAt(release, point, found(release, today))
const yes = (release: Release, by: string, wave?: string): Release =>
  after(release, {
    ...{ type: 'approved', atMs: t0, beforeBp: 0, by, answer: 'approve' },
    ...(wave === undefined ? {} : { wave }),
  })
/** Before the second wave. */
const judged = (kind: 'pass' | 'unknown', minutes: number): NewEvent => ({
  ...{ type: 'judged', atMs: t0 + minutes * minute, verdict: verdict(kind) },
})
const atSecond = (): Release => after(shifted(start(), t0), judged('pass', 5))

/** Does what the release asks for; its gates are asked truthfully. */
function onward(before: Release, atMs: number): Release {
  let release = before
  for (let turn = 0; turn < 5; turn++) {
    const { act } = nextAct(release, atMs)
    const point = gatePoint(release)
    if (act === 'gate' && point !== undefined) {
      const missed = missing(release, point)
      const isOpen = missed.missing === undefined && missed.missingWaves === undefined
      const gates = isOpen ? [] : ['approvals']
      release = after(release, { type: 'gated', atMs, point, allowed: isOpen, because: 'x', gates, ...missed })
    } else if (act === 'shift') release = shifted(release, atMs)
    else return release
  }
  return release
}

describe('an approval before a wave', () => {
  it('is due before the first step of its wave, not earlier, and all of them are before a promotion', () => {
    const release = start()
    expect([-1, 0, 1, 2, 3].map((point) => missing(release, point))).toEqual([
      ...[{}, {}, { missingWaves: ['constructor'] }],
      ...[{ missingWaves: ['constructor', 'production'] }, { missingWaves: ['constructor', 'production'] }],
    ])
    expect(release.service.gates.approvals.map((one) => dueAt(release, one))).toEqual([1, 2])
    const order = after(shifted(release, t0), { type: 'promoteOrdered', atMs: t0, by: 'ann', reason: 'x' })
    expect(missing(order, gatePoint(order) ?? -1)).toEqual({ missingWaves: ['constructor', 'production'] })
  })

  it('is due at once where the release takes no waves, and never for a wave that it does not have', () => {
    expect(missing(start({ ...waved, plan: { steps: [] } }), 0)).toEqual({
      missingWaves: ['constructor', 'production'],
    })
    const some = start(waved, ['a', 'c'])
    expect(missing(some, 2)).toEqual({ missingWaves: ['production'] })
    expect(gatesOf(some, waved, t0).approvals.map(({ before }) => before)).toEqual(['before wave production begins'])
  })

  it('of one wave counts for no other, and for none that stands before a weight', () => {
    const once = yes(atSecond(), 'ben', 'constructor')
    expect([missing(once, 1), missing(once, 2)]).toEqual([{}, { missingWaves: ['production'] }])
    const both = yes(yes(once, 'ben', 'production'), 'ben', 'production')
    expect(missing(both, 2)).toEqual({ missingWaves: ['production'] })
    expect(missing(yes(both, 'cem', 'production'), 2)).toEqual({})
    expect(missing(yes(start(), 'ben'), 1)).toEqual({ missingWaves: ['constructor'] })
    const weighed = {
      ...waved,
      gates: {
        ...waved.gates,
        approvals: [...service({ gates: { approvals: [{ before: 'begin' }] } }).gates.approvals],
      },
    }
    const release = start(weighed)
    expect(missing(yes(release, 'ben', 'constructor'), -1, weighed)).toEqual({ missing: [0] })
  })

  it('before a weight is due where any target gets it, also one whose wave is done', () => {
    const { waves = [] } = waved
    const asks = service({ gates: { approvals: [{ before: 60 }] } }).gates.approvals
    const weighed = { ...waved, waves: [...waves], gates: { ...waved.gates, approvals: asks } }
    expect([0, 1].map((point) => missing(start(weighed), point, weighed))).toEqual([{}, { missing: [6000] }])
  })

  it('is asked for by the name of its wave, from when on it is missed, and ends the release where nobody answers', () => {
    const release = atSecond()
    const closed = answerOf(release, 1, found(release), {
      ...{ allowed: false, because: [{ policy: 'approvals-missing', gate: 'approvals' }], trouble: [] },
    })
    expect(closed).toMatchObject({
      because: '0 of 1 approvals before wave constructor begins; rejected in 1d',
      missingWaves: ['constructor'],
      againAtMs: t0 + 10 * minute + 86_400_000,
    })
    const event = numbered({ type: 'gated', atMs: t0 + minute, point: 1, ...closed }, 20)
    expect(ReleaseEvent.parse(event)).toEqual(event)
    const held = after(release, { type: 'gated', atMs: t0 + minute, point: 1, ...closed })
    expect(held.missedSinceMs).toEqual({ constructor: t0 + minute })
    expect(announcementOf(event, held)).toMatchObject({
      detailType: 'Release Held',
      detail: { approvals: [], waves: ['constructor'] },
    })
    const none = { waiting: [], heads: [], budgets: [], aliases: [], unknown: [] }
    const [need, ...others] = needsOf({ name: 'checkout', live: held, service: waved, ...none }, t0 + minute)
    expect(others).toEqual([])
    expect(need).toMatchObject({
      kind: 'approval',
      actions: [
        { route: 'approve', label: 'Approve before wave constructor begins', says: { wave: 'constructor' } },
        { route: 'decline', says: { wave: 'constructor' } },
      ],
    })
    const late = { ...found(held), nowMs: t0 + minute + 86_400_000 }
    expect(answerOf(held, 1, late, { allowed: false, because: [], trouble: [] })).toMatchObject({ final: true })
    expect(contextOf(held, 1, late)).toMatchObject({ approvals: { missing: 1, declined: false } })
  })

  it('that comes late moves nothing: the evidence has to pass once more', () => {
    const gated = (minutes: number, allowed: boolean): NewEvent => ({
      ...{ type: 'gated', atMs: t0 + minutes * minute, point: 1, allowed, because: 'x' },
      ...(allowed ? { gates: [] } : { gates: ['approvals'], missingWaves: ['constructor'] }),
    })
    const held = after(atSecond(), gated(5, false), judged('unknown', 30))
    const open = after(yes(held, 'ben', 'constructor'), gated(31, true))
    expect(nextAct(open, t0 + 31 * minute).act).not.toBe('shift')
    const again = after(open, judged('pass', 32), gated(32, true))
    expect(nextAct(again, t0 + 32 * minute).act).toBe('shift')
  })

  it('is told with its wave, and is no longer offered once the wave has begun', () => {
    const event = numbered(
      { ...{ type: 'approved', atMs: t0, beforeBp: 0, wave: 'constructor', by: 'ben', answer: 'approve' } },
      9,
    )
    expect(ReleaseEvent.parse(event)).toEqual(event)
    const release = after(atSecond(), event)
    expect(tell(event, release).words).toBe('before wave constructor begins')
    expect(announcementOf(event, release)).toMatchObject({ detail: { beforePercent: 0, wave: 'constructor' } })
    const offered = (of: Release) =>
      gatesOf(of, waved, t0).approvals.map(({ state, orders }) => [state, orders.map(({ says }) => says)])
    const says = (wave: string) => [
      { releaseId: 'r-1', wave },
      { releaseId: 'r-1', wave },
    ]
    expect(offered(atSecond())).toEqual([
      ['missing', says('constructor')],
      ['missing', says('production')],
    ])
    expect(offered(shifted(release, t0))).toEqual([
      ['given', []],
      ['missing', says('production')],
    ])
  })

  it('is that of the definition of today, and stays where the wave has another name by now', () => {
    const { waves: _, ...none } = waved
    const today = { ...none, gates: { ...waved.gates, approvals: [] } }
    expect(missing(start(), 1, today)).toEqual({ missingWaves: ['constructor'] })
    expect(missing(start(), 1, { ...today, ...(waved.waves === undefined ? {} : { waves: waved.waves }) })).toEqual({})
  })

  it('is there before any alias of its wave gets traffic, whatever is answered, ordered and seen, in any order', () => {
    const people = fc.constantFrom('ben', 'cem', 'ann')
    type Make = (atMs: number) => NewEvent
    const any: fc.Arbitrary<Make> = fc.oneof(
      fc.constantFrom('pass' as const, 'pass' as const, 'unknown' as const).map((kind): Make => (atMs) => ({
        ...{ type: 'judged', atMs, verdict: verdict(kind) },
      })),
      fc.tuple(people, fc.constantFrom('constructor', 'production', undefined)).map(([by, wave]): Make => (atMs) => ({
        ...{ type: 'approved', atMs, beforeBp: 0, by, answer: 'approve', ...(wave === undefined ? {} : { wave }) },
      })),
      fc.constant<Make>((atMs) => ({ type: 'promoteOrdered', atMs, by: 'ann', reason: 'x' })),
      fc.constant<Make>((atMs) => ({ type: 'resumed', atMs, by: 'ann' })),
    )
    let begun = 0
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), fc.constantFrom(names, ['b'], ['a', 'c']), (story, some) => {
        let release = start(waved, some)
        let atMs = t0
        for (const make of story) {
          atMs += 3 * minute
          release = onward(after(release, make(atMs)), atMs)
          for (const { functionName, routing, maybe } of release.targets) {
            if (routing.additional === undefined && routing.version === '1' && maybe === undefined) continue
            const wave = waved.waves?.find(({ targets }) => targets.includes(functionName))?.name
            const asked = waved.gates.approvals.find((one) => one.wave === wave)
            const given = release.approvals.filter((one) => one.wave === wave)
            expect(given.length).toBeGreaterThanOrEqual(asked?.count ?? 0)
            if (asked !== undefined) begun++
          }
        }
      }),
      { numRuns: repeats(3000, 300) },
    )
    expect(begun).toBeGreaterThan(0)
  })

  it('is read from logs of before: without a wave, an answer is to the weight', () => {
    const old = { v: 1, seq: 3, type: 'approved', atMs: t0, beforeBp: 5000, by: 'ben', answer: 'approve' }
    expect(after(start(), ReleaseEvent.parse(old)).approvals).toEqual([
      { beforeBp: 5000, by: 'ben', answer: 'approve' },
    ])
  })
})
