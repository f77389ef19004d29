// A person, or a machine in its own name, starts a release of a service by name. The plan of a call may only be more careful than
// the service's; a bolder one is a right of its own, as an urgent release is.
import * as z from 'zod'
import { readDrill } from '../../core/drill/call.ts'
import { readCall, type ReleaseRequest, readUrgent } from '../../core/release/request.ts'
import { type Accepting, acceptAndStart, type Started } from '../steps/accept.ts'
import { by } from './order.ts'
import type { Call } from '../steps/world.ts'

/** Each route says one of them; who says another one in a body has not taken the route of that right. */
const Told = z.union([
  z.looseObject({ by, bolder: z.boolean() }),
  z.looseObject({ by, urgent: z.literal(true) }),
  z.looseObject({ by, drill: z.literal(true) }),
])

/**
 * Whether a version exists is not asked here: Lambda answers 15 such calls a second, and a flood of requests would take them from
 * a way back. `ask` says it before, and the preparation finds out.
 * @throws Problem `call_invalid`, and what `accept` throws
 */
export function startHandler(deps: Accepting) {
  return async (event: unknown, call: Call): Promise<Started> => {
    const { by, ...told } = Told.parse(event)
    const request = requestIn(told, call)
    return { releases: await acceptAndStart(deps, requestedBy(request, by)) }
  }
}

type Said = Readonly<Record<string, unknown>>

/** What a body says beside its route's word is refused as an unknown field. */
function requestIn(told: Said, { awsRequestId }: Call): ReleaseRequest {
  if (told['drill'] !== undefined) {
    const { drill: _, ...said } = told
    return readDrill(said, awsRequestId)
  }
  if (told['bolder'] === undefined) {
    const { urgent: _, ...said } = told
    // Any plan is allowed: who may release urgently may do so boldly.
    return { ...readUrgent(said, awsRequestId), bolder: true }
  }
  const { bolder, ...said } = told
  const request = readCall(said, awsRequestId)
  return bolder === true ? { ...request, bolder } : request
}

const requestedBy = (request: ReleaseRequest, by: string): ReleaseRequest => ({
  ...request,
  provenance: { ...request.provenance, requestedBy: by },
})
