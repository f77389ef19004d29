// Which old versions of a service would be deleted, and why the others stay: the dry run of prune.ts, by the same plan. It
// changes nothing, and has no right to.
import * as z from 'zod'
import type { DeletedVersion } from '../../core/versions/deleted.ts'
import type { Judged } from '../../core/versions/keep.ts'
import { whole } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
import { ServiceName } from '../../core/service/service.ts'
import {
  usualVersionPolicy,
  type VersionPolicy,
  VersionPolicyDefinition,
} from '../../core/definition/version-policy.ts'
import { allServices, deletable, functionsHere, type PlanDeps, planFor } from '../versions/plan.ts'
import { concurrently } from '../steps/each.ts'
import { readOrder } from './order.ts'
import type { World } from '../steps/world.ts'

export const OldVersionsCall = z.strictObject({
  service: ServiceName,
  versions: VersionPolicyDefinition.optional().describe(
    'As if the definition said this. Nothing is stored, and nothing is deleted.',
  ),
})

export type OldVersionsAnswer = {
  /** Whether the definition lets versions be deleted. */
  readonly isAsked: boolean
  readonly policy: VersionPolicy
  readonly functions: readonly {
    readonly functionName: string
    readonly unknown?: string
    readonly versions: readonly Pick<Judged, 'version' | 'codeSha256' | 'bytes' | 'publishedAtMs' | 'because'>[]
  }[]
  /** What the next run would free. */
  readonly freesBytes: number
  /** Of the region. Absent: AWS does not say. */
  readonly storage?: { readonly usedBytes: number; readonly limitBytes: number }
  /** The last ones. */
  readonly deleted: readonly DeletedVersion[]
}

const deletedShown = 20
const askedAtOnce = 2

type Deps = PlanDeps & Pick<World, 'deletedVersions'>

/** @throws Problem `call_invalid`, `service_missing`, `item_unreadable` */
export function oldVersionsHandler(deps: Deps) {
  return async (event: unknown): Promise<OldVersionsAnswer> => {
    const { service: name, versions } = readOrder(OldVersionsCall, event)
    const service = await deps.services.get(name)
    const policy = versions ?? service.versions ?? usualVersionPolicy
    // The others that share its functions are as they are.
    const services = (await allServices(deps)).map((one) => (one.name === name ? { ...one, versions: policy } : one))
    const plans = await concurrently(functionsHere(deps, service), askedAtOnce, (functionName) =>
      planFor(deps, functionName, services),
    )
    const deleted = whole(await deps.deletedVersions.list(name))
    return {
      isAsked: service.versions !== undefined,
      policy,
      functions: plans.map(({ versions: judged, ...plan }) => ({ ...plan, versions: judged.map(shown) })),
      freesBytes: plans.flatMap(deletable).reduce((sum, { bytes }) => sum + bytes, 0),
      ...(await storageIn(deps)),
      deleted: deleted.toSorted((a, b) => b.atMs - a.atMs).slice(0, deletedShown),
    }
  }
}

const shown = ({ isDurable: _, ...version }: Judged) => version

async function storageIn({ oldVersions }: Deps): Promise<Pick<OldVersionsAnswer, 'storage'>> {
  try {
    return { storage: await oldVersions.storage() }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return {}
  }
}
