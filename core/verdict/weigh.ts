// What each signal says by itself, and how much of the evidence it is: ln(weight * E). The weights of the critical signals
// sum to 1, so the sum of their shares is an e-value too, however the signals depend on each other.
import { horizonOf } from '../plan.ts'
import type { Service } from '../service.ts'
import { aloneLogE } from './alone.ts'
import type { Shift, SignalVerdict } from './evidence.ts'
import { countAccount, meanAccount, samplesShort } from './explain.ts'
import type { CountFold, SignalFold, SignalRule } from './fold.ts'
import { logSum } from './log-space.ts'
import { meanLogE } from './mean-process.ts'
import type { TargetFold } from './target-fold.ts'
import { wholeFrom } from './window.ts'

/** The folds of all targets and signals; a sentence where there is no evidence. */
export type Folded = {
  readonly targets: readonly (TargetFold | string)[]
  readonly signals: readonly (SignalFold | string)[]
}

export type Weighed = {
  readonly verdict: SignalVerdict
  /** ln E of the signal by itself, and times its weight. */
  readonly logE: number
  readonly logShare: number
  /** What its numbers say, also where there are too few of them for a verdict. */
  readonly sentence: string
  /** It is unknown for want of samples only. */
  readonly isShort: boolean
}

type Scale = { readonly alpha: number; readonly horizonMinutes: number }

// What happened in one minute only is an anecdote: one long burst of errors looks like that. The breaker is for the rest.
const speakingMin = 2
// Nor do one or two bad events say anything, whatever their share.
const eventsMin = 3

/** Over how many minutes later regressions are expected: the plan's. */
export const horizonMinutesOf = ({ plan }: Pick<Service, 'plan'>): number =>
  Math.max(1, Math.ceil(horizonOf(plan) / 60))

export function weighAll(
  service: Service,
  rules: readonly SignalRule[],
  folded: Folded,
  shifts: readonly Shift[],
): readonly Weighed[] {
  const speaking = rules.filter(({ spec }) => spec.watch.role === 'critical' && spec.excluded === undefined)
  const total = speaking.reduce((sum, { spec }) => sum + spec.watch.weight, 0)
  const scale: Scale = { alpha: service.policy.alpha, horizonMinutes: horizonMinutesOf(service) }
  const sinceMs = wholeFrom(shifts.at(-1)?.sinceMs ?? 0)
  return rules.map((rule, index) => {
    const fold = folded.signals[index] ?? 'it was not folded'
    const logWeight = rule.spec.watch.role === 'advisory' ? -Infinity : Math.log(rule.spec.watch.weight / total)
    const target = folded.targets[rule.spec.target]
    const minutes = typeof target === 'object' && target.sinceMs === sinceMs ? target.minutes : 0
    return weigh(rule, fold, scale, { logWeight, sinceMs, minutes })
  })
}

type Place = {
  readonly logWeight: number
  /** The first whole minute at the present weight, and how many there are. */
  readonly sinceMs: number
  readonly minutes: number
}

function weigh(rule: SignalRule, fold: SignalFold | string, scale: Scale, place: Place): Weighed {
  const { spec } = rule
  const isAdvisory = spec.watch.role === 'advisory'
  const say = (kind: SignalVerdict['kind'], because: string, numbers?: SignalVerdict['numbers']): SignalVerdict => ({
    signal: spec.key,
    kind,
    because,
    ...(isAdvisory ? { advisory: true } : {}),
    ...(numbers === undefined ? {} : { numbers }),
  })
  const mute = { logE: -Infinity, logShare: -Infinity, isShort: false, sentence: '' }
  if (spec.excluded !== undefined) return { ...mute, verdict: say('excluded', `${spec.key}: ${spec.excluded}`) }
  if (typeof fold === 'string') return { ...mute, verdict: say('unknown', `${spec.key}: ${fold}`) }
  const logE = fold.kind === 'count' ? countLogE(rule, fold) : meanLogE(fold.state, scale.alpha, scale.horizonMinutes)
  const limit = Math.log(1 / scale.alpha) - (place.logWeight === -Infinity ? 0 : place.logWeight)
  const reach = { ...scale, logE, limit }
  const { sentence, numbers } = fold.kind === 'count' ? countAccount(spec, fold, reach) : meanAccount(spec, fold, reach)
  const said = { logE, logShare: place.logWeight + logE, isShort: false, sentence }
  if (fold.kind === 'count' && fold.breaker.tripped !== undefined && spec.name === 'errors') {
    const because = `${sentence}; at least half of the requests of a whole minute failed`
    return {
      ...said,
      logShare: isAdvisory ? -Infinity : Infinity,
      sentence: because,
      verdict: say('fail', because, numbers),
    }
  }
  const present = fold.present.sinceMs === place.sinceMs ? fold.present : { sinceMs: 0, minutes: 0, samples: 0 }
  if (place.minutes === 0) {
    const because = `${spec.key}: no whole minute at this weight yet`
    return { ...said, verdict: say('unknown', because, numbers) }
  }
  return present.samples < spec.watch.minimumSamples
    ? { ...said, isShort: true, verdict: say('unknown', samplesShort(spec, present), numbers) }
    : { ...said, verdict: say('pass', sentence, numbers) }
}

/** The mean of the thresholds' e-values, or what the candidate shows by itself once it has all traffic. */
function countLogE({ spec: { worse }, count }: SignalRule, fold: CountFold): number {
  const values = fold.states.map((state, index) => {
    const { candidateBad = 0, stableBad = 0 } = fold.totals[index] ?? {}
    const events = worse === 'higher' ? candidateBad : stableBad
    const isAnecdote = (fold.speaking[index] ?? 0) < speakingMin || events < eventsMin
    return isAnecdote ? Math.min(0, count.logE(state)) : count.logE(state)
  })
  const compared = logSum(values) - Math.log(values.length)
  return fold.alone === undefined ? compared : Math.max(compared, aloneLogE(fold.alone))
}

/** Whether the candidate is proven not to be bad, on every target (early.ts). */
export function isProvenGood(rules: readonly SignalRule[], { signals }: Folded, alpha: number): boolean {
  const proofs = rules.flatMap(({ early }, index) => {
    if (early === undefined) return []
    const fold = signals[index]
    const state = typeof fold === 'object' && fold.kind === 'count' ? fold.early : undefined
    return [state === undefined ? 0 : early.logE(state)]
  })
  return proofs.length > 0 && proofs.every((logE) => logE >= Math.log(1 / alpha))
}
