// What a release asks for next. It follows from the log alone, so any process can continue when the one that was about to act
// dies.
import { askDueMs, heldNow, isBeforeOneWay, isDoubtful, isGated } from './gating.ts'
import { hasTraffic, type Release } from './release.ts'
import type { Service } from '../service/service.ts'

type Act =
  | { readonly act: 'admit' | 'gate' | 'prepare' | 'shift' | 'judge' | 'rollBack' | 'settle' | 'handOver' | 'end' }
  /** Call the current hook and wait for its answer, for at most this long. */
  | { readonly act: 'hook'; readonly seconds: number }
  /** Wait for something to happen, for at most this long. */
  | { readonly act: 'bake'; readonly seconds: number }

// Step Functions ends an execution at 25,000 history events. A look is one event in the log and at most 20 in the history,
// retries included, so this limit leaves room (docs/aws.md §3.3; counted in the bench).
const eventsPerExecution = 800
const longestLookSeconds = 900
// Lambda retries the asynchronous call of the function that calls hooks for three minutes. If nothing has been logged by then,
// the call was lost and is made again.
const handedOverSeconds = 300

export function nextAct(release: Release, nowMs: number): Act {
  const { state } = release
  if (release.frozen !== undefined && 'sinceMs' in state) return whileFrozen(release, nowMs, state.sinceMs)
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
      if (isDoubtful(release, nowMs)) return lookAgain(release, nowMs)
      // The hooks of a one-way step may be what cannot be undone.
      if (isBeforeOneWay(release)) return { act: 'shift' }
      return state.callAtMs !== undefined && state.calledAtMs === undefined && nowMs < state.callAtMs
        ? { act: 'bake', seconds: Math.ceil((state.callAtMs - nowMs) / 1000) }
        : { act: 'hook', seconds: hookSeconds(release, nowMs) }
    case 'shifting':
      if (release.paused !== undefined && state.move === undefined && state.alone === undefined)
        return wait(release, nowMs, state.sinceMs)
      if (isGated(release, nowMs)) return askGates(release, nowMs)
      return isDoubtful(release, nowMs) ? lookAgain(release, nowMs) : { act: 'shift' }
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

/** A freeze is told first. Then nothing is written and no hook is called until a person decides; looks go on. */
const whileFrozen = (release: Release, nowMs: number, sinceMs: number): Act =>
  release.frozen?.told === undefined ? { act: 'rollBack' } : wait(release, nowMs, sinceMs)

/** A denied release waits for the next time to ask. If its candidate has traffic, looks continue meanwhile. */
function askGates(release: Release, nowMs: number): Act {
  const dueMs = askDueMs(release)
  if (nowMs >= dueMs) return { act: 'gate' }
  const asked: Act = { act: 'bake', seconds: Math.ceil((dueMs - nowMs) / 1000) }
  const look = wait(release, nowMs, heldNow(release)?.sinceMs ?? nowMs)
  if (look.act === 'handOver') return look
  if (!hasTraffic(release)) return asked
  return look.act === 'bake' && look.seconds > asked.seconds ? asked : look
}

/** The gates are open, and the evidence is from before: it is looked at once more before anything moves. */
function lookAgain(release: Release, nowMs: number): Act {
  const act = wait(release, nowMs, 0)
  return act.act === 'bake' && release.verdict?.kind === 'pass' ? { act: 'judge' } : act
}

function wait(release: Release, nowMs: number, sinceMs: number): Act {
  if (release.seq - release.carriedAtSeq > eventsPerExecution) return { act: 'handOver' }
  const dueMs = lookDueMs(release, Math.max(sinceMs, release.lookedAtMs ?? 0))
  return nowMs >= dueMs ? { act: 'judge' } : { act: 'bake', seconds: Math.max(1, Math.ceil((dueMs - nowMs) / 1000)) }
}

/**
 * When the next look is due. During a bake: at every interval and at its exact end. While held after that: less and less often.
 */
function lookDueMs(release: Release, lastLookMs: number): number {
  const everyMs = release.service.policy.lookEverySeconds * 1000
  const endMs = bakeEndMs(release)
  if (endMs !== undefined && lastLookMs < endMs) return Math.min(lastLookMs + everyMs, endMs)
  const heldSinceMs = release.paused?.atMs ?? heldNow(release)?.sinceMs ?? endMs ?? lastLookMs
  const heldMs = Math.max(0, lastLookMs - heldSinceMs)
  return lastLookMs + Math.max(everyMs, Math.min(longestLookSeconds * 1000, heldMs / 10))
}

/** When the bake of the current step ends, if it is baking. */
export function bakeEndMs(release: Release): number | undefined {
  if (release.state.phase !== 'baking') return undefined
  const step = release.service.plan.steps[release.state.step]
  return step === undefined ? undefined : release.state.sinceMs + step.bakeSeconds * 1000
}

/** How long the current hook still has for its answer. Before it is called, how long the call itself may take. */
function hookSeconds(release: Release, nowMs: number): number {
  const seconds = currentHook(release)?.timeoutSeconds ?? 1
  const calledAtMs = release.state.phase === 'hooks' ? release.state.calledAtMs : undefined
  if (calledAtMs === undefined) return Math.min(seconds, handedOverSeconds)
  return Math.max(1, Math.ceil(seconds - (nowMs - calledAtMs) / 1000))
}

/** The hook that is next to be called, or whose answer is awaited. */
export function currentHook(release: Release): Service['hooks'][number] | undefined {
  const { state, service } = release
  return state.phase === 'hooks' ? service.hooks.filter((hook) => hook.at === state.point)[state.index] : undefined
}
