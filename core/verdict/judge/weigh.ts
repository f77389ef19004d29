// What each signal says by itself, and how much of the evidence it carries: ln(weight * E). The weights of the critical signals
// sum to 1, so the sum of their shares is an e-value too, however the signals depend on each other.
import { wholeBp } from '../../service/routing.ts'
import { horizonOf } from '../../service/plan.ts'
import type { Service } from '../../service/service.ts'
import { isDone, ofItsWave } from '../../definition/waves.ts'
import { aloneLogE, isAloneDoubtful } from '../processes/candidate-only.ts'
import type { Evidence, SignalVerdict } from '../evidence/evidence.ts'
import { countAccount, excludesTolerance, finite, meanAccount, pointsMissing, samplesShort } from './explain.ts'
import { isAnecdote } from './anecdote.ts'
import { isAway } from '../processes/outage.ts'
import type { CountFold, SignalFold, SignalRule } from './fold.ts'
import type { SignalSpec } from '../evidence/questions.ts'
import { logSum } from '../processes/log-space.ts'
import { meaningOf } from './pass.ts'
import { meanLogE } from '../processes/mean-process.ts'
import type { TargetFold } from './target-fold.ts'
import { isAhead, isBack, isLeftOut, shiftsOn, wholeFrom } from '../evidence/window.ts'

/** The folds of all targets and signals; a string says why there is no evidence. */
export type Folded = {
  readonly targets: readonly (TargetFold | string)[]
  readonly signals: readonly (SignalFold | string)[]
}

// Points may arrive this many minutes late. A longer gap is a telemetry problem.
const incompleteMax = 10
/** After this many minutes with invocations but no points, a series that may not exist counts as unpublished. */
const unpublishedMin = 3
/** This many failures in a row, without a success, are not chance. */
const allBadMin = 10

export type Weighed = {
  readonly verdict: SignalVerdict
  /** ln E of the signal by itself, and ln(weight * E). */
  readonly logE: number
  readonly logShare: number
  /** Its numbers in words, even when there are too few for a verdict. */
  readonly sentence: string
  /** It is unknown only because it lacks samples. */
  readonly isShort: boolean
}

type Scale = { readonly alpha: number; readonly horizonMinutes: number }

/** The number of minutes over which a regression may begin: the plan's. */
export const horizonMinutesOf = ({ plan }: Pick<Service, 'plan'>): number =>
  Math.max(1, Math.ceil(horizonOf(plan) / 60))

export function weighAll(
  service: Service,
  rules: readonly SignalRule[],
  folded: Folded,
  { shifts, targets }: Pick<Evidence, 'shifts' | 'targets'>,
): readonly Weighed[] {
  const speaking = rules.filter(({ spec }) => spec.watch.role === 'critical' && spec.excluded === undefined)
  const total = speaking.reduce((sum, { spec }) => sum + spec.watch.weight, 0)
  const begun = targets.filter(({ shifts: own }) => own !== undefined && own.length > 0)
  const scale: Scale = { alpha: service.policy.alpha, horizonMinutes: horizonMinutesOf(service) }
  return rules.map((rule, index) => {
    const fold = folded.signals[index] ?? 'it was not folded'
    const logWeight = rule.spec.watch.role === 'advisory' ? -Infinity : Math.log(rule.spec.watch.weight / total)
    const target = folded.targets[rule.spec.target]
    const judged = targets[rule.spec.target]
    const { sinceMs: shiftedAtMs = 0, weightBp = 0 } = shiftsOn(judged, shifts).at(-1) ?? {}
    const sinceMs = wholeFrom(shiftedAtMs)
    const minutes = typeof target === 'object' && target.sinceMs === sinceMs ? target.minutes : 0
    const own = ofItsWave(service, rule.spec.functionName)
    return weigh(rule, fold, scale, {
      ...{ service: own, logWeight, sinceMs, minutes, weightBp },
      isAhead: isAhead(judged),
      isBack: isBack(judged),
      isInWaves: begun.length > 0,
      isDone: isDone(service, rule.spec.functionName, begun),
    })
  })
}

