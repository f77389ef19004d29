// The forward fix of a frozen release. While it passes its gates and is prepared, it has the lease and the frozen release lives
// on: looked at, and frozen. Once it is prepared nothing of it goes back, so it takes the place. If it ends before that, whoever
// ends it gives the lease back, and people are told again. Each part may run twice.
import { sentenceOf } from '../../core/release/head.ts'
import { awaitsFix, isSettled, type Release } from '../../core/release/release.ts'
import { isOver, loadIfReadable } from '../steps/lease.ts'
import { type Loaded, record } from '../steps/log.ts'
import { nextInQueue } from '../steps/queue.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal'>
type Lending = Deps & Pick<World, 'leases'>
type GivingBack = Lending & Pick<World, 'executions' | 'queues'>

/** Before the fix has its turn. One at a time: another one waits. */
export async function lendLease(deps: Lending, { id: by, fixes, service }: Release): Promise<void> {
  const frozen = fixes === undefined ? undefined : await loadIfReadable(deps, fixes)
  if (frozen === undefined || !awaitsFix(frozen.release)) return
  const before = frozen.release.frozen?.fix
  if (before !== undefined && before !== by && !(await isOver(deps, before))) return
  const lent = await record(deps, frozen, (now) =>
    awaitsFix(now) && now.frozen?.fix === before && before !== by
      ? { type: 'fixBegun', atMs: deps.clock.nowMs(), by }
      : undefined,
  )
  if (lent.release.frozen?.fix === by) await deps.leases.hand(service.name, lent.release.id, by)
}

/** Whether what it does from here on is past the one-way step. */
const isPrepared = ({ targets }: Release): boolean => targets.length > 0

/** The frozen release ends where it is. The sweep wakes its execution. */
export async function takePlace(deps: Deps, fix: Release): Promise<void> {
  const frozen = fix.fixes === undefined || !isPrepared(fix) ? undefined : await loadIfReadable(deps, fix.fixes)
  if (frozen !== undefined) await fixedForward(deps, frozen, fix.id)
}

const fixedForward = (deps: Deps, frozen: Loaded, by: string): Promise<Loaded> =>
  record(deps, frozen, (now) => (awaitsFix(now) ? { type: 'fixedForward', atMs: deps.clock.nowMs(), by } : undefined))

/** A fix has ended, however it did. */
export async function giveBack(deps: GivingBack, fix: Release): Promise<void> {
  if (fix.fixes === undefined) return
  if (isPrepared(fix)) return takePlace(deps, fix)
  const frozen = await loadIfReadable(deps, fix.fixes)
  if (frozen !== undefined) await unfixed(deps, frozen, fix.id, sentenceOf(fix))
}

// So many fixes in a row that each had to be fixed; what the ones before have is left to the sweep.
const chainMost = 10

/** The releases whose place it has taken, the last one first. */
export async function fixedBy(deps: Pick<World, 'journal'>, fix: Release): Promise<readonly Release[]> {
  const fixed: Release[] = []
  for (let of = fix; of.fixes !== undefined && isPrepared(of) && fixed.length < chainMost;) {
    const loaded = await loadIfReadable(deps, of.fixes)
    if (loaded === undefined || awaitsFix(loaded.release)) break
    fixed.push(loaded.release)
    of = loaded.release
  }
  return fixed
}

/** For the sweep: whoever should have said what became of the fix may have died, or its log may be lost. */
export async function followFix(deps: GivingBack, frozen: Loaded): Promise<Loaded> {
  if (!awaitsFix(frozen.release)) return frozen
  const { fix } = frozen.release.frozen ?? {}
  if (fix === undefined) {
    await wakeFix(deps, frozen.release)
    return frozen
  }
  const found = await loadIfReadable(deps, fix)
  if (found === undefined) return unfixed(deps, frozen, fix, `The log of release ${fix} cannot be read.`)
  if (isPrepared(found.release)) return fixedForward(deps, frozen, fix)
  return isSettled(found.release) ? unfixed(deps, frozen, fix, sentenceOf(found.release)) : frozen
}

async function unfixed(deps: GivingBack, frozen: Loaded, by: string, sentence: string): Promise<Loaded> {
  const after = await record(deps, frozen, (now) =>
    awaitsFix(now) && now.frozen?.fix === by
      ? { type: 'fixEnded', atMs: deps.clock.nowMs(), by, reason: sentence.slice(0, 900) }
      : undefined,
  )
  const { id, service, frozen: still } = after.release
  if (!awaitsFix(after.release) || still?.fix !== undefined) return after
  await deps.leases.hand(service.name, by, id)
  await wake(deps, after)
  await wakeFix(deps, after.release)
  return after
}

/** The next forward fix, if one waits: the lease is no reason for it to go on waiting. */
async function wakeFix(deps: GivingBack, { id, service }: Release): Promise<void> {
  const next = await nextInQueue(deps, service.name)
  if (next?.release.fixes === id) await wake(deps, next)
}
