// Times that people plan: a span between two moments, or the same hours of some days of every week, in local time.
import { Temporal } from 'temporal-polyfill'
import * as z from 'zod'
import { TimeZone } from './slo.ts'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
// What is no moment ends the check there: what the other kind of span says of it is then the whole of it.
const moment = z.iso.datetime({
  offset: true,
  abort: true,
  error: 'write a moment as 2026-12-20T00:00:00Z or with +01:00',
})
const timeOfDay = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'write a time of day as 22:30')

const Once = z
  .strictObject({ from: moment, to: moment })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), 'it ends before it begins')
const Weekly = z.strictObject({
  days: z.array(z.enum(days)).min(1).max(7),
  from: timeOfDay,
  to: timeOfDay.describe('On the next day when it is not later than `from`.'),
  timeZone: TimeZone.default('UTC'),
})
type Weekly = z.output<typeof Weekly>

export const Timetable = z
  .array(
    z.union([Once, Weekly], {
      error: 'write two moments, as { from, to }, or hours of a week, as { days, from, to, timeZone }',
    }),
  )
  .max(50)
export type Timetable = z.output<typeof Timetable>

/**
 * Whether a moment is in one of the spans; their ends are not. Weekly ones go by the clock on the wall: when it is put
 * forward over the beginning or the end of a span, that is then; when it is put back, what it shows twice is in the
 * span twice.
 * @throws RangeError for a time zone that nobody knows: core/service/definition.ts lets none in
 */
export const isPlanned = (timetable: Timetable, atMs: number): boolean =>
  timetable.some((span) =>
    'days' in span ? isWeekly(span, atMs) : atMs >= Date.parse(span.from) && atMs < Date.parse(span.to),
  )

const zoned = (atMs: number, { timeZone }: Weekly): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone)

function isWeekly(span: Weekly, atMs: number): boolean {
  const now = zoned(atMs, span).toPlainDateTime()
  // A span that goes over midnight began yesterday.
  return [0, 1].some((daysAgo) => {
    const date = now.toPlainDate().subtract({ days: daysAgo })
    if (!isOn(span, date)) return false
    const [start, end] = spanOn(span, date)
    return Temporal.PlainDateTime.compare(now, start) >= 0 && Temporal.PlainDateTime.compare(now, end) < 0
  })
}

function isOn({ days: on }: Weekly, date: Temporal.PlainDate): boolean {
  const name = days[date.dayOfWeek - 1]
  return name !== undefined && on.includes(name)
}

type Wall = Temporal.PlainDateTime

/** The span that begins on a date, from the first that the wall clock shows of it to the first after it. */
function spanOn({ from, to }: Weekly, date: Temporal.PlainDate): readonly [Wall, Wall] {
  const end = to > from ? date : date.add({ days: 1 })
  return [date.toPlainDateTime(from), end.toPlainDateTime(to)]
}

// Longer than a week: every weekly span begins and ends in it.
const reachDays = 8

/** When `isPlanned` next changes, looking a week ahead; `undefined` when it does not. @throws RangeError as `isPlanned` */
export function plannedUntilMs(timetable: Timetable, atMs: number): number | undefined {
  const now = isPlanned(timetable, atMs)
  const edges = timetable.flatMap((span) =>
    'days' in span ? weeklyEdges(span, atMs) : [Date.parse(span.from), Date.parse(span.to)],
  )
  return edges.toSorted((a, b) => a - b).find((edge) => edge > atMs && isPlanned(timetable, edge) !== now)
}

/** Every moment at which the span may begin or end. */
function weeklyEdges(span: Weekly, atMs: number): readonly number[] {
  const now = zoned(atMs, span)
  const dates = Array.from({ length: reachDays + 2 }, (_, index) => now.toPlainDate().add({ days: index - 1 }))
  const shown = dates.flatMap((date) => (isOn(span, date) ? spanOn(span, date) : []))
  // What the clock shows twice, or never; and when it is put forward or back.
  const moments = shown.flatMap((wall) =>
    (['earlier', 'later'] as const).map((disambiguation) => wall.toZonedDateTime(span.timeZone, { disambiguation })),
  )
  return [...moments, ...changes(now)].map(({ epochMilliseconds }) => epochMilliseconds)
}

function changes(now: Temporal.ZonedDateTime): readonly Temporal.ZonedDateTime[] {
  const change = now.getTimeZoneTransition('next')
  return change === null || change.epochMilliseconds > now.add({ days: reachDays }).epochMilliseconds
    ? []
    : [change, ...changes(change)]
}
