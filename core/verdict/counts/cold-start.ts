// New execution environments may fail more often in their first minutes although nothing is wrong with the version: an excess of
// A g^k of all requests in minute k after traffic rose. The nulls contain such starts, up to a bound: a bad start is still found.

/** `excess` is a share of the requests, `decay` the part of it that is left after each minute. */
export type ColdStart = { readonly excess: number; readonly decay: number }

const none: ColdStart = { excess: 0, decay: 0 }
const fineSteps = 18
/** From .2 to 9 points. */
const fine = Array.from({ length: fineSteps }, (_, index) => 0.002 * 1.25 ** index)
const coarse = [0.004, 0.01, 0.025, 0.06]

const family = (excesses: readonly number[], decays: readonly number[]): readonly ColdStart[] => [
  none,
  ...decays.flatMap((decay) => excesses.map((excess) => ({ excess, decay }))),
]

/** Index 0 is no cold start. */
export const coldStarts = family(fine, [0.2, 0.4, 0.6])
export const coarseColdStarts = family(coarse, [0.3, 0.6])

/** How many times as often as usual the candidate may fail. @param usual stable's error rate, above 0 */
export const coldFactor = ({ excess, decay }: ColdStart, usual: number, minute: number): number =>
  1 + (excess / usual) * decay ** minute

/** Stable's error rate so far, never 0. */
export const usualRate = (bad: number, invocations: number): number => (bad + 0.5) / (invocations + 50)
