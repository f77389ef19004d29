// How a release moves from phase to phase: through hooks, to its end, and back, or into a freeze. advance.ts decides when.
import { aroundAt, withChanges } from '../around/changes.ts'
import type { Outcome, ReleaseEvent, ReturnOutcome } from './event.ts'
import {
  awaitsFix,
  candidateShareBp,
  type Frozen,
  goingOn,
  hasWayBack,
  type HookState,
  isPastOneWay,
  isWaiting,
  type Release,
  type ReleaseTarget,
  type State,
} from './release.ts'
import { own } from '../own.ts'
import { planFrom } from '../definition/one-way.ts'
import { alike, inWaves, isInWaves, waveBefore } from '../definition/waves.ts'
import { only } from '../service/routing.ts'
import { advisoryIn, alarmPrefix, signalName, type Signals, type Watch, watches } from '../service/signals.ts'
import type { SignalVerdict, Verdict } from '../verdict/evidence/evidence.ts'
import type { HookPoint } from '../service/service.ts'

export const withState = (release: Release, state: State): Release => ({ ...release, state })

/** Prepared, and neither promoted nor on its way back. In these phases a person may pause, promote or stop it. */
export const isUnderWay = (state: State): boolean =>
  state.phase === 'shifting' ||
  state.phase === 'baking' ||
  (state.phase === 'hooks' && state.point !== 'afterPromotion' && state.point !== 'afterRollback')

export function unpaused(release: Release): Release {
  const { paused: _, frozen: _frozen, ...rest } = release
  return rest
}

function settling(release: Release, outcome: Outcome, because: string, by: string, code?: string): Release {
  return {
    ...withState(release, { phase: 'settling' }),
    ending: release.ending ?? { outcome, because, by, ...(code === undefined ? {} : { code }) },
  }
}

export const refused = (
  release: Release,
  { outcome, because, code }: Extract<ReleaseEvent, { type: 'refused' }>,
): Release =>
  release.state.phase === 'preparing' || isWaiting(release)
    ? settling(release, outcome, because, 'tidegate', code)
    : release

/** Of those that were put back alone, the version that they have kept. */
function trafficWords({ targets }: Release): string {
  const back = targets.filter(({ backMs }) => backMs !== undefined)
  const whole = goingOn(targets).map(({ functionName, candidate }) => `${functionName}:${candidate}`)
  const kept = back.map(({ functionName, stable }) => `${functionName}:${stable}`)
  return [
    `all traffic is on ${whole.join(', ')}`,
    ...(kept.length === 0 ? [] : [`and back on ${kept.join(', ')}`]),
  ].join(' ')
}

export function prepared(release: Release, event: Extract<ReleaseEvent, { type: 'prepared' }>): Release {
  const excludedAlarms = event.alarms.filter((alarm) => alarm.state === 'alarm').map((alarm) => alarm.name)
  const oneWay = event.oneWay === undefined ? {} : { oneWay: { ...event.oneWay, atMs: event.atMs } }
  const { plan: usual, waves } = release.service
  // A forward fix takes over what the frozen release has, wherever that is: it takes no waves.
  const plan =
    event.oneWay === undefined
      ? inWaves(usual, release.urgent || release.hasOwnPlan ? alike(waves) : waves, event.targets)
      : planFrom(usual, event.oneWay.weightBp)
  const service = { ...release.service, plan }
  const targets = event.targets.map(({ codeSha256: _, baseline, standing, ...target }): ReleaseTarget => ({
    ...target,
    routing: standing ?? only(target.stable),
    lost: false,
    baseline: baseline ?? noBaseline,
    ...(isInWaves(plan) ? { shifts: [] } : {}),
  }))
  const around = event.depends === undefined ? {} : { around: aroundAt(event.depends) }
  return enterHooks(
    { ...release, service, targets, excludedAlarms, ...oneWay, ...around },
    'beforeTraffic',
    0,
    event.atMs,
  )
}

const noBaseline = { thresholdsMs: [], because: 'the release began before thresholds were kept' }

