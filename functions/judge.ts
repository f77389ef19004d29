// One look: are the aliases still ours, what does the evidence say, what follows. A hook that has not answered in its time
// is noticed here too.
import { isWatchedWhileHeld } from '../core/clearance.ts'
import { currentHook } from '../core/next.ts'
import { hasTraffic, isLive, type Release } from '../core/release.ts'
import type { Verdict } from '../core/verdict/evidence.ts'
import { type Carry, judge } from '../core/verdict/judge.ts'
import { checkDrift } from './aliases.ts'
import { answerHook, hookId } from './hook.ts'
import { gather } from './evidence.ts'
import { load, type Loaded, record } from './ledger.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'telemetry'>

// A warm function carries the fold of the minutes that are settled from look to look. It is a cache: without it the same
// verdict is computed from the log's readings.
const carriedMax = 50

export function judgeHandler(deps: Deps) {
  const carried = new Map<string, Carry>()
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const loaded = await load(deps, input.releaseId)
    const after = await look(deps, carried, loaded)
    return taskResult(after.release, deps.clock.nowMs(), input)
  }
}

async function look(deps: Deps, carried: Map<string, Carry>, loaded: Loaded): Promise<Loaded> {
  const heard = await noticeSilentHook(deps, loaded)
  const { phase } = heard.release.state
  if (phase !== 'baking' && phase !== 'hooks' && phase !== 'shifting') return heard
  const checked = await checkDrift(deps, heard)
  if (checked !== heard || !mayJudge(checked.release)) return checked
  const verdict = await verdictOf(deps, carried, checked.release)
  const atMs = deps.clock.nowMs()
  // The evidence is about the step that was looked at; if the release has moved on meanwhile, it says nothing.
  const seenAt = checked.release.seq
  return record(deps, checked, (release) => (release.seq === seenAt ? { type: 'judged', atMs, verdict } : undefined))
}

const mayJudge = (release: Release): boolean =>
  isLive(release) && (release.state.phase === 'baking' || release.paused !== undefined || isWatchedWhileHeld(release))

async function noticeSilentHook(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { state } = loaded.release
  const hook = currentHook(loaded.release)
  if (state.phase !== 'hooks' || state.calledAtMs === undefined || hook === undefined) return loaded
  if (deps.clock.nowMs() < state.calledAtMs + hook.timeoutSeconds * 1000) return loaded
  const because = `hook ${hook.functionName} was silent for ${hook.timeoutSeconds} s`
  return answerHook(deps, loaded, hookId(loaded.release), 'unknown', because)
}

async function verdictOf(deps: Deps, carried: Map<string, Carry>, release: Release): Promise<Verdict> {
  const atMs = deps.clock.nowMs()
  if (!hasTraffic(release) || release.shifts.length === 0) {
    const because = 'the candidate has no traffic yet'
    return { kind: 'unknown', quiet: false, because, window: { startMs: atMs, endMs: atMs }, signals: [] }
  }
  const carry = carried.get(release.id)
  const { evidence, readings } = await gather(deps, release, atMs, carry?.uptoMs)
  const { verdict, carry: next } = judge(release.service, evidence, carry)
  // The oldest goes first: releases that have ended are not asked for again.
  carried.delete(release.id)
  if (next !== undefined) carried.set(release.id, next)
  const [oldest] = carried.keys()
  if (oldest !== undefined && carried.size > carriedMax) carried.delete(oldest)
  return readings === undefined ? verdict : { ...verdict, readings }
}
