// Durations in milliseconds, and a moment in words. A day here is 24 hours of UTC; temporal-polyfill handles days of a time zone.
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/** `2026-01-01 00:10Z` */
export const minuteWords = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`
