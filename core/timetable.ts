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

function isWeekly({ days: on, from, to, timeZone }: z.output<typeof Weekly>, atMs: number): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone)
  // A span that goes over midnight began yesterday.
  return [0, 1].some((daysAgo) => {
    const date = local.toPlainDate().subtract({ days: daysAgo })
    const name = days[date.dayOfWeek - 1]
    if (name === undefined || !on.includes(name)) return false
    const end = to > from ? date : date.add({ days: 1 })
    const [startMs, endMs] = (
      [
        [date, from],
        [end, to],
      ] as const
    ).map(([day, time]) => day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds)
    return atMs >= (startMs ?? 0) && atMs < (endMs ?? 0)
  })
}
