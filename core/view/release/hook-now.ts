// What is said while a hook is awaited: how far it is, or what it did not know, since when, and what becomes of that.
import { formatDuration } from '../../duration.ts'
import { currentHook } from '../../release/next.ts'
import { hasTraffic, type HookState, type Release } from '../../release/release.ts'
import { clockWords, goesBack, inTime, limitWords } from './moment.ts'

export function hookWords(release: Release, nowMs: number): string {
  const { state } = release
  const hook = currentHook(release)
  const name = hook?.functionName ?? 'a hook'
  if (state.phase !== 'hooks') return ''
  if (state.calledAtMs === undefined)
    return state.unknown === undefined ? `Hook ${name} is called next.` : unknownWords(release, state, name, nowMs)
  const endMs = state.calledAtMs + (hook?.timeoutSeconds ?? 0) * 1000
  const until = endMs > nowMs ? `within ${formatDuration((endMs - nowMs) / 1000)}` : 'now'
  const { progress, unknown } = state
  const last = progress ?? (unknown && { atMs: unknown.atMs, said: unknown.because })
  const said = last === undefined ? '' : ` Last: ${last.said}, at ${clockWords(last.atMs, nowMs)}.`
  return `Waiting for hook ${name} (${state.point}) to answer; it has to ${until}.${said}`
}

/** Why it does not know, since when, and what becomes of that. */
function unknownWords(release: Release, state: HookState, name: string, nowMs: number): string {
  const { unknown, callAtMs = nowMs, sinceMs } = state
  const { hold, whenHeldTooLong } = release.service.policy
  const back = hasTraffic(release) ? goesBack(release) : 'is rejected'
  const then = whenHeldTooLong === 'pause' ? 'is paused' : back
  return [
    `Held since ${clockWords(sinceMs, nowMs)}: hook ${name} (${state.point}) does not know.`,
    `Last: ${unknown?.because ?? ''}, at ${clockWords(unknown?.atMs ?? sinceMs, nowMs)}.`,
    `It is called again ${inTime(callAtMs, nowMs)}.`,
    limitWords(then, sinceMs + hold.unknownSeconds * 1000, 'unknown', nowMs),
  ].join(' ')
}
