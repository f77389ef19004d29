// What a stack asks for when it is deployed: an alias that is made once and never touched again by the stack, and a service
// definition in the table. The provider framework of the CDK answers CloudFormation; what is thrown here fails the deploy
// with its sentence.
import * as z from 'zod'
import { issuesSentence, Problem } from '../core/problem.ts'
import { parseDefinition, Target } from '../core/service.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'traffic' | 'services'>

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

/** @throws Problem `event_invalid`, `definition_invalid`, `version_missing` */
export function provisionHandler(deps: Deps) {
  return async (event: unknown): Promise<Provisioned> => {
    const parsed = ProvisionEvent.safeParse(event)
    if (!parsed.success)
      throw new Problem('event_invalid', `The resource is not valid: ${issuesSentence(parsed.error.issues)}.`)
    const { RequestType, ResourceProperties: wanted } = parsed.data
    if (wanted.kind === 'alias') {
      const { functionName, alias, version } = wanted
      // An alias that is there is adopted as it is; a stack that goes leaves it where its traffic is.
      if (RequestType !== 'Delete') await deps.traffic.create({ functionName, alias }, version)
      return { PhysicalResourceId: `${functionName}:${alias}`, Data: {} }
    }
    const service = parseDefinition(definitionOf(wanted.definition))
    if (RequestType !== 'Delete') await deps.services.put(service)
    return { PhysicalResourceId: service.name, Data: {} }
  }
}

function definitionOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Problem('definition_invalid', 'The definition is not JSON.', { cause })
  }
}
