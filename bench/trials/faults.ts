// Faults of the candidate beside those of situations.ts: of every size, growing, coming and going, late, and total.
import { type Fault, timesAsOften } from './fault.ts'
import type { Situation } from './noise.ts'
import { flat, lastStep, to80, to90, to95, toAll } from './weights.ts'

const minutes = 60
type Service = { readonly name: string; readonly perMinute: number; readonly rate: number }

const one = (
  { name, perMinute, rate }: Service,
  faultName: string,
  fault: Fault,
  [plan, weightBp]: readonly [string, Situation['weightBp']] = ['', flat],
): Situation => ({
  name: [name, faultName, plan].filter((part) => part !== '').join(' '),
  perMinute,
  rate,
  noise: { kind: 'independent' },
  minutes,
  weightBp,
  fault,
})

const few: Service = { name: '100 .1 %', perMinute: 100, rate: 0.001 }
const low: Service = { name: '1k .1 %', perMinute: 1000, rate: 0.001 }
const usual: Service = { name: '1k 1 %', perMinute: 1000, rate: 0.01 }
const busy: Service = { name: '20k .1 %', perMinute: 20_000, rate: 0.001 }
const busyUsual: Service = { name: '20k 1 %', perMinute: 20_000, rate: 0.01 }
const often: Service = { name: '1k 5 %', perMinute: 1000, rate: 0.05 }
const busyBad: Service = { name: '20k 30 %', perMinute: 20_000, rate: 0.3 }
const huge: Service = { name: '200k 1 %', perMinute: 200_000, rate: 0.01 }
/** What a plan of 10, 50 and 100 % is, unless it says otherwise. */
const held = ['10/50/90', to90] as const

const ratios = [1.1, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 14, 20, 30, 50]

/** A constant ratio of the usual rate from the first minute on: for each service one situation for each ratio. */
export const sizes: readonly (Service & { readonly situations: readonly Situation[] })[] = [
  ...[usual, busy, busyUsual, huge],
].map((service) => ({
  ...service,
  situations: ratios.map((ratio) =>
    one(service, `x${ratio}`, { added: timesAsOften(ratio, service.rate), fromMinute: 0 }),
  ),
}))

/** Constant additional shares, at a fixed weight and in steps. */
export const constant: readonly Situation[] = [['', flat] as const, held].flatMap((plan) => [
  one(few, '+5', { added: 0.05, fromMinute: 0 }, plan),
  one(low, '+1', { added: 0.01, fromMinute: 0 }, plan),
  one(usual, '+1', { added: 0.01, fromMinute: 0 }, plan),
  one(usual, '+5', { added: 0.05, fromMinute: 0 }, plan),
  one(busy, '+5', { added: 0.05, fromMinute: 0 }, plan),
  one(busyUsual, '+.5', { added: 0.005, fromMinute: 0 }, plan),
  one(busyBad, 'x1.1', { added: timesAsOften(1.1, busyBad.rate), fromMinute: 0 }, plan),
])

/** Linear growth over 40 minutes, and doubling every 6 minutes from half of the usual rate. */
export const growing: readonly Situation[] = [['', flat] as const, held].flatMap((plan) => [
  one(busy, '+2 over 40', { added: 0.02, fromMinute: 0, growsPerMinute: 0.02 / 40 }, plan),
  one(usual, '+10 over 40', { added: 0.1, fromMinute: 0, growsPerMinute: 0.1 / 40 }, plan),
  one(busy, 'doubling', { added: busy.rate / 2, fromMinute: 0, doublesEveryMinutes: 6 }, plan),
  one(usual, 'doubling', { added: usual.rate / 2, fromMinute: 0, doublesEveryMinutes: 6 }, plan),
])

/** One minute of 5 with 10 points more, one of 12 with 30 points more. */
export const intermittent: readonly Situation[] = [['', flat] as const, held].flatMap((plan) => [
  one(usual, '+10 in 1 of 5', { added: 0.1, fromMinute: 0, onceEveryMinutes: 5 }, plan),
  one(usual, '+30 in 1 of 12', { added: 0.3, fromMinute: 0, onceEveryMinutes: 12 }, plan),
])

/** Faults that begin in the middle of a release of three steps. */
export const late: readonly Situation[] = [25, 30].flatMap((fromMinute) => [
  one(usual, `+5 from ${fromMinute}`, { added: 0.05, fromMinute }, held),
  one(busy, `x7 from ${fromMinute}`, { added: timesAsOften(7, busy.rate), fromMinute }, held),
])

const outageBefore = { kind: 'outage', within: [8, 13] } as const

/** Faults that begin twelve minutes after an outage of both versions; the hours before had none. */
export const afterOutage: readonly Situation[] = [['', flat] as const, held].flatMap((plan) =>
  [
    one(usual, '+2 from 25', { added: 0.02, fromMinute: 25 }, plan),
    one(usual, '+5 from 25', { added: 0.05, fromMinute: 25 }, plan),
    one(often, '+10 from 25', { added: 0.1, fromMinute: 25 }, plan),
    one(busyUsual, '+.5 from 25', { added: 0.005, fromMinute: 25 }, plan),
    one(huge, '+.5 from 25', { added: 0.005, fromMinute: 25 }, plan),
  ].flatMap((each) => [
    each,
    { ...each, name: `${each.name}, after an outage`, noise: outageBefore, noiseBefore: each.noise },
  ]),
)

/** Faults that begin five minutes after the last step has begun, which holds back 0, 5, 10 or 20 % of the traffic. */
export const inLastStep: readonly Situation[] = [
  ...([['10/50/100', toAll], ['10/50/95', to95], held, ['10/50/80', to80]] as const),
].flatMap((plan) => {
  const fromMinute = lastStep + 5
  return [
    one(low, '+3 from 45', { added: 0.03, fromMinute }, plan),
    one(low, '+20 from 45', { added: 0.2, fromMinute }, plan),
    one(usual, '+5 from 45', { added: 0.05, fromMinute }, plan),
    one(busy, '+1 from 45', { added: 0.01, fromMinute }, plan),
  ]
})

/** All requests fail, or half of them more, at a usual rate of so many in a hundred. */
export const total: readonly Situation[] = [1, 5, 10, 20, 30, 40].flatMap((percent) => {
  const service = { name: `1k ${percent} %`, perMinute: 1000, rate: percent / 100 }
  return [one(service, 'all', { added: 1, fromMinute: 0 }), one(service, '+50', { added: 0.5, fromMinute: 0 })]
})
