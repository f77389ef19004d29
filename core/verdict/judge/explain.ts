// A signal's numbers, and one sentence about them that a person on call understands at night.
import { isAnecdote } from './anecdote.ts'
import { sureRatio } from './bounds.ts'
import { dispersionOf } from '../counts/breaker.ts'
import type { CountFold, MeanFold, Present } from './fold.ts'
import type { SignalSpec } from '../evidence/questions.ts'
import { allowedAt } from '../latency/latency-process.ts'
import { type CountMinute, nothing } from '../processes/split-process.ts'

type Numbers = Readonly<Record<string, number>>
type Account = { readonly sentence: string; readonly numbers: Numbers }

/** The signal's ln E, and the ln E at which it alone would cause a rollback. */
type Reach = {
  readonly logE: number
  readonly limit: number
  readonly alpha: number
  readonly horizonMinutes: number
  /** Which of several kinds of events, or cuts of latency, has the most evidence. */
  readonly most: number
}

// With fewer bad events, report only the counts and no ratio.
const eventsMin = 10
// Mention evidence only from odds of 3 to 1 on.
const logSpoken = Math.log(3)

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
export const oddsOf = (logE: number): string =>
  logE > Math.log(1e6) ? 'more than a million to 1' : `${round(Math.exp(logE))} to 1`

const weighing = ({ logE, limit }: Reach): string =>
  logE < logSpoken ? '' : `; evidence against it ${oddsOf(logE)}, it fails at ${oddsOf(limit)}`

/** The log cannot hold infinities or NaN. */
export const finite = (numbers: Numbers): Numbers =>
  Object.fromEntries(Object.entries(numbers).filter(([, value]) => Number.isFinite(value)))

/**
 * The ratio of two rates as they are shown, with an interval that holds at all minutes simultaneously: log ratio, delta method
 * with the observed dispersion, and the half-width of the asymptotic confidence sequence (arXiv 2103.06476, two-sided).
 */
export function rateRatio(
  total: CountMinute,
  dispersion: number,
  minutes: number,
  { alpha, horizonMinutes }: Pick<Reach, 'alpha' | 'horizonMinutes'>,
): { readonly ratio: number; readonly low: number; readonly high: number } {
  // Add half an event on both sides, so that the ratio exists even without events.
  const [x, y] = [total.candidateBad + 0.5, total.stableBad + 0.5]
  const middle = x / (total.candidateInvocations + 1) / (y / (total.stableInvocations + 1))
  const variance = Math.max(1, dispersion) * (1 / x + 1 / y)
  const log = -2 * Math.log(alpha)
  const time = (Math.max(1, minutes) * (log + Math.log(1 + log))) / Math.max(10, horizonMinutes)
  const half = Math.sqrt(((variance * 2 * (time + 1)) / time) * Math.log(1 + Math.sqrt(time + 1) / alpha))
  const { candidateInvocations, candidateBad, stableInvocations, stableBad } = total
  const seen = candidateBad / candidateInvocations / (stableBad / stableInvocations)
  return {
    ratio: seen > 0 && seen < Infinity ? seen : middle,
    low: middle * Math.exp(-half),
    high: middle * Math.exp(half),
  }
}

type Scale = Pick<Reach, 'alpha' | 'horizonMinutes'>

/**
 * The interval that is shown and decided by. On the side that counts against the candidate it is the tighter of two bounds: the
 * limit theorem's, which needs some events, and the exact one of bounds.ts. Nothing is said there of an anecdote.
 */
function intervalOf(spec: SignalSpec, fold: CountFold, index: number, scale: Scale): ReturnType<typeof rateRatio> {
  const total = fold.totals[index] ?? nothing
  const { ratio, low, high } = rateRatio(total, dispersionOf(fold.breaker), fold.breaker.minutes, scale)
  const bounds = fold.bounds[index]
  const sure = bounds === undefined || isAnecdote(spec, fold, index) ? undefined : sureRatio(spec, bounds)
  if (spec.worse === 'higher') return { ratio, high, low: Math.max(isCompared(total) ? low : 0, sure ?? 0) }
  return { ratio, low, high: Math.min(isCompared(total) ? high : Infinity, sure ?? Infinity) }
}

const isCompared = ({ candidateBad, stableBad, stableInvocations }: CountMinute): boolean =>
  candidateBad + stableBad >= eventsMin && stableInvocations > 0

/** Whether any threshold's interval shows that the candidate is worse than the tolerance. */
export const excludesTolerance = (spec: SignalSpec, fold: CountFold, scale: Scale): boolean =>
  fold.totals.some((_, index) => {
    const { low, high } = intervalOf(spec, fold, index, scale)
    return spec.worse === 'higher' ? low > toleranceAt(spec, index) : high < spec.watch.tolerance
  })

/** How many times stable's share the candidate may have. Latency allows longer durations, which is more at a steep cut. */
function toleranceAt({ watch, cuts }: SignalSpec, index: number): number {
  const slope = cuts?.durations?.cuts[index]?.slope
  return slope === undefined ? watch.tolerance : Math.max(watch.tolerance, Math.exp(allowedAt(slope, watch.tolerance)))
}

