// Error budgets: how much of the allowed share of bad requests is left, and how fast it is being spent. The arithmetic follows
// the Google SRE workbook (chapter 5, "Alerting on SLOs"): burn rate = bad ratio of a window / share that may be bad.
import { Temporal } from 'temporal-polyfill'
import { budgetShare, type CountedSlo } from '../service/slo.ts'
import { dayMs, hourMs } from '../time.ts'

export const slotMs = 300_000

/** The start of the hour that contains this moment. */
export const hourAt = (ms: number): number => Math.floor(ms / hourMs) * hourMs

/** Good and bad counts of the five minutes that begin at `atMs`. */
export type Slot = { readonly atMs: number; readonly good: number; readonly bad: number }
type Period = { readonly startMs: number; readonly endMs: number }

/**
 * The SLO window that contains `nowMs`. A rolling window ends at `nowMs`; a calendar window ends with its calendar unit, in local
 * time.
 */
export function windowAt({ window }: Pick<CountedSlo, 'window'>, nowMs: number): Period {
  if (window.kind === 'rolling') return { startMs: nowMs - window.days * dayMs, endMs: nowMs }
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(window.timeZone).startOfDay()
  // With daylight saving, a day may start at 01:00 and the days before it at midnight. So each date takes its own start of day.
  const first =
    window.unit === 'week'
      ? today.subtract({ days: today.dayOfWeek - 1 })
      : today.with({ day: 1, ...(window.unit === 'quarter' ? { month: today.month - ((today.month - 1) % 3) } : {}) })
  const length = { week: { weeks: 1 }, month: { months: 1 }, quarter: { months: 3 } }[window.unit]
  const start = first.startOfDay()
  return { startMs: start.epochMilliseconds, endMs: start.add(length).startOfDay().epochMilliseconds }
}

export type Budget = {
  readonly window: Period
  readonly good: number
  readonly bad: number
  /** How many may be bad: a share of the requests so far or, for slices, of all slices in the window. */
  readonly allowed: number
  /**
   * How many may be bad in the whole window if traffic continues as it has so far: `allowed`, scaled from the observed part of
   * the window to its full length. Observation starts with the first slot, or with the window if that is later. For a young
   * service, or at the start of a month, `allowed` is so small that a single error spends it; `whole` is not. Slices already
   * cover the whole window.
   */
  readonly whole: number
  /** Share of `allowed` that is spent; above 1 the budget is overspent. Absent when nothing happened. */
  readonly spent?: number
}

/**
 * @param slots must cover the window. Slots outside it are not counted, but an earlier slot shows that the whole window was
 * observed.
 */
export function budgetAt(slo: CountedSlo, slots: readonly Slot[], nowMs: number): Budget {
  const window = windowAt(slo, nowMs)
  const inside = slots.filter(({ atMs }) => atMs >= window.startMs && atMs < Math.min(window.endMs, nowMs))
  const { good, bad } = counted(slo, inside)
  const units = slo.slices === undefined ? good + bad : (window.endMs - window.startMs) / (slo.slices.minutes * 60_000)
  const allowed = units * budgetShare(slo)
  const whole =
    slo.slices === undefined ? (allowed * (window.endMs - window.startMs)) / seenMs(slots, window, nowMs) : allowed
  return { window, good, bad, allowed, whole, ...(good + bad === 0 ? {} : { spent: bad / allowed }) }
}

/** How much of the window has been observed. If nothing happened in it, the whole window counts as observed. */
function seenMs(slots: readonly Slot[], { startMs, endMs }: Period, nowMs: number): number {
  const past = slots.filter(({ atMs, good, bad }) => atMs < nowMs && good + bad > 0)
  return past.length === 0 ? endMs - startMs : nowMs - Math.max(startMs, Math.min(...past.map(({ atMs }) => atMs)))
}

/** Burn rate: 1 uses up the budget exactly at the end of the window. `undefined` when nothing happened. */
export function burnRate(slo: CountedSlo, slots: readonly Slot[], period: Period): number | undefined {
  const { good, bad } = counted(
    slo,
    slots.filter(({ atMs }) => atMs >= period.startMs && atMs < period.endMs),
  )
  return good + bad === 0 ? undefined : bad / (good + bad) / budgetShare(slo)
}

/** Counts requests or, for a sliced SLO, the time slices that had any requests. */
function counted({ slices }: CountedSlo, slots: readonly Slot[]): { readonly good: number; readonly bad: number } {
  const units = slices === undefined ? slots : sliced(slots, slices.minutes * 60_000, slices.goodPpm / 1_000_000)
  return units.reduce((sum, { good, bad }) => ({ good: sum.good + good, bad: sum.bad + bad }), { good: 0, bad: 0 })
}

function sliced(slots: readonly Slot[], sliceMs: number, goodShare: number): readonly Omit<Slot, 'atMs'>[] {
  const slices = Map.groupBy(
    slots.filter(({ good, bad }) => good + bad > 0),
    ({ atMs }) => Math.floor(atMs / sliceMs),
  )
  return [...slices.values()].map((slice) => {
    const good = slice.reduce((sum, slot) => sum + slot.good, 0)
    const all = slice.reduce((sum, slot) => sum + slot.good + slot.bad, 0)
    return good >= all * goodShare ? { good: 1, bad: 0 } : { good: 0, bad: 1 }
  })
}

export const severities = ['page', 'ticket'] as const

/**
 * Fires when the budget burns fast enough that `share` of it is gone within `hours`. Both windows must burn: the long one shows
 * that it matters, the short one that it is still going on.
 */
type BurnRule = {
  readonly severity: (typeof severities)[number]
  readonly share: number
  readonly hours: number
  readonly shortMinutes: number
}

/** SRE workbook, table 5-8, plus the second ticket rule of sloth. */
export const burnRules: readonly BurnRule[] = [
  { severity: 'page', share: 0.02, hours: 1, shortMinutes: 5 },
  { severity: 'page', share: 0.05, hours: 6, shortMinutes: 30 },
  { severity: 'ticket', share: 0.1, hours: 24, shortMinutes: 120 },
  { severity: 'ticket', share: 0.1, hours: 72, shortMinutes: 360 },
]

/** @param periodHours the length of the SLO's window @returns the burn rate at which the rule starts to hold */
export const burnFactor = ({ share, hours }: BurnRule, periodHours: number): number => (share * periodHours) / hours

/** How far back burn rates look: the longest long window. */
export const burnReachMs = Math.max(...burnRules.map(({ hours }) => hours)) * hourMs

export type Burning = { readonly rule: BurnRule; readonly rate: number; readonly factor: number }

/** The rules that hold at `nowMs`, which is a multiple of five minutes. */
export function burning(slo: CountedSlo, slots: readonly Slot[], nowMs: number): readonly Burning[] {
  const { startMs, endMs } = windowAt(slo, nowMs)
  return burnRules.flatMap((rule) => {
    const factor = burnFactor(rule, (endMs - startMs) / hourMs)
    const long = burnRate(slo, slots, { startMs: nowMs - rule.hours * hourMs, endMs: nowMs })
    const short = burnRate(slo, slots, { startMs: nowMs - rule.shortMinutes * 60_000, endMs: nowMs })
    return long !== undefined && short !== undefined && long >= factor && short >= factor
      ? [{ rule, rate: long, factor }]
      : []
  })
}
