// One look: are the aliases still ours, what does the evidence say, what follows. A hook that has not answered in its time
// is noticed here too.
import { currentHook } from '../core/next.ts'
import { hasTraffic, isLive, type Release } from '../core/release.ts'
import { shareBp } from '../core/routing.ts'
import type { Evidence, TargetEvidence, Verdict } from '../core/verdict/evidence.ts'
import { judge } from '../core/verdict/judge.ts'
import { askedWindow } from '../core/verdict/window.ts'
import { Problem } from '../core/problem.ts'
import { checkDrift } from './aliases.ts'
import { answerHook, hookId } from './hook.ts'
import { load, type Loaded, record } from './ledger.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'telemetry'>

export function judgeHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const loaded = await load(deps, taskInput(event).releaseId)
    const after = await look(deps, loaded)
    return taskResult(after.release, deps.clock.nowMs())
  }
}

async function look(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const heard = await noticeSilentHook(deps, loaded)
  const { phase } = heard.release.state
  if (phase !== 'baking' && phase !== 'hooks' && phase !== 'shifting') return heard
  const checked = await checkDrift(deps, heard)
  if (checked !== heard || !mayJudge(checked.release)) return checked
  const verdict = await verdictOf(deps, checked.release)
  const atMs = deps.clock.nowMs()
  // The evidence is about the step that was looked at; if the release has moved on meanwhile, it says nothing.
  const seenAt = checked.release.seq
  return record(deps, checked, (release) => (release.seq === seenAt ? { type: 'judged', atMs, verdict } : undefined))
}

const mayJudge = (release: Release): boolean =>
  isLive(release) && (release.state.phase === 'baking' || release.paused !== undefined)

async function noticeSilentHook(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { state } = loaded.release
  const hook = currentHook(loaded.release)
  if (state.phase !== 'hooks' || state.calledAtMs === undefined || hook === undefined) return loaded
  if (deps.clock.nowMs() < state.calledAtMs + hook.timeoutSeconds * 1000) return loaded
  const because = `hook ${hook.functionName} was silent for ${hook.timeoutSeconds} s`
  return answerHook(deps, loaded, hookId(loaded.release), 'unknown', because)
}

async function verdictOf(deps: Deps, release: Release): Promise<Verdict> {
  const atMs = deps.clock.nowMs()
  if (!hasTraffic(release)) {
    const because = 'the candidate has no traffic yet'
    return { kind: 'unknown', quiet: false, because, window: { startMs: atMs, endMs: atMs }, signals: [] }
  }
  return judge(release.service, await gather(deps, release, atMs))
}

async function gather(deps: Deps, release: Release, atMs: number): Promise<Evidence> {
  const { state, service, targets } = release
  const shiftedAtMs = state.phase === 'baking' ? state.sinceMs : (release.firstShiftedAtMs ?? atMs)
  const firstShiftedAtMs = release.firstShiftedAtMs ?? shiftedAtMs
  const [alarms, counts] = await Promise.all([
    readAlarms(deps, service.signals.alarms),
    readCounts(deps, release, askedWindow(firstShiftedAtMs, atMs)),
  ])
  const first = targets[0]
  const weightBp = first === undefined ? 0 : shareBp(first.routing, first.candidate)
  return {
    atMs,
    shiftedAtMs,
    firstShiftedAtMs,
    weightBp,
    alarms,
    excludedAlarms: release.excludedAlarms,
    targets: counts,
  }
}

/** A reading that fails is evidence of nothing: unknown, with the reason. */
async function readAlarms(deps: Deps, names: readonly string[]): Promise<Evidence['alarms']> {
  if (names.length === 0) return []
  try {
    return await deps.telemetry.alarms(names)
  } catch (error) {
    return { unread: sentence(error) }
  }
}

async function readCounts(
  deps: Deps,
  release: Release,
  window: { startMs: number; endMs: number },
): Promise<readonly TargetEvidence[]> {
  const queries = release.targets.flatMap(({ functionName, alias, stable, candidate }) => [
    { functionName, alias, version: stable },
    { functionName, alias, version: candidate },
  ])
  const nothing = { kind: 'counts', minutes: [] } as const
  const read = async () => {
    if (window.endMs <= window.startMs) return queries.map(() => nothing)
    try {
      return await deps.telemetry.counts(queries, window.startMs, window.endMs)
    } catch (error) {
      const because = sentence(error)
      return queries.map(() => ({ kind: 'unread', because }) as const)
    }
  }
  const counts = await read()
  const missing = { kind: 'unread', because: 'CloudWatch did not answer for this version' } as const
  return release.targets.map(({ functionName }, index) => ({
    functionName,
    stable: counts[index * 2] ?? missing,
    candidate: counts[index * 2 + 1] ?? missing,
  }))
}

/** Troubles of the telemetry become part of a verdict; bugs crash. */
function sentence(error: unknown): string {
  if (error instanceof Problem) return `${error.message} (${error.code})`.slice(0, 300)
  throw error
}
