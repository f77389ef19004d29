// Durations in milliseconds. A day here is 24 hours of UTC; temporal-polyfill handles days of a time zone.
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
