// Which of several hypotheses their e-values single out. Closed e-BH (Xu, Solari, Fischer, de Heide, Ramdas and Goeman 2025,
// arXiv 2509.02517) may name a set R if in every set S the weighted mean of the e-values is at least |R and S| / (alpha |R|).
// Let S be those that are well: its mean is an e-value, and the share of R that is well is at most alpha times it. So of all
// that are named, alpha at most are expected to be well, whichever such R is chosen, and however they depend on each other.

/** `weight`: its share of the evidence of all. What has none can be named by nothing, and is left out. */
export type Suspect = { readonly logE: number; readonly weight: number }

/** The share of the named that may be well. */
const wrongShare = 0.05
/** Each that is named reaches this by itself, so a healthy one is named in at most one release of twenty. */
const least = 1 / wrongShare
/** Sums stay exact enough beside it. A smaller e-value is one, too. */
const logMost = Math.log(1e12)

type Ranked = { readonly index: number; readonly value: number; readonly weight: number }

/** The strongest first. */
const ranked = (suspects: readonly Suspect[]): readonly Ranked[] =>
  suspects
    .map(({ logE, weight }, index) => ({ index, logE, weight, value: Math.exp(Math.min(logE, logMost)) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.logE - a.logE)

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
/** By how much each is above a mean, by its weight. */
const above = (mean: number, some: readonly Ranked[]): readonly number[] =>
  some.map(({ value, weight }) => weight * (value - mean))
/** What a set with the lowest mean takes of those that it may have or leave. */
const worst = (mean: number, some: readonly Ranked[]): number => sum(above(mean, some).filter((each) => each < 0))

/** Whether closed e-BH may name them: of all sets that have so many of them, the one with the lowest mean is looked at. */
function mayBeNamed(named: readonly Ranked[], others: readonly Ranked[]): boolean {
  return named.every((_, place) => {
    const mean = (place + 1) / (wrongShare * named.length)
    const lowest = above(mean, named)
      .toSorted((a, b) => a - b)
      .slice(0, place + 1)
    return sum(lowest) + worst(mean, others) >= 0
  })
}

/** @returns the indices of those that are named, the most certain first: as many as may be */
export function standOut(suspects: readonly Suspect[]): readonly number[] {
  const all = ranked(suspects)
  const candidates = all.filter(({ value }) => value >= least).length
  for (let count = candidates; count > 0; count--) {
    if (mayBeNamed(all.slice(0, count), all.slice(count))) return all.slice(0, count).map(({ index }) => index)
  }
  return []
}

/**
 * The fewest of whom one at least has a fault, by closed testing (Marcus, Peritz and Gabriel 1976): every set that has all of
 * them has evidence enough. In one release of twenty at most all of them are well.
 */
export function oneAmong(suspects: readonly Suspect[]): readonly number[] | undefined {
  const all = ranked(suspects)
  const count = all.findIndex((_, place) => {
    const chosen = all.slice(0, place + 1)
    return sum(above(least, chosen)) + worst(least, all.slice(place + 1)) >= 0
  })
  return count === -1 ? undefined : all.slice(0, count + 1).map(({ index }) => index)
}

/**
 * The one that most likely has the fault, if one of them has one and each was as likely before: by Bayes' rule, with e-values as
 * likelihood ratios. It bounds no error by itself: nothing may act on it. @returns its index, and the odds against all others
 */
export function mostLikely(
  suspects: readonly Suspect[],
): { readonly index: number; readonly logOdds: number } | undefined {
  const [first, ...others] = suspects.map(({ logE }, index) => ({ index, logE })).sort((a, b) => b.logE - a.logE)
  // What cannot be read may be the one.
  if (first === undefined || others.length === 0 || others.some(({ logE }) => logE === -Infinity)) return undefined
  const logOdds = first.logE - Math.log(sum(others.map(({ logE }) => Math.exp(Math.min(logE, logMost)))))
  const isLikely = first.logE >= Math.log(least) && logOdds >= Math.log(1 / wrongShare - 1)
  return isLikely ? { index: first.index, logOdds } : undefined
}
