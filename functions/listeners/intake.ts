// The door: an artifact event, or a direct call, becomes a release with an execution that carries it.
import { Problem } from '../../core/problem.ts'
import { readRequest, type ReleaseRequest, readUrgent } from '../../core/release/request.ts'
import { accept } from '../steps/accept.ts'
import type { Call, World } from '../steps/world.ts'

type Deps = Pick<
  World,
  'clock' | 'journal' | 'openReleases' | 'services' | 'history' | 'digest' | 'executions' | 'log' | 'trouble'
>

type IntakeResult = { readonly releases: readonly { readonly releaseId: string; readonly execution: string }[] }

export const intakeHandler = (deps: Deps) => doorFor(deps, readRequest)

/** A door of its own: who may release in a hurry is another question than who may release. */
export const urgentHandler = (deps: Deps) => doorFor(deps, readUrgent)

function doorFor(deps: Deps, read: (event: unknown, callId: string) => ReleaseRequest) {
  return async (event: unknown, call: Call): Promise<IntakeResult> => {
    const request = read(event, call.awsRequestId)
    return { releases: await acceptOrIgnore(deps, request) }
  }
}

/** An artifact that nobody wants is no error: a bucket may hold other things. A call by name must find its service. */
async function acceptOrIgnore(deps: Deps, request: ReleaseRequest): Promise<IntakeResult['releases']> {
  try {
    return await accept(deps, request, async (releaseId) => {
      // The name makes the start idempotent: however often the event arrives, one execution runs.
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
