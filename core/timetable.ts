// Times that people plan: a span between two moments, or the same hours of some days of every week, in local time.
import { Temporal } from 'temporal-polyfill'
import * as z from 'zod'
import { TimeZone } from './slo.ts'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const moment = z.iso.datetime({ offset: true })
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

export const Timetable = z.array(z.union([Once, Weekly])).max(50)
export type Timetable = z.output<typeof Timetable>

/** Whether a moment is in one of the spans; their ends are not. */
export const isPlanned = (timetable: Timetable, atMs: number): boolean =>
  timetable.some((span) =>
    'days' in span ? isWeekly(span, atMs) : atMs >= Date.parse(span.from) && atMs < Date.parse(span.to),
  )

function isWeekly(span: z.output<typeof Weekly>, atMs: number): boolean {
  const today = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(span.timeZone).toPlainDate()
  // A span that goes over midnight began yesterday.
  return [0, 1].some((daysAgo) => {
    const date = today.subtract({ days: daysAgo })
    if (!isOn(span, date)) return false
    const [startMs, endMs] = spanOn(span, date)
    return atMs >= startMs && atMs < endMs
  })
}

function isOn({ days: on }: z.output<typeof Weekly>, date: Temporal.PlainDate): boolean {
  const name = days[date.dayOfWeek - 1]
  return name !== undefined && on.includes(name)
}

/** The span that begins on a date, from its first moment to the first after it. */
function spanOn({ from, to, timeZone }: z.output<typeof Weekly>, date: Temporal.PlainDate): readonly [number, number] {
  const end = to > from ? date : date.add({ days: 1 })
  const at = (day: Temporal.PlainDate, plainTime: string): number =>
    day.toZonedDateTime({ timeZone, plainTime }).epochMilliseconds
  return [at(date, from), at(end, to)]
}

// Longer than a week: every weekly span begins and ends in it.
const reachDays = 8

/** When `isPlanned` next changes, looking a week ahead; `undefined` when it does not. */
export function plannedUntilMs(timetable: Timetable, atMs: number): number | undefined {
  const now = isPlanned(timetable, atMs)
  const edges = timetable.flatMap((span) =>
    'days' in span ? weeklyEdges(span, atMs) : [Date.parse(span.from), Date.parse(span.to)],
  )
  return edges.toSorted((a, b) => a - b).find((edge) => edge > atMs && isPlanned(timetable, edge) !== now)
}

function weeklyEdges(span: z.output<typeof Weekly>, atMs: number): readonly number[] {
  const today = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(span.timeZone).toPlainDate()
  return Array.from({ length: reachDays + 2 }, (_, index) => today.add({ days: index - 1 })).flatMap((date) =>
    isOn(span, date) ? spanOn(span, date) : [],
  )
}
