// The execution environments of a version, as the benchmark simulates them.
import { describe, expect, it } from 'vitest'
import { chance } from '../../cloud/local/time/chance.ts'
import { drawFrom } from '../../bench/trials/draw.ts'
import { choices, environmentMinutes } from '../../bench/trials/environments.ts'

const usual = { perMinute: 1200, meanMs: 1000, brokenFactor: 1, brokenFrom: 4, minutes: 12 } as const
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe('execution environments', () => {
  it.each(choices)('are as many as requests are under way at once, and begin with one request each: %s', (choice) => {
    const minutes = environmentMinutes({ ...usual, choice }, drawFrom(chance(7, choice)))
    expect(minutes).toHaveLength(12)
    const made = sum(minutes.map(({ first }) => first))
    expect(made).toBe(Math.max(...minutes.map(({ busyMost }) => busyMost)))
    // Twenty on average, and Poisson: about 35 at the peak of a minute.
    expect(made).toBeGreaterThan(30)
    expect(made).toBeLessThan(45)
    expect(minutes.slice(0, 4).every(({ broken }) => broken === 0)).toBe(true)
    const after = minutes.slice(5)
    const share = sum(after.map(({ broken }) => broken)) / sum(after.map(({ requests }) => requests))
    expect(share).toBeGreaterThan(0)
    expect(share).toBeLessThan(0.06)
  })

  it('give one that fails at once more than its part of the requests, and one that hangs less', () => {
    const share = (brokenFactor: number): number => {
      const draw = drawFrom(chance(7, `${brokenFactor}`))
      const after = environmentMinutes({ ...usual, choice: 'any', brokenFactor }, draw).slice(5)
      return sum(after.map(({ broken }) => broken)) / sum(after.map(({ requests }) => requests))
    }
    expect(share(0.001)).toBeGreaterThan(1.5 * share(1))
    expect(share(10)).toBeLessThan(share(1) / 2)
  })
})
