// How each event changes a release. A release ignores events that no longer apply, so every event may arrive twice, late or out
// of order. This code has no effects: next.ts says what the resulting state asks for.
import { atHook, isCurrentHook } from './at-hook.ts'
import { atGate, bakedAgain } from './gating.ts'
import {
  atOneWay,
  enterHooks,
  failing,
  foundOut,
  freeze,
  heldTooLong,
  inSpiteOf,
  isHeldFail,
  isUnderWay,
  prepared,
  refused,
  resumed,
  toStep,
  turnBack,
  unpaused,
  withState,
} from './transitions.ts'
import { formatDuration } from '../duration.ts'
import type { Move, ReleaseEvent } from './event.ts'
import { afterEnd } from './late.ts'
import { backAlone, shiftedTo } from './move.ts'
import { hasTraffic, isPastOneWay, isWaiting, type Release, type ReleaseTarget } from './release.ts'
import { signalUnknownTooLong, unknownSince } from './unknown.ts'
import { own } from '../own.ts'

type EventOf<T extends ReleaseEvent['type']> = Extract<ReleaseEvent, { type: T }>

/** The release right after its first event. */
export function begin(event: EventOf<'requested'>): Release {
  return {
    id: event.releaseId,
    key: event.key,
    seq: event.seq,
    requestedAtMs: event.atMs,
    service: event.service,
    candidate: event.candidate,
    provenance: event.provenance,
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    urgent: event.urgent === true,
    hasOwnPlan: event.planBy === 'call',
    ...(event.drill === undefined ? {} : { drill: event.drill }),
    ...(event.fixes === undefined ? {} : { fixes: event.fixes }),
    state: { phase: 'requested' },
    approvals: [],
    missedSinceMs: {},
    targets: [],
    excludedAlarms: [],
    shifts: [],
    readings: [],
    unknownSince: {},
    executions: [],
    carriedAtSeq: 0,
  }
}

/** The release after `event`. `seq` advances even when nothing else changes, because the event is in the log. */
export function advance(release: Release, event: ReleaseEvent): Release {
  const after = follow(release, event)
  return { ...after, seq: event.seq, ...exposureAfter(after, event) }
}

/** Folds a whole log. `undefined` for an empty log, or one that does not begin with a request. */
export function replay(events: readonly ReleaseEvent[]): Release | undefined {
  const [first, ...rest] = events
  return first?.type === 'requested' ? rest.reduce(advance, begin(first)) : undefined
}

// One case for each event type, roughly in the order in which they occur in a release.
function follow(release: Release, event: ReleaseEvent): Release {
  const { state } = release
  switch (event.type) {
    case 'requested':
    case 'returnFailed':
      return release
    case 'queued':
      return isWaiting(release) ? withState(release, { phase: 'queued', behind: event.behind }) : release
    case 'admitted':
      return admitted(release, event)
    case 'carried':
      return carried(release, event)
    case 'prepared':
      return state.phase === 'preparing' ? prepared(release, event) : release
    case 'gated':
    case 'approved':
    case 'overridden':
    case 'gateReopened':
    case 'concurrencyAsked':
      return atGate(release, event)
    case 'refused':
      return refused(release, event)
    case 'hookCalled':
    case 'hookDeferred':
    case 'hookAnswered':
      return isCurrentHook(state, event) ? atHook(release, state, event) : release
    case 'moveIntended':
      return moveIntended(release, event.move)
    case 'moved':
      return moved(release, event)
    case 'judged':
      return judged(release, event)
    case 'paused':
    case 'resumed':
    case 'promoteOrdered':
      return steered(release, event)
    case 'returnOrdered':
      return returnOrdered(release, event)
    case 'interrupted':
      return interrupted(release, event)
    case 'oneWayPassed':
    case 'frozen':
    case 'frozenTold':
    case 'fixBegun':
    case 'fixEnded':
    case 'fixedForward':
      return atOneWay(release, event)
    case 'moverNamed':
    case 'alarmDoubted':
    case 'dependenciesChanged':
    case 'paged':
      return foundOut(release, event)
    case 'settled':
      return state.phase === 'settling' ? withState(release, { phase: 'settled', atMs: event.atMs }) : release
    case 'charged':
    case 'watched':
    case 'lateCharged':
      return afterEnd(release, event)
  }
}

