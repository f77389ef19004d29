// The way back of a release whose log cannot be read: by its return record alone. The traffic first, then a person, then
// everything that the release held is let go. Every part may be done twice; nothing of anybody else is touched.
import { insteadOf, Problem } from '../../core/problem.ts'
import { whyWords } from '../../core/release/head.ts'
import { aliasLines, aliasWords, endedWithoutLogPage, notBackWithoutLogPage } from '../../core/release/pages.ts'
import {
  type Ended,
  headOfEnded,
  isLeft,
  mayBeOurs,
  type ReturnRecord,
  type ReturnTarget,
} from '../../core/release/return-record.ts'
import { only } from '../../core/service/routing.ts'
import { sentenceOf } from './each.ts'
import { leavePlaces } from './place.ts'
import { wakeNext } from './queue.ts'
import type { World } from './world.ts'

export type ByRecord = Pick<
  World,
  | 'clock'
  | 'journal'
  | 'traffic'
  | 'returns'
  | 'leases'
  | 'alarmWatch'
  | 'openReleases'
  | 'queues'
  | 'history'
  | 'executions'
  | 'pager'
  | 'log'
  | 'trouble'
>

type Order = { readonly by: string; readonly reason: string; readonly outcome: Ended['outcome'] }

/** Whether a log is gone or damaged, which no retry cures. */
export const isLogLost = (error: unknown): error is Problem =>
  error instanceof Problem && (error.code === 'item_unreadable' || error.code === 'release_missing')

/**
 * Puts the traffic of a release back whose log is lost, and ends it. Does nothing to one that was ended so already.
 * @param lost why its log cannot be read
 * @throws `lost` when there is no record either; Problem `return_failed` when an alias could not be put back: call again
 */
export async function returnByRecord(deps: ByRecord, releaseId: string, lost: Problem, order: Order): Promise<Ended> {
  return endByRecord(deps, await recordOf(deps, releaseId, lost), lost, order)
}

/** @throws `lost` when there is no record either */
async function recordOf(
  { returns }: Pick<ByRecord, 'returns'>,
  releaseId: string,
  lost: Problem,
): Promise<ReturnRecord> {
  const record = await returns.get(releaseId)
  if (record === undefined) throw lost
  return record
}

export async function endByRecord(deps: ByRecord, record: ReturnRecord, lost: Problem, order: Order): Promise<Ended> {
  if (record.ended === undefined) {
    const { lines, failure } = await putBack(deps, record)
    if (failure !== undefined) {
      await tellFailure(deps, record, [`Why: ${lost.message}`, ...lines])
      throw new Problem('return_failed', `Release ${record.releaseId} could not be put back by its record.`, {
        cause: failure,
      })
    }
    const because = `${order.reason}; its log cannot be read: ${lost.message}`.slice(0, 1000)
    const ended = { atMs: deps.clock.nowMs(), outcome: order.outcome, by: order.by, because }
    // Somebody must hear of it: until the page is out, the release has not ended, and the sweep comes back.
    await deps.pager.page(
      endedWithoutLogPage(record, ended, [
        `Why: ${whyWords({ ...order, because: order.reason })}`,
        lost.message,
        ...lines,
      ]),
    )
    await deps.returns.end({ ...record, ended })
    deps.log({ message: 'put back by its return record', releaseId: record.releaseId, because })
    return unblock(deps, { ...record, ended }, ended)
  }
  return unblock(deps, record, record.ended)
}

/** What each alias of the release was found as, and put to. */
export async function putBack(
  deps: Pick<ByRecord, 'traffic'>,
  { service, targets, oneWay }: Pick<ReturnRecord, 'service' | 'targets' | 'oneWay'>,
): Promise<{ readonly lines: readonly string[]; readonly failure: Problem | undefined }> {
  const lines: string[] = []
  let failure: Problem | undefined
  for (const target of targets) {
    try {
      lines.push(await putBackAlias(deps, { service, oneWay }, target))
    } catch (error) {
      // Every alias gets its chance, whatever happens to the others.
      failure = error instanceof Problem ? error : new Problem('return_failed', sentenceOf(error), { cause: error })
      lines.push(...aliasLines.failed(target, failure.message))
    }
  }
  return { lines: targets.length === 0 ? ['Nothing of it had moved.'] : lines, failure }
}

// Each round is a write that lost against another one.
const roundsMax = 4

async function putBackAlias(
  { traffic }: Pick<ByRecord, 'traffic'>,
  { service, oneWay }: Pick<ReturnRecord, 'service' | 'oneWay'>,
  target: ReturnTarget,
): Promise<string> {
  const at = { ...target, service }
  for (let round = 0; round < roundsMax; round++) {
    const found = await traffic.read(at).catch(insteadOf('alias_missing', undefined))
    if (found === undefined) return aliasLines.deleted(target)
    if (isLeft({ oneWay }, target, found.routing)) return aliasLines.left(target, found.routing, oneWay?.reason ?? '')
    if (!mayBeOurs(target, found.routing)) return aliasLines.moved(target, found.routing)
    try {
      // Written also when it is on stable already: a writer that was held up finds another revision than it expects.
      await traffic.write(at, only(target.stable), found.revision)
      return aliasLines.back(target)
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'traffic_moved') throw error
    }
  }
  throw new Problem('crowded', `${aliasWords(target)} changes faster than it can be written.`)
}

/** Once: whoever tries next finds that a person knows. */
async function tellFailure(deps: ByRecord, record: ReturnRecord, lines: readonly string[]): Promise<void> {
  if (record.toldAtMs !== undefined) return
  await deps.pager.page(notBackWithoutLogPage(record, lines))
  await deps.returns.put({ ...record, toldAtMs: deps.clock.nowMs() })
}

/** The service's next release may begin, and history tells what can be told. */
async function unblock(deps: ByRecord, record: ReturnRecord, ended: Ended): Promise<Ended> {
  const { releaseId, service } = record
  await deps.history.put(headOfEnded(record, ended))
  for (const alarm of record.alarms) await deps.alarmWatch.remove(alarm, releaseId)
  if (record.concurrency !== undefined) await leavePlaces(deps, record.concurrency, releaseId)
  await deps.leases.drop(service, releaseId)
  await wakeNext(deps, service)
  // Last of all: as long as this entry is there, the sweep comes back to whatever is not done.
  await deps.openReleases.remove({ releaseId, service })
  return ended
}
