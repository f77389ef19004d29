// Moments for people, in UTC as CloudWatch, CloudTrail and the events of AWS have them: whoever reads along elsewhere sees the
// same time.

/** `2026-03-01 09:30:00Z` */
export const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`

/** `09:30:00Z` on the day of `nowMs`, and with its date on another. */
export const clock = (ms: number, nowMs: number): string =>
  moment(ms).slice(0, 10) === moment(nowMs).slice(0, 10) ? moment(ms).slice(11) : moment(ms)
