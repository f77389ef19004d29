// Which plan fits a function's traffic: how large the steps are, and how long each of them has to watch before a version
// without a fault can pass. The verdict's own foresight says how long that is. Pure.
import { parseDefinition } from '../../core/service/definition.ts'
import type { Service } from '../../core/service/service.ts'
import { minutesNeeded } from '../../core/verdict/judge/foresight.ts'
import { signalSpecs } from '../../core/verdict/evidence/questions.ts'

/**
 * What a plan and its promise are made for: at least so many requests a minute, and at most this share of them fails usually.
 */
export type TrafficClass = { readonly perMinute: number; readonly rate: number }
type PlanStep = { readonly weight: number; readonly bakeMinutes: number }
export type Fit = {
  readonly steps: readonly PlanStep[]
  readonly minimumSamples: number
  /** How long a step may stay undecided after its bake before the release is rolled back. */
  readonly holdMinutes: number
}

/** Rising. Traffic is rounded down to one of these. */
export const perMinuteClasses: readonly number[] = [
  0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000,
]
/** Rising. The usual share of failed requests is rounded up to one of these. */
export const rateClasses: readonly number[] = [0.001, 0.01, 0.05, 0.2]

/** `undefined`: so few requests, or so many errors, that a canary proves nothing within a day. */
export function classOf(perMinute: number, rate: number): TrafficClass | undefined {
  const traffic = perMinuteClasses.findLast((least) => least <= perMinute * (1 + 1e-9))
  const errors = rateClasses.find((most) => rate <= most * (1 + 1e-9))
  return traffic === undefined || errors === undefined ? undefined : { perMinute: traffic, rate: errors }
}

/** What a look sees is some minutes old, and chance gives a step fewer requests than usual. */
const blindMinutes = 6
const margin = 2
const bakes = [10, 15, 20, 30, 45, 60, 120, 180, 240, 360, 480, 720]
const usualHoldMinutes = 30
/**
 * A step whose errors come in bursts needs so many times its bake to be decided, the second where as many fail usually. With one
 * time up to a third of the releases without a fault were put back undecided.
 */
const heldTimes = 2
const heldLonger = { fromRate: 0.05, times: 4 }
const longestHoldMinutes = 24 * 60
/** Tried in this order: small first steps and many samples are better, as long as a release does not take too long. */
const wishes = [
  { from: 5000, weights: [1, 10, 50, 100], minimumSamples: 50, longestMinutes: 120 },
  { from: 0, weights: [10, 50, 100], minimumSamples: 50, longestMinutes: 120 },
  { from: 0, weights: [10, 50, 100], minimumSamples: 20, longestMinutes: 180 },
  { from: 0, weights: [25, 50, 100], minimumSamples: 20, longestMinutes: 480 },
  { from: 0, weights: [50, 100], minimumSamples: 20, longestMinutes: 24 * 60 },
]

/** `undefined`: no plan gets enough evidence within a day. */
export function planFitFor(traffic: TrafficClass): Fit | undefined {
  for (const { from, weights, minimumSamples, longestMinutes } of wishes) {
    if (traffic.perMinute < from) continue
    const draft = serviceWith({ steps: weights.map((weight) => ({ weight, bakeMinutes: 10 })), minimumSamples })
    const steps = weights.map((weight, step) => ({ weight, bakeMinutes: bakeFor(draft, step, traffic) }))
    const total = minutesOfPlan({ steps })
    if (total > longestMinutes) continue
    const longest = Math.max(...steps.map(({ bakeMinutes }) => bakeMinutes))
    return { steps, minimumSamples, holdMinutes: holdFor(longest, traffic) }
  }
  return undefined
}

export const minutesOfPlan = ({ steps }: Pick<Fit, 'steps'>): number =>
  steps.reduce((sum, { bakeMinutes }) => sum + bakeMinutes, 0)

function holdFor(longestBake: number, { rate }: TrafficClass): number {
  const times = rate >= heldLonger.fromRate ? heldLonger.times : heldTimes
  return Math.max(usualHoldMinutes, Math.min(longestHoldMinutes, times * longestBake))
}

function bakeFor(service: Service, step: number, traffic: TrafficClass): number {
  const target = { functionName: 'x', alias: 'live', stable: '1', candidate: '2', baseline: { thresholdsMs: [] } }
  const spec = signalSpecs(service, [target]).find(({ name }) => name === 'errors')
  if (spec === undefined) throw new Error('bug: the plan is for a service that watches errors')
  const needed = minutesNeeded(spec, service, step, { ...traffic, dispersion: 1 })
  return bakes.find((bake) => bake >= blindMinutes + margin * needed) ?? Infinity
}

/** The service that a definition with this plan makes. */
export const serviceWith = ({
  steps,
  minimumSamples,
  holdMinutes,
}: Pick<Fit, 'steps' | 'minimumSamples'> & Partial<Fit>): Service =>
  parseDefinition({
    name: 'fitted',
    targets: [{ function: 'fitted', alias: 'live' }],
    plan: { steps: steps.map(({ weight, bakeMinutes }) => ({ weight, bake: `${bakeMinutes}m` })) },
    signals: { errors: { minimumSamples }, latency: { minimumSamples } },
    ...(holdMinutes === undefined ? {} : { policy: { hold: { unknown: `${holdMinutes}m` } } }),
  })
