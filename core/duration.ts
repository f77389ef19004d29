// Durations as people write them: a whole number and one unit. Only this file converts them to seconds.
import * as z from 'zod'

const spelling = 'write a duration as a whole number and s, m, h or d, such as 90s, 5m or 1h'
const secondsPer = { s: 1, m: 60, h: 3600, d: 86_400 } as const

/** Parses `90s`, `5m`, `1h` or `2d` to seconds, within the limits. No fractions, signs, spaces or second unit. */
export function duration(limits: { readonly minSeconds: number; readonly maxSeconds: number }) {
  return z
    .string({ error: ({ input }) => (input === undefined ? undefined : spelling) })
    .regex(/^(0|[1-9][0-9]{0,6})[smhd]$/, spelling)
    .transform((text) => Number(text.slice(0, -1)) * secondsPer[text.slice(-1) as keyof typeof secondsPer])
    .refine((seconds) => seconds >= limits.minSeconds && seconds <= limits.maxSeconds, {
      message: `must be from ${formatDuration(limits.minSeconds)} to ${formatDuration(limits.maxSeconds)}`,
    })
}

/** The shortest spelling of a number of seconds in at most two units: 90 is `1m30s`, 3600 is `1h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole === 0) return '0s'
  const parts: string[] = []
  let rest = whole
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.slice(0, 2).join('')
}
