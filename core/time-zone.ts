// Whether a time zone can be used, asked of the library that uses it: others know names that this one throws at.
import { Temporal } from 'temporal-polyfill'

export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}
