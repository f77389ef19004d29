// Healthy releases under the noise that situations.ts does not have: cold starts, storms, other drift, outages in every step,
// high usual rates, and seasons; and releases with another noise than the hours and the releases before them.
import type { Noise, Situation } from './noise.ts'
import { flat, stepMinutes, to80, to90, to95, toAll } from './weights.ts'

const minutes = 60
const service = (perMinute: number, rate: number) => (name: string, noise: Noise) => ({
  name,
  perMinute,
  rate,
  noise,
  minutes,
})
const usual = service(1000, 0.01)
const low = service(1000, 0.001)
const busyLow = service(20_000, 0.001)
const busy = service(20_000, 0.01)

const independent: Noise = { kind: 'independent' }
const coldStart: Noise = { kind: 'cold', added: [0.05, 0.03, 0.01] }
const storm = (shape: number, ...length: readonly [number, number]): Noise => ({
  kind: 'storms',
  shape,
  minutes: length,
})
const wandering: Noise = { kind: 'drift', deviation: 0.5, lag: 0.8 }
const slowDrift: Noise = { kind: 'drift', deviation: 0.3, lag: 0.98 }
const walk: Noise = { kind: 'walk', deviation: 0.1 }
const skews = [1, 1.15, 1.35]
const seasons: Noise = { kind: 'seasons', traffic: 0.8, rate: 0.5 }

type WithoutPlan = Omit<Situation, 'weightBp'>
const withPlan = (name: string, weightBp: Situation['weightBp'], of: readonly WithoutPlan[]): readonly Situation[] =>
  of.map((one) => ({ ...one, name: name === '' ? one.name : `${one.name}, ${name}`, weightBp }))

const noises: readonly WithoutPlan[] = [
  low('1k .1 %', independent),
  usual('1k 1 %', independent),
  service(1000, 0.05)('1k 5 %', independent),
  service(1000, 0.3)('1k 30 %', independent),
  service(30, 0.3)('30 30 %', independent),
  busy('20k 1 %', independent),
  usual('seasons 1k', seasons),
  busy('seasons 20k', seasons),
  usual('cold 1k 1 %', coldStart),
  busyLow('cold 20k .1 %', coldStart),
  usual('storm 1.5, 1 min', storm(1.5, 1, 1)),
  usual('storm 1.2, 1 min', storm(1.2, 1, 1)),
  usual('storm 1.1, 1 min', storm(1.1, 1, 1)),
  usual('storm 1.2, 1-3 min', storm(1.2, 1, 3)),
  usual('storm 1.2, 1-5 min', storm(1.2, 1, 5)),
  usual('storm 1.2, 1-8 min', storm(1.2, 1, 8)),
  busy('storm 1.2, 1-5 min, 20k', storm(1.2, 1, 5)),
  usual('armAR 1k', wandering),
  busy('armAR 20k', wandering),
  usual('lag .98 1k', slowDrift),
  busy('lag .98 20k', slowDrift),
  usual('walk .1 1k', walk),
  ...skews.map((skew) => usual(`outage x${skew} 1k`, { kind: 'outage', skew })),
  ...skews.map((skew) => busy(`outage x${skew} 20k`, { kind: 'outage', skew })),
]

export const noisesFlat = withPlan('', flat, noises)
export const noisesInSteps = withPlan('10/50/90', to90, noises)

/** Where many requests fail anyway, noise may look like a total failure: of each kind, healthy releases and total failures. */
const often: readonly WithoutPlan[] = [0.1, 0.2, 0.3, 0.4].flatMap((rate) =>
  [
    ['storm 1.2, 1-5 min', storm(1.2, 1, 5)] as const,
    ['storm 1.1, 1 min', storm(1.1, 1, 1)] as const,
    ['bursts of 3', { kind: 'bursts', size: 3 }] as const,
    ['bursts of 10', { kind: 'bursts', size: 10 }] as const,
    ['drift .5, lag .8', wandering] as const,
    ['drift 1, lag .6', { kind: 'drift', deviation: 1, lag: 0.6 }] as const,
    ['lag .98', slowDrift] as const,
    ['shared', { kind: 'shared' }] as const,
    ['outage', { kind: 'outage' }] as const,
  ].map(([name, noise]) => service(1000, rate)(`1k ${100 * rate} % ${name}`, noise)),
)

export const oftenFlat = withPlan('', flat, often)
export const oftenInSteps = withPlan('10/50/90', to90, often)
export const oftenFailing: readonly Situation[] = oftenFlat.map((one) => ({
  ...one,
  name: `${one.name}, all fail`,
  fault: { added: 1, fromMinute: 0 },
}))

const outageIn = (step: number): WithoutPlan => {
  const from = step * stepMinutes
  return usual(`outage in step ${step + 1}`, { kind: 'outage', within: [from, from + stepMinutes] })
}
const everyStep = [0, 1, 2].map(outageIn)

/** The same outage for both versions in each step. The last step has no stable beside it, or holds 5 to 20 % back. */
export const outagesByStep: readonly Situation[] = [
  ...withPlan('10/50/100', toAll, everyStep),
  ...withPlan('10/50/90', to90, everyStep),
  ...withPlan('10/50/95', to95, [outageIn(2)]),
  ...withPlan('10/50/80', to80, [outageIn(2)]),
]

const unheard: readonly WithoutPlan[] = [
  usual('cold 1k 1 %', coldStart),
  busyLow('cold 20k .1 %', coldStart),
  usual('storm 1.2, 1-5 min', storm(1.2, 1, 5)),
  usual('armAR 1k', wandering),
  busy('armAR 20k', wandering),
  busy('lag .98 20k', slowDrift),
  usual('walk .1 1k', walk),
  usual('outage x1.35', { kind: 'outage', skew: 1.35 }),
  usual('bursts of 10', { kind: 'bursts', size: 10 }),
].map((one) => ({ ...one, name: `${one.name}, new`, noiseBefore: independent }))

/** Independent errors in the hours and releases before, and then another noise. */
export const newNoisesFlat = withPlan('', flat, unheard)
export const newNoisesInSteps = withPlan('10/50/90', to90, unheard)
