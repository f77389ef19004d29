// What has to be ruled out before a step may pass (policy.ruleOut), and how long that takes at a level of traffic. No step may
// risk more than `points` of all requests: so they are divided by the share of traffic that the candidate gets next.
import { wholeBp } from '../../service/routing.ts'
import { formatDuration } from '../../duration.ts'
import type { Service } from '../../service/service.ts'
import { ofItsWave } from '../../definition/waves.ts'
import { boundsBegin, isBounded } from './bounds.ts'
import type { Shift } from '../evidence/evidence.ts'
import { facing, facingTolerance } from '../processes/facing.ts'
import type { SignalFold, SignalRule } from './fold.ts'
import type { TargetFold } from './target-fold.ts'
import type { SignalSpec } from '../evidence/questions.ts'
import { type Counts, type Fault, logRuledOut, ruledOutLog } from '../processes/rule-out.ts'
import type { CountMinute } from '../processes/split-process.ts'

const minutesMax = 7 * 24 * 60

/** The weight that follows a step's: the next step's, and all traffic after the last. */
export const nextBp = ({ plan }: Pick<Service, 'plan'>, weightBp: number): number =>
  plan.steps.find((step) => step.weightBp > weightBp)?.weightBp ?? wholeBp

/** What has to be ruled out at this weight; `undefined` when nothing has to be. Slow requests are no failed ones. */
export function requiredFault(
  { worse, watch, name, measure }: SignalSpec,
  service: Pick<Service, 'plan' | 'policy'>,
  weightBp: number,
): Fault | undefined {
  const { ruleOut } = service.policy
  if (ruleOut === undefined || measure.kind !== 'count' || name === 'latency' || weightBp >= wholeBp) return undefined
  const share = (ruleOut.points / 100 / nextBp(service, weightBp)) * wholeBp
  const tolerance = facingTolerance(watch.tolerance, worse)
  // Where fewer are worse, the versions change places, and the points are those of the candidate.
  return { share: worse === 'higher' ? share : share * tolerance, ratio: ruleOut.ratio, tolerance }
}

/** Requests a minute of each version, and the share of bad events among them if the candidate is well. */
type Traffic = { readonly stable: number; readonly candidate: number; readonly rate: number }

const later = ({ total, ...rest }: Counts, { stable, candidate, rate }: Traffic, minutes: number): Counts => ({
  ...rest,
  total: {
    stableInvocations: total.stableInvocations + stable * minutes,
    stableBad: total.stableBad + stable * minutes * rate,
    candidateInvocations: total.candidateInvocations + candidate * minutes,
    candidateBad: total.candidateBad + candidate * minutes * rate,
  },
})

/** How many more minutes until the fault is ruled out, if the candidate is well; Infinity for more than a week. */
export function minutesUntil(counts: Counts, traffic: Traffic, fault: Fault): number {
  const isOut = (minutes: number): boolean => logRuledOut(later(counts, traffic, minutes), fault) >= ruledOutLog
  let high = 1
  while (!isOut(high)) {
    high *= 2
    if (high > minutesMax) return Infinity
  }
  let low = high / 2
  if (high === 1) return 1
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (isOut(middle)) high = middle
    else low = middle
  }
  return high
}

/** How many minutes a candidate that is well needs to pass a step. @param traffic requests a minute of both versions together */
export function minutesNeeded(
  spec: SignalSpec,
  service: Pick<Service, 'plan' | 'policy'>,
  step: number,
  traffic: { readonly perMinute: number; readonly rate: number; readonly dispersion: number },
): number {
  const weightBp = service.plan.steps[step]?.weightBp ?? wholeBp
  const candidate = (traffic.perMinute * weightBp) / wholeBp
  const stable = traffic.perMinute - candidate
  const samples = Math.ceil(spec.watch.minimumSamples / candidate - 1e-9)
  const fault = requiredFault(spec, service, weightBp)
  const jumped = weightBp > 2 * (service.plan.steps[step - 1]?.weightBp ?? 0)
  if (fault === undefined) return samples + (jumped ? spec.warmUpMinutes : 0)
  const begin = { total: boundsBegin.present.total, dispersion: traffic.dispersion, bounded: isBounded(spec) }
  const faced = facing({ ...begin.total, stableInvocations: stable, candidateInvocations: candidate }, spec.worse)
  const each = { stable: faced.stableInvocations, candidate: faced.candidateInvocations, rate: traffic.rate }
  return Math.max(samples, minutesUntil(begin, each, fault))
}

