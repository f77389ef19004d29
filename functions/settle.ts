// The end of a release: recorded, told, and everything that it held is let go. Every part may be done twice.
import type { Outcome } from '../core/event.ts'
import { headOf, sentenceOf } from '../core/head.ts'
import { Problem } from '../core/problem.ts'
import { isLive, isWaiting, type Release } from '../core/release.ts'
import { each } from './each.ts'
import { loadIfReadable } from './lease.ts'
import { load, type Loaded, record } from './ledger.ts'
import { makeRoom } from './room.ts'
import { taskInput } from './task.ts'
import { turn, wake } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<
  World,
  | 'clock'
  | 'journal'
  | 'leases'
  | 'openReleases'
  | 'waitingLists'
  | 'history'
  | 'alarmWatch'
  | 'executions'
  | 'pager'
  | 'log'
  | 'trouble'
>

export type Settled = {
  readonly releaseId: string
  readonly next: 'released' | 'failed'
  readonly outcome: Outcome
  readonly sentence: string
}

export function settleHandler(deps: Deps) {
  return async (event: unknown): Promise<Settled> => settle(deps, taskInput(event).releaseId)
}

/** @throws Problem `verb_not_now` when the release has no ending yet */
export async function settle(deps: Deps, releaseId: string): Promise<Settled> {
  const loaded = await record(deps, await load(deps, releaseId), (release) =>
    release.state.phase === 'settling' ? { type: 'settled', atMs: deps.clock.nowMs() } : undefined,
  )
  const { release } = loaded
  if (release.ending === undefined || release.state.phase !== 'settled') {
    throw new Problem('verb_not_now', `Release ${releaseId} cannot be settled: it is ${release.state.phase}.`)
  }
  const settled = settledAs(release)
  await deps.history.put(headOf(release))
  for (const alarm of release.service.signals.alarms) await deps.alarmWatch.remove(alarm, release.id)
  await deps.leases.drop(release.service.name, release.id)
  await wakeNext(deps, release)
  await makeRoom(deps, release)
  const left = [...(await tellWaiters(deps, loaded, settled)), ...(await tell(deps, release, settled.sentence))]
  // Last of all: as long as this entry is there, the sweep comes back to whatever is not done.
  if (left.length === 0) await deps.openReleases.remove({ releaseId: release.id, service: release.service.name })
  deps.log({ message: settled.sentence, releaseId, outcome: settled.outcome })
  return settled
}

function settledAs(release: Release): Settled {
  const { outcome = 'aborted' } = release.ending ?? {}
  const good = outcome === 'promoted' || outcome === 'alreadyReleased'
  return { releaseId: release.id, next: good ? 'released' : 'failed', outcome, sentence: sentenceOf(release) }
}

const failures: readonly Outcome[] = ['rolledBack', 'interrupted']

/** What could not be done now. */
type Left = readonly { readonly error: unknown }[]

/** A topic that refuses must not keep a service from its next release, nor fail a promoted one. The sweep tells again. */
async function tell(deps: Deps, release: Release, sentence: string): Promise<Left> {
  const { ending, service } = release
  if (ending === undefined || !failures.includes(ending.outcome)) return []
  const lines = [sentence, `Why: ${ending.because}`, `Decided by: ${ending.by}`]
  const links = service.runbook === undefined ? [] : [`Runbook: ${service.runbook}`]
  const page = { subject: sentence.slice(0, 100), text: [...lines, ...links].join('\n') }
  const { failed } = await each(
    deps,
    [page],
    () => ({ releaseId: release.id }),
    (one) => deps.pager.page(one),
  )
  return failed
}

/** The oldest release that waits for the service takes its turn; those behind it are woken as it ends. */
async function wakeNext(deps: Deps, release: Release): Promise<void> {
  const { items, unreadable } = await deps.openReleases.list(release.service.name)
  // Nobody knows how old one is whose entry is damaged: it looks for itself.
  for (const { about } of unreadable) {
    const other = await loadIfReadable(deps, about.releaseId)
    if (other !== undefined && isWaiting(other.release)) await wake(deps, other)
  }
  for (const { releaseId } of items) {
    const other = releaseId === release.id ? undefined : await loadIfReadable(deps, releaseId)
    if (other === undefined || !isLive(other.release)) continue
    // One that is under way wakes the next one itself.
    if (isWaiting(other.release)) await wake(deps, other)
    return
  }
}

/** Executions that handed over to a successor end as the release ended. */
async function tellWaiters(deps: Deps, { release, waiters }: Loaded, settled: Settled): Promise<Left> {
  const { failed } = await each(
    deps,
    waiters.filter(({ slot }) => slot !== turn),
    ({ slot }) => ({ releaseId: release.id, slot }),
    ({ token }) => deps.executions.wake(token, settled),
  )
  return failed
}