const carried = (release: Release, { execution, seq }: EventOf<'carried'>): Release => ({
  ...release,
  executions: [...release.executions.filter((one) => one !== execution), execution],
  carriedAtSeq: seq,
})

function steered(release: Release, event: EventOf<'paused' | 'resumed' | 'promoteOrdered'>): Release {
  if (event.type === 'paused') return paused(release, event)
  return event.type === 'resumed' ? resumed(release, event.atMs) : promoteOrdered(release, event.atMs)
}

function paused(release: Release, { by, reason, atMs }: EventOf<'paused'>): Release {
  return isUnderWay(release.state) && release.frozen === undefined
    ? { ...release, paused: { by, reason, atMs } }
    : release
}

function moveIntended(release: Release, move: Move): Release {
  const { state } = release
  if (move.purpose === 'rollBack') {
    return state.phase === 'returning' ? intend(withState(release, { phase: 'returning', move }), move) : release
  }
  if (state.phase !== 'shifting' || (move.purpose === 'putBack') !== (state.alone === true)) return release
  return release.paused === undefined || state.alone === true
    ? intend(withState(release, { ...state, move }), move)
    : release
}

/** Once a move is announced, each alias may already have the desired routing, even if we crash or the answer is lost. */
function intend(release: Release, move: Move): Release {
  return {
    ...release,
    targets: release.targets.map((target) => {
      const part = move.targets.find((one) => one.functionName === target.functionName)
      // A rollback keeps `maybe`: an unconfirmed forward write may still have taken effect, and then its routing is ours too.
      return part === undefined || move.purpose === 'rollBack' ? target : { ...target, maybe: part.desired }
    }),
  }
}

function moved(release: Release, event: EventOf<'moved'>): Release {
  const { state } = release
  if (state.phase !== 'shifting' && state.phase !== 'returning') return release
  const { move } = state
  if (move === undefined || move.purpose !== event.purpose) return release
  const targets = release.targets.map((target): ReleaseTarget => {
    const part = move.targets.find((one) => one.functionName === target.functionName)
    const revision = own(event.revisions, target.functionName)
    if (part === undefined || revision === undefined) return target
    const { maybe: _, ...rest } = target
    return { ...rest, revision, routing: part.desired, ...shiftedTo(target, part.desired, event.atMs) }
  })
  const after: Release = { ...release, targets }
  if (state.phase === 'returning') return returned(after, event.atMs)
  // The weights of the others stand since when they did: their evidence goes on, and only the bake begins again.
  if (move.purpose === 'putBack') return withState(after, { phase: 'baking', step: state.step, sinceMs: event.atMs })
  const shifts = [...release.shifts, { sinceMs: event.atMs, weightBp: move.weightBp }]
  const shifted: Release = { ...after, shifts }
  return move.purpose === 'promote'
    ? enterHooks(release.frozen === undefined ? unpaused(shifted) : shifted, 'afterPromotion', state.step, event.atMs)
    : withState(shifted, { phase: 'baking', step: state.step, sinceMs: event.atMs })
}

function returned(release: Release, atMs: number): Release {
  // Whoever moved an alias during a release is in charge now. Running rollback hooks behind their back would not help them.
  if (release.ending?.outcome === 'interrupted') return withState(release, { phase: 'settling' })
  return enterHooks(release, 'afterRollback', 0, atMs)
}

