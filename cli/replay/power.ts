// What a plan can find at a level of traffic, by each of its steps: the smallest fault that is found in nine of ten releases. For
// each size of fault at most forty releases are simulated, with the rule itself.
import type { Service } from '../../core/service/service.ts'
import { minutesOf, type Situation } from '../../bench/trials/noise.ts'
import type { Rival } from '../../bench/rivals/rival.ts'

const coursesMost = 40
const missedShare = 0.1
/** Added shares of requests that fail, from .03 points to all. */
const sizes = Array.from({ length: 32 }, (_, index) => 10 ** (-3.5 + (index * 3.5) / 31))

/** Whether it was found within so many minutes. */
type Seen = { readonly minutes: number; readonly found: boolean }

/**
 * @param ends the minutes at which the steps end, rising: what is found by one is found by the later ones
 * @returns for each step the added share of requests that fail; Infinity when not even a total failure is found
 */
export function smallestFound(
  rule: Rival,
  { policy }: Pick<Service, 'policy'>,
  situation: Situation,
  ends: readonly number[],
  { runs, seed }: { readonly runs: number; readonly seed: number },
): readonly number[] {
  const courses = Math.min(coursesMost, runs)
  const known = new Map<string, Seen>()
  const isFoundIn = (size: number, course: number, end: number): boolean => {
    const key = `${size} ${course}`
    const before = known.get(key)
    if (before?.found === true) return true
    if (before !== undefined && before.minutes >= end) return false
    const fault = { added: (sizes[size] ?? 1) * (1 - situation.rate), fromMinute: 0 }
    const minutes = minutesOf({ ...situation, fault }, seed + course).slice(0, end)
    const found = rule
      .judge(minutes, { alpha: policy.alpha, stableRate: situation.rate })
      .some(({ said }) => said === 'fail')
    known.set(key, { minutes: end, found })
    return found
  }
  const isFound = (size: number, end: number): boolean => {
    let missed = 0
    for (let course = 0; course < courses; course++) {
      if (!isFoundIn(size, course, end)) missed++
      if (missed > missedShare * courses) return false
    }
    return true
  }
  return ends.map((end) => {
    let [low, high] = [-1, sizes.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (isFound(middle, end)) high = middle
      else low = middle
    }
    return sizes[high] ?? Infinity
  })
}
