// What the watch after a promotion sees in a month of bench:budget: its errors, outages and traffic, and releases whose fault
// begins hours after the promotion. Everything is seeded. docs/watch.md, "What it saves".
import { chance } from '../../cloud/local/time/chance.ts'
import { burning, type Slot as BudgetSlot, slotMs } from '../../core/budget/budget.ts'
import { isCounted } from '../../core/service/slo.ts'
import { dayMs, minuteMs } from '../../core/time.ts'
import { isFault, type Minute, noEvidence, see } from '../../core/watch/evidence.ts'
import { learnPast, type Past, pastDays } from '../../core/watch/past.ts'
import { type Draw, drawFrom } from '../trials/draw.ts'
import { type Fault, faultAt } from '../trials/fault.ts'
import {
  answerMinutes,
  beginMs,
  faults,
  monthService,
  noise,
  outageAdded,
  outagesPerMonth,
  perMinuteAt,
  rate,
  slotsOf,
} from '../trials/month.ts'

const monthDays = 30
/** The next release comes then, and ends the fault and the watch. */
const untilNextMinutes = 12 * 60
const [latestFrom, latestTo] = [30, 10 * 60]
/** A minute is known two minutes after it began; the schedule of the looks, and the way back itself, take one more. */
const knownAfterMinutes = 3
const dayMinutes = 24 * 60

/** The faults of bench:budget, some time after the promotion. */
export const lateFaults: readonly (Fault & { readonly name: string })[] = [
  ...faults.filter(({ fromMinute }) => fromMinute === 0),
  { name: '+0.2 %', added: 0.002, fromMinute: 0 },
]

/** Minute after minute of a service, with the bursts and the outages of the month. */
function minutesOf(draw: Draw, mean: number, fromMs: number): (minute: number, added: number) => Minute {
  const outageShare = (outagesPerMonth * slotMs) / (monthDays * dayMs)
  const size = noise.kind === 'bursts' ? noise.size : 1
  let [slot, isOut] = [-1, false]
  return (minute, added) => {
    const atMs = fromMs + minute * minuteMs
    if (Math.floor(atMs / slotMs) !== slot) {
      slot = Math.floor(atMs / slotMs)
      isOut = draw.uniform() < outageShare
    }
    const invocations = draw.poisson(perMinuteAt(mean, atMs))
    const bursts = draw.poisson((invocations * rate) / size)
    let bad = draw.binomial(invocations, added + (isOut ? outageAdded : 0))
    for (let burst = 0; burst < bursts; burst++) bad += draw.geometric(size)
    return { atMs, invocations, bad: Math.min(invocations, bad) }
  }
}

function pastBefore(slots: readonly BudgetSlot[], atMs: number): Past | undefined {
  const before = slots.filter((slot) => slot.atMs >= atMs - pastDays * dayMs && slot.atMs + slotMs <= atMs)
  return learnPast(before.map(({ atMs: at, good, bad }) => ({ atMs: at, invocations: good + bad, bad })))
}

/** @returns the minute at whose look the watch says that there is a fault; undefined if it never does */
function foundAt(past: Past, minutes: number, minuteAt: (minute: number) => Minute): number | undefined {
  let evidence = noEvidence
  for (let minute = 0; minute < minutes; minute++) {
    evidence = see(evidence, minuteAt(minute), past, dayMinutes)
    if (isFault([evidence])) return minute + knownAfterMinutes
  }
  return undefined
}

/** The minute in which the burn rate of the budget pages somebody. */
function pagedAt(mean: number, slots: readonly BudgetSlot[], fault: Fault, atMs: number): number | undefined {
  const [slo] = monthService([10, 50], 10).slos.filter(isCounted)
  if (slo === undefined) throw new Error('bug: the service has no SLO')
  const recent = slots.filter((slot) => slot.atMs > atMs - 3 * dayMs && slot.atMs < atMs + untilNextMinutes * minuteMs)
  const bad = new Map<number, number>()
  for (let minute = 0; minute < untilNextMinutes; minute++) {
    const nowMs = atMs + minute * minuteMs
    const slotAt = Math.floor(nowMs / slotMs) * slotMs
    bad.set(slotAt, (bad.get(slotAt) ?? 0) + perMinuteAt(mean, nowMs) * faultAt(fault, minute))
    if ((nowMs + minuteMs) % slotMs !== 0) continue
    const known = recent
      .filter((slot) => slot.atMs <= slotAt)
      .map((slot) => {
        const more = bad.get(slot.atMs) ?? 0
        return { ...slot, good: Math.max(0, slot.good - more), bad: slot.bad + more }
      })
    if (burning(slo, known, nowMs + minuteMs).some(({ rule }) => rule.severity === 'page')) return minute
  }
  return undefined
}

type LateFault = {
  readonly name: string
  /** Requests that failed because of it: without a watch, with one that pages, and with one that puts back. */
  readonly none: number
  readonly page: number
  readonly rollBack: number
  /** Minutes from its beginning until the watch found it; undefined if it did not. */
  readonly minutes: number | undefined
}

const badUntil = (mean: number, fault: Fault, atMs: number, end: number): number => {
  let bad = 0
  for (let minute = 0; minute < Math.min(end, untilNextMinutes); minute++)
    bad += perMinuteAt(mean, atMs + minute * minuteMs) * faultAt(fault, minute)
  return bad
}

/** One bad release of each kind. */
export function lateFaultsOf(mean: number, seed: number): readonly LateFault[] {
  const slots = slotsOf(mean, seed)
  return lateFaults.map((kind, place) => {
    const random = chance(seed * 100 + place, 'late faults')
    const promotedMs = beginMs + Math.floor(random() * (monthDays - 1) * 24 * 60) * minuteMs
    const from = Math.floor(latestFrom + random() * (latestTo - latestFrom))
    const fault = { ...kind, fromMinute: from }
    const past = pastBefore(slots, promotedMs)
    const draw = minutesOf(drawFrom(random), mean, promotedMs)
    const found = past && foundAt(past, untilNextMinutes, (minute) => draw(minute, faultAt(fault, minute)))
    const paged = pagedAt(mean, slots, fault, promotedMs)
    const person = paged === undefined ? Infinity : paged + answerMinutes
    const bad = (end: number): number => badUntil(mean, fault, promotedMs, end)
    // What was found before the fault began is counted apart, as a return of a healthy version.
    const good = found !== undefined && found >= from ? found : Infinity
    return {
      name: kind.name,
      none: bad(person),
      page: bad(Math.min(person, good + answerMinutes)),
      rollBack: bad(Math.min(person, good)),
      minutes: good === Infinity ? undefined : good - from,
    }
  })
}

/** How many of so many healthy releases are taken for bad ones in a day. */
export function falseReturnsOf(mean: number, seed: number, releases: number): number {
  const slots = slotsOf(mean, seed)
  let found = 0
  for (let place = 0; place < releases; place++) {
    const random = chance(seed * 1000 + place, 'healthy days')
    const promotedMs = beginMs + Math.floor(random() * (monthDays - 1) * 24 * 60) * minuteMs
    const past = pastBefore(slots, promotedMs)
    const draw = minutesOf(drawFrom(random), mean, promotedMs)
    if (past !== undefined && foundAt(past, dayMinutes, (minute) => draw(minute, 0)) !== undefined) found++
  }
  return found
}
