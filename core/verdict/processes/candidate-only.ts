// With all traffic on the candidate, stable has none to compare with, and an outage of a dependency looks like a fault of the
// candidate. Two things can be told apart all the same. Errors above what stable's own past explains that began with the step
// and never paused came with our own shift: they put the traffic back. Others may be an outage: they hold the release.
import { logSum } from './log-space.ts'

const factor = 2
const rateMin = 0.01
const rateMax = 0.5
/** With fewer of stable's requests its usual rate is unknown. Then only failing every other request is surely bad. */
const requestsMin = 500
const multiples = [2, 4, 8, 16, 32]
/** New environments may fail so much more often in their first minutes (counts/cold-start.ts). */
const coldExcess = 0.1
// The evidence stays valid under bursts of this size, because the likelihood ratio is raised to the power of its inverse.
const burstMin = 5
const burstMax = 1000

export type AloneState = {
  /** The error rate that stable's past explains, the one that is bad whoever is to blame, and the size of bursts. */
  readonly explained: number
  readonly bad: number
  readonly burst: number
  /** ln likelihood ratio of each multiple of the bad rate, since the step began, and without its cold minutes. */
  readonly ratios: readonly number[]
  readonly warmRatios: readonly number[]
  /** The same of the explained rate, since the candidate last looked well: never below 0. */
  readonly recent: readonly number[]
  /** Every minute of the step so far was above the bad rate. */
  readonly isUnbroken: boolean
  /** Of the candidate, since it has had all traffic. */
  readonly total: { readonly invocations: number; readonly bad: number }
}

/** What is known of stable: its counts, its dispersion, and the highest rate that it had for minutes. */
export type StablePast = {
  readonly bad: number
  readonly invocations: number
  readonly dispersion: number
  readonly highest: number
}

export function aloneBegin({ bad, invocations, dispersion, highest }: StablePast): AloneState {
  const explained = Math.min(rateMax, Math.max(rateMin, (factor * bad) / Math.max(1, invocations), highest))
  return {
    explained,
    bad: invocations < requestsMin ? rateMax : explained,
    burst: Math.min(burstMax, Math.max(burstMin, dispersion)),
    ratios: multiples.map(() => 0),
    warmRatios: multiples.map(() => 0),
    recent: multiples.map(() => 0),
    isUnbroken: true,
    total: { invocations: 0, bad: 0 },
  }
}

const worseRate = (rate: number, multiple: number): number => 1 - (1 - rate) ** multiple

function gainsOver(rate: number, burst: number, invocations: number, bad: number): readonly number[] {
  return multiples.map((multiple) => {
    const worse = worseRate(rate, multiple)
    return (bad * Math.log(worse / rate) + (invocations - bad) * Math.log((1 - worse) / (1 - rate))) / burst
  })
}

/** @param isCold new environments may still fail */
export function aloneStep(state: AloneState, invocations: number, bad: number, isCold: boolean): AloneState {
  if (invocations === 0) return state
  const gains = (rate: number): readonly number[] =>
    gainsOver(Math.min(rateMax, rate + (isCold ? coldExcess : 0)), state.burst, invocations, bad)
  const [own, explained] = [gains(state.bad), gains(state.explained)]
  return {
    ...state,
    ratios: state.ratios.map((value, index) => value + (own[index] ?? 0)),
    warmRatios: isCold ? state.warmRatios : state.warmRatios.map((value, index) => value + (own[index] ?? 0)),
    recent: state.recent.map((value, index) => Math.max(0, value + (explained[index] ?? 0))),
    isUnbroken: state.isUnbroken && bad > state.bad * invocations,
    total: { invocations: state.total.invocations + invocations, bad: state.total.bad + bad },
  }
}

/** ln E against the candidate; none once a minute of the step looked well. */
export const aloneLogE = ({ isUnbroken, ratios, warmRatios }: AloneState): number =>
  isUnbroken ? logSum([...ratios, ...warmRatios]) - Math.log(2 * multiples.length) : -Infinity

/** Whether the latest minutes are above what stable's past explains, by as much as would put the traffic back. */
export const isAloneDoubtful = ({ recent }: AloneState, alpha: number): boolean =>
  Math.max(...recent) >= Math.log(multiples.length / alpha)
