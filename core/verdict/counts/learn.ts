// What healthy minutes of a service teach about the nulls: which dispersion, drift and cold start explain them, and which do not.
// Two sources: stable alone in the hours before the release, and the minutes of earlier releases that were promoted.
import { type Bursts, burstsOf } from '../processes/bursts.ts'
import { betaBinomial, badShare, burstVariance, dispersions } from '../processes/beta-binomial.ts'
import { coarseColdStarts, type ColdStart, coldFactor, coldStarts, usualRate } from './cold-start.ts'
import { type CountDesign, type Learned, learnedEdition } from './count-design.ts'
import { levelsOf } from './drift-alternatives.ts'
import { logRising } from '../processes/log-space.ts'
import { age, filterBegin, seeCandidate, seeStable } from './rate-filter.ts'
import { ratioAge, ratioBegin, ratioSee } from './ratio-filter.ts'
import type { CountMinute } from '../processes/split-process.ts'

/** `cold`: how many minutes ago the candidate's traffic had risen, while that counts as a cold start. */
export type PastMinute = CountMinute & { readonly cold?: number | undefined }

type Past = {
  /** Minutes of stable alone, directly before the release. */
  readonly stable: readonly CountMinute[]
  /** Those of promoted releases, each from its first shift on. */
  readonly releases: readonly (readonly PastMinute[])[]
}

// So many releases, and cold starts, count in full. More of them say no more than these, so that one release that differs is not
// judged by the consent of a hundred.
const releasesMax = 5
const windowsMax = 5
const fading = 0.95
const decimals = 10_000

type Design = Pick<CountDesign, 'tolerance' | 'nulls'>
type Tally = { readonly dispersions: number[]; readonly levels: number[]; readonly ratios: number[] }

/** @returns undefined when there is nothing to learn from */
export function learn(design: Design, { stable, releases }: Past): Learned | undefined {
  const alone = tally(design)
  const shared = tally(design)
  takeStableDispersion(alone, stable)
  for (const minutes of releases) takeSplit(design, shared, minutes)
  const kappa = Math.min(1, releasesMax / Math.max(1, releases.length))
  const pooled = (key: keyof Tally): number[] =>
    shared[key].map((value, index) => kappa * value + (alone[key][index] ?? 0))
  const dispersion = pooled('dispersions')
  const spread = { pearson: 0, counted: 0 }
  for (const [into, minutes] of [[alone, stable] as const, ...releases.map((one) => [shared, one] as const)]) {
    takeSpread(minutes, spread)
    takeLevels(design, into, minutes)
  }
  for (const minutes of releases) takeRatios(design, shared, minutes)
  const minutes = [stable, ...releases].flat().filter(({ stableInvocations }) => stableInvocations > 0).length
  if (minutes === 0) return undefined
  const best = dispersion.indexOf(Math.max(...dispersion))
  const cold = releases.length === 0 ? undefined : coldTally(design, releases, best)
  // The split alone is compared with the best dispersion: where bursts explain the past, drift need not.
  const top = Math.max(...shared.dispersions, ...shared.ratios)
  return {
    edition: learnedEdition,
    dispersions: relative(dispersion),
    levels: relative(pooled('levels')),
    ratios:
      releases.length === 0 ? shared.ratios.map(() => 0) : shared.ratios.map((value) => rounded(kappa * (value - top))),
    coldStarts: cold?.fine ?? coldStarts.map(() => 0),
    coarseColdStarts: cold?.coarse ?? coarseColdStarts.map(() => 0),
    dispersion: rounded((1 + spread.pearson) / (1 + spread.counted)),
    minutes,
    usual: usualOf([stable, ...releases]),
    bursts: stableBursts([stable, ...releases]),
    releases: releases.length,
  }
}

/** Fewer requests say little of a rate. */
const windowRequestsMin = 200
const windowMinutes = 5

/** Stable's counts, and its highest rate over five minutes or more. */
function usualOf(pasts: readonly (readonly CountMinute[])[]): NonNullable<Learned['usual']> {
  const all = { bad: 0, invocations: 0, highest: 0 }
  for (const minutes of pasts) {
    const window = { bad: 0, invocations: 0, minutes: 0 }
    for (const { stableBad, stableInvocations } of minutes) {
      all.bad += stableBad
      all.invocations += stableInvocations
      window.bad += stableBad
      window.invocations += stableInvocations
      if (++window.minutes < windowMinutes || window.invocations < windowRequestsMin) continue
      all.highest = Math.max(all.highest, window.bad / window.invocations)
      Object.assign(window, { bad: 0, invocations: 0, minutes: 0 })
    }
  }
  return { ...all, highest: rounded(all.highest) }
}

function stableBursts(stretches: readonly (readonly CountMinute[])[]): Bursts {
  const ofStable = stretches.map((minutes) =>
    minutes.map(({ stableInvocations, stableBad }) => ({ invocations: stableInvocations, bad: stableBad })),
  )
  const { minutes, bad, squares, expected } = burstsOf(ofStable)
  return { minutes, bad, squares: squares.map(rounded), expected: expected.map(rounded) }
}

const rounded = (value: number): number => Math.round(value * decimals) / decimals

function relative(values: readonly number[], factor = 1): readonly number[] {
  const best = Math.max(...values)
  return values.map((value) => rounded(factor * (value - best)))
}

const tally = ({ nulls }: Design): Tally => ({
  dispersions: dispersions(2).map(() => 0),
  levels: levelsOf(nulls).map(() => 0),
  ratios: nulls.map(() => 0),
})

