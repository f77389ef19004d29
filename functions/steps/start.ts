// Accepts a request and starts the execution that carries the release.
import { Problem } from '../../core/problem.ts'
import type { ReleaseRequest } from '../../core/release/request.ts'
import { accept } from './accept.ts'
import type { World } from './world.ts'

export type Accepting = Pick<
  World,
  'clock' | 'journal' | 'openReleases' | 'services' | 'history' | 'digest' | 'executions' | 'log' | 'trouble'
>

export type Started = { readonly releases: readonly { readonly releaseId: string; readonly execution: string }[] }

/**
 * An artifact that no service wants is not an error, because a bucket may hold other things. A call by name must find its
 * service.
 */
export async function acceptAndStart(deps: Accepting, request: ReleaseRequest): Promise<Started['releases']> {
  try {
    return await accept(deps, request, async (releaseId) => {
      // The name makes the start idempotent: however often the event arrives, only one execution runs.
      const execution = await deps.executions.start(releaseId, { releaseId })
      deps.log({ message: 'release accepted', releaseId, key: request.key })
      return { releaseId, execution }
    })
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'trigger_missing') throw error
    deps.log({ message: error.message, code: error.code, key: request.key })
    return []
  }
}
