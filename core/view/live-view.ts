// A live release in a few words and a bar: where it stands, what it waits for, and what happens next.
import { formatDuration } from '../duration.ts'
import { oneLine, quoted } from '../foreign-text.ts'
import { heldNow } from '../release/gating.ts'
import { bakeEndMs, currentHook } from '../release/next.ts'
import { candidateShareBp, isReturning, isWaiting, type Release, weightAt } from '../release/release.ts'

export type LiveView = {
  readonly releaseId: string
  /** Such as `11 → 12`; what is released, while its version is not known. */
  readonly versions: string
  /** The candidate's share of traffic that was set last, in basis points. */
  readonly weightBp: number
  /** The weights of the plan's steps. */
  readonly plannedBp: readonly number[]
  /** Counted from 1; absent before the first step. */
  readonly step?: number
  /** One sentence, without the service's name. */
  readonly sentence: string
  /** `held`: it does not go on by itself now. */
  readonly standing: 'moving' | 'held' | 'returning'
  readonly requestedAtMs: number
  /** Who asked for it. */
  readonly by?: string
}

const wordsMost = 300

export function liveView(release: Release, nowMs: number): LiveView {
  const { id, service, state, provenance, requestedAtMs } = release
  const { steps } = service.plan
  const step = 'step' in state && !isReturning(release) ? { step: Math.min(state.step + 1, steps.length) } : {}
  const by = provenance.requestedBy ?? provenance.author
  const isHeld = release.paused !== undefined || heldNow(release) !== undefined || isUndecided(release, nowMs)
  return {
    releaseId: id,
    versions: versionsWords(release),
    weightBp: candidateShareBp(release),
    plannedBp: steps.map((_, index) => weightAt(release, index)),
    ...step,
    sentence: oneLine(sentenceOf(release, nowMs), wordsMost),
    standing: isReturning(release) ? 'returning' : isHeld ? 'held' : 'moving',
    requestedAtMs,
    ...(by === undefined ? {} : { by }),
  }
}

const uniqueMost = 3

/** `11 → 12`; with several functions, each with its name. */
export function versionsWords({ targets, candidate }: Pick<Release, 'targets' | 'candidate'>): string {
  if (targets.length > 0) return moveWords(Object.fromEntries(targets.map((one) => [one.functionName, one])))
  if (candidate.kind !== 'versions') return 'a new version'
  const versions = [...new Set(Object.values(candidate.versions))]
  return `→ ${versions.slice(0, uniqueMost).join(', ')}`
}

/** @param versions by function */
export function moveWords(
  versions: Readonly<Record<string, { readonly stable: string; readonly candidate: string }>>,
): string {
  const all = Object.entries(versions)
  const moves = [...new Set(all.map(([, { stable, candidate }]) => `${stable} → ${candidate}`))]
  if (moves.length <= 1) return moves[0] ?? ''
  const named = all.map(([name, { stable, candidate }]) => `${name} ${stable} → ${candidate}`)
  return `${named.slice(0, uniqueMost).join(', ')}${named.length > uniqueMost ? `, and ${named.length - uniqueMost} more` : ''}`
}

/** The step's time is over, and its evidence does not decide yet. */
const isUndecided = (release: Release, nowMs: number): boolean => nowMs > (bakeEndMs(release) ?? Infinity)

const inWords = (ms: number): string => formatDuration(Math.max(0, ms) / 1000)

function sentenceOf(release: Release, nowMs: number): string {
  const { paused } = release
  const held = heldNow(release)
  if (isReturning(release)) return 'The traffic goes back to the version before.'
  if (paused !== undefined)
    return `Paused for ${inWords(nowMs - paused.atMs)}: ${quoted(paused.reason, paused.by)}. It is put back when it has been paused for ${formatDuration(release.service.policy.hold.pausedSeconds)}.`
  if (held !== undefined) return `Held at a gate for ${inWords(nowMs - held.sinceMs)}: ${held.because}`
  return isWaiting(release) ? 'It waits for its turn.' : underWay(release, nowMs)
}

function underWay(release: Release, nowMs: number): string {
  const { state, service, verdict } = release
  const { steps } = service.plan
  switch (state.phase) {
    case 'preparing':
      return (state.beginsAtMs ?? 0) > nowMs
        ? `It begins in ${inWords((state.beginsAtMs ?? 0) - nowMs)}, after releases of other services.`
        : 'It is prepared: nothing has moved yet.'
    case 'hooks':
      return `It waits for the hook ${currentHook(release)?.functionName ?? ''} (${state.point}).`
    case 'shifting':
      return state.step >= steps.length
        ? 'It is about to get all traffic.'
        : `It is about to get ${weightAt(release, state.step) / 100} %.`
    case 'baking': {
      const leftMs = (bakeEndMs(release) ?? nowMs) - nowMs
      const where = `Step ${state.step + 1} of ${steps.length}`
      if (leftMs > 0) return `${where}: ${inWords(leftMs)} left.`
      return `${where}: its time is over, and the evidence does not decide yet${verdict === undefined ? '' : `: ${verdict.because}`}`
    }
    default:
      return 'It is finished: only tidying up is left.'
  }
}
