// How the benchmark runs its trials: what rules may learn from, what counts as a bad request, who goes on at the end of a bake,
// and points that come late.
import { describe, expect, it } from 'vitest'
import type { Rival, RivalSettings, Said } from '../../bench/rivals/rival.ts'
import { ours } from '../../bench/rivals/e-processes.ts'
import { faultRows } from '../../bench/rows/faults.ts'
import { judgedLate, rivalLate } from '../../bench/trials/late-errors.ts'
import { clearlyBad, fewRequests, runPasses } from '../../bench/trials/low-traffic.ts'
import { earlierReleases, minutesOf, pastOf, type Situation } from '../../bench/trials/noise.ts'
import { runTrial } from '../../bench/trials/trial.ts'

const alpha = 0.05
const healthy: Situation = {
  name: 'tried',
  perMinute: 1000,
  rate: 0.01,
  noise: { kind: 'independent' },
  minutes: 60,
  weightBp: () => 1000,
}
const quiet: Situation = { ...healthy, rate: 0 }

/** A rule that says these words, whatever it sees, and then passes. */
const saying = (name: string, ...words: readonly Said[]): Rival => ({
  name,
  about: name,
  judge: (minutes) => minutes.map((_, minute) => ({ said: words[minute] ?? 'pass' })),
})
const never = saying('never')
const atMinute = (minute: number): Rival =>
  saying(`at ${minute}`, ...Array.from({ length: minute - 1 }, (): Said => 'pass'), 'fail')

describe('a trial', () => {
  it("hands every rule the same minutes, and stable's past and earlier releases when it should", () => {
    const seen: (RivalSettings & { readonly bad: number })[] = []
    const spy: Rival = {
      ...never,
      judge(minutes, settings) {
        seen.push({ ...settings, bad: minutes[0]?.stableBad ?? 0 })
        return never.judge(minutes, settings)
      },
    }
    runTrial([spy, spy], healthy, 1, 5, alpha, { past: true, releases: 3 })
    expect(seen[0]).toEqual(seen[1])
    expect(seen[0]?.bad).toBe(minutesOf(healthy, 5)[0]?.stableBad)
    expect(seen[0]?.past).toEqual(pastOf(healthy, 5))
    expect(seen[0]?.earlier).toEqual(earlierReleases(healthy, 3, 5))
    runTrial([spy], healthy, 1, 5, alpha)
    expect(seen[2]).toMatchObject({ alpha, stableRate: 0.01 })
    expect(Object.keys(seen[2] ?? {})).not.toContain('past')
    expect(Object.keys(seen[2] ?? {})).not.toContain('earlier')
  })

  it('counts what the fault adds in each minute until it is found, and not what fails anyway', () => {
    const served = (fault: Situation['fault'], rate = 0, rule = atMinute(20)): number =>
      runTrial([rule], { ...quiet, rate, ...(fault === undefined ? {} : { fault }) }, 20, 1, alpha)[0]?.badServed ?? NaN
    // A hundred requests a minute.
    const of = (share: number): number => 100 * share
    expect(served({ added: 0.1, fromMinute: 0 }) / of(20 * 0.1)).toBeCloseTo(1, 1)
    expect(served({ added: 0.1, fromMinute: 10 }) / of(10 * 0.1)).toBeCloseTo(1, 1)
    expect(served({ added: 0.1, fromMinute: 0, onceEveryMinutes: 5 }) / of(4 * 0.1)).toBeCloseTo(1, 1)
    expect(served({ added: 1, fromMinute: 0, growsPerMinute: 0.01 }) / of(2.1)).toBeCloseTo(1, 1)
    expect(served({ added: 1, fromMinute: 0 }, 0.4) / of(20 * 0.6)).toBeCloseTo(1, 1)
    expect(served({ added: 0.1, fromMinute: 0 }, 0, never) / of(60 * 0.1)).toBeCloseTo(1, 1)
  })
})

