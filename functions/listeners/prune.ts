// Deletes old versions, once a day, of the services whose definitions ask for it. What may go is decided by
// functions/versions/plan.ts for each function by itself, and each deletion is recorded before it is made, and completed after
// it: a run that dies leaves a record that the next one completes.
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import type { DeletedVersion } from '../../core/versions/deleted.ts'
import type { Judged } from '../../core/versions/keep.ts'
import { each, readable } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import { allServices, deletable, functionsHere, openNow, type PlanDeps, planFor } from '../versions/plan.ts'
import { isScheduledCall } from './scheduled-call.ts'

type Deps = PlanDeps & Pick<World, 'deletedVersions' | 'versionRemoval' | 'trouble' | 'log'>
type Pruned = { readonly deleted: readonly string[]; readonly freedBytes: number }

/** The name under which the records say who decided. */
const policyWord = 'policy'

/** @throws Problem `event_invalid`, `item_unreadable`: a service that cannot be read may have any function */
export function pruneHandler(deps: Deps) {
  return async (event: unknown): Promise<Pruned> => {
    if (!isScheduledCall('prunes', event))
      throw new Problem('event_invalid', 'Not a call by the schedule of old versions.')
    const services = await allServices(deps)
    const parts = services
      .filter(({ versions }) => versions !== undefined)
      .flatMap((service) => functionsHere(deps, service).map((functionName) => ({ service, functionName })))
    const gone = await each(
      deps,
      parts,
      ({ service, functionName }) => ({ service: service.name, functionName }),
      (part) => pruneFunction(deps, part, services),
    )
    const deleted = gone.done.flat()
    return {
      deleted: deleted.map(({ functionName, version }) => `${functionName}:${version}`),
      freedBytes: deleted.reduce((sum, { bytes }) => sum + bytes, 0),
    }
  }
}

type Part = { readonly service: Service; readonly functionName: string }

async function pruneFunction(
  deps: Deps,
  { service, functionName }: Part,
  services: readonly Service[],
): Promise<readonly DeletedVersion[]> {
  const plan = await planFor(deps, functionName, services)
  if (plan.unknown !== undefined) throw new Problem('aws_unavailable', `Nothing is deleted: ${plan.unknown}`)
  await completeRecords(deps, { service, functionName }, plan.versions)
  const sharers = services.filter((one) => functionsHere(deps, one).includes(functionName)).map(({ name }) => name)
  let isStill = true
  const gone = await each(
    deps,
    deletable(plan),
    ({ version }) => ({ service: service.name, functionName, version }),
    async (version) => {
      // A release that has begun since the plan was made may name any version.
      isStill = (await openNow(deps, sharers)).length === 0
      return isStill ? remove(deps, { service, functionName }, version) : undefined
    },
    1,
    () => isStill,
  )
  return gone.done.filter((one) => one !== undefined)
}

async function remove(deps: Deps, { service, functionName }: Part, found: Judged): Promise<DeletedVersion> {
  const { version, codeSha256, bytes, publishedAtMs } = found
  const record: DeletedVersion = {
    ...{ service: service.name, functionName, version, codeSha256, bytes, publishedAtMs },
    ...{ by: policyWord, atMs: deps.clock.nowMs() },
  }
  await deps.deletedVersions.begin(record)
  const answer = await deps.versionRemoval.remove(functionName, version)
  if (answer.kind === 'kept')
    throw new Problem('aws_refused', `Lambda keeps ${functionName}:${version}: ${answer.because}`)
  await deps.deletedVersions.end({ ...record, deletedAtMs: deps.clock.nowMs() })
  deps.log({ message: 'old version deleted', ...record })
  return record
}

/** Of deletions that were begun, and whose version is no longer there: a run has died, or somebody else has deleted it. */
async function completeRecords(deps: Deps, { service, functionName }: Part, there: readonly Judged[]): Promise<void> {
  const begun = readable(deps, await deps.deletedVersions.list(service.name)).filter(
    (one) => one.functionName === functionName && one.deletedAtMs === undefined,
  )
  await each(
    deps,
    begun.filter((record) => !there.some(({ version }) => version === record.version)),
    ({ version }) => ({ service: service.name, functionName, version }),
    (record) => deps.deletedVersions.end({ ...record, deletedAtMs: deps.clock.nowMs() }),
  )
}