/** Goes to the first hook at `point`, or past the point when it has no hooks. */
export function enterHooks(release: Release, point: HookPoint, step: number, atMs: number): Release {
  return toHook(release, { phase: 'hooks', point, step, index: 0, attempt: 1, sinceMs: atMs }, atMs)
}

/**
 * Goes to the next step. A wave may begin with a pause. If the step before was baked again since, nobody is waited for once more,
 * and no hook is called that has passed already.
 */
export function toStep(release: Release, step: number, atMs: number): Release {
  if (release.hooksPassed === step) return withState(release, { phase: 'shifting', step, sinceMs: atMs })
  const after = enterHooks(release, 'beforeStep', step, atMs)
  const wave = waveBefore(release.service, step)
  if (wave?.pause !== true || release.wavePaused === step) return after
  return {
    ...after,
    wavePaused: step,
    paused: { by: 'waves', reason: `wave ${wave.name} begins when a person resumes the release`, atMs },
  }
}

const drillIsOver = 'the drill has ended without its fault: nobody made its alarm fire'

/** Goes to the hook that `state` names, or past its point when there is no such hook. */
export function toHook(release: Release, state: HookState, atMs: number): Release {
  const count = release.service.hooks.filter((hook) => hook.at === state.point).length
  if (state.index < count) return withState(release, state)
  switch (state.point) {
    case 'beforeTraffic':
      return enterHooks(release, 'beforeStep', 0, atMs)
    case 'beforeStep':
      // Whoever was to inject its fault has not come back.
      if (release.drill === true && state.step >= release.service.plan.steps.length)
        return turnBack(release, 'rolledBack', drillIsOver, 'policy', atMs)
      return { ...withState(release, { phase: 'shifting', step: state.step, sinceMs: atMs }), hooksPassed: state.step }
    case 'afterPromotion':
      if (release.frozen !== undefined) return withState(release, state)
      return settling(release, 'promoted', trafficWords(release), 'tidegate')
    case 'afterRollback':
      return withState(release, { phase: 'settling' })
  }
}

/** Applies the policy for a step that stayed unknown for too long: pause and wait for a person, or roll back. */
export function heldTooLong(release: Release, because: string, atMs: number, wished?: 'pause' | 'rollBack'): Release {
  const then = wished ?? release.service.policy.whenHeldTooLong
  if (then === 'pause') {
    const by = wished === undefined ? 'policy.whenHeldTooLong' : 'signals.whenUnknown'
    return { ...release, paused: { by, reason: because, atMs } }
  }
  return turnBack(release, 'rolledBack', because, 'policy', atMs)
}

/**
 * Sends the traffic back, or ends a release that never moved any. If that was decided before, nothing changes. Past a one-way
 * step nothing goes back, whoever wants it: the release stays where it is.
 */
export function turnBack(release: Release, wished: ReturnOutcome, because: string, by: string, atMs: number): Release {
  const { state } = release
  switch (state.phase) {
    case 'returning':
    case 'settling':
    case 'settled':
      return release
    case 'requested':
    case 'queued':
    case 'preparing':
      return settling(release, wished === 'rolledBack' ? 'rejected' : wished, because, by)
    case 'hooks':
    case 'shifting':
    case 'baking': {
      if (state.phase === 'hooks' && state.point === 'afterRollback') return release
      if (isPastOneWay(release)) return freeze(release, 'oneWay', because, by, atMs)
      // A release that never moved traffic counts as rejected, not as rolled back.
      const moves = hasWayBack(release)
      const outcome: Outcome = wished === 'rolledBack' && !moves ? 'rejected' : wished
      const ended: Release = { ...unpaused(release), ending: { outcome, because, by } }
      return moves ? withState(ended, { phase: 'returning' }) : enterHooks(ended, 'afterRollback', 0, atMs)
    }
  }
}

// Fails that do not send a release back. Past a one-way step nothing does: it waits for a forward fix. Before that, a signal may
// say that a person decides (`onFail: hold`).

