// Refuses at the door a version that does not exist, so that nobody hears "accepted" about it. Preparation checks it again, and
// everything else: what cannot be asked here is left to it.
import { type Candidate } from '../../core/service/candidate.ts'
import { own } from '../../core/own.ts'
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'versions' | 'log'>

/** @throws Problem `version_missing`, `version_failed` */
export async function checkPublished(deps: Deps, service: Service, candidate: Candidate): Promise<void> {
  if (candidate.kind !== 'versions') return
  const { versions } = candidate
  await Promise.all(
    service.targets.map(async (target) => {
      const version = own(versions, target.functionName)
      if (version !== undefined) await checkOne(deps, placedIn(service, target), version)
    }),
  )
}

async function checkOne({ versions, log }: Deps, place: Parameters<World['versions']['describe']>[0], version: string) {
  try {
    const { state, stateReason } = await versions.describe(place, version)
    if (state !== 'failed') return
    const why = stateReason ?? 'Lambda gave no reason'
    throw new Problem('version_failed', `Version ${place.functionName}:${version} cannot run: ${why}.`)
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'version_missing' || error.code === 'version_failed') throw error
    log({ ...error.line, message: `Left to the preparation: ${error.message}` })
  }
}
