// The state in which an execution waits and retries when a part of AWS does not answer. While the table is away it watches the
// alarms, using the return record that it carries, and puts the traffic back when one fires.
import { formatDuration } from '../../core/duration.ts'
import type { Wait } from '../../core/release/outage.ts'
import { isAway, Problem } from '../../core/problem.ts'
import { isReturning } from '../../core/release/release.ts'
import type { ReturnRecord } from '../../core/release/return-record.ts'
import { isLogLost, putBack } from '../steps/by-record.ts'
import { load, type Loaded } from '../steps/log.ts'
import { orderReturn } from '../steps/return.ts'
import { taskInput, type TaskInput, taskResult, type TaskResult } from './task.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'telemetry' | 'log'>
type Waiting = TaskResult & { readonly outage: Wait }

// Well below two minutes, within which the traffic has to be back once AWS is.
const waitSeconds = 20
/** Used without a return record, because then the service's policy is unknown. */
const holdSecondsDefault = 600

export function outageHandler(deps: Deps) {
  return async (event: unknown): Promise<Waiting> => {
    const input = taskInput(event)
    try {
      return await tableAnswers(deps, await load(deps, input.releaseId), input)
    } catch (error) {
      // An unreadable log will not become readable by waiting. RollBack handles it.
      if (isLogLost(error)) {
        const outage = { sinceMs: deps.clock.nowMs(), seq: 0, waitSeconds: 1 }
        return { ...unread(input), next: 'rollBack', outage }
      }
      if (!isAway(error)) throw error
      return tableAway(deps, input, error)
    }
  }
}

const unread = ({ releaseId, record }: TaskInput) => ({ releaseId, seconds: 1, record: record ?? null })

/**
 * The table answers, so something else was away, or the table is back. The release goes on, unless it has been stuck for too
 * long.
 */
async function tableAnswers(deps: Deps, loaded: Loaded, input: TaskInput): Promise<Waiting> {
  const nowMs = deps.clock.nowMs()
  const { outage: before } = input
  const { seq } = loaded.release
  // Before anything has moved, the gates are asked repeatedly. Their answers are no progress.
  const isStuck =
    before !== undefined && before !== null && (before.seq === seq || loaded.release.state.phase === 'preparing')
  const sinceMs = isStuck ? before.sinceMs : nowMs
  const heldSeconds = (nowMs - sinceMs) / 1000
  const cause = `${input.error?.Error ?? 'an error'}: ${input.error?.Cause ?? ''}`
  const turned =
    before?.turned ??
    (heldSeconds >= holdOf(input) && !isReturning(loaded.release)
      ? { by: 'tidegate', reason: `nothing could be done for ${formatDuration(heldSeconds)}: ${cause}`.slice(0, 900) }
      : undefined)
  const after = turned === undefined ? loaded : await orderReturn(deps, loaded, { ...turned, outcome: 'rolledBack' })
  return { ...taskResult(after.release, nowMs, input), outage: { sinceMs, seq: after.release.seq, waitSeconds } }
}

const holdOf = ({ record }: TaskInput): number => record?.holdSeconds ?? holdSecondsDefault

async function tableAway(deps: Deps, input: TaskInput, problem: Problem): Promise<Waiting> {
  const nowMs = deps.clock.nowMs()
  const { record, outage: before } = input
  const sinceMs = before?.sinceMs ?? nowMs
  const heldSeconds = (nowMs - sinceMs) / 1000
  let turned = before?.turned
  if (record !== undefined && record !== null) {
    turned ??= await firing(deps, record)
    if (heldSeconds >= holdOf(input))
      turned ??= {
        by: 'tidegate',
        reason: `nothing could be decided for ${formatDuration(heldSeconds)}: ${problem.message}`.slice(0, 900),
      }
    if (turned !== undefined) {
      const { lines } = await putBack(deps, record)
      deps.log({ level: 'error', message: lines.join(' '), releaseId: record.releaseId, because: turned.reason })
    }
  }
  const wait = { sinceMs, seq: before?.seq ?? 0, ...(turned === undefined ? {} : { turned }), waitSeconds }
  return { ...unread(input), next: 'outage', outage: wait }
}

/** An alarm of the release that fires now. If that is unknown, treat it as not firing. */
async function firing(deps: Deps, { alarms, excludedAlarms }: ReturnRecord): Promise<Wait['turned']> {
  const names = alarms.filter((name) => !excludedAlarms.includes(name))
  if (names.length === 0) return undefined
  try {
    const fired = (await deps.telemetry.alarms(names)).find((alarm) => alarm.state === 'alarm')
    if (fired === undefined) return undefined
    return {
      by: `alarm ${fired.name}`,
      reason: `alarm ${fired.name} fires, while the release's log could not be reached`,
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log(error.line)
    return undefined
  }
}
