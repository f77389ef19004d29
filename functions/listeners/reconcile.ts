// Nothing relies on an execution finishing: here what one left is found and finished, by its status event or by the sweep.
// CloudTrail's word on who moved an alias arrives here too.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import { attribute, TrailEvent } from '../sweep/attribution.ts'
import { isLogLost, returnByRecord } from '../steps/by-record.ts'
import { each, orThrow } from '../steps/each.ts'
import { idsOf, load } from '../steps/log.ts'
import { returnNow } from '../steps/return.ts'
import { sweep, sweeper, type Swept } from '../sweep/sweep.ts'
import { isScheduledCall } from './scheduled-call.ts'
import type { World } from '../steps/world.ts'

type Deps = Parameters<typeof sweep>[0] & Pick<World, 'services'>

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

/** @throws Problem `event_invalid` */
export function reconcileHandler(deps: Deps) {
  const everyMinute = sweeper(deps)
  return async (event: unknown): Promise<Swept> => {
    const trail = TrailEvent.safeParse(event)
    if (trail.success) return { finished: await attribute(deps, trail.data.detail), troubles: [] }
    const stack = StackEvent.safeParse(event)
    if (stack.success) return { finished: await takeBack(deps, stack.data.detail), troubles: [] }
    if (isScheduledCall('sweep', event)) return everyMinute()
    if (StatusEvent.safeParse(event).success) return sweep(deps)
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
      const reason = `the stack ${stackId} is rolled back`
      const isNamed = items.some((open) => open.releaseId === releaseId)
      if (!(await takeBackOne(deps, releaseId, reason, isNamed ? undefined : byStack))) return []
      deps.log({ message: reason, releaseId })
      return [releaseId]
    },
  )
  // The event comes again for those that could not be put back.
  return orThrow(taken).flat()
}

/** @param isMeant asked of the log where the entry cannot be read; a release of which neither can be is not the stack's to end */
async function takeBackOne(
  deps: Deps,
  releaseId: string,
  reason: string,
  isMeant?: (provenance: Release['provenance']) => boolean,
): Promise<boolean> {
  const order = { by: 'CloudFormation', reason, outcome: 'rolledBack' } as const
  try {
    const { release, ...rest } = await load(deps, releaseId)
    if (isSettled(release) || isMeant?.(release.provenance) === false) return false
    await returnNow(deps, { release, ...rest }, order)
  } catch (error) {
    if (!isLogLost(error) || isMeant !== undefined) throw error
    await returnByRecord(deps, releaseId, error, order)
  }
  return true
}
