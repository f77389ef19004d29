// Tests on the total counts of all minutes: a z-test that is looked at every minute, which it is not made for, and sequential
// tests that are made for it: GrowthBook's asymptotic confidence sequence, safestats' 2x2 test, Lindon and Malek's.
import { logMixture } from '../../core/verdict/processes/split-check.ts'
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import { byMinute, latched, type Rival, type RivalMinute, type Said, total } from './rival.ts'

const isWorse = ({ candidateBad, candidateInvocations, stableBad, stableInvocations }: CountMinute): boolean =>
  candidateBad * stableInvocations > stableBad * candidateInvocations

const isSeen = ({ candidateInvocations, stableInvocations }: CountMinute): boolean =>
  candidateInvocations > 0 && stableInvocations > 0

const zLimit = 2.326

export const zTest: Rival = {
  name: 'z-test',
  about: 'a z-test of two rates at every look, z above 2.326',
  judge: byMinute((upTo) => {
    const sum = total(upTo)
    if (!isSeen(sum)) return 'unknown'
    const pooled = (sum.candidateBad + sum.stableBad) / (sum.candidateInvocations + sum.stableInvocations)
    const variance = pooled * (1 - pooled) * (1 / sum.candidateInvocations + 1 / sum.stableInvocations)
    if (variance === 0) return 'pass'
    const difference = sum.candidateBad / sum.candidateInvocations - sum.stableBad / sum.stableInvocations
    return difference / Math.sqrt(variance) > zLimit ? 'fail' : 'pass'
  }),
}

type Sample = { readonly n: number; readonly mean: number; readonly variance: number }

/** The relative lift of `b` over `a` with its standard error (delta method), and GrowthBook's two-sided sequential interval. */
export function growthBookInterval(a: Sample, b: Sample, alpha: number, tuning: number) {
  const { lift, se, n } = relativeLift(a, b)
  const log = -2 * Math.log(alpha)
  const r2 = (log + Math.log(1 + log)) / tuning
  const width = halfWidth(se, n, r2, Math.log(Math.sqrt(n * r2 + 1) / alpha))
  return { estimate: lift, se, low: lift - width, high: lift + width }
}

/** GrowthBook's one-sided lower bound, which its safe rollouts use. */
function growthBookLow(a: Sample, b: Sample, alpha: number, tuning: number): number {
  const { lift, se, n } = relativeLift(a, b)
  const log = -2 * Math.log(2 * alpha)
  const r2 = (log + Math.log(1 + log)) / tuning
  return lift - halfWidth(se, n, r2, Math.log(1 + Math.sqrt(n * r2 + 1) / (2 * alpha)))
}

function relativeLift(a: Sample, b: Sample) {
  const variance = b.variance / (a.mean ** 2 * b.n) + (a.variance * b.mean ** 2) / (a.mean ** 4 * a.n)
  return { lift: (b.mean - a.mean) / a.mean, se: Math.sqrt(variance), n: a.n + b.n }
}

const halfWidth = (se: number, n: number, r2: number, log: number): number =>
  se * Math.sqrt(n) * Math.sqrt((2 * (n * r2 + 1) * log) / (n * n * r2))

const growthBookTuning = 5000

export const growthBook: Rival = {
  name: 'growthbook',
  about: 'GrowthBook safe rollouts: one-sided asymptotic confidence sequence of the relative lift',
  judge: byMinute((upTo, { alpha }) => {
    const sum = total(upTo)
    if (!isSeen(sum) || sum.stableBad === 0) return 'unknown'
    const sample = (bad: number, n: number): Sample => ({ n, mean: bad / n, variance: (bad / n) * (1 - bad / n) })
    const stable = sample(sum.stableBad, sum.stableInvocations)
    const candidate = sample(sum.candidateBad, sum.candidateInvocations)
    return growthBookLow(stable, candidate, alpha, growthBookTuning) > 0 ? 'fail' : 'pass'
  }),
}

type Beta = { readonly success: number; readonly failure: number }

/** One block of the safe test: ln of the ratio of the plug-in alternative to the null that is nearest to it. */
export function safeBlock(
  a: { readonly beta: Beta; readonly n: number; readonly x: number },
  b: { readonly beta: Beta; readonly n: number; readonly x: number },
): number {
  const rate = ({ success, failure }: Beta): number => success / (success + failure)
  const [thetaA, thetaB] = [rate(a.beta), rate(b.beta)]
  const theta0 = (a.n * thetaA + b.n * thetaB) / (a.n + b.n)
  const gain = (x: number, n: number, theta: number): number =>
    x * Math.log(theta / theta0) + (n - x) * Math.log((1 - theta) / (1 - theta0))
  return gain(a.x, a.n, thetaA) + gain(b.x, b.n, thetaB)
}

const safePrior = 0.18

export const safe: Rival = {
  name: 'safe-2x2',
  about: 'safestats: safe test of two proportions, a minute a block',
  judge(minutes, { alpha }) {
    let logE = 0
    let stable: Beta | undefined
    let candidate: Beta | undefined
    let sum = total([])
    return latched(
      minutes.map((minute): RivalMinute => {
        if (!isSeen(minute)) return { said: 'unknown', logE }
        const { stableInvocations, stableBad, candidateInvocations, candidateBad } = minute
        const share = (safePrior * candidateInvocations) / stableInvocations
        stable ??= { success: safePrior, failure: safePrior }
        candidate ??= { success: share, failure: share }
        logE += safeBlock(
          { beta: stable, n: stableInvocations, x: stableBad },
          { beta: candidate, n: candidateInvocations, x: candidateBad },
        )
        stable = after(stable, stableInvocations, stableBad)
        candidate = after(candidate, candidateInvocations, candidateBad)
        sum = total([sum, minute])
        return { said: saidOf(logE, alpha, isWorse(sum)), logE }
      }),
    )
  },
}

export const after = ({ success, failure }: Beta, n: number, x: number): Beta => ({
  success: success + x,
  failure: failure + n - x,
})

const saidOf = (logE: number, alpha: number, isBad: boolean): Said =>
  isBad && logE >= Math.log(1 / alpha) ? 'fail' : 'pass'

export const lindonMalek: Rival = {
  name: 'lindon-malek',
  about: 'Lindon and Malek: multinomial test of the split of the bad events',
  judge(minutes, { alpha }) {
    let logNull = 0
    return latched(
      minutes.map((minute, index): RivalMinute => {
        const sum = total(minutes.slice(0, index + 1))
        if (!isSeen(minute)) return { said: 'unknown' }
        const share = minute.candidateInvocations / (minute.candidateInvocations + minute.stableInvocations)
        logNull += minute.candidateBad * Math.log(share) + minute.stableBad * Math.log(1 - share)
        const logE = logMixture([sum.candidateBad, sum.stableBad], [1, 1]) - logNull
        return { said: saidOf(logE, alpha, isWorse(sum)), logE }
      }),
    )
  },
}