type Slow = { readonly weightBp: number; readonly minutes: number; readonly bakeMinutes: number }

/** The steps that a candidate without a fault is going to be held in, because the traffic is too little for their bakes. */
export function slowSteps(
  service: Pick<Service, 'plan' | 'policy'>,
  signals: readonly { readonly spec: SignalSpec; readonly perMinute: number; readonly rate: number }[],
): readonly Slow[] {
  return service.plan.steps.flatMap(({ weightBp, bakeSeconds }, step) => {
    const needed = signals.map(({ spec, perMinute, rate }) =>
      weightBp === wholeBp && spec.name !== 'errors'
        ? 0
        : minutesNeeded(spec, service, step, { perMinute, rate, dispersion: 1 }),
    )
    const minutes = Math.max(0, ...needed)
    const bakeMinutes = bakeSeconds / 60
    return minutes > bakeMinutes ? [{ weightBp, minutes, bakeMinutes }] : []
  })
}

const length = (minutes: number): string =>
  Number.isFinite(minutes) ? `about ${formatDuration(Math.ceil(minutes) * 60)}` : 'more than a week'

/** In words; `undefined` when every bake is long enough. */
export function slowWords(slow: readonly Slow[], perMinute: number, unknownSeconds: number): string | undefined {
  if (slow.length === 0) return undefined
  const shown = slow
    .slice(0, 3)
    .map(
      ({ weightBp, minutes, bakeMinutes }) =>
        `${length(minutes)} at ${weightBp / 100} %, whose bake is ${formatDuration(bakeMinutes * 60)}`,
    )
  const more = slow.length > 3 ? ` (and in ${slow.length - 3} more steps)` : ''
  const tooLong = slow.some(({ minutes, bakeMinutes }) => (minutes - bakeMinutes) * 60 > unknownSeconds)
  const end = tooLong ? `; it may be held for ${formatDuration(unknownSeconds)} only (policy.hold.unknown)` : ''
  return `little traffic: at ${Number(perMinute.toPrecision(2))} requests a minute a candidate without a fault needs ${shown.join(' and ')}${more}${end}`
}

const isUsed = ({ spec }: SignalRule): boolean =>
  spec.watch.role === 'critical' && spec.excluded === undefined && spec.measure.kind === 'count'

/** What the first looks say of the traffic: at the first weight, until the second look may have come. */
export function foreseen(
  service: Service,
  rules: readonly SignalRule[],
  folds: { readonly targets: readonly (TargetFold | string)[]; readonly signals: readonly (SignalFold | string)[] },
  shifts: readonly Shift[],
): string | undefined {
  if (shifts.length !== 1) return undefined
  const minutesMost = Math.ceil(service.policy.lookEverySeconds / 60) + 1
  const signals = rules.flatMap((rule, index) => {
    const fold = folds.signals[index]
    const target = folds.targets[rule.spec.target]
    if (!isUsed(rule) || typeof fold !== 'object' || fold.kind !== 'count' || typeof target !== 'object') return []
    const perMinute = (target.stable + target.candidate) / target.minutes
    if (!(perMinute > 0) || target.minutes > minutesMost) return []
    const { total } = fold.bounds[0]?.present ?? boundsBegin.present
    return [{ spec: rule.spec, perMinute, rate: usualRate(facing(total, rule.spec.worse)) }]
  })
  const perMinute = Math.min(...signals.map((one) => one.perMinute))
  const [first] = signals
  const own = first === undefined ? service : ofItsWave(service, first.spec.functionName)
  return slowWords(slowSteps(own, signals), perMinute, service.policy.hold.unknownSeconds)
}

const usualRate = ({ stableBad, stableInvocations }: CountMinute): number =>
  stableInvocations === 0 ? 0 : stableBad / stableInvocations
