// The sweep, every minute: finds whatever releases left behind and finishes it, several releases at a time, so that trouble with
// one does not hold up the others. A release is found by its entry or by its return record, whichever is left. It stops in time,
// and begins somewhere else in the next minute; what it has left is counted.
import { isAway, Problem } from '../../core/problem.ts'
import { isSettled } from '../../core/release/release.ts'
import { isLogLost } from '../steps/by-record.ts'
import { each, sentenceOf } from '../steps/each.ts'
import { loadIfReadable } from '../steps/lease.ts'
import type { Loaded } from '../steps/log.ts'
import type { World } from '../steps/world.ts'
import { lookAtWarm, type Warming } from '../concurrency/warm.ts'
import { finish, type Finishing } from './finish.ts'
import { everything, type Everything, type Found, fromElsewhere, inRotation, isDue, straysAt } from './found.ts'
import { dropLeftovers } from './leftovers.ts'
import { sweepSeconds } from './timing.ts'
import { tableWatch, watchParts } from './watch-parts.ts'

type Deps = Finishing &
  Warming &
  Parameters<typeof watchParts>[0] &
  Parameters<typeof dropLeftovers>[0] &
  Pick<World, 'emit' | 'queues'>

// How many releases at once. Each makes a few calls, which DynamoDB and Step Functions handle easily.
const together = 20
// Lambda answers 15 listings of aliases a second (docs/aws.md §1.4), and releases come first.
const warmTogether = 3

export type Swept = { readonly finished: readonly string[]; readonly troubles: readonly string[] }

/** @returns the function to call every minute; it also reports outages to a person */
export function sweeper(deps: Deps): () => Promise<Swept> {
  const table = tableWatch(deps)
  return async () => {
    try {
      const beganMs = deps.clock.nowMs()
      const all = await everything(deps)
      const answered = table.answered(all.found.flatMap(({ record }) => record ?? []))
      // Beside the releases: a topic that does not answer must not keep traffic from going back, nor a long sweep people from
      // being told.
      const telling = [told(deps, answered), told(deps, deps.pager.sendKept(inTime(deps, beganMs)))]
      try {
        const { live, ...swept } = await sweepAll(deps, all, beganMs)
        await told(deps, watchParts(deps, live))
        return swept
      } finally {
        await Promise.all(telling)
      }
    } catch (error) {
      if (isAway(error)) await told(deps, table.failed(error))
      throw error
    }
  }
}

/** If SNS fails, the next sweep tries again. Whatever else fails here is counted: it must not keep traffic from going back. */
async function told(deps: Deps, telling: Promise<void>): Promise<void> {
  try {
    await telling
  } catch (error) {
    if (error instanceof Problem) deps.log(error.line)
    else deps.trouble(error, {})
  }
}

const inTime =
  ({ clock }: Pick<Deps, 'clock'>, beganMs: number) =>
  (): boolean =>
    clock.nowMs() < beganMs + sweepSeconds * 1000

async function sweepAll(
  deps: Deps,
  all: Everything,
  beganMs: number,
): Promise<Swept & { readonly live: readonly Loaded[] }> {
  const isInTime = inTime(deps, beganMs)
  const rotation = inRotation(beganMs, all.found)
  const due = fromElsewhere(
    beganMs,
    all.found.filter((one) => isDue(one, rotation)),
  )
  const isAsked = ({ releaseId, isNext }: Found): boolean => isNext || rotation.has(releaseId)
  const { done, failed, left } = await each(
    deps,
    due,
    ({ releaseId }) => ({ releaseId }),
    async (one) => ({ releaseId: one.releaseId, live: await finish(deps, one, isAsked(one)) }),
    together,
    isInTime,
  )
  tellLeft(deps, left.length, due.length)
  const troubles = failed.map(({ item, error }) => `${item.releaseId}: ${sentenceOf(error)}`)
  const strays = await each(
    deps,
    straysAt(beganMs, all),
    ({ entry }) => ({ releaseId: entry.releaseId }),
    ({ service, entry }) => deps.queues.remove(service, entry),
    together,
    isInTime,
  )
  const warm = await each(
    deps,
    fromElsewhere(beganMs, all.warm),
    ({ releaseId }) => ({ releaseId }),
    (one) => lookAtWarm(deps, one),
    warmTogether,
    isInTime,
  )
  const leftovers = await dropLeftovers(deps, all.held, all.openIds, isInTime)
  return {
    finished: done.flatMap(({ releaseId, live }) => (live === undefined ? [releaseId] : [])),
    troubles: [...troubles, ...[...strays.failed, ...warm.failed].map(({ error }) => sentenceOf(error)), ...leftovers],
    live: done.flatMap(({ live }) => live ?? []),
  }
}

/** An alarm counts it (functions/alarms.ts). A metric that is never emitted costs nothing. */
function tellLeft(deps: Deps, left: number, due: number): void {
  if (left === 0) return
  const message = `${left} of ${due} releases are left for the next sweep: ${sweepSeconds} s have passed`
  deps.log({ level: 'error', message })
  const metric = { name: 'SweepLeft', unit: 'Count', value: left, dimensions: { function: 'reconcile' } } as const
  deps.emit({ ...metric, atMs: deps.clock.nowMs() })
}

/** Finishes the release of an execution that has ended, and no other: in a flood, many end at once. */
export async function sweepOne(deps: Deps, execution: string): Promise<Swept> {
  const name = execution.split(':').at(-1) ?? ''
  // A successor's name ends with its number (functions/steps/successor.ts).
  const loaded = (await loadIfReadable(deps, name)) ?? (await loadIfReadable(deps, name.replace(/-\d{1,3}$/, '')))
  // The log cannot be read, or a pipeline has named the execution.
  if (loaded === undefined) {
    const { live: _, ...swept } = await sweepAll(deps, await everything(deps), deps.clock.nowMs())
    return swept
  }
  const { id: releaseId, service } = loaded.release
  const open = { releaseId, service: service.name }
  if (isSettled(loaded.release) && !(await isThere(deps.openReleases.get(open)))) return nothing
  const record = await deps.returns.get(releaseId).catch(ifLost(undefined))
  const live = await finish(deps, { releaseId, open, record, entries: [], isNext: false }, true)
  return live === undefined ? { ...nothing, finished: [releaseId] } : nothing
}

const nothing: Swept = { finished: [], troubles: [] }

/** Stands in for an item that cannot be read. */
const ifLost =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (isLogLost(error)) return instead
    throw error
  }

const isThere = (read: Promise<unknown>): Promise<boolean> =>
  read.then((item) => item !== undefined).catch(ifLost(true))
