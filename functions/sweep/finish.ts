// Finishes one release that the sweep, or the status event of an execution, has found: completes what its execution left behind,
// and restores the items that it has lost.
import type { OpenRelease } from '../../cloud/ports.ts'
import { aboutOwner } from '../../core/page.ts'
import { isAway, Problem } from '../../core/problem.ts'
import { entryOf } from '../../core/queue/admission.ts'
import { nextAct } from '../../core/release/next.ts'
import { isSettled, isWaiting, type Release } from '../../core/release/release.ts'
import { needsReturnRecord, type ReturnRecord, returnRecordOf } from '../../core/release/return-record.ts'
import { routingWords } from '../../core/service/routing.ts'
import { type ByRecord, endByRecord, isLogLost } from '../steps/by-record.ts'
import { followFix } from '../one-way/fix.ts'
import { each } from '../steps/each.ts'
import { loadIfThere } from '../steps/lease.ts'
import { load, type Loaded } from '../steps/log.ts'
import { tell } from '../steps/page-end.ts'
import { isEntryOf } from '../steps/queue.ts'
import { finishReturn } from '../steps/return.ts'
import { wake } from '../steps/waiting.ts'
import { settle } from '../tasks/settle.ts'
import type { Found } from './found.ts'
import { takeOver } from './take-over.ts'

export type Finishing = Parameters<typeof takeOver>[0] & ByRecord

/**
 * @param isAsked whether Step Functions is asked about it even if nothing is overdue
 * @returns the release, if an execution carries it; `undefined` if it has been finished
 */
export async function finish(deps: Finishing, found: Found, isAsked: boolean): Promise<Loaded | undefined> {
  const { releaseId } = found
  let loaded: Loaded
  try {
    loaded = (await loadIfThere(deps, releaseId)) ?? (await begun(deps, found))
  } catch (error) {
    if (!isLogLost(error)) throw error
    await endWithoutLog(deps, found, error)
    return undefined
  }
  const { release } = loaded
  if (isSettled(release)) {
    await settle(deps, releaseId)
    return undefined
  }
  await mend(deps, found, release, isAsked)
  loaded = await followFix(deps, loaded)
  // The execution may be stuck. Putting the traffic back and paging do not wait for it.
  const pressed = isEnding(loaded.release) ? await tell(deps, await finishReturn(deps, loaded)) : loaded
  if (!isAsked && !isOverdue(deps, pressed.release)) return pressed
  if (await isCarried(deps, pressed.release)) {
    // Whoever should have woken it may have died.
    if (isItsTurn(found, pressed.release)) await wake(deps, pressed)
    return pressed
  }
  await takeOver(deps, pressed)
  return undefined
}

const isItsTurn = ({ isNext }: Found, release: Release): boolean =>
  release.state.phase === 'settling' || (isNext && isWaiting(release))

const isOverdue = ({ clock }: Pick<Finishing, 'clock'>, release: Release): boolean =>
  !isWaiting(release) && nextAct(release, clock.nowMs()).act !== 'bake'

/** Intake died between its two writes. The entry contains the request. @throws Problem `release_missing` without an entry */
async function begun(deps: Finishing, { releaseId, open, record }: Found): Promise<Loaded> {
  const entry = open === undefined || record !== undefined ? undefined : await deps.openReleases.get(open)
  if (entry !== undefined) await deps.journal.append(releaseId, entry.requested)
  return load(deps, releaseId)
}

/** Rolling back, or already back but not settled. */
const isEnding = ({ state, ending }: Release): boolean =>
  ending !== undefined && (state.phase === 'returning' || state.phase === 'settling' || state.phase === 'hooks')

const order = { by: 'sweep', reason: 'nobody can decide about it', outcome: 'aborted' } as const

async function endWithoutLog(deps: Finishing, { releaseId, open, record }: Found, lost: Problem): Promise<void> {
  const known = record ?? (await deps.returns.get(releaseId))
  if (known !== undefined) {
    await endByRecord(deps, known, lost, order)
    return
  }
  const entry = open === undefined ? undefined : await deps.openReleases.get(open)
  if (entry === undefined) throw lost
  await endByRecord(deps, await unmoved(deps, entry), lost, order)
}

/** Without a return record the release had no traffic yet. It ends, and nothing has to be put back. */
async function unmoved(
  deps: Finishing,
  { releaseId, service, requestedAtMs, requested }: OpenRelease,
): Promise<ReturnRecord> {
  const { gates, signals, targets } = requested.service
  for (const target of targets) {
    const { routing } = await deps.traffic.read({ ...target, service })
    if (routing.additional === undefined) continue
    // Either somebody else split the alias, or the return record was deleted. A person has to look.
    deps.log({ level: 'error', message: `${target.functionName}:${target.alias}: ${routingWords(routing)}`, releaseId })
  }
  return {
    v: 1,
    releaseId,
    service,
    requestedAtMs,
    admittedAtMs: requestedAtMs,
    seq: 1,
    source: requested.provenance.source,
    targets: [],
    alarms: [...signals.alarms],
    excludedAlarms: [],
    ...(gates.concurrency === undefined ? {} : { concurrency: gates.concurrency }),
    holdSeconds: 1,
    ...aboutOwner(requested.service),
  }
}

/** Restores from the log what somebody deleted or damaged. @param isChecked whether what the entry holds is read */
async function mend(deps: Finishing, found: Found, release: Release, isChecked: boolean): Promise<void> {
  const { releaseId, open, record } = found
  if (open === undefined) await addEntry(deps, release)
  else if (isChecked && (await isUnreadable(deps, open))) {
    // `add` does not replace an existing item, so remove the damaged one first.
    await deps.openReleases.remove({ releaseId, service: release.service.name })
    await addEntry(deps, release)
  }
  const wanted = record === undefined && needsReturnRecord(release) ? returnRecordOf(release) : undefined
  if (wanted !== undefined) await deps.returns.put(wanted)
  await mendQueue(deps, found, release)
}

async function addEntry(deps: Finishing, { id, service, requestedAtMs }: Release): Promise<void> {
  const [requested] = (await deps.journal.read(id, { atMost: 1 })).events
  if (requested?.type !== 'requested') return
  await deps.openReleases.add({ releaseId: id, service: service.name, requestedAtMs, requested })
}

async function isUnreadable(deps: Finishing, open: NonNullable<Found['open']>): Promise<boolean> {
  try {
    await deps.openReleases.get(open)
    return false
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'item_unreadable') throw error
    return true
  }
}

/** A function may have died between an entry and the log, and code from before the queue made no entries. */
async function mendQueue(deps: Finishing, { entries }: Found, release: Release): Promise<void> {
  const { name } = release.service
  const stale = entries.filter((entry) => !isEntryOf(entry, release))
  await each(
    deps,
    stale,
    () => ({ releaseId: release.id }),
    (entry) => deps.queues.remove(name, entry),
  )
  if (isWaiting(release) && stale.length === entries.length) await deps.queues.add(name, entryOf(release))
}

/**
 * Whether an execution is working on it. If Step Functions does not answer, assume yes: nobody could start another one anyway.
 */
async function isCarried(deps: Finishing, release: Release): Promise<boolean> {
  const last = release.executions.at(-1)
  if (last === undefined) return false
  try {
    return (await deps.executions.status(last)) === 'running'
  } catch (error) {
    if (!isAway(error)) throw error
    deps.log({ ...error.line, releaseId: release.id })
    return true
  }
}
