// What follows from the events of one-way steps and freezes.
import type { ReleaseEvent } from './event.ts'
import { inSpiteOf } from './freeze.ts'
import { awaitsFix, candidateShareBp, type Release } from './release.ts'
import { isUnderWay, settling, toHook, turnBack, unpaused } from './transitions.ts'
import { own } from '../own.ts'

type OneWayEvent = Extract<ReleaseEvent, { type: 'oneWayPassed' | 'frozen' | 'frozenTold' | 'fixedForward' }>

/** A release that goes back does not stop doing so. */
export function atOneWay(release: Release, event: OneWayEvent): Release {
  const { state, frozen, oneWay } = release
  switch (event.type) {
    case 'oneWayPassed': {
      if (!isUnderWay(state) || oneWay !== undefined || release.service.plan.oneWay === undefined) return release
      const targets = release.targets.map((target) => {
        const revision = own(event.revisions, target.functionName)
        return revision === undefined ? target : { ...target, revision }
      })
      const { atMs, reason } = event
      return { ...release, targets, oneWay: { reason, atMs, weightBp: candidateShareBp(release) } }
    }
    case 'frozen':
      return oneWay === undefined ? release : turnBack(release, 'aborted', event.reason, event.by, event.atMs)
    case 'frozenTold':
      return frozen === undefined ? release : { ...release, frozen: { ...frozen, told: true } }
    case 'fixedForward': {
      if (!awaitsFix(release)) return release
      const by = `release ${event.by}`
      return settling(unpaused(release), 'superseded', `its forward fix, release ${event.by}, takes its place`, by)
    }
  }
}

export function resumed(release: Release, atMs: number): Release {
  const after = unpaused(inSpiteOf(release))
  const { state } = after
  // All traffic was on the candidate, and only the end was held up.
  return release.frozen !== undefined && state.phase === 'hooks' ? toHook(after, state, atMs) : after
}
