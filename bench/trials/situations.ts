// The situations of the benchmark (docs/verdict.md, "The benchmark"): healthy releases under every noise, and faults.
import type { Noise, Situation } from './noise.ts'

const independent: Noise = { kind: 'independent' }
const minutes = 60
const tenPercent = (): number => 1000

/** 5, 10, 25 and 50 % of the traffic: ten minutes each, and half an hour for the last. */
const inSteps = (minute: number): number => [500, 1000, 2500][Math.floor(minute / 10)] ?? 5000

const healthyOne = (name: string, perMinute: number, rate: number, noise: Noise): Situation => ({
  name,
  perMinute,
  rate,
  noise,
  minutes,
  weightBp: tenPercent,
})

const usualDrift: Noise = { kind: 'drift', deviation: 0.5, lag: 0.8 }

export const healthy: readonly Situation[] = [
  healthyOne('100/.1%', 100, 0.001, independent),
  healthyOne('1k/.1%', 1000, 0.001, independent),
  healthyOne('1k/1%', 1000, 0.01, independent),
  healthyOne('20k/1%', 20_000, 0.01, independent),
  healthyOne('outage', 1000, 0.01, { kind: 'outage' }),
  healthyOne('clus3', 1000, 0.01, { kind: 'bursts', size: 3 }),
  healthyOne('clus10', 1000, 0.01, { kind: 'bursts', size: 10 }),
  healthyOne('shared', 1000, 0.01, { kind: 'shared' }),
  healthyOne('armAR 1k', 1000, 0.01, usualDrift),
  healthyOne('armAR 20k', 20_000, 0.01, usualDrift),
]

/** Drift that differs from the model behind the engine's null hypothesis. */
export const otherDrifts: readonly Situation[] = [
  healthyOne('sd .3 lag .95 1k', 1000, 0.01, { kind: 'drift', deviation: 0.3, lag: 0.95 }),
  healthyOne('sd .3 lag .95 20k', 20_000, 0.01, { kind: 'drift', deviation: 0.3, lag: 0.95 }),
  healthyOne('sd .8 lag .8 1k', 1000, 0.01, { kind: 'drift', deviation: 0.8, lag: 0.8 }),
  healthyOne('sd .5 lag .95 1k', 1000, 0.01, { kind: 'drift', deviation: 0.5, lag: 0.95 }),
]

const withFault = (base: Situation, name: string, added: number, fromMinute = 0): Situation => ({
  ...base,
  name,
  fault: { added, fromMinute },
})

const [quiet, low, usual, busy] = healthy as readonly [Situation, Situation, Situation, Situation]
const clustered = healthyOne('clus3', 1000, 0.01, { kind: 'bursts', size: 3 })

export const faulty: readonly Situation[] = [
  withFault(quiet, '100 .1%+5pp', 0.05),
  withFault(low, '1k .1%+1pp', 0.01),
  withFault(usual, '1k 1%+1pp', 0.01),
  withFault(usual, '1k 1%+5pp', 0.05),
  withFault(usual, '1k 1%+5pp, onset 30', 0.05, 30),
  withFault(busy, '20k 1%+.5pp', 0.005),
  withFault(clustered, 'clus3 1%+5pp', 0.05),
]

/** Half of the requests or more fail, while stable is healthy. */
export const failing: readonly Situation[] = [
  withFault(low, '1k .1%+60pp', 0.6),
  withFault(usual, '1k 1%+60pp', 0.6),
  withFault(usual, '1k 1%+60pp, onset 30', 0.6, 30),
  withFault(busy, '20k 1%+60pp', 0.6),
  withFault(clustered, 'clus3 1%+60pp', 0.6),
  withFault(usual, '1k 1%+99pp', 0.99),
]

const stepped = (one: Situation): Situation => ({ ...one, name: `${one.name}, in steps`, weightBp: inSteps })
const pick = (names: readonly string[], from: readonly Situation[]): readonly Situation[] =>
  from.filter(({ name }) => names.includes(name)).map(stepped)

export const healthyInSteps = pick(['1k/1%', '20k/1%', 'outage', 'clus10', 'shared', 'armAR 1k', 'armAR 20k'], healthy)
export const faultyInSteps = pick(['1k 1%+1pp', '1k 1%+5pp', '1k 1%+5pp, onset 30', '20k 1%+.5pp'], faulty)
