// Turns one CloudWatch series into a reading, or into the reason why it is not evidence.
import type { Reading } from '../../core/verdict/evidence/evidence.ts'

/** `status` is CloudWatch's last status for the series; only `Complete` is evidence. */
export type Series = {
  readonly name: string
  readonly status: string
  readonly points: readonly { readonly atMs: number; readonly value: number }[]
}

/** The period that was queried, in whole periods: `startMs` inclusive, `endMs` exclusive. */
export type Asked = { readonly startMs: number; readonly endMs: number; readonly periodSeconds: number }

export function readingOf(series: Series, asked: Asked): Reading {
  const flaw = flawOf(series, asked)
  if (flaw !== undefined) return { kind: 'unread', because: flaw }
  const points = series.points.map(({ atMs, value }) => ({ minuteMs: atMs, value }))
  return { kind: 'points', points: points.toSorted((a, b) => a.minuteMs - b.minuteMs) }
}

function flawOf({ name, status, points }: Series, { startMs, endMs, periodSeconds }: Asked): string | undefined {
  if (status !== 'Complete') return `${name}: CloudWatch answered ${status}`
  const seen = new Set<number>()
  for (const { atMs, value } of points) {
    if (!Number.isInteger(atMs)) return `${name}: a point without a time`
    if (atMs < startMs || atMs >= endMs || atMs % (periodSeconds * 1000) !== 0) {
      return `${name}: an unexpected point at ${iso(atMs)}`
    }
    if (seen.has(atMs)) return `${name}: two points at ${iso(atMs)}`
    if (!Number.isFinite(value)) return `${name}: ${value} at ${iso(atMs)} is no number`
    seen.add(atMs)
  }
  return undefined
}

const iso = (atMs: number): string => new Date(atMs).toISOString()
