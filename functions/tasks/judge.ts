// One look: checks whether the aliases are still ours, judges the evidence, and logs what follows. It also notices hooks that did
// not answer in time. After most looks only another look is due. Then the task is not answered, and its timeout triggers the next
// look.
import { isDoubtful, isWatchedWhileHeld } from '../../core/release/gating.ts'
import { currentHook } from '../../core/release/next.ts'
import { hasTraffic, isLive, type Release } from '../../core/release/release.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import { neededFromMs } from '../../core/verdict/evidence/logged.ts'
import { judge } from '../../core/verdict/judge/judge.ts'
import { withoutReadings } from '../../core/release/snapshot.ts'
import { noticeChanges } from '../around/notice.ts'
import { checkDrift } from '../steps/aliases.ts'
import { answerHook, hookId } from './hook.ts'
import { gather } from '../steps/evidence.ts'
import { keepSnapshot, load, type Loaded, loadWhole, record, remember } from '../steps/log.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import { turn } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'aliases' | 'telemetry' | 'prometheus' | 'executions' | 'dependencies'>

// How late a look may be, as a share of the interval.
const latest = 0.1

export function judgeHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const { releaseId, token } = input
    if (token !== undefined) await deps.journal.wait(releaseId, { slot: turn, token })
    const { release } = await look(deps, await load(deps, releaseId))
    const result = taskResult(release, deps.clock.nowMs(), input)
    // Machines before edition 3 pass no token here; they wait in Bake.
    if (token !== undefined && !isNextLook(release, result)) await deps.executions.wake(token, result)
    return result
  }
}

/** Whether the next act is just another look, at about the time when this task times out. */
function isNextLook({ service }: Release, { next, seconds }: TaskResult): boolean {
  const every = service.policy.lookEverySeconds
  return next === 'bake' && seconds <= every && seconds > every * (1 - latest)
}

async function look(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const heard = await noticeSilentHook(deps, loaded)
  const { phase } = heard.release.state
  if (phase !== 'baking' && phase !== 'hooks' && phase !== 'shifting') return heard
  const drifted = await checkDrift(deps, heard)
  if (drifted !== heard || !mayJudge(drifted.release, deps.clock.nowMs())) return drifted
  const checked = await noticeChanges(deps, drifted)
  if (!mayJudge(checked.release, deps.clock.nowMs())) return checked
  const { verdict, carry, readFromMs } = await verdictOf(deps, checked)
  const atMs = deps.clock.nowMs()
  // The evidence is about the step that was looked at. If the release has moved on, it must not be logged.
  const seenAt = checked.release.seq
  const after = await record(deps, { ...checked, readFromMs }, (release) =>
    release.seq === seenAt ? { type: 'judged', atMs, verdict } : undefined,
  )
  await rest(deps, checked.release, after, carry)
  return after
}

/**
 * Keeps what the next look needs: the fold of the settled minutes, and the readings since. It is only a cache; without it the
 * same verdict is computed from the log.
 */
async function rest(deps: Deps, before: Release, after: Loaded, carry: Loaded['carry']): Promise<void> {
  const { carry: _, ...known } = after
  const carried = carry === undefined ? {} : { carry }
  const snapshot = withoutReadings({ ...known, ...carried }, neededFromMs(after.release, carry?.uptoMs))
  remember(deps, snapshot)
  await keepSnapshot(deps, before, snapshot)
}

const mayJudge = (release: Release, nowMs: number): boolean =>
  isLive(release) &&
  (release.state.phase === 'baking' ||
    release.paused !== undefined ||
    isWatchedWhileHeld(release) ||
    isDoubtful(release, nowMs))

async function noticeSilentHook(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { state } = loaded.release
  const hook = currentHook(loaded.release)
  if (state.phase !== 'hooks' || state.calledAtMs === undefined || hook === undefined) return loaded
  if (deps.clock.nowMs() < state.calledAtMs + hook.timeoutSeconds * 1000) return loaded
  const because = `hook ${hook.functionName} was silent for ${hook.timeoutSeconds} s`
  return answerHook(deps, loaded, hookId(loaded.release), 'unknown', because)
}

async function verdictOf(deps: Deps, loaded: Loaded) {
  const atMs = deps.clock.nowMs()
  const { release, readFromMs, carry } = loaded
  if (!hasTraffic(release) || release.shifts.length === 0) {
    const because = 'the candidate has no traffic yet'
    const verdict: Verdict = {
      kind: 'unknown',
      quiet: false,
      because,
      window: { startMs: atMs, endMs: atMs },
      signals: [],
    }
    return { verdict, carry, readFromMs }
  }
  // Readings are missing that the carried state does not cover, so load them all.
  if (readFromMs > neededFromMs(release, carry?.uptoMs))
    return verdictFrom(deps, await loadWhole(deps, release.id), atMs)
  return verdictFrom(deps, loaded, atMs)
}

async function verdictFrom(deps: Deps, { release, readFromMs, carry }: Loaded, atMs: number) {
  const { evidence, readings } = await gather(deps, release, atMs, carry?.uptoMs)
  const { verdict, carry: next } = judge(release.service, evidence, carry)
  return { verdict: readings === undefined ? verdict : { ...verdict, readings }, carry: next, readFromMs }
}
