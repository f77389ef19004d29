// What a plan can find at a level of traffic, by each of its steps: the smallest fault that is found in nine of ten releases. Forty
// releases are simulated for each size of fault, with the rule itself.
import type { Service } from '../../core/service/service.ts'
import { minutesOf, type Situation } from '../../bench/trials/noise.ts'
import type { Rival } from '../../bench/rivals/rival.ts'

const courses = 40
const foundShare = 0.9
/** Added shares of requests that fail, from .03 points to all. */
const sizes = Array.from({ length: 32 }, (_, index) => 10 ** (-3.5 + (index * 3.5) / 31))

/** In how many of the releases the fault has been found before this minute. */
function foundBefore(foundAt: readonly number[], minute: number): number {
  return foundAt.filter((at) => at < minute).length
}

/**
 * @param ends the minutes at which the steps end
 * @returns for each step the added share of requests that fail; Infinity when not even a total failure is found
 */
export function smallestFound(
  rule: Rival,
  { policy }: Pick<Service, 'policy'>,
  situation: Situation,
  ends: readonly number[],
  seed: number,
): readonly number[] {
  const known = new Map<number, readonly number[]>()
  const foundAt = (size: number): readonly number[] => {
    const before = known.get(size)
    if (before !== undefined) return before
    const fault = { added: (sizes[size] ?? 1) * (1 - situation.rate), fromMinute: 0 }
    const found = Array.from({ length: courses }, (_, course) => {
      const seen = minutesOf({ ...situation, fault }, seed + course)
      const at = rule.judge(seen, { alpha: policy.alpha, stableRate: situation.rate }).findIndex((one) => one.said === 'fail')
      return at < 0 ? Infinity : at
    })
    known.set(size, found)
    return found
  }
  return ends.map((end) => {
    let [low, high] = [-1, sizes.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (foundBefore(foundAt(middle), end) >= foundShare * courses) high = middle
      else low = middle
    }
    return sizes[high] ?? Infinity
  })
}
