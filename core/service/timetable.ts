// Planned times: a span between two moments, or the same hours on some days of every week, in local time.
import { Temporal } from 'temporal-polyfill'
import * as z from 'zod'
import { TimeZone } from './slo.ts'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
// Abort on an invalid moment, so that the error message of the other kind of span is the only one shown.
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
 * Whether a moment is in one of the spans; the end of a span is exclusive. Weekly spans follow the wall clock. When the clock
 * skips over the start or end of a span, the span starts or ends at the skip. Times that the clock shows twice are in the span
 * twice.
 * @throws RangeError for an unknown time zone; core/service/definition.ts lets none in
 */
export const isPlanned = (timetable: Timetable, atMs: number): boolean =>
  timetable.some((span) =>
    'days' in span ? isWeekly(span, atMs) : atMs >= Date.parse(span.from) && atMs < Date.parse(span.to),
  )

const zoned = (atMs: number, { timeZone }: Weekly): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone)

function isWeekly(span: Weekly, atMs: number): boolean {
  const now = zoned(atMs, span).toPlainDateTime()
  // A span that crosses midnight began yesterday.
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

/** The span that begins on a date, as wall-clock times: start inclusive, end exclusive. */
function spanOn({ from, to }: Weekly, date: Temporal.PlainDate): readonly [Wall, Wall] {
  const end = to > from ? date : date.add({ days: 1 })
  return [date.toPlainDateTime(from), end.toPlainDateTime(to)]
}

// Longer than a week, so that every weekly span begins and ends within it.
const reachDays = 8

/** When `isPlanned` next changes, looking a week ahead; `undefined` when it does not. @throws RangeError like `isPlanned` */
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
  // Include both readings of a wall-clock time that occurs twice or never, and the clock changes themselves.
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
