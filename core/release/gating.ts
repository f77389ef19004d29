// Where gates apply in a release, and when they are asked: before it begins, and before each step. A release that undoes a
// promoted one passes no gates, because nothing may block the way back.
import { personKey } from '../caller.ts'
import { turnBack } from './transitions.ts'
import { formatDuration } from '../duration.ts'
import type { ReleaseEvent } from './event.ts'
import { isWayBack } from './head.ts'
import { isSameApproval } from '../definition/approval.ts'
import { oneWayStep } from '../definition/one-way.ts'
import { own } from '../own.ts'
import { horizonOf } from '../service/plan.ts'
import { type Service, usualEarly } from '../service/service.ts'
import { type Held, hasTraffic, type Release } from './release.ts'

/** The gate that is closed while Lambda allocates what the next step needs: nobody has to do anything. */
export const allocatingGate = 'allocating'
/** The gate that is closed when Lambda cannot allocate it, or has no room. */
export const provisionedGate = 'provisioned'

/** The point before a release begins, when nothing has been prepared yet. */
export const beginPoint = -1

// An open gate stays open for this long. A hook or a pause in between may take longer, and then the gates are asked again.
const clearanceMs = 10 * 60_000
const shortestWaitMs = 60_000
const longestWaitMs = 15 * 60_000

/** The gate point that the release must pass next; `undefined` when its next act is not gated. */
export function gatePoint({ key, state }: Release): number | undefined {
  if (isWayBack({ key })) return undefined
  switch (state.phase) {
    case 'preparing':
      return beginPoint
    case 'hooks':
      // Ask before the first hook of the step, because a hook may change the world too.
      return state.point === 'beforeStep' && state.index === 0 && state.calledAtMs === undefined
        ? state.step
        : undefined
    case 'shifting':
      return state.move === undefined && state.alone === undefined ? state.step : undefined
    default:
      return undefined
  }
}

/** The step whose weight is in force while it bakes, or waits for the next one; `undefined` in any other phase. */
export function stepUnderWay(release: Release): number | undefined {
  if (release.state.phase === 'baking') return release.state.step
  const point = gatePoint(release)
  return point === undefined || point < 1 ? undefined : point - 1
}

/** Whether its next act is the first one of its one-way step, which it has not been let through yet. */
export function isBeforeOneWay(release: Release): boolean {
  const first = oneWayStep(release.service.plan)
  const point = gatePoint(release)
  return first !== undefined && release.oneWay === undefined && point !== undefined && point >= first
}

/** Whether the gates must still be asked here, or last denied. */
export function isGated(release: Release, nowMs: number): boolean {
  const point = gatePoint(release)
  if (point === undefined) return false
  const { cleared } = release
  return cleared?.point !== point || nowMs - cleared.atMs >= clearanceMs
}

/** What an answer that lets a release on begins with; what was looked up follows. */
export const openWords = 'the gates are open'

/** What was looked up when the gates last let the release on, such as how much concurrency was free; nothing if that is all. */
export function openFacts({ cleared }: Pick<Release, 'cleared'>): string | undefined {
  const facts =
    cleared?.because?.startsWith(`${openWords}; `) === true ? cleared.because.slice(openWords.length + 2) : ''
  return facts === '' ? undefined : facts
}

/** The denial at the release's present point, if any. */
export function heldNow(release: Release): Held | undefined {
  const { held } = release
  return held !== undefined && held.point === gatePoint(release) ? held : undefined
}

/** When to ask the gates next; the interval grows while they deny. A time in the past means now. */
export function askDueMs(release: Release): number {
  const held = heldNow(release)
  if (held === undefined) return 0
  const { askedAtMs, sinceMs, againAtMs } = held
  const usualMs = askedAtMs + Math.max(shortestWaitMs, Math.min(longestWaitMs, (askedAtMs - sinceMs) / 10))
  return againAtMs === undefined ? usualMs : Math.min(usualMs, againAtMs)
}

/**
 * Whether the evidence that let the release get here no longer stands, while the candidate has traffic: its last look did not
 * pass, or is older than an open gate may be. What a person has ordered goes on in spite of that.
 */
export function isDoubtful(release: Release, nowMs: number): boolean {
  const { state, verdict, lookedAtMs = 0 } = release
  if (gatePoint(release) === undefined || !hasTraffic(release)) return false
  if (state.phase === 'shifting' && state.ordered === true) return false
  return verdict?.kind !== 'pass' || nowMs - lookedAtMs >= clearanceMs
}

/**
 * The step before is baked on until its evidence passes again: nothing advances on what was true before a gate was closed. That
 * may happen more than once, but not for longer than a gate may be closed.
 */
