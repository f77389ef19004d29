// Reads what speaks for the versions of a function, and says which may be deleted. The question and the deletion go by the same
// plan. Whatever cannot be read makes the plan unknown, and then nothing of the function is deleted.
import { whole } from '../../core/listing.ts'
import { locate } from '../../core/location.ts'
import { isSame, siteOfFunction } from '../../core/origin.ts'
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import { functionSpellings } from '../../core/service/target.ts'
import { heldBy, type Judged, judgeVersions, promotionsKept, type Sharing } from '../../core/versions/keep.ts'
import { concurrently } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import type { World } from '../steps/world.ts'

export type PlanDeps = Pick<
  World,
  'clock' | 'home' | 'services' | 'openReleases' | 'returns' | 'history' | 'journal' | 'oldVersions'
>

type VersionPlan = {
  readonly functionName: string
  /** Every version, oldest first; empty if they are not known. */
  readonly versions: readonly Judged[]
  /** Why it is not known what may be deleted. */
  readonly unknown?: string
}

/** A run asks about so many versions of a function, and deletes no more. The others are for the next one. */
const deletedMost = 25
const notYet = `a run deletes at most ${deletedMost} versions of a function: it is for a later one`
const askedAtOnce = 5

/** The functions of a service that are here. Those elsewhere are not looked at. */
export const functionsHere = ({ home }: Pick<World, 'home'>, { targets }: Service): readonly string[] => [
  ...new Set(targets.flatMap(({ functionName }) => (isHere(home, functionName) ? [locate(functionName).name] : []))),
]

const isHere = (home: World['home'], functionName: string): boolean => isSame(siteOfFunction(functionName, home), home)

export async function planFor(
  deps: PlanDeps,
  functionName: string,
  services: readonly Service[],
): Promise<VersionPlan> {
  try {
    const sharing = await sharingOf(deps, functionName, services)
    const versions = await deps.oldVersions.list(functionName)
    const uses = await deps.oldVersions.uses(functionName)
    const judged = judgeVersions({ nowMs: deps.clock.nowMs(), versions, uses, sharing })
    return {
      functionName,
      versions: await asEachSays(deps, { functionName, aliases: uses.aliases.map(({ name }) => name) }, judged),
    }
  } catch (error) {
    // Another error is a fault of ours.
    if (!(error instanceof Problem)) throw error
    return { functionName, versions: [], unknown: error.message }
  }
}

/** @throws Problem `item_unreadable`: one that cannot be read may have the function too */
export const allServices = async (deps: Pick<World, 'services'>): Promise<readonly Service[]> =>
  whole(await deps.services.list())

/** Whether a release of one of these services has not ended, as far as anybody has recorded it. */
export async function openNow(
  deps: Pick<World, 'openReleases' | 'returns'>,
  services: readonly string[],
): Promise<readonly { readonly service: string; readonly releaseId: string }[]> {
  const open = await deps.openReleases.keys()
  const returns = whole(await deps.returns.list())
  const all = [...open, ...returns.map(({ releaseId, service }) => ({ releaseId, service }))]
  return all.filter(({ service }) => services.includes(service))
}

async function sharingOf(
  deps: PlanDeps,
  functionName: string,
  services: readonly Service[],
): Promise<readonly Sharing[]> {
  const sharers = services.filter((service) => functionsHere(deps, service).includes(functionName))
  const open = await openNow(
    deps,
    sharers.map(({ name }) => name),
  )
  return Promise.all(
    sharers.map(async ({ name, versions }) => ({
      service: name,
      policy: versions,
      // As its definition calls the function now, or did when a release of it was written.
      called: functionSpellings(functionName, deps.home),
      heads: await headsOf(deps, name),
      open: [...new Set(open.filter(({ service }) => service === name).map(({ releaseId }) => releaseId))],
    })),
  )
}

/** Enough of the history to have the last promotions in it. @throws Problem `item_unreadable` */
async function headsOf(deps: PlanDeps, service: string, limit = 100): Promise<Sharing['heads']> {
  const heads = whole(await latestHeads(deps, service, limit))
  const promoted = heads.filter(({ outcome }) => outcome === 'promoted').length
  if (promoted >= promotionsKept || heads.length < limit) return heads
  return headsOf(deps, service, 10 * limit)
}

/** Asks each version that may be deleted for itself. */
async function asEachSays(
  { oldVersions }: PlanDeps,
  { functionName, aliases }: { readonly functionName: string; readonly aliases: readonly string[] },
  judged: readonly Judged[],
): Promise<readonly Judged[]> {
  const free = judged.filter(({ because }) => because.length === 0)
  const asked = new Map(
    await concurrently(free.slice(0, deletedMost), askedAtOnce, async (one) => {
      try {
        return [one, heldBy(await oldVersions.held(functionName, one, aliases))] as const
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return [one, [`it cannot be looked up what holds it: ${error.message}`]] as const
      }
    }),
  )
  return judged.map((one) => (one.because.length > 0 ? one : { ...one, because: asked.get(one) ?? [notYet] }))
}

export const deletable = ({ versions }: VersionPlan): readonly Judged[] =>
  versions.filter(({ because }) => because.length === 0)
