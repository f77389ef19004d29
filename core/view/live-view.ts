// A live release in a few words and a bar: where it stands, what it waits for, and what happens next.
import { oneLine } from '../foreign-text.ts'
import { isReturning, putBackAlone, type Release, toldShareBp, weightAt } from '../release/release.ts'
import { movedTargets, withoutWords } from './release/moment.ts'
import { nowOf, standingOf } from './release/now.ts'

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
  /** Where it stands, without the service's name. */
  readonly sentence: string
  readonly standing: ReturnType<typeof standingOf>
  readonly requestedAtMs: number
  /** Who asked for it. */
  readonly by?: string
}

const wordsMost = 500

export function liveView(release: Release, nowMs: number): LiveView {
  const { id, service, state, provenance, requestedAtMs } = release
  const { steps } = service.plan
  const step = 'step' in state && !isReturning(release) ? { step: Math.min(state.step + 1, steps.length) } : {}
  const by = provenance.requestedBy ?? provenance.author
  return {
    releaseId: id,
    versions: versionsWords(release),
    weightBp: toldShareBp(release),
    plannedBp: steps.map((_, index) => weightAt(release, index)),
    ...step,
    sentence: oneLine(nowOf(release, nowMs).sentence, wordsMost),
    standing: standingOf(release, nowMs),
    requestedAtMs,
    ...(by === undefined ? {} : { by }),
  }
}

const uniqueMost = 3

/**
 * `11 → 12`; with several functions, each with its name. Those that went back alone are named as such while the release goes on.
 * Of one that was promoted, its outcome names them.
 */
export function versionsWords(release: Pick<Release, 'targets' | 'candidate' | 'ending'>): string {
  const { targets, candidate, ending } = release
  if (targets.length > 0) {
    const moved = movedTargets(release)
    const alone = ending === undefined ? withoutWords(putBackAlone({ targets })) : ''
    return `${moveWords(Object.fromEntries(moved.map((one) => [one.functionName, one])))}${alone}`
  }
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
