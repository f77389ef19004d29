// Finds out from CloudTrail who moved an alias. If the event arrives in time it interrupts the release and names them, else it
// adds a note to the log.
import * as z from 'zod'
import { foreign, functionAt, isSame, origin, siteOf } from '../../core/origin.ts'
import { isSettled } from '../../core/release/release.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { checkDrift } from '../steps/aliases.ts'
import { each, orThrow, readable } from '../steps/each.ts'
import { idsOf, load, type Loaded, record } from '../steps/log.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<
  World,
  'home' | 'clock' | 'journal' | 'traffic' | 'services' | 'openReleases' | 'history' | 'executions' | 'log' | 'trouble'
>

/** Source: docs/aws.md §1.7. The EventBridge rule leaves out the controller's own roles. */
export const TrailEvent = z.looseObject({
  source: z.literal('aws.lambda'),
  ...origin,
  detail: z.looseObject({
    eventName: z.enum(['UpdateAlias20150331', 'DeleteAlias20150331']),
    userIdentity: z.looseObject({ arn: z.string().min(1).max(500) }),
    /** The function by name or by ARN. */
    requestParameters: z.looseObject({ functionName: z.string().min(1).max(300), name: z.string().min(1).max(128) }),
  }),
})
type Trail = z.output<typeof TrailEvent>

/** @returns the releases that the change affected */
export async function attribute(deps: Deps, { detail: trail, ...event }: Trail): Promise<readonly string[]> {
  const name = trail.requestParameters.functionName.split(':function:').at(-1)?.split(':')[0] ?? ''
  // An alias belongs to the account and region of its event: elsewhere, there may be another one of the same name.
  const functionName = functionAt(name, event, deps.home)
  const suspect = trail.userIdentity.arn
  const services = readable(deps, await deps.services.under([serviceKey.target(functionName)])).filter(({ targets }) =>
    targets.some((one) => one.functionName === functionName && one.alias === trail.requestParameters.name),
  )
  if (services.length === 0 && !isSame(event, deps.home)) deps.log(foreign(siteOf(event), `function ${name}`).line)
  const listed = await each(
    deps,
    services,
    ({ name }) => ({ service: name }),
    ({ name }) => candidates(deps, name),
  )
  const noted = await each(
    deps,
    listed.done.flat(),
    (releaseId) => ({ releaseId }),
    async (releaseId) => {
      const before = await load(deps, releaseId)
      const after = await noteMover(deps, before, functionName, suspect)
      if (after.release.seq === before.release.seq) return []
      deps.log({ message: `alias ${functionName}:${trail.requestParameters.name} was moved by ${suspect}`, releaseId })
      await wake(deps, after)
      return [releaseId]
    },
  )
  orThrow(listed)
  return orThrow(noted).flat()
}

/** The open releases, and the last one that ended, because CloudTrail may be minutes late. */
async function candidates(deps: Deps, service: string): Promise<readonly string[]> {
  const open = idsOf(await deps.openReleases.list(service))
  const last = idsOf(await deps.history.list(service, 1))
  return [...new Set([...open, ...last])]
}

async function noteMover(deps: Deps, loaded: Loaded, functionName: string, suspect: string): Promise<Loaded> {
  const checked = isSettled(loaded.release)
    ? loaded
    : await checkDrift({ ...deps, aliases: deps.traffic }, loaded, suspect)
  return record(deps, checked, (release) => {
    const lost = release.targets.some((target) => target.functionName === functionName && target.lost)
    return lost && release.ending?.by === 'unknown'
      ? { type: 'moverNamed', atMs: deps.clock.nowMs(), functionName, suspect }
      : undefined
  })
}
