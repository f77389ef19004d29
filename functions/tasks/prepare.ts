// Checks before anything moves: the candidate exists and runs, the way back exists and is permitted, the alarms exist. The facts
// found here are recorded, and later checks rely on them.
import type { VersionState } from '../../cloud/ports.ts'
import { differencesOf } from '../../core/around/configuration.ts'
import type { PreparedTarget } from '../../core/release/event.ts'
import type { AliasPlace, Place } from '../../core/location.ts'
import { nextAct } from '../../core/release/next.ts'
import { Problem } from '../../core/problem.ts'
import { isOurs } from '../../core/release/move.ts'
import { isPastOneWay, isSettled, type Release } from '../../core/release/release.ts'
import { type Routing, routingWords } from '../../core/service/routing.ts'
import { placedIn } from '../../core/service/target.ts'
import type { AlarmReading } from '../../core/verdict/evidence/evidence.ts'
import { checkConsumed } from '../around/consumed.ts'
import { dependenciesOf } from '../around/notice.ts'
import { checkOneWay, checkUndone } from '../one-way/behind.ts'
import { takePlace } from '../one-way/fix.ts'
import { baselineOf } from '../steps/baseline.ts'
import { calledAsNow, headOf, isWayBack } from '../../core/release/head.ts'
import { aliasConcurrency, checkCandidateConcurrency, scaledTo } from '../steps/concurrency.ts'
import { latestHeads } from '../steps/heads.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { learnedErrors, promotedReleases } from '../steps/past.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import type { World } from '../steps/world.ts'
import { quoted } from '../../core/foreign-text.ts'
import { own } from '../../core/own.ts'
import { isFrom, sourcesOf } from '../../core/service/artifacts.ts'
import { candidateWords } from '../../core/service/candidate.ts'

type Deps = Pick<
  World,
  | 'home'
  | 'scaling'
  | 'dependencies'
  | 'consumed'
  | 'clock'
  | 'journal'
  | 'history'
  | 'versions'
  | 'traffic'
  | 'telemetry'
  | 'alarmWatch'
  | 'log'
>

// Temporary problems: the task is retried, and the state machine gives up if they persist.
const passing: readonly string[] = [
  'aws_throttled',
  'aws_unavailable',
  'version_not_active',
  'concurrency_moving',
  'crowded',
  'traffic_moved',
]

// SnapStart may take a quarter of an hour (docs/aws.md §1.2). Retries are no bound: gates are asked again after ten minutes.
const isWaitedFor = (code: string, { cleared }: Release, nowMs: number): boolean =>
  passing.includes(code) && (code !== 'version_not_active' || nowMs - (cleared?.sinceMs ?? nowMs) < 30 * 60_000)

export function prepareHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const loaded = await load(deps, input.releaseId)
    const after =
      nextAct(loaded.release, deps.clock.nowMs()).act === 'prepare' ? await prepareOrRefuse(deps, loaded) : loaded
    await takePlace(deps, after.release)
    return taskResult(after.release, deps.clock.nowMs(), input)
  }
}

async function prepareOrRefuse(deps: Deps, loaded: Loaded): Promise<Loaded> {
  try {
    return await prepare(deps, loaded)
  } catch (error) {
    if (!(error instanceof Problem) || isWaitedFor(error.code, loaded.release, deps.clock.nowMs())) throw error
    const { code, message, fix } = error
    return record(deps, loaded, (release) =>
      release.state.phase === 'preparing'
        ? {
            type: 'refused',
            atMs: deps.clock.nowMs(),
            outcome: 'rejected',
            code,
            because: `${message} ${fix}`.slice(0, 1000),
          }
        : undefined,
    )
  }
}

