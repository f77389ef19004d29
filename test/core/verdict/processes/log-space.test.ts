// Sums of logarithms and the rising factorial, against published values and against exact integers.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logAdd, logRising, logSum } from '../../../../core/verdict/processes/log-space.ts'

const relative = (found: number, wanted: number): number => Math.abs(found - wanted) / Math.max(1, Math.abs(wanted))

/** ln of a natural number, accurate to the last digits however large it is. */
function logOf(n: bigint): number {
  const digits = n.toString(16)
  const kept = digits.slice(0, 13)
  return Math.log(Number.parseInt(kept, 16)) + (digits.length - kept.length) * Math.log(16)
}

describe('the rising factorial', () => {
  // ln Gamma as printed in the DLMF (5.4) and by R's lgamma.
  it.each([
    [0.5, 0.5, 0 - 0.5723649429247001],
    [1, 99, 359.1342053695754],
    [1, 999, 5905.220423209181],
    [1, 999_999, 12_815_504.569147611],
    [0.5, 1.5, 0 - 0.5723649429247001],
    [1, 9.3, 13.482036786138359],
  ])('of %d over %d steps is the published difference of two log-gammas', (a, n, wanted) => {
    expect(relative(logRising(a, n), wanted)).toBeLessThan(1e-12)
  })

  it.each([
    [3, 40],
    [11, 25],
    [12, 300],
    [500, 2000],
    [1, 3000],
  ])('of %i over %i steps is the product of the integers', (a, n) => {
    let product = 1n
    for (let k = 0; k < n; k++) product *= BigInt(a + k)
    expect(relative(logRising(a, n), logOf(product))).toBeLessThan(1e-12)
  })

  it('of a half is a ratio of factorials', () => {
    for (const n of [1, 5, 24, 25, 100]) {
      let product = 1n
      for (let k = 0; k < n; k++) product *= BigInt(2 * k + 1)
      expect(relative(logRising(0.5, n), logOf(product) - n * Math.LN2)).toBeLessThan(1e-12)
    }
  })

  it('does not depend on where it is split, over sixteen orders of magnitude', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -9, max: 7, noNaN: true }),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 0, max: 5000 }),
        (exponent, n, m) => {
          const a = 10 ** exponent
          expect(relative(logRising(a, n) + logRising(a + n, m), logRising(a, n + m))).toBeLessThan(1e-12)
        },
      ),
    )
  })
})

describe('sums of logarithms', () => {
  it('neither overflow nor lose small values, and an empty sum is zero', () => {
    expect(logAdd(1000, 1000)).toBeCloseTo(1000 + Math.LN2, 12)
    expect(logAdd(-1e9, 3)).toBe(3)
    expect(logAdd(-Infinity, -Infinity)).toBe(-Infinity)
    expect(logSum([])).toBe(-Infinity)
    expect(logSum([-2000, -2000, -2000, -2000])).toBeCloseTo(-2000 + Math.log(4), 12)
  })
})
