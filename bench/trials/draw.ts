// Draws from the distributions that the simulations need, all of them from one seeded stream. Sampling is by d3-random.
import { randomBinomial, randomGeometric, randomNormal, randomPoisson } from 'd3-random'

export type Draw = {
  readonly normal: () => number
  readonly poisson: (mean: number) => number
  readonly binomial: (n: number, share: number) => number
  readonly geometric: (mean: number) => number
  readonly uniform: () => number
  /** A whole number from `least` to `most`, each as likely. */
  readonly between: (least: number, most: number) => number
  /** A whole number of at least 1 that is k or more with probability k^-shape. */
  readonly pareto: (shape: number) => number
}

export function drawFrom(random: () => number): Draw {
  const poisson = randomPoisson.source(random)
  const binomial = randomBinomial.source(random)
  const geometric = randomGeometric.source(random)
  return {
    uniform: random,
    normal: randomNormal.source(random)(),
    poisson: (mean) => (mean > 0 ? poisson(mean)() : 0),
    binomial: (n, share) => (n > 0 && share > 0 ? binomial(n, Math.min(1, share))() : 0),
    geometric: (mean) => geometric(1 / mean)(),
    between: (least, most) => least + Math.floor(random() * (most - least + 1)),
    pareto: (shape) => Math.floor((1 - random()) ** (-1 / shape)),
  }
}

/**
 * A first-order autoregressive series with standard deviation 1. It begins at `first`: by default anywhere, as after a long time.
 * Reversed in time it is a series of the same kind.
 */
export function wandering(draw: Draw, lag: number, first: number = draw.normal()): () => number {
  let value = first
  let isFirst = true
  return () => {
    if (!isFirst) value = lag * value + Math.sqrt(1 - lag * lag) * draw.normal()
    isFirst = false
    return value
  }
}

/** A random walk that begins at 0; the deviation is that of one step. */
export function walking(draw: Draw, deviation: number): () => number {
  let value = 0
  let isFirst = true
  return () => {
    if (!isFirst) value += deviation * draw.normal()
    isFirst = false
    return value
  }
}
