// What a stack asks for when it is deployed: an alias that is made once and never touched again by the stack, and a
// service definition in the table. When it lets a service go, a live release is put back, because nobody may be left to
// finish it. The provider framework of the CDK answers CloudFormation; what is thrown here fails the deploy with its
// sentence.
import * as z from 'zod'
import { parseDefinition } from '../../core/service/definition.ts'
import { Problem, readInput } from '../../core/problem.ts'
import { Target } from '../../core/service/service.ts'
import { liveHolder } from '../steps/lease.ts'
import { returnNow } from '../steps/return.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'services' | 'leases' | 'executions' | 'log'>

const Properties = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('alias'), ...Target.shape, version: z.string().regex(/^[0-9]{1,20}$/) }),
  // CloudFormation makes text of every number and boolean; the definition travels as JSON to stay what it is.
  z.looseObject({ kind: z.literal('service'), definition: z.string().max(200_000) }),
])

/** The parts of a custom resource's event that matter here. */
const ProvisionEvent = z.looseObject({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  PhysicalResourceId: z.string().optional(),
  ResourceProperties: Properties,
})

type Provisioned = { readonly PhysicalResourceId: string; readonly Data: Readonly<Record<string, string>> }

/**
 * @throws Problem `event_invalid`, `definition_invalid`, `version_missing`, and of the traffic port when a live release
 * cannot be put back
 */
export function provisionHandler(deps: Deps) {
  return async (event: unknown): Promise<Provisioned> => {
    const { RequestType, ResourceProperties: wanted } = readInput(
      ProvisionEvent,
      event,
      'event_invalid',
      'The resource',
    )
    if (wanted.kind === 'alias') {
      const { functionName, alias, version } = wanted
      // An alias that is there is adopted as it is; a stack that goes leaves it where its traffic is.
      if (RequestType !== 'Delete') await deps.traffic.create({ functionName, alias }, version)
      return { PhysicalResourceId: `${functionName}:${alias}`, Data: {} }
    }
    const service = parseDefinition(definitionOf(wanted.definition))
    if (RequestType === 'Delete') await letGo(deps, service.name)
    else await deps.services.put(service)
    return { PhysicalResourceId: service.name, Data: {} }
  }
}

/** The stack may take the state machine with it; what is in the log lets a later one settle the release. */
async function letGo(deps: Deps, service: string): Promise<void> {
  const live = await liveHolder(deps, service)
  if (live === undefined) return
  const reason = `the stack let the service ${service} go`
  await returnNow(deps, live, { by: 'CloudFormation', reason, outcome: 'aborted' })
  deps.log({ message: reason, releaseId: live.release.id })
}

function definitionOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Problem('definition_invalid', 'The definition is not JSON.', { cause })
  }
}