async function prepare(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { release } = loaded
  const targets: PreparedTarget[] = []
  // It has the lease, so nothing is promoted while it is prepared.
  const { items } = await latestHeads(deps, release.service.name, headsMost)
  const history = calledAsNow(items, release.service.targets, deps.home)
  checkUndone(release, history)
  const earlier = await promotedReleases(deps, release.service, history)
  const fixed = release.fixes === undefined ? undefined : (await load(deps, release.fixes)).release
  for (const target of targetsOf(release)) {
    const prepared = await prepareTarget(deps, release, target, earlier, fixed)
    if (prepared === undefined) return load(deps, release.id)
    targets.push(prepared)
  }
  checkOneWay(targets, fixed === undefined || isSettled(fixed) ? history : [headOf(fixed), ...history])
  if (targets.every((target) => target.stable === target.candidate)) return alreadyReleased(deps, loaded, targets)
  const alarms = await readAlarms(deps, release)
  await checkGuarded(deps, release)
  const depends = await dependenciesOf(deps, release.service)
  // Watch the alarms from here on. An alarm that fires before the first shift stops the release too.
  for (const alarm of alarms) await deps.alarmWatch.add(alarm.name, release.id)
  const moving = targets.filter((target) => target.stable !== target.candidate)
  const after = await record(deps, loaded, (now) =>
    now.state.phase === 'preparing'
      ? {
          type: 'prepared',
          atMs: deps.clock.nowMs(),
          targets: moving,
          alarms: [...alarms],
          ...(depends === undefined ? {} : { depends: [...depends] }),
          ...takenOver(fixed, moving),
        }
      : undefined,
  )
  // The release ended meanwhile, and its settling could not know about these watches.
  if (isSettled(after.release)) for (const alarm of alarms) await deps.alarmWatch.remove(alarm.name, release.id)
  return after
}

const alreadyReleased = (deps: Deps, loaded: Loaded, targets: readonly PreparedTarget[]): Promise<Loaded> =>
  record(deps, loaded, (release) => {
    if (release.state.phase !== 'preparing') return undefined
    const because = `${targets.map((target) => `${target.functionName}:${target.candidate}`).join(', ')} has all traffic already`
    return { type: 'refused', atMs: deps.clock.nowMs(), outcome: 'alreadyReleased', code: 'alreadyReleased', because }
  })

function targetsOf({ service, candidate }: Release): readonly AliasPlace[] {
  const { targets } = service
  const chosen =
    candidate.kind === 'versions'
      ? targets.filter((target) => own(candidate.versions, target.functionName) !== undefined)
      : targets
  return chosen.map((target) => placedIn(service, target))
}

/** @returns `undefined` if the release has ended or moved on in the meantime */
async function prepareTarget(
  deps: Deps,
  release: Release,
  target: AliasPlace,
  earlier: readonly Release[],
  fixed: Release | undefined,
): Promise<PreparedTarget | undefined> {
  const place = `${target.functionName}:${target.alias}`
  const alias = await deps.traffic.read(target)
  const stable = alias.routing.version
  const concurrency = await deps.versions.provisioned(target)
  const provisioned = aliasConcurrency(release, target, alias.routing, concurrency)
  if (alias.routing.additional !== undefined && !isFrozenAt(fixed, target, alias.routing)) {
    throw new Problem('alias_split', `Alias ${place} is already split: ${routingWords(alias.routing)}.`)
  }
  if (stable === '$LATEST') throw new Problem('alias_on_latest', `Alias ${place} points at $LATEST.`)
  const scaled = await scaledTo(deps, release, target, stable, concurrency)
  const candidate = await candidateVersion(deps, release, target)
  const runs = (version: string) => runnable(deps, release, target, version)
  const there = await runs(candidate)
  if (!isWayBack(release)) checkCandidateConcurrency(target, candidate, concurrency)
  const back = await runs(stable)
  if (there.role !== back.role) {
    throw new Problem(
      'roles_differ',
      `Versions ${stable} and ${candidate} of ${target.functionName} have different execution roles.`,
    )
  }
  // Publishing takes minutes, and a timed-out invocation may still be running. Do not touch the alias of a release that has ended
  // or moved on.
  if ((await load(deps, release.id)).release.state.phase !== 'preparing') return undefined
  // Writes the current routing. That proves that a rollback is permitted, and yields a revision of our own.
  const { revision } = await deps.traffic.write(target, alias.routing, alias.revision)
  const learned = await learnedErrors(deps, release.service, target, stable, earlier)
  const { functionName, roleArn } = target
  const differs = differencesOf(back, there)
  return {
    functionName,
    ...(roleArn === undefined ? {} : { roleArn }),
    alias: target.alias,
    stable,
    candidate,
    revision,
    ...(alias.routing.additional === undefined ? {} : { standing: alias.routing }),
    ...(provisioned ? { provisioned } : {}),
    ...(scaled === undefined ? {} : { scaled }),
    codeSha256: there.codeSha256,
    ...(differs === undefined ? {} : { differs }),
    baseline: {
      ...(await baselineOf(deps, release.service, target, { stable: back, candidate: there })),
      ...(learned === undefined ? {} : { learned }),
    },
  }
}