function judged(release: Release, event: EventOf<'judged'>): Release {
  const { state } = release
  const { verdict, atMs } = event
  if (!isUnderWay(state) && release.frozen === undefined) return release
  const seen: Release = {
    ...release,
    verdict,
    lookedAtMs: atMs,
    readings: verdict.readings === undefined ? release.readings : [...release.readings, verdict.readings],
    unknownSince: unknownSince(release, verdict, atMs),
  }
  if (verdict.kind === 'fail') {
    if (isPastOneWay(release) || !isHeldFail(release.service, verdict))
      return (
        backAlone(seen, verdict, failing(verdict), atMs) ??
        turnBack(seen, 'rolledBack', verdict.because, 'verdict', atMs)
      )
    if (release.frozen === undefined) return freeze(seen, 'hold', verdict.because, 'verdict', atMs)
  }
  // A person decides, however long that takes: there is no way back that time could bring.
  if (seen.frozen?.kind === 'oneWay') return seen
  const { hold } = release.service.policy
  if (release.paused !== undefined) {
    const pausedSeconds = (atMs - release.paused.atMs) / 1000
    if (pausedSeconds < hold.pausedSeconds) return seen
    const because = `paused by ${release.paused.by} for ${formatDuration(pausedSeconds)}, longer than policy.hold.paused`
    return turnBack(seen, 'rolledBack', because, 'policy', atMs)
  }
  if (state.phase !== 'baking') return bakedAgain(seen, atMs)
  const bakedSeconds = (atMs - state.sinceMs) / 1000
  const overdueSeconds = bakedSeconds - (release.service.plan.steps[state.step]?.bakeSeconds ?? 0)
  const { policy } = release.service
  if (verdict.kind === 'pass' && verdict.early === true && policy.early !== undefined) {
    return toStep(seen, state.step + 1, atMs)
  }
  const lost = signalUnknownTooLong(seen, atMs)
  if (lost !== undefined) return heldTooLong(seen, lost.because, atMs, lost.then)
  if (overdueSeconds < 0) return seen
  if (verdict.kind === 'pass') return toStep(seen, state.step + 1, atMs)
  const limitSeconds = verdict.quiet ? hold.quietSeconds : hold.unknownSeconds
  if (overdueSeconds < limitSeconds) return seen
  return heldTooLong(seen, `still unknown after ${formatDuration(bakedSeconds)}: ${verdict.because}`, atMs)
}

function admitted(release: Release, { atMs, beginsAtMs }: EventOf<'admitted'>): Release {
  if (release.state.phase !== 'requested' && release.state.phase !== 'queued') return release
  const turn = beginsAtMs === undefined ? {} : { beginsAtMs }
  return { ...withState(release, { phase: 'preparing', ...turn }), admittedAtMs: atMs }
}

function promoteOrdered(release: Release, atMs: number): Release {
  const { state } = release
  // Before the first traffic there is nothing to promote early. An unfinished shift is finished first.
  if (!isUnderWay(state) || (state.phase === 'shifting' && (state.move ?? state.alone) !== undefined)) return release
  if (release.drill === true) return release
  const step = release.service.plan.steps.length
  return withState(unpaused(inSpiteOf(release)), { phase: 'shifting', step, sinceMs: atMs, ordered: true })
}

function returnOrdered(release: Release, event: EventOf<'returnOrdered'>): Release {
  const after = turnBack(release, event.outcome, event.reason, event.by, event.atMs)
  if (after.state.phase !== 'returning' || event.move === undefined || release.state.phase === 'returning') return after
  return withState(after, { phase: 'returning', move: event.move })
}

function interrupted(release: Release, event: EventOf<'interrupted'>): Release {
  if (['settling', 'settled', 'requested', 'queued', 'preparing'].includes(release.state.phase)) return release
  const targets = release.targets.map((target) =>
    target.functionName === event.functionName ? { ...target, lost: true } : target,
  )
  if (isPastOneWay(release) && !targets.every((target) => target.lost))
    return freeze({ ...release, targets }, 'oneWay', event.because, event.suspect ?? 'unknown', event.atMs)
  const ending = { outcome: 'interrupted' as const, because: event.because, by: event.suspect ?? 'unknown' }
  const after: Release = { ...unpaused(release), targets, ending }
  return targets.every((target) => target.lost)
    ? withState(after, { phase: 'settling' })
    : withState(after, { phase: 'returning' })
}

const isLast: ReadonlySet<Move['purpose']> = new Set(['promote', 'rollBack'])

/**
 * When the candidate may have had traffic: from the first intent to shift until all traffic was back or promoted. Intents count
 * rather than outcomes, because a write whose answer was lost may still have moved traffic.
 * @param after the release after `event`, still with the exposure from before it
 */
function exposureAfter(after: Release, event: ReleaseEvent): Pick<Release, 'exposure'> {
  const { exposure, state } = after
  if (state.phase === 'settled') return {}
  if (exposure === undefined) return hasTraffic(after) ? { exposure: { fromMs: event.atMs } } : {}
  const ends = event.type === 'interrupted' || (event.type === 'moved' && isLast.has(event.purpose))
  return ends ? { exposure: { ...exposure, toMs: event.atMs } } : {}
}
