// Signals that stay unknown: since when, and what the service wants done about it. Some signals matter more than others, so each
// has its own time limit and consequence.
import { formatDuration } from '../duration.ts'
import type { Release } from './release.ts'
import { signalName, type Watch, watches } from '../service/signals.ts'
import type { Verdict } from '../verdict/evidence/evidence.ts'
import { own } from '../own.ts'

/** Updates since when each signal has been unknown, given a new verdict. */
export function unknownSince(release: Release, verdict: Verdict, atMs: number): Release['unknownSince'] {
  const unknown = verdict.signals.filter((signal) => signal.kind === 'unknown')
  return Object.fromEntries(unknown.map(({ signal }) => [signal, own(release.unknownSince, signal) ?? atMs]))
}

/** What to do about a signal that has been unknown for longer than it may be; `undefined` when there is none. */
export function signalUnknownTooLong(
  release: Release,
  atMs: number,
): { readonly then: 'pause' | 'rollBack'; readonly because: string } | undefined {
  for (const [signal, sinceMs] of Object.entries(release.unknownSince)) {
    const watch = watchOf(release, signal)
    if (watch === undefined || watch.role === 'advisory' || watch.whenUnknown === 'hold') continue
    const minutes = Math.floor((atMs - sinceMs) / 60_000)
    if (minutes < watch.unknownMinutes) continue
    return { then: watch.whenUnknown, because: `${signal} has been unknown for ${formatDuration(minutes * 60)}` }
  }
  return undefined
}

const watchOf = ({ service }: Release, signal: string): Watch | undefined =>
  watches(service.signals).get(signalName(signal))