export function bakedAgain(release: Release, atMs: number): Release {
  const point = gatePoint(release)
  const baked = point === undefined ? undefined : release.service.plan.steps[point - 1]
  if (point === undefined || baked === undefined || !isDoubtful(release, atMs) || heldNow(release) !== undefined)
    return release
  const doubted = release.doubted?.point === point ? release.doubted : { point, atMs }
  const seconds = (atMs - doubted.atMs) / 1000
  if (seconds < release.service.policy.hold.gatedSeconds)
    return {
      ...release,
      doubted,
      state: { phase: 'baking', step: point - 1, sinceMs: atMs - baked.bakeSeconds * 1000 },
    }
  const because = `its evidence came and went for ${formatDuration(seconds)}, longer than policy.hold.gated`
  return turnBack(release, 'rolledBack', because, 'policy', atMs)
}

/** Held while the candidate has traffic, so looks continue. */
export const isWatchedWhileHeld = (release: Release): boolean => heldNow(release) !== undefined && hasTraffic(release)

type EventOf<T extends ReleaseEvent['type']> = Extract<ReleaseEvent, { type: T }>

/** How the release changes when the gates answer, or a person approves or overrides. */
export function atGate(
  release: Release,
  event: EventOf<'gated' | 'approved' | 'overridden' | 'gateReopened' | 'concurrencyAsked'>,
): Release {
  switch (event.type) {
    case 'gated':
      return gated(release, event)
    case 'approved':
      return approved(release, event)
    case 'overridden':
      return reopened({ ...release, overridden: { by: event.by, reason: event.reason } })
    case 'gateReopened':
      return reopened(release)
    case 'concurrencyAsked':
      return {
        ...release,
        asked: [...(release.asked ?? []), ...event.targets.map((one) => ({ ...one, atMs: event.atMs }))],
      }
  }
}

/** An answer about a point that the release has left is ignored. */
function gated(release: Release, event: EventOf<'gated'>): Release {
  const { point, atMs, because } = event
  if (gatePoint(release) !== point) return release
  // A denial counts also where the gates were found open shortly before: the way back could not be proven then.
  const { held: before, cleared: earlier, ...rest } = release
  if (event.allowed) {
    const sinceMs = earlier?.point === point ? (earlier.sinceMs ?? earlier.atMs) : atMs
    return { ...rest, service: withPace(release.service, event), cleared: { point, atMs, sinceMs, because } }
  }
  const same = before?.point === point ? before : undefined
  const sinceMs = same?.sinceMs ?? atMs
  const changedAtMs = same !== undefined && same.gates.join() === event.gates.join() ? same.changedAtMs : atMs
  const again = event.againAtMs === undefined ? {} : { againAtMs: event.againAtMs }
  const missing = [...(event.missing ?? []).map(String), ...(event.missingWaves ?? [])]
  const missed = missing.filter((key) => own(release.missedSinceMs, key) === undefined)
  const held: Release = {
    ...rest,
    held: { point, because, gates: event.gates, sinceMs, changedAtMs, askedAtMs: atMs, ...again },
    missedSinceMs: { ...release.missedSinceMs, ...Object.fromEntries(missed.map((key) => [key, atMs])) },
  }
  if (event.final === true) return turnBack(held, 'rolledBack', because.slice(0, 1000), 'gate', atMs)
  const heldSeconds = (atMs - sinceMs) / 1000
  if (heldSeconds < release.service.policy.hold.gatedSeconds) return held
  const sentence = `held for ${formatDuration(heldSeconds)}, longer than policy.hold.gated: ${because}`
  return turnBack(held, 'rolledBack', sentence.slice(0, 1000), 'policy', atMs)
}

/** The service with the plan and early promotion that its error budget allows. */
function withPace(service: Service, { point, plan: given, early }: EventOf<'gated'>): Service {
  // A verdict is a fold of minutes, so its parameters must not change midway (docs/decisions/0015).
  const isUnderWay = point !== beginPoint && given !== undefined
  const { oneWay } = service.plan
  const paced = isUnderWay ? { ...given, horizonSeconds: horizonOf(service.plan) } : (given ?? service.plan)
  // What cannot be undone does not depend on the budget.
  const plan = oneWay === undefined ? paced : { ...paced, oneWay }
  if (early === undefined) return { ...service, plan }
  const { early: own, ...policy } = service.policy
  return { ...service, plan, policy: early ? { ...policy, early: own ?? usualEarly } : policy }
}

/** A repeated answer replaces the earlier one of the same person. The gates are asked again in any case. */
function approved(release: Release, { beforeBp, wave, by, answer }: EventOf<'approved'>): Release {
  const guarded = { beforeBp, ...(wave === undefined ? {} : { wave }) }
  const others = release.approvals.filter((one) => !isSameApproval(one, guarded) || personKey(one.by) !== personKey(by))
  return reopened({ ...release, approvals: [...others, { ...guarded, by, answer }] })
}

/** Makes the gates be asked again at once, whatever they answered before. */
function reopened(release: Release): Release {
  const { held } = release
  return held === undefined ? release : { ...release, held: { ...held, againAtMs: 0 } }
}
