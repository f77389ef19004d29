// Early promotion: how many bad candidates end their bake early under each noise, and how soon healthy ones do.
import { errorNulls } from '../../core/verdict/counts/count-design.ts'
import { learn } from '../../core/verdict/counts/learn.ts'
import { earlyRule } from '../../core/verdict/processes/early-promotion.ts'
import { minutesOf, type Noise, pastOf, type Situation } from './noise.ts'
import { flat } from './weights.ts'

/** As policy.early by default: a candidate that fails twice as often, and 1 % of its requests, is bad. */
const bad = { ratio: 2, rate: 0.01 }
const minutes = 60
const half = (): number => 5000

const bursts = (size: number): Noise => ({ kind: 'bursts', size })
const storms = (shape: number, most: number): Noise => ({ kind: 'storms', shape, minutes: [1, most] })
const noises: readonly (readonly [name: string, noise: Noise])[] = [
  ['independent', { kind: 'independent' }],
  ['bursts of 5', bursts(5)],
  ['bursts of 10', bursts(10)],
  ['bursts of 20', bursts(20)],
  ['storm 1.5, 1 min', storms(1.5, 1)],
  ['storm 1.1, 1 min', storms(1.1, 1)],
  ['storm 1.2, 1-8 min', storms(1.2, 8)],
  ['drift .5, lag .8', { kind: 'drift', deviation: 0.5, lag: 0.8 }],
  ['drift 1, lag .6', { kind: 'drift', deviation: 1, lag: 0.6 }],
  ['drift .5, lag .98', { kind: 'drift', deviation: 0.5, lag: 0.98 }],
]
/** At half a per cent, twice as often is just bad in both ways. */
const services = [
  { perMinute: 1000, rate: 0.001, weightBp: half },
  { perMinute: 1000, rate: 0.005, weightBp: flat },
  { perMinute: 20_000, rate: 0.005, weightBp: flat },
  { perMinute: 1000, rate: 0.05, weightBp: flat },
]

export const earlyHealthy: readonly Situation[] = noises.flatMap(([noiseName, noise]) =>
  services.map((service) => ({
    ...service,
    name: `${noiseName}, ${service.perMinute} ${100 * service.rate} % at ${service.weightBp() / 100} %`,
    noise,
    minutes,
  })),
)

/** Just bad: they fail twice as often as stable, and at least the share that is bad. */
export const earlyBad: readonly Situation[] = earlyHealthy.map((one) => ({
  ...one,
  fault: { added: Math.max(bad.rate - one.rate, (bad.ratio - 1) * one.rate), fromMinute: 0 },
}))

type EarlyOutcome = { readonly runs: number; readonly promoted: number; readonly medianMinutes: number }

/** With what stable's hours before each release teach. */
export function runEarly(situation: Situation, runs: number, seed: number, alpha: number): EarlyOutcome {
  const proven = Array.from({ length: runs }, (_, run) => {
    const past = learn({ tolerance: 1, nulls: errorNulls() }, { stable: pastOf(situation, seed + run), releases: [] })
    const rule = earlyRule(bad, situation.minutes, past?.bursts)
    let state = rule.begin
    const minute = minutesOf(situation, seed + run).findIndex((one) => {
      state = rule.step(state, one)
      return rule.logE(state) >= Math.log(1 / alpha)
    })
    return minute < 0 ? Infinity : minute + 1
  }).toSorted((a, b) => a - b)
  return {
    runs,
    promoted: proven.filter(Number.isFinite).length,
    medianMinutes: proven[Math.floor(runs / 2)] ?? Infinity,
  }
}
