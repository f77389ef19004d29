// The call that asks for a drill, in the normal form of every request for a release.
import * as z from 'zod'
import { readInput } from '../problem.ts'
import { candidateOfCall, type ReleaseRequest } from '../release/request.ts'
import { VersionByFunction } from '../service/candidate.ts'
import { Version } from '../service/routing.ts'
import { ServiceName } from '../service/service.ts'

/** A drill: it names versions only, because it makes nothing new. */
export const DrillCall = z
  .strictObject({
    service: ServiceName,
    version: Version.optional().describe('A version that is known to be good, of the one target of the service.'),
    versions: VersionByFunction.optional().describe('Such a version for each function.'),
    weight: z
      .number()
      .min(0)
      .max(100)
      .multipleOf(0.01)
      .default(0)
      .describe('Percent of the traffic that the version gets; at most that of the first step of the plan.'),
    requestId: z
      .string()
      .regex(/^[A-Za-z0-9_.:-]{1,128}$/)
      .optional()
      .describe('The same id asks for the same drill.'),
    reason: z.string().min(1).max(500).optional(),
  })
  .refine(
    (call) => (call.version === undefined) !== (call.versions === undefined),
    'give exactly one of version and versions',
  )

/** @throws Problem `call_invalid` */
export function readDrill(input: unknown, callId: string): ReleaseRequest {
  const { service, weight, requestId, reason, ...named } = readInput(DrillCall, input, 'call_invalid', 'The call')
  return {
    service,
    key: `call/${requestId ?? callId}`,
    candidate: candidateOfCall(named),
    provenance: { source: 'api' },
    drill: { weightBp: Math.round(weight * 100) },
    ...(reason === undefined ? {} : { reason }),
  }
}
