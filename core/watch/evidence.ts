// The evidence that a promoted version fails more than the service did at this time of the week: an e-process over the minutes of
// the whole watch. It may be looked at whenever one likes, and ended at any look: of healthy versions, at most the share `alpha`
// ever reaches 1/alpha. docs/watch.md says what that rests on.
import * as z from 'zod'
import { minuteMs } from '../time.ts'
import { logAdd, logSum } from '../verdict/processes/log-space.ts'
import { explainedAt, type Past } from './past.ts'

/** For the whole watch, however long it is and however often it is looked at. */
const alpha = 0.01
/** How many times as often it fails as is explained: each is a hypothesis of its own. */
const multiples = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
/** There need not have been an outage in the past weeks for one to come. */
const outageMinutesMin = 10
/** An outage that is so many times as long as the longest of the past weeks is taken for a fault. */
const longer = 1.25
/** The same of how bad it is, in five minutes together. */
const worse = 1.5
const minutesTogether = 5
/** At least so much of five minutes, in whole minutes, must have failed: two of them, nearly all. */
const failedMin = 1.8
/** Of those minutes together. */
const requestsMin = 20
const rateMax = 0.95

export type Minute = { readonly atMs: number; readonly invocations: number; readonly bad: number }

const finite = z.number()
export const Evidence = z.strictObject({
  /** ln of the evidence for each multiple; none before the first minute. */
  ratios: z.array(finite).max(multiples.length),
  /** The latest minutes: how many requests, and the share that failed beyond what is explained. */
  latest: z.array(z.strictObject({ atMs: z.int(), invocations: z.int().min(0), failed: finite })).max(minutesTogether),
  invocations: z.int().min(0),
  bad: z.int().min(0),
  /** Of the requests so far, how many were explained. */
  expected: z.number().min(0),
})
export type Evidence = z.output<typeof Evidence>

export const noEvidence: Evidence = { ratios: [], latest: [], invocations: 0, bad: 0, expected: 0 }

/** The fault may begin in any minute of the watch: each has the same share. */
const shareOf = (watchMinutes: number): number => -Math.log(watchMinutes)

/**
 * The most that one minute may add. So no outage is taken for a fault that is no longer than those of the past weeks: for as long
 * as that, and a quarter as long again, the evidence stays below the limit.
 */
function capOf({ longestMinutes }: Pick<Past, 'longestMinutes'>, watchMinutes: number): number {
  const whole = Math.log(watchMinutes / alpha)
  return whole / (longer * Math.max(outageMinutesMin, longestMinutes))
}

