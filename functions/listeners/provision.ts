// The custom resources of the stack: an alias, which the stack creates once and never changes again, and a service definition in
// the table. When the stack deletes a service, a live release is rolled back, because nothing may be left to finish it. The CDK's
// provider framework answers CloudFormation; an error thrown here fails the deployment with its message.
import * as z from 'zod'
import { parseDefinition } from '../../core/service/definition.ts'
import { Problem, readInput } from '../../core/problem.ts'
import { Target } from '../../core/service/service.ts'
import { register } from '../definitions/register.ts'
import { liveHolder } from '../steps/lease.ts'
import { returnNow } from '../steps/return.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<
  World,
  | 'clock'
  | 'home'
  | 'journal'
  | 'traffic'
  | 'services'
  | 'definitions'
  | 'openReleases'
  | 'leases'
  | 'executions'
  | 'log'
>

const Properties = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('alias'), ...Target.shape, version: z.string().regex(/^[0-9]{1,20}$/) }),
  // CloudFormation turns every number and boolean into text, so the definition is passed as JSON.
  z.looseObject({ kind: z.literal('service'), definition: z.string().max(200_000) }),
])

/** The parts of a custom resource event that we use. */
const ProvisionEvent = z.looseObject({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  PhysicalResourceId: z.string().optional(),
  ResourceProperties: Properties,
})

type Provisioned = { readonly PhysicalResourceId: string; readonly Data: Readonly<Record<string, string>> }

/**
 * @throws Problem `event_invalid`, `definition_invalid`, `definition_contested`, `alias_taken`, `version_missing`, and those of
 * the traffic port when a live release cannot be rolled back
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
      // An existing alias is adopted unchanged. When the stack is deleted, the alias and its traffic stay as they are.
      if (RequestType !== 'Delete') await deps.traffic.create({ functionName, alias }, version)
      return { PhysicalResourceId: `${functionName}:${alias}`, Data: {} }
    }
    const service = parseDefinition(definitionOf(wanted.definition))
    if (RequestType === 'Delete') await letGo(deps, service.name)
    else await register(deps, service, 'CloudFormation')
    return { PhysicalResourceId: service.name, Data: {} }
  }
}

/** The stack may delete the state machine too. The log lets a later deployment settle the release. */
async function letGo(deps: Deps, service: string): Promise<void> {
  const live = await liveHolder(deps, service)
  if (live === undefined) return
  const reason = `the stack removed the service ${service}`
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
