// Lengths of time in milliseconds. A day is 24 hours of UTC: days of a time zone are counted by temporal-polyfill.
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