/** It stays where it is. A freeze that is there already stays as it was told. */
export function freeze(release: Release, kind: Frozen['kind'], because: string, by: string, atMs: number): Release {
  if (release.frozen?.kind === kind) return release
  return { ...release, paused: { by, reason: because, atMs }, frozen: { by, because, atMs, kind }, hasFrozen: true }
}

const decides = ({ kind, advisory }: SignalVerdict): boolean => kind === 'fail' && advisory !== true
export const failing = (verdict: Verdict | undefined): readonly string[] =>
  (verdict?.signals ?? []).filter(decides).map(({ signal }) => signal)

/** Whether every signal that fails is one that holds the release. */
export function isHeldFail({ signals }: { readonly signals: Signals }, verdict: Verdict): boolean {
  const known = watches(signals)
  const keys = failing(verdict)
  return keys.length > 0 && keys.every((key) => known.get(signalName(key))?.onFail === 'hold')
}

/**
 * A person goes on in spite of a freeze. What failed then is only reported from now on, or the next look would freeze it again.
 * What fails besides still counts.
 */
export function inSpiteOf(release: Release): Release {
  const keys = release.frozen === undefined ? [] : failing(release.verdict)
  if (keys.length === 0) return release
  const names = keys.map(signalName)
  const alarms = keys.flatMap((key) => (key.startsWith(alarmPrefix) ? [key.slice(alarmPrefix.length)] : []))
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
  const { errors, latency, throttles, cost, coldStarts, memory, custom, prometheus, consumers } = signals
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
    ...(consumers === undefined ? {} : { consumers: consumers.map((one) => advisoryIn(one, names)) }),
  }
}

type OneWayEvent = Extract<
  ReleaseEvent,
  { type: 'oneWayPassed' | 'frozen' | 'frozenTold' | 'fixBegun' | 'fixEnded' | 'fixedForward' }
>

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
    case 'fixBegun':
      return frozen === undefined || !awaitsFix(release)
        ? release
        : { ...release, frozen: { ...frozen, fix: event.by } }
    case 'fixEnded':
      return frozen?.fix === event.by && awaitsFix(release) ? frozenAgain(release, frozen, event) : release
    case 'fixedForward': {
      if (!awaitsFix(release)) return release
      const by = `release ${event.by}`
      return settling(unpaused(release), 'superseded', `its forward fix, release ${event.by}, takes its place`, by)
    }
  }
}

/** Its forward fix came to nothing, so a person has to hear of it once more. */
function frozenAgain(
  release: Release,
  { by, because, kind }: Frozen,
  event: Extract<ReleaseEvent, { type: 'fixEnded' }>,
): Release {
  const unfixed = { by: event.by, because: event.reason }
  return { ...release, frozen: { by, because, kind, atMs: event.atMs, unfixed } }
}

export function resumed(release: Release, atMs: number): Release {
  const after = unpaused(inSpiteOf(release))
  const { state } = after
  // All traffic was on the candidate, and only the end was held up.
  return release.frozen !== undefined && state.phase === 'hooks' ? toHook(after, state, atMs) : after
}

type FoundOut = Extract<ReleaseEvent, { type: 'moverNamed' | 'alarmDoubted' | 'dependenciesChanged' | 'paged' }>
/** What was found out beside the evidence, some of it after the release had to go back. */
export function foundOut(release: Release, event: FoundOut): Release {
  if (event.type === 'dependenciesChanged') {
    const { around } = release
    if (around === undefined) return release
    const weightAt = (ms: number): number => release.shifts.findLast(({ sinceMs }) => sinceMs <= ms)?.weightBp ?? 0
    return { ...release, around: withChanges(around, event.changes, event.atMs, weightAt) }
  }
  if (event.type === 'paged') return { ...release, paged: true }
  if (event.type === 'alarmDoubted') return { ...release, alarmDoubt: { alarm: event.alarm, state: event.state } }
  const { ending } = release
  return ending?.outcome === 'interrupted' ? { ...release, ending: { ...ending, by: event.suspect } } : release
}
