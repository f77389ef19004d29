// Nothing relies on an execution finishing. This function finds and completes what an execution left behind, on its status event
// or from the sweep. It also receives CloudTrail's events on who moved an alias.
import * as z from 'zod'
import { foreign, homeOf, isSame, origin, siteOf } from '../../core/origin.ts'
import { Problem } from '../../core/problem.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import { attribute, TrailEvent } from '../sweep/attribution.ts'
import { isFromHere } from '../events/believed.ts'
import { isLogLost, returnByRecord } from '../steps/by-record.ts'
import { each, orThrow } from '../steps/each.ts'
import { idsOf, load } from '../steps/log.ts'
import { returnNow } from '../steps/return.ts'
import { sweeper, sweepOne, type Swept } from '../sweep/sweep.ts'
import { isScheduledCall } from './scheduled-call.ts'
import type { World } from '../steps/world.ts'

type Deps = Parameters<typeof sweeper>[0] & Pick<World, 'services' | 'home'>

const StatusEvent = z.looseObject({
  source: z.literal('aws.states'),
  ...origin,
  detail: z.looseObject({ executionArn: z.string().max(500), status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']) }),
})

/** A stack that rolls back its update also takes back the version that it published (docs/aws.md §4.5). */
const StackEvent = z.looseObject({
  source: z.literal('aws.cloudformation'),
  'detail-type': z.literal('CloudFormation Stack Status Change'),
  ...origin,
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
    if (trail.success) return { finished: await attribute(deps, trail.data), troubles: [] }
    const stack = StackEvent.safeParse(event)
    if (stack.success) return { finished: await takeBack(deps, stack.data), troubles: [] }
    if (isScheduledCall('sweep', event)) return everyMinute()
    const status = StatusEvent.safeParse(event)
    if (status.success)
      return isFromHere(deps, status.data, status.data.detail.executionArn)
        ? sweepOne(deps, status.data.detail.executionArn)
        : { finished: [], troubles: [] }
    throw new Problem('event_invalid', 'Neither an execution status, nor an alias change, nor a stack, nor a sweep.')
  }
}

/**
 * The deployer may omit the client request token. Without it, this update cannot be told from the one before, and the releases of
 * both are rolled back.
 * A stack elsewhere takes back only what was requested from there: its own ARN says where it is.
 * @returns the releases that were rolled back
 */
async function takeBack(deps: Deps, event: z.output<typeof StackEvent>): Promise<readonly string[]> {
  const { 'stack-id': stackId, 'client-request-token': token = '' } = event.detail
  const site = siteOf(event)
  if (!isSame(homeOf(stackId), site)) {
    deps.log(foreign(site, stackId).line)
    return []
  }
  const { items, unreadable } = await deps.openReleases.list()
  const byStack = ({ source, build, deployToken = '' }: Release['provenance']): boolean =>
    source === 'cloudformation' && build === stackId && (token === '' || deployToken === '' || token === deployToken)
  const meant = items.filter(({ requested }) => byStack(requested.provenance))
  if (meant.length === 0 && !isFromHere(deps, site, stackId)) return []
  const ids = idsOf({ items: meant, unreadable })
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
  // Throw, so that AWS delivers the event again for the releases that could not be put back.
  return orThrow(taken).flat()
}

/**
 * @param isMeant applied to the log when the entry of the open release is unreadable. If neither can be read, the stack may not
 * end the release.
 */
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
