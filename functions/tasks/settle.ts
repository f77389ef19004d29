// The end of a release: records it, pages if needed, and releases everything that it held. Every part may run twice.
import type { Outcome } from '../../core/release/event.ts'
import { headOf, sentenceOf } from '../../core/release/head.ts'
import { Problem } from '../../core/problem.ts'
import { watchOf } from '../../core/watch/watch.ts'
import { putBackAlone, type Release } from '../../core/release/release.ts'
import { warmOf } from '../../core/concurrency/warm.ts'
import { leaveConcurrency } from '../concurrency/leave.ts'
import { isToBeTold } from '../../core/release/pages.ts'
import { noticeChanges } from '../around/notice.ts'
import { fixedBy, giveBack } from '../one-way/fix.ts'
import { each } from '../steps/each.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { makeRoom } from '../queue/room.ts'
import { taskInput } from './task.ts'
import { tell } from '../steps/page-end.ts'
import { dequeue, wakeNext } from '../steps/queue.ts'
import { turn } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<
  World,
  | 'clock'
  | 'journal'
  | 'leases'
  | 'openReleases'
  | 'queues'
  | 'waitingLists'
  | 'returns'
  | 'history'
  | 'alarmWatch'
  | 'executions'
  | 'pager'
  | 'watches'
  | 'log'
  | 'trouble'
  | 'line'
  | 'concurrency'
  | 'scalingMoves'
>

export type Settled = {
  readonly releaseId: string
  readonly next: 'released' | 'failed'
  readonly outcome: Outcome
  readonly sentence: string
}

export function settleHandler(deps: Deps & Pick<World, 'dependencies'>) {
  return async (event: unknown): Promise<Settled> => {
    const { releaseId } = taskInput(event)
    const loaded = await load(deps, releaseId)
    // An alarm may have put it back before a look saw what changed.
    return settleLoaded(deps, isToBeTold(loaded.release) ? await noticeChanges(deps, loaded) : loaded)
  }
}

/** @throws Problem `verb_not_now` when the release has no ending yet */
export const settle = async (deps: Deps, releaseId: string): Promise<Settled> =>
  settleLoaded(deps, await load(deps, releaseId))

async function settleLoaded(deps: Deps, ended: Loaded): Promise<Settled> {
  const releaseId = ended.release.id
  // Page first; everything else can be done later.
  const { told, ...first } = await tell(deps, ended)
  const loaded = await record(deps, first, (release) =>
    release.state.phase === 'settling' ? { type: 'settled', atMs: deps.clock.nowMs() } : undefined,
  )
  const { release } = loaded
  if (release.ending === undefined || release.state.phase !== 'settled') {
    throw new Problem('verb_not_now', `Release ${releaseId} cannot be settled: it is ${release.state.phase}.`)
  }
  const settled = settledAs(release)
  // From here on, only the log may put the traffic of this release back.
  await deps.returns.remove(release.id)
  await deps.history.put(headOf(release, loaded.link))
  const watch = watchOf(release)
  if (watch !== undefined) await deps.watches.put(watch)
  for (const alarm of release.service.signals.alarms) await deps.alarmWatch.remove(alarm, release.id)
  if (release.ending.outcome === 'promoted') await startLine(deps, release)
  // Before the lease goes: the next release may begin with the version that this one takes it from.
  const keeping = warmOf(release, deps.clock.nowMs())
  const leftAs = await leaveConcurrency(deps, release, release.state.atMs, { keeping })
  await giveBack(deps, release)
  await leaveFixed(deps, release)
  await deps.leases.drop(release.service.name, release.id)
  await dequeue(deps, release)
  await wakeNext(deps, release.service.name)
  await makeRoom(deps, release)
  const left = await tellWaiters(deps, loaded, settled)
  // The entry is last: as long as it is open, the sweep comes back for whatever is not done.
  const isDone = told && left.length === 0
  if (isDone && keeping !== undefined && leftAs !== 'failed') await deps.openReleases.keepWarm(keeping)
  else if (isDone && leftAs === 'all')
    await deps.openReleases.remove({ releaseId: release.id, service: release.service.name })
  deps.log({ message: settled.sentence, releaseId, outcome: settled.outcome })
  return settled
}

/** The next release may begin at once, and keep paid for what the frozen ones had. What fails, the sweep does later. */
async function leaveFixed(deps: Deps, release: Release): Promise<void> {
  await each(
    deps,
    await fixedBy(deps, release),
    ({ id }) => ({ releaseId: id }),
    (fixed) => leaveConcurrency(deps, fixed, deps.clock.nowMs(), { by: release.id }),
  )
}

/** A line that was stopped for a frozen release starts when that one or its forward fix has all traffic. */
async function startLine({ line }: Deps, { id, fixes, oneWay, service }: Release): Promise<void> {
  if (oneWay !== undefined) await line.startFor(service.name, id)
  if (fixes !== undefined) await line.startFor(service.name, fixes)
}

/** What the waiting executions of a settled release are told. */
export function settledAs(release: Release): Settled {
  const { outcome = 'aborted' } = release.ending ?? {}
  // Who waits has asked for all of it.
  const good = (outcome === 'promoted' && putBackAlone(release).length === 0) || outcome === 'alreadyReleased'
  return { releaseId: release.id, next: good ? 'released' : 'failed', outcome, sentence: sentenceOf(release) }
}

/** What could not be done now. */
type Left = readonly { readonly error: unknown }[]

/** Executions that handed over to a successor end with the same outcome as the release. */
async function tellWaiters(deps: Deps, { release }: Loaded, settled: Settled): Promise<Left> {
  const waiters = await deps.journal.waiters(release.id)
  const { failed } = await each(
    deps,
    waiters.filter(({ slot }) => slot !== turn),
    ({ slot }) => ({ releaseId: release.id, slot }),
    ({ token }) => deps.executions.wake(token, settled),
  )
  return failed
}