/** ln of how much better each multiple explains the minute, to the power of one by the size of a burst, which keeps it valid. */
function gainsOf({ invocations, bad }: Minute, explained: number, burst: number): readonly number[] {
  return multiples.map((multiple) => {
    const rate = Math.min(rateMax, explained * multiple)
    if (rate <= explained) return 0
    const good = invocations - bad
    return (bad * Math.log(rate / explained) + good * Math.log((1 - rate) / (1 - explained))) / burst
  })
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6

type Weighed = { readonly after: Evidence; readonly gains: readonly number[] }

/** @param watchMinutes of the whole watch */
export const see = (before: Evidence, minute: Minute, past: Past, watchMinutes: number): Evidence =>
  weighed(before, minute, past, watchMinutes, true).after

/** @param isPatient an outage that is no longer than those of the past weeks does not count as a fault */
function weighed(before: Evidence, minute: Minute, past: Past, watchMinutes: number, isPatient: boolean): Weighed {
  const { atMs, invocations, bad } = minute
  if (invocations === 0) return { after: before, gains: multiples.map(() => 0) }
  const explained = explainedAt(past, atMs)
  const failed = rounded(Math.max(0, bad / invocations - explained))
  const latest = [...before.latest, { atMs, invocations, failed }].slice(-minutesTogether)
  // Worse than anything that came and went by itself: that need not last as long.
  const cap = !isPatient || isWorseThanEver(latest, past) ? Infinity : capOf(past, watchMinutes)
  const share = shareOf(watchMinutes)
  const gains = gainsOf(minute, explained, past.burst).map((gain) => Math.min(cap, gain))
  const after = {
    ratios: multiples.map((_, index) =>
      rounded(Math.max(floor, logAdd(before.ratios[index] ?? -Infinity, share) + (gains[index] ?? 0))),
    ),
    latest,
    invocations: before.invocations + invocations,
    bad: before.bad + bad,
    expected: rounded(before.expected + invocations * (explained / past.drift)),
  }
  return { after, gains }
}
/** A number that JSON can have. */
const floor = -1000

function isWorseThanEver(latest: Evidence['latest'], { worst }: Past): boolean {
  const toMs = latest.at(-1)?.atMs ?? 0
  const together = latest.filter(({ atMs }) => toMs - atMs < minutesTogether * minuteMs)
  const sum = (of: 'invocations' | 'failed'): number => together.reduce((total, one) => total + one[of], 0)
  return sum('invocations') >= requestsMin && sum('failed') >= Math.max(failedMin, worse * minutesTogether * worst)
}

/** ln of the evidence of one target. */
const logEOf = ({ ratios }: Evidence): number =>
  ratios.length === 0 ? -Infinity : logSum(ratios) - Math.log(multiples.length)

/** ln of the evidence of all targets: their mean, which is valid whatever they have to do with each other. */
const logE = (targets: readonly Evidence[]): number =>
  targets.length === 0 ? -Infinity : logSum(targets.map(logEOf)) - Math.log(targets.length)

export const isFault = (targets: readonly Evidence[]): boolean => logE(targets) >= -Math.log(alpha)

/** At odds of 20 to 1 a target has a part in what a release is charged: 95 %, one-sided, as for other charges. */
const surely = Math.log(20)

/** When a fault began, and the last minute that makes it more likely that it went on. */
type Lasting = { readonly fromMs: number; readonly lastMs: number }

/**
 * Where the fault of a target began: of all minutes and multiples, the ones whose product of likelihood ratios is the largest.
 * @param minutes oldest first
 * @param isPatient as the watch itself looks; not where a person has said already that it is a fault
 * @param untilMs it began before this
 * @returns undefined where the evidence of all beginnings together never reached what is sure
 */
export function lastingOf(
  minutes: readonly Minute[],
  past: Past,
  { watchMinutes, untilMs, isPatient }: { watchMinutes: number; untilMs: number; isPatient: boolean },
): Lasting | undefined {
  let [evidence, highest] = [noEvidence, -Infinity]
  let sums = multiples.map(() => ({ sum: 0, fromMs: 0 }))
  let best = { sum: 0, fromMs: 0, place: 0 }
  for (const minute of minutes.filter(({ atMs }) => atMs < untilMs)) {
    const { after, gains } = weighed(evidence, minute, past, watchMinutes, isPatient)
    evidence = after
    highest = Math.max(highest, logEOf(evidence))
    sums = sums.map(({ sum, fromMs }, place) =>
      sum > 0 ? { sum: sum + (gains[place] ?? 0), fromMs } : { sum: gains[place] ?? 0, fromMs: minute.atMs },
    )
    for (const [place, one] of sums.entries()) if (one.sum > best.sum) best = { ...one, place }
  }
  return highest < surely ? undefined : { fromMs: best.fromMs, lastMs: lastOf(minutes, past, best) }
}

function lastOf(minutes: readonly Minute[], past: Past, { fromMs, place }: { fromMs: number; place: number }): number {
  let [sum, most, lastMs] = [0, 0, fromMs]
  for (const minute of minutes.filter(({ atMs }) => atMs >= fromMs)) {
    sum += gainsOf(minute, explainedAt(past, minute.atMs), past.burst)[place] ?? 0
    if (sum > most) [most, lastMs] = [sum, minute.atMs]
  }
  return lastMs
}
