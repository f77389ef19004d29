// What a release asks for now. Anybody who can read the log can find out, so nothing is lost with the process that was
// about to do it.
import { askDueMs, heldNow, isGated } from './gating.ts'
import { hasTraffic, type Release } from './release.ts'
import type { Service } from '../service/service.ts'

type Act =
  | { readonly act: 'admit' | 'gate' | 'prepare' | 'shift' | 'judge' | 'rollBack' | 'settle' | 'handOver' | 'end' }
  /** Call the hook at which the release stands and wait for its answer, but not longer than this. */
  | { readonly act: 'hook'; readonly seconds: number }
  /** Wait, but not longer than this, for something to happen. */
  | { readonly act: 'bake'; readonly seconds: number }

// Step Functions ends an execution at 25,000 history events. A look is one event here and at most 20 there, retries
// included, so this leaves room (docs/aws.md §3.3; counted in the bench).
const eventsPerExecution = 800
const longestLookSeconds = 900
// Lambda tries for three minutes to hand over a call of the function that calls hooks. If nothing has been noted by then,
// it was lost on the way, and is made again.
const handedOverSeconds = 300

export function nextAct(release: Release, nowMs: number): Act {
  const { state } = release
  switch (state.phase) {
    case 'requested':
    case 'queued':
      return { act: 'admit' }
    case 'preparing':
      if (state.beginsAtMs !== undefined && nowMs < state.beginsAtMs)
        return { act: 'bake', seconds: Math.ceil((state.beginsAtMs - nowMs) / 1000) }
      return isGated(release, nowMs) ? askGates(release, nowMs) : { act: 'prepare' }
    case 'hooks':
      if (release.paused !== undefined && state.calledAtMs === undefined) return wait(release, nowMs, state.sinceMs)
      if (isGated(release, nowMs)) return askGates(release, nowMs)
      return state.callAtMs !== undefined && state.calledAtMs === undefined && nowMs < state.callAtMs
        ? { act: 'bake', seconds: Math.ceil((state.callAtMs - nowMs) / 1000) }
        : { act: 'hook', seconds: hookSeconds(release, nowMs) }
    case 'shifting':
      if (release.paused !== undefined && state.move === undefined) return wait(release, nowMs, state.sinceMs)
      return isGated(release, nowMs) ? askGates(release, nowMs) : { act: 'shift' }
    case 'baking':
      return wait(release, nowMs, state.sinceMs)
    case 'returning':
      return { act: 'rollBack' }
    case 'settling':
      return { act: 'settle' }
    case 'settled':
      return { act: 'end' }
  }
}

/** A release that was denied waits; if its candidate has traffic, it is looked at meanwhile. */
function askGates(release: Release, nowMs: number): Act {
  const dueMs = askDueMs(release)
  if (nowMs >= dueMs) return { act: 'gate' }
  const asked: Act = { act: 'bake', seconds: Math.ceil((dueMs - nowMs) / 1000) }
  const look = wait(release, nowMs, heldNow(release)?.sinceMs ?? nowMs)
  if (look.act === 'handOver') return look
  if (!hasTraffic(release)) return asked
  return look.act === 'bake' && look.seconds > asked.seconds ? asked : look
}

function wait(release: Release, nowMs: number, sinceMs: number): Act {
  if (release.seq - release.carriedAtSeq > eventsPerExecution) return { act: 'handOver' }
  const dueMs = lookDueMs(release, Math.max(sinceMs, release.lookedAtMs ?? 0))
  return nowMs >= dueMs ? { act: 'judge' } : { act: 'bake', seconds: Math.max(1, Math.ceil((dueMs - nowMs) / 1000)) }
}

/** A bake is looked at at every interval and at its very end; what is held after that, ever less often. */
function lookDueMs(release: Release, lastLookMs: number): number {
  const everyMs = release.service.policy.lookEverySeconds * 1000
  const endMs = bakeEndMs(release)
  if (endMs !== undefined && lastLookMs < endMs) return Math.min(lastLookMs + everyMs, endMs)
  const heldSinceMs = release.paused?.atMs ?? heldNow(release)?.sinceMs ?? endMs ?? lastLookMs
  const heldMs = Math.max(0, lastLookMs - heldSinceMs)
  return lastLookMs + Math.max(everyMs, Math.min(longestLookSeconds * 1000, heldMs / 10))
}

/** When the present step's bake is over, if it is baking. */
export function bakeEndMs(release: Release): number | undefined {
  if (release.state.phase !== 'baking') return undefined
  const step = release.service.plan.steps[release.state.step]
  return step === undefined ? undefined : release.state.sinceMs + step.bakeSeconds * 1000
}

/** How long the present hook still has for its answer; before it is called, how long that may take. */
function hookSeconds(release: Release, nowMs: number): number {
  const seconds = currentHook(release)?.timeoutSeconds ?? 1
  const calledAtMs = release.state.phase === 'hooks' ? release.state.calledAtMs : undefined
  if (calledAtMs === undefined) return Math.min(seconds, handedOverSeconds)
  return Math.max(1, Math.ceil(seconds - (nowMs - calledAtMs) / 1000))
}

/** The hook that the release stands at. */
export function currentHook(release: Release): Service['hooks'][number] | undefined {
  const { state, service } = release
  return state.phase === 'hooks' ? service.hooks.filter((hook) => hook.at === state.point)[state.index] : undefined
}
