// Two metric series become counts by minute, or the reason why they are not evidence.
import type { VersionCounts } from '../../core/verdict/evidence.ts'

/** `status` is CloudWatch's last word on the series; only `Complete` will do. */
export type Series = {
  readonly name: string
  readonly status: string
  readonly points: readonly { readonly atMs: number; readonly value: number }[]
}

const minuteMs = 60_000

/** A minute without errors has no point in some series and 0 in others; a minute without invocations does not appear. */
export function countsOf(invocations: Series, errors: Series, startMs: number, endMs: number): VersionCounts {
  const flaw = flawOf(invocations, startMs, endMs) ?? flawOf(errors, startMs, endMs)
  if (flaw !== undefined) return { kind: 'unread', because: flaw }
  const errorsAt = new Map(errors.points.map((point) => [point.atMs, point.value]))
  const minutes = invocations.points
    .map(({ atMs, value }) => ({ minuteMs: atMs, invocations: value, errors: errorsAt.get(atMs) ?? 0 }))
    .toSorted((a, b) => a.minuteMs - b.minuteMs)
  const invoked = new Set(minutes.map((minute) => minute.minuteMs))
  // Lambda counts an error only with its invocation: errors alone mean that invocations are missing.
  const alone = errors.points.find((point) => point.value > 0 && !invoked.has(point.atMs))
  if (alone === undefined) return { kind: 'counts', minutes }
  return { kind: 'unread', because: `${errors.name}: a point at ${iso(alone.atMs)} without any invocations` }
}

function flawOf({ name, status, points }: Series, startMs: number, endMs: number): string | undefined {
  if (status !== 'Complete') return `${name}: CloudWatch answered ${status}`
  const seen = new Set<number>()
  for (const { atMs, value } of points) {
    if (!Number.isInteger(atMs)) return `${name}: a point without a time`
    if (atMs < startMs || atMs >= endMs || atMs % minuteMs !== 0) return `${name}: an unexpected point at ${iso(atMs)}`
    if (seen.has(atMs)) return `${name}: two points at ${iso(atMs)}`
    if (!Number.isFinite(value) || value < 0) return `${name}: ${value} at ${iso(atMs)} is no count`
    seen.add(atMs)
  }
  return undefined
}

const iso = (atMs: number): string => new Date(atMs).toISOString()