export function countAccount(spec: SignalSpec, fold: CountFold, reach: Reach): Account {
  const total = fold.totals[reach.most] ?? nothing
  const { stableInvocations, stableBad, candidateInvocations, candidateBad } = total
  const { ratio, low, high } = intervalOf(spec, fold, reach.most, reach)
  const share = (bad: number, all: number): string => (all === 0 ? 'nothing yet' : `${percent(bad / all)} of ${all}`)
  const { name, what, numbers } = cutAt(spec, reach.most)
  const alone = aloneAccount(fold.alone)
  const against =
    stableInvocations === 0 ? 'nothing of stable to compare with' : `stable ${share(stableBad, stableInvocations)}`
  const times = isCompared(total) ? `, ${round(ratio)} times (${round(low)} to ${round(high)})` : ''
  return {
    sentence: `${spec.key}: ${alone.words}${name}candidate ${share(candidateBad, candidateInvocations)}${candidateInvocations === 0 ? '' : what}, ${against}${times}${weighing(reach)}${leftOutWords(fold)}`,
    numbers: finite({
      ...numbers,
      ...alone.numbers,
      candidateInvocations,
      candidateBad,
      stableInvocations,
      stableBad,
      ratio,
      ratioLow: low,
      ratioHigh: high,
      logE: reach.logE,
      rollBackAtLogE: reach.limit,
    }),
  }
}

/** What the candidate did since it has had all traffic. */
function aloneAccount(alone: CountFold['alone']): { readonly words: string; readonly numbers: Numbers } {
  if (alone === undefined) return { words: '', numbers: {} }
  const { total, explained } = alone
  const share = total.bad / Math.max(1, total.invocations)
  return {
    words: `at 100 % candidate ${percent(share)} of ${total.invocations}, where stable's past explains up to ${percent(explained)}; before it `,
    numbers: { aloneInvocations: total.invocations, aloneBad: total.bad, explainedShare: explained },
  }
}

const leftOutWords = ({ leftOut }: Pick<CountFold, 'leftOut'>): string =>
  leftOut === 0
    ? ''
    : `; ${leftOut} ${leftOut === 1 ? 'minute is' : 'minutes are'} left out, whose points have not come`

/** A cut of latency in words: its quantile before, and how slow is slow. */
function cutAt(
  { cuts }: SignalSpec,
  index: number,
): { readonly name: string; readonly what: string; readonly numbers: Numbers } {
  const thresholdMs = cuts?.thresholdsMs[index]
  if (thresholdMs === undefined) return { name: '', what: '', numbers: {} }
  const quantile = cuts?.durations?.cuts[index]?.quantile
  return {
    name: quantile === undefined ? '' : `${quantile}: `,
    what: ` take longer than ${round(thresholdMs)} ms`,
    numbers: { thresholdMs },
  }
}

export function meanAccount(spec: SignalSpec, fold: MeanFold, reach: Reach): Account {
  const { stableMean, candidateMean, stableSamples, candidateSamples } = fold.totals
  const ratio = stableMean === 0 ? NaN : candidateMean / stableMean
  const against =
    stableSamples === 0
      ? 'nothing of stable to compare with'
      : `stable ${round(stableMean)}${Number.isFinite(ratio) ? `: ${round(ratio)} times` : ''}`
  return {
    sentence: `${spec.key}: candidate ${round(candidateMean)} on average over ${candidateSamples}, ${against}${weighing(reach)}${leftOutWords(fold)}`,
    numbers: finite({
      candidateSamples,
      candidateMean,
      stableSamples,
      stableMean,
      ratio,
      logE: reach.logE,
      rollBackAtLogE: reach.limit,
    }),
  }
}

/** How long until there are enough samples, at the rate since the weight changed. @param incomplete how many minutes */
export function samplesShort(spec: SignalSpec, { samples, minutes }: Present, incomplete = 0): string {
  if (incomplete > 0 && samples === 0) return pointsMissing(spec, incomplete)
  if (minutes === 0 && spec.warmUpMinutes > 0)
    return `${spec.key}: the first ${spec.warmUpMinutes} minutes of new traffic are cold starts and not looked at`
  const missing = spec.watch.minimumSamples - samples
  const more = Math.ceil((missing * minutes) / samples)
  const needed =
    samples === 0 ? 'none has come yet' : `about ${more} more ${more === 1 ? 'minute' : 'minutes'} at this pace`
  return `${spec.key}: ${samples} of ${spec.watch.minimumSamples} samples of the candidate at this weight, ${needed}`
}

/** The last minutes had invocations, but no points of the events counted in them. */
export const pointsMissing = (spec: SignalSpec, minutes: number): string =>
  `${spec.key}: CloudWatch has had no point of it for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} with invocations`

/** Joins several reasons into one sentence. A reason that several signals share is stated once. */
export function together(reasons: readonly { readonly signal: string; readonly because: string }[]): string {
  const alike = new Map<string, string[]>()
  for (const { signal, because } of reasons) {
    const isOwn = because.startsWith(`${signal}: `)
    const words = isOwn ? because.slice(signal.length + 2) : because
    const signals = alike.get(words) ?? []
    alike.set(words, isOwn ? [...signals, signal] : signals)
  }
  return [...alike]
    .map(([words, signals]) => (signals.length === 0 ? words : `${signals.join(', ')}: ${words}`))
    .join('; ')
}