type Place = {
  readonly service: Service
  readonly logWeight: number
  /** The first whole minute at the current weight, and how many there are. */
  readonly sinceMs: number
  readonly minutes: number
  readonly weightBp: number
  /** Its wave has not begun. */
  readonly isAhead: boolean
  /** It was put back alone. */
  readonly isBack: boolean
  readonly isInWaves: boolean
  /** Its wave has had all steps. What has to be ruled out was ruled out before the last. */
  readonly isDone: boolean
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
  const left =
    spec.excluded ?? (place.isBack ? 'it was put back alone' : place.isAhead ? 'its wave has not begun' : undefined)
  // What has not begun counts as E = 1, so that the weights stay what they are to the end.
  // What was put back counts as E = 0: the others keep their weights, so their sum is at most an e-value.
  const share = place.isAhead && !place.isBack ? { logE: 0, logShare: place.logWeight } : {}
  if (left !== undefined) return { ...mute, ...share, verdict: say('excluded', `${spec.key}: ${left}`) }
  const isAlone = place.weightBp === wholeBp && spec.name !== 'errors'
  if (typeof fold === 'string')
    return { ...mute, verdict: say(isAlone ? 'excluded' : 'unknown', `${spec.key}: ${isAlone ? uncompared : fold}`) }
  const values = fold.kind === 'count' ? countLogEs(rule, fold) : []
  const logE = fold.kind === 'count' ? countLogE(fold, values) : meanLogE(fold.state, scale.alpha, scale.horizonMinutes)
  const limit = Math.log(1 / scale.alpha) - (place.logWeight === -Infinity ? 0 : place.logWeight)
  const reach = { ...scale, logE, limit, most: Math.max(0, values.indexOf(Math.max(...values))) }
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
  // Evidence from when stable had traffic too still counts.
  if (isAlone) return { ...said, verdict: say('excluded', `${spec.key}: ${uncompared}`, numbers) }
  const incomplete = fold.kind === 'count' ? fold.incomplete : 0
  if (spec.mayBeUnpublished && fold.kind === 'count' && !fold.seen && incomplete >= unpublishedMin)
    return { ...said, verdict: say('excluded', `${spec.key}: ${unpublished}`, numbers) }
  const present = fold.present.sinceMs === place.sinceMs ? fold.present : { sinceMs: 0, minutes: 0, samples: 0 }
  if (place.minutes === 0) {
    const because = `${spec.key}: no whole minute at this weight yet`
    return { ...said, verdict: say('unknown', because, numbers) }
  }
  if (present.samples < spec.watch.minimumSamples)
    return { ...said, isShort: true, verdict: say('unknown', samplesShort(spec, present, incomplete), numbers) }
  const doubt = fold.kind === 'count' ? doubtOf(spec, fold, present.samples, { ...scale, ...place }) : undefined
  if (doubt !== undefined)
    return { ...said, verdict: say('unknown', doubt.alone ? doubt.because : `${sentence}; ${doubt.because}`, numbers) }
  if (fold.kind === 'mean') return { ...said, verdict: say('pass', sentence, numbers) }
  const { words, short, numbers: more } = meaningOf(spec, fold, place.service, place.weightBp)
  const all = finite({ ...numbers, ...more })
  if (short !== undefined && !place.isDone) return { ...said, isShort: true, verdict: say('unknown', short, all) }
  return { ...said, verdict: say('pass', words === '' ? sentence : `${sentence}; ${words}`, all) }
}

const outageWords = 'stable itself fails far more often than usual: what both versions need is away there'
const unpublished = 'CloudWatch has no point of it, of neither version'
const uncompared = 'not compared at 100 %, where there is no stable beside it'

/** What keeps a signal with enough samples from passing. `alone`: leave out the sentence with its numbers. */
function doubtOf(
  spec: SignalSpec,
  fold: CountFold,
  samples: number,
  scale: Scale & Pick<Place, 'isInWaves'>,
): { readonly because: string; readonly alone: boolean } | undefined {
  const { measure } = spec
  if (measure.kind !== 'count') return undefined
  if (!fold.seen && measure.whenMissing !== 'sparse') {
    const because = `${spec.key}: ${unpublished}; a count that is published only now and then wants sparse: true`
    return { because, alone: true }
  }
  if (fold.incomplete >= incompleteMax && measure.whenMissing !== 'zero')
    return { because: pointsMissing(spec, fold.incomplete), alone: true }
  if (spec.name === 'errors' && fold.allBad >= Math.min(allBadMin, samples))
    return { because: `every one of the last ${fold.allBad} requests failed`, alone: false }
  if (scale.isInWaves && spec.worse === 'higher' && fold.states.some(({ outage }) => isAway(outage)))
    return { because: outageWords, alone: false }
  if (fold.alone !== undefined && isAloneDoubtful(fold.alone, scale.alpha))
    return {
      because: `more than stable's past explains, and without stable beside it nobody knows whose fault it is`,
      alone: false,
    }
  if (excludesTolerance(spec, fold, scale))
    return { because: `that excludes the tolerance of ${spec.watch.tolerance}`, alone: false }
  return undefined
}

/** ln E of each kind of event, or of each cut of latency. */
function countLogEs({ spec, count, latency }: SignalRule, fold: CountFold): readonly number[] {
  const values =
    latency !== undefined && fold.cuts !== undefined
      ? latency.logE(fold.cuts)
      : fold.states.map((state) => count.logE(state))
  return values.map((logE, index) => (isAnecdote(spec, fold, index) ? Math.min(0, logE) : logE))
}

/** The mean of the e-values or, once the candidate has all traffic, the candidate-only e-value if that is larger. */
function countLogE(fold: CountFold, values: readonly number[]): number {
  const compared = logSum(values) - Math.log(values.length)
  return fold.alone === undefined ? compared : Math.max(compared, aloneLogE(fold.alone))
}

/** Whether the candidate is proven not to be bad, on every target that it has begun with (early-promotion.ts). */
export function isProvenGood(
  rules: readonly SignalRule[],
  { signals }: Folded,
  alpha: number,
  targets: Evidence['targets'],
): boolean {
  const proofs = rules.flatMap(({ early, spec }, index) => {
    if (early === undefined || isLeftOut(targets[spec.target])) return []
    const fold = signals[index]
    const state = typeof fold === 'object' && fold.kind === 'count' ? fold.early : undefined
    return [state === undefined ? 0 : early.logE(state)]
  })
  return proofs.length > 0 && proofs.every((logE) => logE >= Math.log(1 / alpha))
}
