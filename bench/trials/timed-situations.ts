// The situations of the latency row, at 1000 requests a minute and 10 %: slow candidates, and healthy ones whose durations
// wander, pause or warm up.
import { from, lognormal, mixed, pareto, pauses, some, times, type TimedSituation, wander, where } from './durations.ts'

/** p99 is 2.5 times p50. */
const common = lognormal(120, 0.4)
/** One request in a hundred takes another path. */
const withSlowPath = mixed(0.01, common, lognormal(800, 0.2))
const hit = lognormal(8, 0.2)
/** Four requests in five are answered from a cache. */
const cached = mixed(0.8, common, hit)
/** Hits end well below, misses well above. */
const isHit = (ms: number): boolean => ms < 25
const isSlowPath = (ms: number): boolean => ms > 450
const heavyTail = pareto(50, 1.2)

const slower = (factor: number) => times(() => factor)
const together = wander(0.3, 0.8)
const warmUp = (factor: number, minutes: number) => times((minute) => (minute < minutes ? factor : 1))
/** Twice as long again in the first minute, and half of that in each further one. */
const justInTime = times((minute) => 1 + 2 * 0.5 ** minute)

export const slowOnes: readonly TimedSituation[] = [
  { name: '1 % ten times slower', service: withSlowPath, candidate: where(isSlowPath, (ms) => 10 * ms) },
  { name: '.5 % hang for 30 s', service: common, candidate: some(0.005, () => 30_000) },
  { name: 'cache hits 8 -> 16 ms', service: cached, candidate: where(isHit, (ms) => 2 * ms) },
  { name: 'Pareto x1.25', service: heavyTail, candidate: slower(1.25) },
  { name: 'x1.1', service: common, candidate: slower(1.1) },
  { name: 'x1.25', service: common, candidate: slower(1.25) },
  { name: 'x2', service: common, candidate: slower(2) },
  { name: '+500 ms on 3 %', service: common, candidate: some(0.03, (ms) => ms + 500) },
  { name: '2 % slower a minute', service: common, candidate: times((minute) => 1 + 0.02 * (minute + 1)) },
  { name: 'x1.25 from 25', service: common, candidate: from(25, slower(1.25)), faultFrom: 25 },
  { name: 'x3 from 25', service: common, candidate: from(25, slower(3)), faultFrom: 25 },
  { name: 'x1.25, both drift together', service: common, both: together, candidate: slower(1.25) },
  { name: 'x1.25, each wanders by .1', service: common, each: wander(0.1, 0.8), candidate: slower(1.25) },
]

export const unchangedOnes: readonly TimedSituation[] = [
  { name: 'lognormal', service: common },
  { name: 'bimodal', service: cached },
  { name: 'Pareto', service: heavyTail },
  { name: 'both drift together', service: common, both: together },
  { name: 'both x2 from 30', service: common, both: from(30, slower(2)) },
  { name: 'each wanders by .1, lag .8', service: common, each: wander(0.1, 0.8) },
  { name: 'each wanders by .1, lag .98', service: common, each: wander(0.1, 0.98) },
  { name: 'bimodal, wanders by .1, lag .8', service: cached, each: wander(0.1, 0.8) },
  { name: 'GC pauses', service: common, each: pauses(0.1, 0.05, 200) },
  { name: 'cold for 3 minutes', service: common, candidate: warmUp(5, 3) },
  { name: 'JIT', service: common, candidate: justInTime },
  { name: '5 % slower', service: common, candidate: slower(1.05) },
  { name: '15 % faster', service: common, candidate: slower(0.85) },
]
