// A small version of `npm run bench:budget`: what letting the budget set the pace saves, at the same time to full traffic.
// Seeded, so the result is always the same; the full benchmark has twenty months at three levels of traffic.
import { describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { minuteByMinute } from '../../bench/trials/noise.ts'
import { faults, monthService, runMonth } from '../../bench/trials/month.ts'
import { comparePaces, waysOf } from '../../bench/trials/pace-trial.ts'
import { alarm, engine, runRelease } from '../../bench/trials/paced-release.ts'
import { samAlarm } from '../../bench/rivals/alarms.ts'

const seed = 50_001
const startMs = Date.UTC(2026, 0, 1)
const service = monthService([10, 50], 5)
const asPlanned = (plan: typeof service.plan) => plan
const traffic = (added: number) => {
  const draw = minuteByMinute(
    { name: 'pace', rate: 0, noise: { kind: 'independent' }, minutes: 0, fault: { added, fromMinute: 0 } },
    seed,
  )
  return (minute: number, weightBp: number) => draw(minute, weightBp, 1000)
}

describe('a release of the benchmark', () => {
  it('goes through the plan and is promoted when nothing is wrong', () => {
    const { outcome, minutes } = runRelease(service, startMs, traffic(0), engine(service), asPlanned)
    expect(outcome).toBe('promoted')
    expect(minutes.map(({ weightBp }) => weightBp)).toEqual([
      1000, 1000, 1000, 1000, 1000, 5000, 5000, 5000, 5000, 5000,
    ])
  })

  it('sees a minute two minutes after it began, with any judge', () => {
    expect(runRelease(service, startMs, traffic(1), engine(service), asPlanned)).toMatchObject({
      outcome: 'rolledBack',
      // Without a past, a total failure has to show in two minutes.
      minutes: { length: 3 },
    })
    // Two consecutive minutes of errors, plus the delay.
    expect(runRelease(service, startMs, traffic(1), alarm(samAlarm, 0), asPlanned)).toMatchObject({
      outcome: 'rolledBack',
      minutes: { length: 3 },
    })
  })

  it('may get a smaller plan before each shift, based on what is known then', () => {
    const asked: [number, number][] = []
    const { minutes } = runRelease(service, startMs, traffic(0), engine(service), (plan, step, seen) => {
      asked.push([step, Math.round((seen.candidateInvocations + seen.stableInvocations) / 1000)])
      return step === 0 ? { steps: [{ weightBp: 500, bakeSeconds: 180 }, ...plan.steps] } : plan
    })
    expect(asked).toEqual([
      [0, 0],
      [1, 2],
      [2, 7],
      [3, 12],
    ])
    expect(minutes.map(({ weightBp }) => weightBp).slice(0, 4)).toEqual([500, 500, 500, 1000])
  })
})

describe(`months of releases, seed ${seed}`, () => {
  it('have 60 releases, include every fault once, and are reproducible', () => {
    const month = runMonth(waysOf(30).sam, 100, seed)
    expect(month.bad.map(({ name }) => name).sort()).toEqual(faults.map(({ name }) => name).sort())
    expect(month.minutes.length + month.falseRollbacks + month.notBegun).toBe(54)
    expect(runMonth(waysOf(30).sam, 100, seed)).toEqual(month)
  })

  it('count the errors of a bad version that was promoted until its burn rate pages somebody', () => {
    const { bad } = runMonth({ name: 'a minute', service: monthService([100], 1), rule: samAlarm }, 1000, seed)
    const total = bad.find(({ name }) => name === 'all fail')
    // Found within five minutes, put back a quarter of an hour later.
    const minutes = (total?.after ?? 0) / 0.99 / 1000
    expect(minutes).toBeGreaterThan(0.2 * 15)
    expect(minutes).toBeLessThan(1.8 * 25)
  })

  it.each([1000, 20_000].slice(0, repeats(2, 1)))(
    'serve a third of the bad requests of the fixed plan when the budget sets the pace, in the same time: %d a minute',
    (mean) => {
      const { fixed, paced } = waysOf(30)
      const accounts = comparePaces([fixed, paced], mean, [seed])
      expect(accounts[1]?.ratio.all).toBeGreaterThan(3)
      expect(accounts[1]?.medianMinutes).toBeLessThanOrEqual(accounts[0]?.medianMinutes ?? 0)
      expect(accounts[1]?.falseShare).toBeLessThan(0.03)
      expect(accounts[1]?.notBegunShare).toBe(0)
    },
  )
})
