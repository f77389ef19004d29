// What a promoted version failed beyond what is usual: from the minute in which its fault began until it was back; nothing of an
// outage before, of other releases or of chance.
import { describe, expect, it } from 'vitest'
import { drawFrom } from '../../../bench/trials/draw.ts'
import { chance } from '../../../cloud/local/time/chance.ts'
import type { Charge } from '../../../core/release/charge.ts'
import { chargesWith } from '../../../core/release/charge.ts'
import { lateWords } from '../../../core/release/late.ts'
import { minuteMs } from '../../../core/time.ts'
import { type Minute, noEvidence } from '../../../core/watch/evidence.ts'
import { excessOf, lateChargeOf } from '../../../core/watch/late.ts'
import type { Past } from '../../../core/watch/past.ts'
import type { Watch } from '../../../core/watch/watch.ts'

type LateFacts = Parameters<typeof excessOf>[2]

const startMs = Date.UTC(2026, 0, 1)
const past: Past = {
  ...{ usual: Array.from({ length: 168 }, () => 0.001), drift: 1.5, burst: 5 },
  ...{ outages: 0, longestMinutes: 0, worst: 0.01, requests: 1e6 },
}
const target = { functionName: 'x', alias: 'live', stable: '1', candidate: '2', past, evidence: noEvidence }
const watch: Watch = {
  ...{ v: 1, rev: 1, service: 'x', releaseId: 'x-1', onFault: 'page', seenSlots: 0, requestedAtMs: 0 },
  ...{ promotedAtMs: startMs, fromMs: startMs, settledMs: startMs, untilMs: startMs + 1440 * minuteMs },
  targets: [target],
}
const at = (minute: number): number => startMs + minute * minuteMs
const series = (count: number, bad: (minute: number) => number, invocations = 1000): readonly Minute[] =>
  Array.from({ length: count }, (_, minute) => ({ atMs: at(minute), invocations, bad: bad(minute) }))
/** One in a thousand, and a tenth from one minute to another. */
const faulty =
  (from: number, to = Infinity) =>
  (minute: number) =>
    minute >= from && minute < to ? 100 : 1
const back = (minute: number, more: Partial<LateFacts> = {}): LateFacts => ({
  ...{ over: { toMs: at(minute), until: 'back', by: 'x-2' }, others: [], ...more },
})

describe('the excess of a late fault', () => {
  it('is what failed from the minute in which it began until the way back, beyond what is usual', () => {
    const found = excessOf(watch, [series(400, faulty(300, 360))], back(360, { foundMs: at(320) }))
    expect(found).toMatchObject({
      toMs: at(360),
      excess: { kind: 'counted', fromMs: at(300), all: 60_000, failed: 6000 },
    })
    expect(found.excess).toMatchObject({ bad: 6000 - 60 })
    // Five times the variance of chance alone.
    expect(found.excess).toMatchObject({ error: expect.closeTo(Math.sqrt(5 * 60_000 * 0.1 * 0.9), 1) as number })
  })

  it('holds nothing of a short outage before, which was no fault', () => {
    const bad = (minute: number): number => (minute >= 100 && minute < 105 ? 100 : faulty(300)(minute))
    expect(excessOf(watch, [series(340, bad)], back(340, { foundMs: at(325) })).excess).toMatchObject({
      fromMs: at(300),
    })
  })

  it('is found of a person who went back sooner than the watch would have been sure', () => {
    const read = [series(305, faulty(300))]
    expect(excessOf(watch, read, back(305)).excess).toMatchObject({ fromMs: at(300), failed: 500 })
    expect(excessOf(watch, read, back(305, { foundMs: at(305) })).excess).toMatchObject({ kind: 'unknown' })
  })

  it('ends with its last minute where nobody has put it back', () => {
    const over = { toMs: at(1400), until: 'time' as const }
    const found = excessOf(watch, [series(1400, faulty(300, 360))], { over, foundMs: at(320), others: [] })
    expect(found).toMatchObject({ toMs: at(360), excess: { all: 60_000 } })
    const lasting = excessOf(watch, [series(1400, faulty(300))], { over, foundMs: at(320), others: [] })
    expect(lasting).toMatchObject({ toMs: at(1400), excess: { all: 1_100_000 } })
  })

  it('began before the watch found it, and not with a worse one of later', () => {
    const over = { toMs: at(1400), until: 'time' as const }
    const bad = (minute: number): number => (minute >= 1000 && minute < 1100 ? 900 : faulty(300, 330)(minute))
    expect(excessOf(watch, [series(1400, bad)], { over, foundMs: at(320), others: [] })).toMatchObject({
      excess: { fromMs: at(300) },
    })
  })

  it('leaves out the minutes in which another release had traffic', () => {
    const others = [{ fromMs: at(310) + 1000, toMs: at(320) + 1000 }]
    const { excess } = excessOf(watch, [series(360, faulty(300))], back(360, { foundMs: at(340), others }))
    expect(excess).toMatchObject({ fromMs: at(300), all: 49_000 })
    // One that still has traffic.
    const live = excessOf(watch, [series(360, faulty(300))], back(360, { others: [{ fromMs: at(310) }] }))
    expect(live.excess).toMatchObject({ all: 10_000 })
  })

  it('is of the targets that show it, each with its own beginning', () => {
    const targets = [
      target,
      { ...target, functionName: 'y' },
      { ...target, functionName: 'z', past: 'unknown' as const },
    ]
    const read = [series(360, faulty(300)), series(360, () => 1), series(360, () => 500)]
    expect(excessOf({ ...watch, targets }, read, back(360)).excess).toMatchObject({ fromMs: at(300), all: 60_000 })
    const both = [series(360, faulty(300)), series(360, faulty(310)), []]
    expect(excessOf({ ...watch, targets }, both, back(360)).excess).toMatchObject({ fromMs: at(300), all: 110_000 })
  })

  it('is unknown without data or a past, and nothing where data shows no fault', () => {
    expect(excessOf(watch, [[]], back(60)).excess).toMatchObject({ kind: 'unknown' })
    const hopeless = { ...watch, targets: [{ ...target, past: 'unknown' as const }] }
    expect(excessOf(hopeless, [series(60, faulty(0))], back(60)).excess).toMatchObject({ kind: 'unknown' })
    expect(excessOf(watch, [series(60, () => 1)], back(60)).excess).toEqual({ kind: 'none' })
  })

  it('of a healthy version that somebody takes back is nothing, but in one case of twenty', () => {
    const draw = drawFrom(chance(5, 'late'))
    const rounds = 60
    const found = Array.from({ length: rounds }, () => {
      // At the highest share that is explained, in bursts as large as are allowed for.
      const bad = (): number => Math.min(1000, past.burst * draw.poisson((1000 * 0.0015) / past.burst))
      return excessOf(watch, [series(600, bad)], back(600)).excess.kind
    })
    expect(found.filter((kind) => kind === 'counted').length).toBeLessThanOrEqual(0.05 * rounds + 4)
  })
})