describe('a release of little traffic', () => {
  const one = fewRequests[0] ?? healthy
  const held = Array.from({ length: 8 }, (): Said => 'unknown')
  const rules = [
    never,
    saying('held', ...held),
    atMinute(3),
    saying('late', ...held, 'fail'),
    saying('stuck', ...Array.from({ length: 60 }, (): Said => 'unknown')),
  ]

  it('goes on at the end of its bake, or at the first pass after it, unless it is put back first', () => {
    const [pass, later, back, backLater, stuck] = runPasses(rules, one, 4, 1, alpha)
    expect(pass).toEqual({ runs: 4, back: 0, atOnce: 4, later: 0, medianMinutes: 5, mostMinutes: 5 })
    expect(later).toEqual({ runs: 4, back: 0, atOnce: 0, later: 4, medianMinutes: 9, mostMinutes: 9 })
    expect(back).toMatchObject({ back: 4, atOnce: 0, later: 0, medianMinutes: Infinity })
    expect(backLater).toMatchObject({ back: 4, atOnce: 0, later: 0 })
    expect(stuck).toMatchObject({ back: 0, atOnce: 0, later: 0, mostMinutes: Infinity })
  })

  it('is judged by the plan of its step, of half the traffic', () => {
    const plans: unknown[] = []
    const spy: Rival = {
      ...never,
      judge(minutes, settings) {
        plans.push(settings.plan)
        expect(minutes.every(({ weightBp }) => weightBp === 5000)).toBe(true)
        return never.judge(minutes, settings)
      },
    }
    runPasses([spy], clearlyBad[0] ?? healthy, 1, 1, alpha)
    expect(plans).toEqual([{ steps: [{ weightBp: 5000, bakeSeconds: 300 }] }])
  })

  it('is bad as its name says', () => {
    const [toFifth] = clearlyBad
    const bad = Array.from({ length: 40 }, (_, seed) => minutesOf(toFifth ?? healthy, seed)).flat()
    const sum = (of: (minute: (typeof bad)[number]) => number): number =>
      bad.reduce((total, minute) => total + of(minute), 0)
    expect(sum((minute) => minute.candidateBad) / sum((minute) => minute.candidateInvocations)).toBeCloseTo(0.2, 2)
    expect(sum((minute) => minute.stableBad)).toBe(0)
  })

  it('is judged by our own rule with the plan that is given', () => {
    const minutes = minutesOf({ ...healthy, perMinute: 100, fault: { added: 0.03, fromMinute: 0 } }, 3)
    const said = (bakeSeconds: number) =>
      ours.judge(minutes, { alpha, stableRate: 0.01, plan: { steps: [{ weightBp: 1000, bakeSeconds }] } })
    expect(said(300)).not.toEqual(said(86_400))
  })
})

describe('errors that come late', () => {
  const release = minutesOf({ ...healthy, fault: { added: 0.3, fromMinute: 0 } }, 4)
  const settings = { alpha, stableRate: 0.01 }
  const onTime = ours.judge(release, settings).map(({ said }) => said)

  it('are judged by what each look can know: without delay as ever, else so much later', () => {
    const late = (minutes: number, arm: 'stable' | 'candidate' = 'candidate') =>
      judgedLate(release, { arm, minutes }, alpha).indexOf('fail')
    expect(judgedLate(release, { arm: 'stable', minutes: 0 }, alpha).indexOf('fail')).toBe(onTime.indexOf('fail'))
    expect(late(4)).toBe(onTime.indexOf('fail') + 4)
    expect(late(10, 'stable')).toBe(onTime.indexOf('fail') + 10)
  })

  it('look to other rules as if nothing had failed, until they come', () => {
    const failing: Rival = {
      ...never,
      judge: (minutes) =>
        minutes.map((_, last) => {
          const isBad = minutes.slice(0, last + 1).some(({ candidateBad }) => candidateBad > 0)
          return { said: isBad ? 'fail' : 'pass' }
        }),
    }
    expect(rivalLate(failing, release, { arm: 'candidate', minutes: 0 }, settings).indexOf('fail')).toBe(0)
    expect(rivalLate(failing, release, { arm: 'candidate', minutes: 3 }, settings).indexOf('fail')).toBe(3)
    expect(rivalLate(failing, release, { arm: 'stable', minutes: 3 }, settings).indexOf('fail')).toBe(0)
  })
})

describe('the rows', () => {
  it('name every situation in which ours serves more than E2 and Kayenta', () => {
    const row = faultRows.find(({ name }) => name === 'intermittent')
    const rules = [
      { ...never, name: 'ours' },
      { ...atMinute(1), name: 'e2' },
      { ...atMinute(10), name: 'kayenta' },
    ]
    const tables = row?.tables({ rules, runs: 2, seed: 1, alpha, history: { past: false, releases: 0 } })
    expect(tables?.[2]?.title).toContain('4 of 4')
    expect(tables?.[0]?.rows[0]?.[1]).toMatch(/^0\/-\//)
    expect(tables?.[1]?.rows[0]?.[2]).toBe('1.00')
  })
})
