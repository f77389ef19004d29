// Nothing relies on an execution finishing: here what one left is found and finished, by its status event or by the sweep.
// CloudTrail's word on who moved an alias arrives here too.
import * as z from 'zod'
import type { OpenRelease } from '../cloud/ports.ts'
import { Problem } from '../core/problem.ts'
import { isSettled, type Release } from '../core/release.ts'
import { attribute, TrailEvent } from './attribution.ts'
import { each, orThrow, sentenceOf } from './each.ts'
import { dropLeftovers } from './leftovers.ts'
import { idsOf, load } from './ledger.ts'
import { returnNow } from './return.ts'
import { settle } from './settle.ts'
import { takeOver } from './take-over.ts'
import { isTick } from './tick.ts'
import type { World } from './world.ts'

type Deps = Parameters<typeof takeOver>[0] & Pick<World, 'services'>

const StatusEvent = z.looseObject({
  source: z.literal('aws.states'),
  detail: z.looseObject({ executionArn: z.string().max(500), status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']) }),
})

/** A stack that takes its update back takes back the version that it published (docs/aws.md §4.5). */
const StackEvent = z.looseObject({
  source: z.literal('aws.cloudformation'),
  'detail-type': z.literal('CloudFormation Stack Status Change'),
  detail: z.looseObject({
    'stack-id': z.string().min(1).max(500),
    'client-request-token': z.string().max(200).optional(),
    'status-details': z.looseObject({ status: z.enum(['UPDATE_ROLLBACK_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS']) }),
  }),
})

type Reconciled = { readonly finished: readonly string[]; readonly troubles: readonly string[] }

/** @throws Problem `event_invalid` */
export function reconcileHandler(deps: Deps) {
  return async (event: unknown): Promise<Reconciled> => {
    const trail = TrailEvent.safeParse(event)
    if (trail.success) return { finished: await attribute(deps, trail.data.detail), troubles: [] }
    const stack = StackEvent.safeParse(event)
    if (stack.success) return { finished: await takeBack(deps, stack.data.detail), troubles: [] }
    if (StatusEvent.safeParse(event).success || isTick('sweep', event)) return sweep(deps)
    throw new Problem('event_invalid', 'Neither an execution status, nor an alias change, nor a stack, nor a sweep.')
  }
}

/**
 * Without a token, which whoever deploys may leave out, nobody can tell this update from the one before: then both are meant.
 * @returns the releases of what the update published
 */
async function takeBack(deps: Deps, detail: z.output<typeof StackEvent>['detail']): Promise<readonly string[]> {
  const { 'stack-id': stackId, 'client-request-token': token = '' } = detail
  const { items, unreadable } = await deps.openReleases.list()
  const byStack = ({ source, build, deployToken = '' }: Release['provenance']): boolean =>
    source === 'cloudformation' && build === stackId && (token === '' || deployToken === '' || token === deployToken)
  const ids = idsOf({ items: items.filter(({ requested }) => byStack(requested.provenance)), unreadable })
  const taken = await each(
    deps,
    ids,
    (releaseId) => ({ releaseId }),
    async (releaseId) => {
      const loaded = await load(deps, releaseId)
      if (isSettled(loaded.release) || !byStack(loaded.release.provenance)) return []
      const reason = `the stack ${stackId} is rolled back`
      await returnNow(deps, loaded, { by: 'CloudFormation', reason, outcome: 'rolledBack' })
      deps.log({ message: reason, releaseId })
      return [releaseId]
    },
  )
  // The event comes again for those that could not be put back.
  return orThrow(taken).flat()
}

/** One release that cannot be finished must not keep the others waiting. */
async function sweep(deps: Deps): Promise<Reconciled> {
  const held = await deps.leases.list()
  const { items, unreadable } = await deps.openReleases.list()
  const open: readonly Open[] = [...items, ...unreadable.map(({ about, problem }) => ({ ...about, problem }))]
  const { done, failed } = await each(
    deps,
    open,
    ({ releaseId }) => ({ releaseId }),
    async (one) => ((await finish(deps, one)) ? [one.releaseId] : []),
  )
  const troubles = failed.map(({ item, error }) => `${item.releaseId}: ${sentenceOf(error)}`)
  const left = await dropLeftovers(deps, held, idsOf({ items, unreadable }))
  return { finished: done.flat(), troubles: [...troubles, ...left] }
}

/** An entry whose wish cannot be read: its log, if there is one, says all the same. */
type Open = OpenRelease | { readonly releaseId: string; readonly problem: Problem }

/** @returns whether there was anything to finish */
async function finish(deps: Deps, open: Open): Promise<boolean> {
  const { events } = await deps.journal.read(open.releaseId)
  if (events.length === 0 && 'problem' in open) throw open.problem
  // The intake died between its two writes; the entry carries the wish.
  if (events.length === 0 && 'requested' in open) await deps.journal.append(open.releaseId, open.requested)
  const loaded = await load(deps, open.releaseId)
  if (isSettled(loaded.release)) await settle(deps, open.releaseId)
  else if (await isCarried(deps, loaded.release)) return false
  else await takeOver(deps, loaded)
  return true
}

/** Whether an execution is at work on it. */
async function isCarried(deps: Deps, release: Release): Promise<boolean> {
  const last = release.executions.at(-1)
  return last !== undefined && (await deps.executions.status(last)) === 'running'
}