const slo = { name: 'available', objectivePpm: 999_000, window: { kind: 'rolling' as const, days: 28 } }
const counted = { kind: 'counted' as const, fromMs: at(0), all: 1000, failed: 101, bad: 100, error: 20 }

describe('what is charged for it', () => {
  it('is of budgets that count failed requests; of others it is not known, and where nothing was found nothing is charged', () => {
    const charge = lateChargeOf({ ...slo, sli: { kind: 'availability' } }, counted, 400)
    expect(charge).toMatchObject({ kind: 'counted', bad: 100, elsewhen: 1000, budgetPpm: 250_000 })
    const others = [
      { ...slo, sli: { kind: 'latency' as const, fasterThanMs: 300 } },
      { ...slo, sli: { kind: 'availability' as const }, slices: { minutes: 5 as const, goodPpm: 990_000 } },
      { name: 'paid', sli: { kind: 'applicationSignals' as const, id: 'paid' } },
    ]
    expect(others.map((one) => lateChargeOf(one, counted, 400)?.kind)).toEqual(['unknown', 'unknown', 'unknown'])
    expect(lateChargeOf({ ...slo, sli: { kind: 'availability' } }, { kind: 'none' }, 400)).toBeUndefined()
  })

  it('counts with what came before: one charge where both are known, and else two', () => {
    const of = (bad: number) => ({
      kind: 'counted' as const,
      slo: 'a',
      all: 10,
      elsewhen: 0,
      bad,
      error: 3,
      budgetPpm: 5,
    })
    const not: Charge = { kind: 'unknown', slo: 'a', because: 'nobody saw it' }
    expect(chargesWith([of(1)], [{ ...of(2), error: 4 }])).toEqual([{ ...of(3), all: 20, error: 5, budgetPpm: 10 }])
    expect(chargesWith([of(1)], [])).toEqual([of(1)])
    expect(chargesWith([not], [of(2)])).toEqual([not, of(2)])
    expect(chargesWith([of(1)], [not])).toEqual([of(1), { ...not, because: 'after its promotion: nobody saw it' }])
  })

  it('is said in words, and of nobody who put it back', () => {
    const charges = [lateChargeOf({ ...slo, sli: { kind: 'availability' } }, counted, 400) ?? never()]
    expect(lateWords({ excess: counted, toMs: at(19), until: 'back', by: 'x-2', charges })).toBe(
      'from 2026-01-01 00:00Z until release x-2 went back from it at 2026-01-01 00:19Z (19m), 101 of 1000 requests failed: 100 more than are usual at these hours of the week (± 20); available: 25 % of the budget',
    )
    expect(lateWords({ excess: { kind: 'none' }, toMs: at(19), until: 'time', charges: [] })).toContain('nobody')
  })
})

const never = (): never => {
  throw new Error('it was not charged')
}
