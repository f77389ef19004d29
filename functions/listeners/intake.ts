// Intake: turns an artifact event or a direct call into a release and starts its execution.
import { Problem } from '../../core/problem.ts'
import { readRequest, type ReleaseRequest, readUrgent } from '../../core/release/request.ts'
import { isOfNow } from '../events/believed.ts'
import { accept } from '../steps/accept.ts'
import type { Call, World } from '../steps/world.ts'

type Deps = Pick<
  World,
  'home' | 'clock' | 'journal' | 'openReleases' | 'services' | 'history' | 'digest' | 'executions' | 'log' | 'trouble'
>

type IntakeResult = { readonly releases: readonly { readonly releaseId: string; readonly execution: string }[] }

export const intakeHandler = (deps: Deps) => doorFor(deps, (event, callId) => readRequest(event, callId, deps.home))

/** A separate function, because the right to start an urgent release differs from the right to start a normal one. */
export const urgentHandler = (deps: Deps) => doorFor(deps, readUrgent)

function doorFor(deps: Deps, read: (event: unknown, callId: string) => ReleaseRequest) {
  return async (event: unknown, call: Call): Promise<IntakeResult> => {
    const request = read(event, call.awsRequestId)
    if (!isOfNow(deps, request.provenance.eventAtMs, request.key)) return { releases: [] }
    return { releases: await acceptOrIgnore(deps, request) }
  }
}

/**
 * An artifact that no service wants is not an error, because a bucket may hold other things. A call by name must find its
 * service.
 */
async function acceptOrIgnore(deps: Deps, request: ReleaseRequest): Promise<IntakeResult['releases']> {
  try {
    return await accept(deps, request, async (releaseId) => {
      // The name makes the start idempotent: however often the event arrives, only one execution runs.
      const execution = await deps.executions.start(releaseId, { releaseId })
      deps.log({ message: 'release accepted', releaseId, key: request.key })
      return { releaseId, execution }
    })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'event_foreign') deps.log({ ...error.line, key: request.key })
    else if (error.code === 'trigger_missing') deps.log({ message: error.message, code: error.code, key: request.key })
    else throw error
    return []
  }
}
