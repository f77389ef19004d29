// Whether a time zone is usable. Asks the library that will use it, because other libraries accept names at which this one
// throws.
import { Temporal } from 'temporal-polyfill'

export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}
