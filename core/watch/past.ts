// What the weeks before a release say of a service's errors: how many are usual at an hour of the week, how they vary, and how
// long and how bad the outages were that came and went by themselves. Recorded once, at the first look, and never changed.
import * as z from 'zod'
import { hourMs, minuteMs } from '../time.ts'

/** Five minutes of an alias. CloudWatch keeps such points for 63 days. */
export type Slot = { readonly atMs: number; readonly invocations: number; readonly bad: number }

export const slotMs = 5 * minuteMs
export const pastDays = 28
const hoursOfWeek = 168
/** With fewer requests nobody knows what is usual. */
const requestsMin = 500
/** A rate of an hour counts for itself once it has so many errors; until then, for that of the day, and of all. */
const errorsTogether = 20
/** The same limits as those of a candidate that is judged alone (verdict/processes/candidate-only.ts). */
const burstMin = 5
const burstMax = 1000
const driftMin = 1.5
const driftMax = 10
const rateMax = 0.5
const digits = 6

const share = z.number().min(0).max(1)

export const Past = z.strictObject({
  /** The usual share of failed requests at each hour of the week, in UTC, beginning with Thursday: so does 1970. */
  usual: z.array(share).length(hoursOfWeek),
  /** How many times the usual share a whole hour had, at the worst, without an outage. */
  drift: z.number().min(driftMin).max(driftMax),
  /** How large bursts are, as far as slots vary more than chance. */
  burst: z.number().min(burstMin).max(burstMax),
  outages: z.int().min(0),
  /** Of the longest outage. */
  longestMinutes: z.int().min(0),
  /** The highest share of failed requests in a slot. */
  worst: share,
  requests: z.int().min(0),
})
export type Past = z.output<typeof Past>

const hourOfWeek = (atMs: number): number => Math.floor(atMs / hourMs) % hoursOfWeek

/** The share that usually fails at this time. */
export const usualAt = ({ usual }: Past, atMs: number): number => usual[hourOfWeek(atMs)] ?? rateMax

/** What is not yet a fault at this time: as many errors as the worst hour had for its time of the week. */
export const explainedAt = (past: Past, atMs: number): number => Math.min(rateMax, usualAt(past, atMs) * past.drift)

type Counts = { invocations: number; bad: number }
const none = (): Counts => ({ invocations: 0, bad: 0 })

function add(to: Counts, { invocations, bad }: Slot): void {
  to.invocations += invocations
  to.bad += bad
}

function totals(slots: readonly Slot[], places: number, placeOf: (atMs: number) => number): readonly Counts[] {
  const all = Array.from({ length: places }, none)
  for (const slot of slots) add(all[placeOf(slot.atMs)] ?? none(), slot)
  return all
}

/** Toward `around`, as long as there are few errors. */
const shrunk = ({ invocations, bad }: Counts, around: number): number =>
  Math.min(rateMax, (bad + errorsTogether) / (invocations + errorsTogether / around))

function usualOf(slots: readonly Slot[]): readonly number[] {
  const all = none()
  for (const slot of slots) add(all, slot)
  // So much that fewer errors are hardly chance: what is not known for sure must not be taken for good.
  const whole = Math.min(rateMax, (all.bad + 2 * Math.sqrt(all.bad) + 2) / all.invocations)
  const byHour = totals(slots, 24, (atMs) => Math.floor(atMs / hourMs) % 24)
  const byWeek = totals(slots, hoursOfWeek, hourOfWeek)
  const hours = byHour.map((counts) => shrunk(counts, whole))
  return byWeek.map((counts, hour) => shrunk(counts, hours[hour % 24] ?? whole))
}

/** An outage: far more errors than bursts explain. */
const isOut = ({ invocations, bad }: Slot, rate: number): boolean => {
  const mean = Math.max(invocations * rate, 1e-9)
  if (bad <= 2 * mean) return false
  return (bad * Math.log(bad / mean) - (bad - mean)) / burstMin > 12
}

/** Slots with a gap of one between them are of one outage. */
function longestOf(out: readonly Slot[]): { readonly outages: number; readonly longestMinutes: number } {
  let [outages, longest, from, to] = [0, 0, 0, -Infinity]
  for (const { atMs } of out) {
    if (atMs - to > slotMs) {
      outages++
      from = atMs
    }
    to = atMs + slotMs
    longest = Math.max(longest, to - from)
  }
  return { outages, longestMinutes: longest / minuteMs }
}

const rounded = (value: number): number => Number(value.toPrecision(digits))
const within = (value: number, min: number, max: number): number => rounded(Math.min(max, Math.max(min, value)))

/** The highest number of errors of an hour, as a multiple of what is usual at its time; an hour with few says little. */
function driftOf(slots: readonly Slot[], usual: readonly number[]): number {
  const hours = Map.groupBy(slots, ({ atMs }) => Math.floor(atMs / hourMs))
  let highest = 0
  for (const [hour, some] of hours) {
    const bad = some.reduce((sum, one) => sum + one.bad, 0)
    const expected = some.reduce((sum, one) => sum + one.invocations, 0) * (usual[hour % hoursOfWeek] ?? 0)
    highest = Math.max(highest, (bad + errorsTogether) / (expected + errorsTogether))
  }
  return highest
}

/** Pearson's dispersion around the usual share. */
function dispersionOf(slots: readonly Slot[], usual: readonly number[]): number {
  let [sum, count] = [1, 1]
  for (const { atMs, invocations, bad } of slots) {
    const expected = invocations * (usual[hourOfWeek(atMs)] ?? 0)
    if (expected <= 0) continue
    sum += (bad - expected) ** 2 / expected
    count++
  }
  return sum / count
}

/** @param slots in order @returns undefined if there are too few requests to know what is usual */
export function learnPast(slots: readonly Slot[]): Past | undefined {
  const some = slots.filter(({ invocations }) => invocations > 0)
  const requests = some.reduce((sum, { invocations }) => sum + invocations, 0)
  if (requests < requestsMin) return undefined
  // What is usual is not known before the outages are, and the other way round.
  const first = usualOf(some)
  const isCalm = (slot: Slot, usual: readonly number[]): boolean =>
    !isOut(slot, usual[hourOfWeek(slot.atMs)] ?? rateMax)
  const second = usualOf(some.filter((slot) => isCalm(slot, first)))
  const calm = some.filter((slot) => isCalm(slot, second))
  const usual = usualOf(calm)
  return {
    usual: usual.map(rounded),
    drift: within(driftOf(calm, usual), driftMin, driftMax),
    burst: within(dispersionOf(calm, usual), burstMin, burstMax),
    ...longestOf(some.filter((slot) => !isCalm(slot, usual))),
    worst: rounded(
      Math.max(...some.filter(({ invocations }) => invocations >= 20).map((one) => one.bad / one.invocations), 0),
    ),
    requests,
  }
}