const headsMost = 100

/** Whether the log of the release that is fixed says that it has left the alias like this. */
const isFrozenAt = (fixed: Release | undefined, { functionName }: Place, found: Routing): boolean =>
  fixed !== undefined && isPastOneWay(fixed) && isOurs(fixed, functionName, found)

/** Where something of the fixed release still stands beside stable, its one-way step counts for its fix. */
function takenOver(fixed: Release | undefined, targets: readonly PreparedTarget[]) {
  if (fixed?.oneWay === undefined) return {}
  const isWhole = targets.every(({ functionName, stable, standing }) =>
    fixed.targets.some(
      (one) => one.functionName === functionName && one.candidate === stable && standing === undefined,
    ),
  )
  if (isWhole) return {}
  const weightBp = Math.max(0, ...targets.map(({ standing }) => standing?.additional?.weightBp ?? 0))
  return { oneWay: { reason: fixed.oneWay.reason, weightBp } }
}

async function candidateVersion(deps: Deps, release: Release, target: AliasPlace): Promise<string> {
  const { candidate } = release
  if (candidate.kind === 'versions') return own(candidate.versions, target.functionName) ?? ''
  // Whoever wrote the log, it becomes a version only if the definition in it names the artifact.
  if (!isFrom(sourcesOf(release.service), candidate, deps.home))
    throw new Problem(
      'artifact_not_allowed',
      `The definition of ${release.service.name} does not name ${quoted(candidateWords(candidate))}.`,
    )
  const version = await deps.versions.publish(target.functionName, candidate, `tidegate ${release.id}`)
  if (version === undefined) throw new Problem('version_not_active', `Lambda is still updating ${target.functionName}.`)
  return version
}

async function runnable(deps: Deps, release: Release, target: Place, version: string): Promise<VersionState> {
  const found = await deps.versions.describe(target, version)
  const place = `${target.functionName}:${version}`
  switch (found.state) {
    case 'active':
      return found
    case 'sleeping':
      if (release.service.policy.wake === false) return asleep(release, found, place)
      // Invoking a version makes Lambda load it again. The response does not matter.
      await deps.versions.wake(target, version)
      throw new Problem('version_not_active', `Version ${place} was asleep and has been invoked to wake it.`)
    case 'pending':
      throw new Problem('version_not_active', `Version ${place} is still Pending.`)
    case 'failed':
      throw new Problem(
        'version_failed',
        `Version ${place} cannot run: ${found.stateReason ?? 'Lambda gave no reason'}.`,
      )
  }
}

/** An undo release is never blocked: its first request wakes the version. */
function asleep(release: Release, found: VersionState, place: string): VersionState {
  if (isWayBack(release)) return found
  throw new Problem('version_asleep', `Lambda has put version ${place} to sleep, and policy.wake is off.`)
}

/** @throws Problem `consumed_missing` */
async function checkGuarded(deps: Deps, release: Release): Promise<void> {
  // A way back waits for nothing that it cannot use.
  if (isWayBack(release) || release.service.plan.steps.length === 0) return
  await checkConsumed(deps, release.service, targetsOf(release))
}

async function readAlarms(deps: Deps, release: Release): Promise<readonly AlarmReading[]> {
  const names = release.service.signals.alarms
  if (names.length === 0) return []
  const alarms = await deps.telemetry.alarms(names)
  const missing = alarms.filter((alarm) => alarm.state === 'missing').map((alarm) => alarm.name)
  if (missing.length > 0) throw new Problem('alarm_missing', `There is no alarm called ${missing.join(', ')}.`)
  return alarms
}
