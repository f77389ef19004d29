// A person, or a machine in its own name, starts a release of a service by name. The plan of a call may only be more careful than
// the service's; a bolder one is a right of its own, as an urgent release is.
import * as z from 'zod'
import { readCall, type ReleaseRequest, readUrgent } from '../../core/release/request.ts'
import { type Accepting, acceptAndStart, type Started } from '../steps/accept.ts'
import { by } from './order.ts'
import type { Call } from '../steps/world.ts'

const Told = z.looseObject({ by, bolder: z.boolean() })
const Asked = z.looseObject({ by })

/** @throws Problem `call_invalid`, and what `accept` throws */
export function startHandler(deps: Accepting) {
  return async (event: unknown, call: Call): Promise<Started> => {
    const { by, bolder, ...said } = Told.parse(event)
    const request = { ...readCall(said, call.awsRequestId), ...(bolder ? ({ bolder } as const) : {}) }
    return { releases: await acceptAndStart(deps, requestedBy(request, by)) }
  }
}

/** Any plan is allowed: who may release urgently may do so boldly. */
export function urgentHandler(deps: Accepting) {
  return async (event: unknown, call: Call): Promise<Started> => {
    const { by, ...said } = Asked.parse(event)
    const request = { ...readUrgent(said, call.awsRequestId), bolder: true } as const
    return { releases: await acceptAndStart(deps, requestedBy(request, by)) }
  }
}

const requestedBy = (request: ReleaseRequest, by: string): ReleaseRequest => ({
  ...request,
  provenance: { ...request.provenance, requestedBy: by },
})
