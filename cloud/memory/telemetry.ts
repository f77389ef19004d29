// Alarms and counts in memory: what was set is what is read, and what was not set is missing or absent, never good.
import type { AlarmReading, MinuteCount, VersionCounts } from '../../core/verdict/evidence.ts'
import type { CountQuery, Telemetry } from '../ports.ts'

/** Answers a question for counts; `undefined` leaves the answer to what was set. */
type CountsSource = (query: CountQuery, startMs: number, endMs: number) => VersionCounts | undefined

type MemoryTelemetry = {
  readonly telemetry: Telemetry
  readonly alarms: Map<string, AlarmReading>
  readonly setCounts: (query: CountQuery, counts: readonly MinuteCount[] | { readonly unread: string }) => void
  readonly answerCounts: (source: CountsSource) => void
}

export function memoryTelemetry(): MemoryTelemetry {
  const alarms = new Map<string, AlarmReading>()
  const set = new Map<string, VersionCounts>()
  let source: CountsSource = () => undefined
  const keyOf = ({ functionName, alias, version }: CountQuery): string => [functionName, alias, version].join(' ')

  function countsOf(query: CountQuery, startMs: number, endMs: number): VersionCounts {
    const counts = source(query, startMs, endMs) ?? set.get(keyOf(query)) ?? { kind: 'counts', minutes: [] }
    if (counts.kind === 'unread') return counts
    const within = counts.minutes.filter(({ minuteMs }) => minuteMs >= startMs && minuteMs < endMs)
    return { kind: 'counts', minutes: within.toSorted((a, b) => a.minuteMs - b.minuteMs) }
  }

  return {
    alarms,
    telemetry: {
      alarms: (names) => Promise.resolve(names.map((name) => alarms.get(name) ?? { name, state: 'missing' })),
      counts: (queries, startMs, endMs) => Promise.resolve(queries.map((query) => countsOf(query, startMs, endMs))),
    },
    setCounts(query, counts) {
      const stored: VersionCounts =
        'unread' in counts ? { kind: 'unread', because: counts.unread } : { kind: 'counts', minutes: [...counts] }
      set.set(keyOf(query), stored)
    },
    answerCounts(next) {
      source = next
    },
  }
}
