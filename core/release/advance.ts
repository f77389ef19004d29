// How each event changes a release. A release ignores events that no longer apply, so every event may arrive twice, late or out
// of order. This code has no effects: next.ts says what the resulting state asks for.
import { atHook, isCurrentHook } from './at-hook.ts'
import { atGate } from './gating.ts'
import {
  afterEnd,
  atOneWay,
  enterHooks,
  freeze,
  heldTooLong,
  inSpiteOf,
  isHeldFail,
  isUnderWay,
  resumed,
  settling,
  turnBack,
  unpaused,
  withState,
} from './transitions.ts'
import { formatDuration } from '../duration.ts'
import type { Move, ReleaseEvent } from './event.ts'
import { exposureAfter } from './exposure.ts'
import { isPastOneWay, isWaiting, type Release, type ReleaseTarget } from './release.ts'
import { planFrom } from '../definition/one-way.ts'
import { only } from '../service/routing.ts'
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
      return atGate(release, event)
    case 'refused':
      return state.phase === 'preparing' || state.phase === 'requested' || state.phase === 'queued'
        ? settling(release, event.outcome, event.because, 'tidegate', event.code)
        : release
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
      return paused(release, event)
    case 'resumed':
      return resumed(release, event.atMs)
    case 'promoteOrdered':
      return promoteOrdered(release, event.atMs)
    case 'returnOrdered':
      return returnOrdered(release, event)
    case 'interrupted':
      return interrupted(release, event)
    case 'oneWayPassed':
    case 'frozen':
    case 'frozenTold':
    case 'fixedForward':
      return atOneWay(release, event)
    case 'moverNamed':
    case 'alarmDoubted':
    case 'paged':
      return foundOut(release, event)
    case 'settled':
      return state.phase === 'settling' ? withState(release, { phase: 'settled', atMs: event.atMs }) : release
    case 'charged':
    case 'watched':
      return afterEnd(release, event)
  }
}

const carried = (release: Release, { execution, seq }: EventOf<'carried'>): Release => ({
  ...release,
  executions: [...release.executions.filter((one) => one !== execution), execution],
  carriedAtSeq: seq,
})

function paused(release: Release, { by, reason, atMs }: EventOf<'paused'>): Release {
  return isUnderWay(release.state) && release.frozen === undefined
    ? { ...release, paused: { by, reason, atMs } }
    : release
}

/** What is known only after the release had to go back. */
function foundOut(release: Release, event: EventOf<'moverNamed' | 'alarmDoubted' | 'paged'>): Release {
  if (event.type === 'paged') return { ...release, paged: true }
  if (event.type === 'alarmDoubted') return { ...release, alarmDoubt: { alarm: event.alarm, state: event.state } }
  const { ending } = release
  return ending?.outcome === 'interrupted' ? { ...release, ending: { ...ending, by: event.suspect } } : release
}

function prepared(release: Release, event: EventOf<'prepared'>): Release {
  const targets = event.targets.map(({ codeSha256: _, baseline, standing, ...target }): ReleaseTarget => ({
    ...target,
    routing: standing ?? only(target.stable),
    lost: false,
    baseline: baseline ?? noBaseline,
  }))
  const excludedAlarms = event.alarms.filter((alarm) => alarm.state === 'alarm').map((alarm) => alarm.name)
  const oneWay = event.oneWay === undefined ? {} : { oneWay: { ...event.oneWay, atMs: event.atMs } }
  const plan = event.oneWay === undefined ? release.service.plan : planFrom(release.service.plan, event.oneWay.weightBp)
  const service = { ...release.service, plan }
  return enterHooks({ ...release, service, targets, excludedAlarms, ...oneWay }, 'beforeTraffic', 0, event.atMs)
}

const noBaseline = { thresholdsMs: [], because: 'the release began before thresholds were kept' }

function moveIntended(release: Release, move: Move): Release {
  const { state } = release
  if (move.purpose === 'rollBack') {
    return state.phase === 'returning' ? intend(withState(release, { phase: 'returning', move }), move) : release
  }
  return state.phase === 'shifting' && release.paused === undefined
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
    return { ...rest, revision, routing: part.desired }
  })
  const after: Release = { ...release, targets }
  if (state.phase === 'returning') return returned(after, event.atMs)
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
      return turnBack(seen, 'rolledBack', verdict.because, 'verdict', atMs)
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
  if (state.phase !== 'baking') return seen
  const bakedSeconds = (atMs - state.sinceMs) / 1000
  const overdueSeconds = bakedSeconds - (release.service.plan.steps[state.step]?.bakeSeconds ?? 0)
  const { policy } = release.service
  if (verdict.kind === 'pass' && verdict.early === true && policy.early !== undefined) {
    return enterHooks(seen, 'beforeStep', state.step + 1, atMs)
  }
  const lost = signalUnknownTooLong(seen, atMs)
  if (lost !== undefined) return heldTooLong(seen, lost.because, atMs, lost.then)
  if (overdueSeconds < 0) return seen
  if (verdict.kind === 'pass') return enterHooks(seen, 'beforeStep', state.step + 1, atMs)
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
  if (!isUnderWay(state) || (state.phase === 'shifting' && state.move !== undefined)) return release
  if (release.drill === true) return release
  const step = release.service.plan.steps.length
  return withState(unpaused(inSpiteOf(release)), { phase: 'shifting', step, sinceMs: atMs })
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