const isCompared = ({ candidateInvocations, stableInvocations }: CountMinute): boolean =>
  candidateInvocations > 0 && stableInvocations > 0

/** How well each way in which the level moves predicts stable's minutes, and the candidate's where it was warm. */
function takeLevels({ nulls, tolerance }: Design, into: Tally, minutes: readonly PastMinute[]): void {
  levelsOf(nulls).forEach(({ dynamics, variance }, index) => {
    const filter = filterBegin(0, { mean: 0, variance }, variance)
    minutes.forEach((data, minute) => {
      if (minute > 0) age(filter, 0, dynamics)
      if (data.stableInvocations > 0) seeStable(filter, 0, data.stableBad, data.stableInvocations)
      if (isCompared(data) && data.cold === undefined)
        seeCandidate(filter, 0, data.candidateBad, data.candidateInvocations * tolerance)
    })
    into.levels[index] = (into.levels[index] ?? 0) + (filter[0] ?? 0)
  })
}

/** Pearson's dispersion of stable's minutes around its rate so far. */
function takeSpread(minutes: readonly CountMinute[], spread: { pearson: number; counted: number }): void {
  let [bad, invocations] = [0, 0]
  for (const { stableBad, stableInvocations } of minutes) {
    const expected = invocations === 0 ? 0 : (stableInvocations * bad) / invocations
    if (expected > 0) {
      spread.pearson += (stableBad - expected) ** 2 / expected
      spread.counted++
    }
    bad += stableBad
    invocations += stableInvocations
  }
}

const isWarm = (data: PastMinute): boolean =>
  isCompared(data) && data.cold === undefined && data.stableBad + data.candidateBad > 0

/** How the bad events of earlier releases fell on the two versions, under each dispersion. */
function takeSplit({ tolerance }: Design, into: Tally, minutes: readonly PastMinute[]): void {
  for (const data of minutes.filter(isWarm)) {
    const d = data.stableBad + data.candidateBad
    const mean = badShare(shareOf(data), tolerance)
    dispersions(d).forEach((icc, index) => {
      into.dispersions[index] = (into.dispersions[index] ?? 0) + betaBinomial(data.candidateBad, d, icc)(mean)
    })
  }
}

/** The same under each drift. */
function takeRatios({ nulls, tolerance }: Design, into: Tally, minutes: readonly PastMinute[]): void {
  nulls.forEach(({ deviation, lag }, index) => {
    let filter = ratioBegin(deviation)
    minutes.forEach((data, minute) => {
      if (minute > 0) filter = ratioAge(filter, deviation, lag)
      if (!isWarm(data)) return
      const odds = Math.log((tolerance * data.candidateInvocations) / data.stableInvocations)
      filter = ratioSee(filter, data.candidateBad, data.candidateBad + data.stableBad, odds)
    })
    into.ratios[index] = (into.ratios[index] ?? 0) + filter[0]
  })
}

const shareOf = ({ candidateInvocations, stableInvocations }: CountMinute): number =>
  candidateInvocations / (candidateInvocations + stableInvocations)

/**
 * How stable's own counts vary around their recent level, under each dispersion: negative binomial, with the variance that the
 * dispersion gives a minute, and that of the level itself.
 */
function takeStableDispersion(into: Tally, minutes: readonly CountMinute[]): void {
  let [bad, invocations] = [0, 0]
  for (const { stableBad, stableInvocations } of minutes) {
    if (stableInvocations === 0) continue
    if (invocations > 0 && bad > 0) {
      const mean = (stableInvocations * (bad + 0.5)) / invocations
      burstVariance(mean).forEach((own, index) => {
        const shape = 1 / (own + 1 / (bad + 0.5))
        const logLikelihood =
          logRising(shape, stableBad) - shape * Math.log1p(mean / shape) - stableBad * Math.log1p(shape / mean)
        into.dispersions[index] = (into.dispersions[index] ?? 0) + logLikelihood
      })
    }
    bad = bad * fading + stableBad
    invocations = invocations * fading + stableInvocations
  }
}

/** How well each cold start explains the first minutes after rises of the traffic. */
function coldTally({ tolerance }: Design, releases: Past['releases'], dispersion: number) {
  const fine = coldStarts.map(() => 0)
  const coarse = coarseColdStarts.map(() => 0)
  let windows = 0
  for (const minutes of releases) {
    let [bad, invocations] = [0, 0]
    let before: number | undefined
    for (const data of minutes) {
      bad += data.stableBad
      invocations += data.stableInvocations
      const { cold } = data
      if (cold !== undefined && (before === undefined || cold <= before)) windows++
      before = cold
      const d = data.stableBad + data.candidateBad
      if (cold === undefined || !isCompared(data) || d === 0) continue
      const usual = usualRate(bad, invocations)
      const likelihood = betaBinomial(data.candidateBad, d, dispersions(d)[dispersion] ?? 0)
      const add = (into: number[], starts: readonly ColdStart[]): void => {
        starts.forEach((start, index) => {
          const mean = badShare(shareOf(data), tolerance * coldFactor(start, usual, cold))
          into[index] = (into[index] ?? 0) + likelihood(mean)
        })
      }
      add(fine, coldStarts)
      add(coarse, coarseColdStarts)
    }
  }
  const factor = Math.min(1, windowsMax / Math.max(1, windows))
  return { fine: relative(fine, factor), coarse: relative(coarse, factor) }
}
