// Sums of numbers kept as logarithms, and the ratio of two gamma functions. We do not use a library's log-gamma: subtracting two
// large values loses the digits that an e-value over a day of minutes depends on (docs/dependencies.md).

/** ln(e^a + e^b) */
export function logAdd(a: number, b: number): number {
  const high = Math.max(a, b)
  return high === -Infinity ? -Infinity : high + Math.log1p(Math.exp(Math.min(a, b) - high))
}

/** ln of the sum of e^v; -Infinity for an empty list. */
export function logSum(values: readonly number[]): number {
  let high = -Infinity
  for (const value of values) if (value > high) high = value
  if (high === -Infinity) return -Infinity
  let sum = 0
  for (const value of values) sum += Math.exp(value - high)
  return high + Math.log(sum)
}

// Up to this many factors, the product itself is faster and exact to the last digits.
const factorsMax = 24
const largeEnough = 12

/**
 * ln(Gamma(a + n) / Gamma(a)), the logarithm of the rising factorial. `a` > 0, `n` >= 0, both may be fractions. Stirling's
 * series, with the recurrence for small `a` (Abramowitz and Stegun 6.1.15, 6.1.40).
 */
export function logRising(a: number, n: number): number {
  if (n === 0) return 0
  if (n <= factorsMax && Number.isInteger(n)) {
    let sum = 0
    let product = 1
    for (let index = 0; index < n; index++) {
      product *= a + index
      if (product > 1e250) {
        sum += Math.log(product)
        product = 1
      }
    }
    return sum + Math.log(product)
  }
  if (a < largeEnough) {
    const up = Math.ceil(largeEnough - a)
    let shift = 0
    for (let index = 0; index < up; index++) shift += Math.log1p(n / (a + index))
    return logRising(a + up, n) - shift
  }
  // The difference of two Stirling series, simplified algebraically so that no digits are lost however large `a` is.
  return (a - 0.5) * Math.log1p(n / a) + n * Math.log(a + n) - n + tail(a + n) - tail(a)
}

// The tail of Stirling's series; its error is below 1e-16 of the result from x = 12 on.
function tail(x: number): number {
  const inverse = 1 / x
  const square = inverse * inverse
  return (
    inverse *
    (1 / 12 -
      square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188 - (square * 691) / 360360)))))
  )
}
