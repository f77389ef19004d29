// The time window of an OpenSLO document as one of ours: rolling in whole days, or one of the calendar's.
import type * as z from 'zod'
import type { Wrong } from './openslo-indicator.ts'
import type { TimeWindow } from './openslo-schema.ts'
import { isTimeZone } from '../time-zone.ts'
import type { SloDefinition } from './slo.ts'
import { own } from '../own.ts'

const days: Readonly<Record<string, number>> = { m: 1 / 1440, h: 1 / 24, d: 1, w: 7 }
const firstDays = {
  week: 'on a Monday',
  month: 'on its first day',
  quarter: 'on the first day of January, April, July or October',
}
const calendars = new Map<string, keyof typeof firstDays>([
  ['7d', 'week'],
  ['1w', 'week'],
  ['1M', 'month'],
  ['3M', 'quarter'],
  ['1Q', 'quarter'],
])

export function windowOf(windows: readonly TimeWindow[], wrong: Wrong): z.input<typeof SloDefinition>['window'] {
  const [window] = windows
  if (window === undefined || windows.length > 1) throw wrong('spec.timeWindow', 'give exactly one')
  const at: Wrong = (field, what) => wrong(`spec.timeWindow.0.${field}`, what)
  const { duration, isRolling, calendar } = window
  if ((calendar !== undefined) === (isRolling === true))
    throw at('isRolling', 'a window is either rolling or has a calendar; correct one of the two')
  if (calendar === undefined) {
    const [, count = '', unit = ''] = /^([1-9][0-9]{0,5})([mhdwMQY])$/.exec(duration) ?? []
    const length = Number(count) * (own(days, unit) ?? Number.NaN)
    if (!Number.isInteger(length))
      throw at('duration', `${duration} is no number of days; write a rolling window in whole days, as 28d or 4w`)
    return `${length}d`
  }
  const unit = calendars.get(duration)
  if (unit === undefined)
    throw at('duration', `${duration} is no calendar window here; use 1w, 1M or 1Q (a small m is minutes)`)
  if (!begins(unit, calendar.startTime))
    throw at(
      'calendar.startTime',
      `a ${unit} begins ${firstDays[unit]} at 00:00:00, as in 2024-01-01 00:00:00; ${calendar.startTime} is another time`,
    )
  if (!isTimeZone(calendar.timeZone))
    throw at('calendar.timeZone', `no time zone is called "${calendar.timeZone}"; name it as in Europe/Berlin`)
  return { calendar: unit, timeZone: calendar.timeZone }
}

/** Whether windows counted from this local time begin where the calendar's own do. */
function begins(unit: keyof typeof firstDays, startTime: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)[ T]00:00(?::00)?$/.exec(startTime) ?? []
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return false
  if (unit === 'week') return date.getUTCDay() === 1
  return date.getUTCDate() === 1 && (unit === 'month' || date.getUTCMonth() % 3 === 0)
}
