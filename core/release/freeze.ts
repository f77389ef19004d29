// Fails that do not send a release back. Past a one-way step nothing does: it stays at its weight, and waits for a forward fix.
// Before that, a signal may say that a person decides (`onFail: hold`).
import type { Frozen, Release } from './release.ts'
import { type Signals, type Watch, watches } from '../service/signals.ts'
import type { SignalVerdict, Verdict } from '../verdict/evidence/evidence.ts'

/** It stays where it is. A freeze that is there already stays as it was told. */
export function freeze(release: Release, kind: Frozen['kind'], because: string, by: string, atMs: number): Release {
  if (release.frozen?.kind === kind) return release
  return { ...release, paused: { by, reason: because, atMs }, frozen: { by, because, atMs, kind } }
}

const decides = ({ kind, advisory }: SignalVerdict): boolean => kind === 'fail' && advisory !== true
const failing = (verdict: Verdict | undefined): readonly string[] =>
  (verdict?.signals ?? []).filter(decides).map(({ signal }) => signal)
/** A signal's key is its name, followed by the function's name when there are several targets. */
const nameOf = (key: string): string => key.split(':')[0] ?? key

/** Whether every signal that fails is one that holds the release. */
export function isHeldFail({ signals }: { readonly signals: Signals }, verdict: Verdict): boolean {
  const known = watches(signals)
  const keys = failing(verdict)
  return keys.length > 0 && keys.every((key) => known.get(nameOf(key))?.onFail === 'hold')
}

const alarmKey = 'alarm:'

/**
 * A person goes on in spite of a freeze. What failed then is only reported from now on, or the next look would freeze it again.
 * What fails besides still counts.
 */
export function inSpiteOf(release: Release): Release {
  const keys = release.frozen === undefined ? [] : failing(release.verdict)
  if (keys.length === 0) return release
  const names = keys.map(nameOf)
  const alarms = keys.flatMap((key) => (key.startsWith(alarmKey) ? [key.slice(alarmKey.length)] : []))
  return {
    ...release,
    excludedAlarms: [...new Set([...release.excludedAlarms, ...alarms])],
    service: { ...release.service, signals: reportedOnly(release.service.signals, names) },
  }
}

function reportedOnly(signals: Signals, names: readonly string[]): Signals {
  const advisory = <W extends Watch>(watch: W): W => ({ ...watch, role: 'advisory' })
  const named = <W extends Watch & { readonly name: string }>(watch: W): W =>
    names.includes(watch.name) ? advisory(watch) : watch
  const own = <W extends Watch>(name: string, watch: 'off' | W): 'off' | W =>
    watch !== 'off' && names.includes(name) ? advisory(watch) : watch
  const { errors, latency, throttles, cost, coldStarts, memory, custom, prometheus } = signals
  return {
    ...signals,
    errors: own('errors', errors),
    latency: own('latency', latency),
    throttles: own('throttles', throttles),
    cost: own('cost', cost),
    coldStarts: own('coldStarts', coldStarts),
    memory: own('memory', memory),
    custom: custom.map(named),
    ...(prometheus === undefined ? {} : { prometheus: prometheus.map(named) }),
  }
}
