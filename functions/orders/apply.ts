// Registers, changes or removes a service. Besides the stack, this is the only way to write a definition (docs/decisions/0061).
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { definitionWith } from '../../core/service/definition.ts'
import { checkDepends } from '../../core/around/depends.ts'
import { checkSources } from '../../core/prometheus/signal.ts'
import { observedTag, outOfReach } from '../../core/reach/reach.ts'
import { isObserved, type Service, ServiceName } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import { checkConsumed } from '../around/consumed.ts'
import { register, type Registered, remove, type Removed } from '../definitions/register.ts'
import type { World } from '../steps/world.ts'
import { by, readOrder } from './order.ts'

export const ApplyCall = z.strictObject({
  // As API Gateway has it from the path, where it may be anything.
  service: z.string(),
  by,
  remove: z.literal(false).optional(),
  definition: z.record(z.string(), z.unknown()).describe('The definition, in the form of the YAML files.'),
})

export const RemoveCall = z.strictObject({ service: ServiceName, by, remove: z.literal(true) })

type Deps = Pick<
  World,
  | 'clock'
  | 'services'
  | 'definitions'
  | 'openReleases'
  | 'policies'
  | 'log'
  | 'home'
  | 'reach'
  | 'aliases'
  | 'prometheusUrls'
  | 'consumed'
>

/**
 * @throws Problem `call_invalid`, `definition_invalid`, `definition_contested`, `alias_taken`, `service_out_of_reach`,
 * `prometheus_refused`, `consumed_missing`, and where it is removed `service_missing`, `verb_not_now`
 */
export function applyHandler(deps: Deps) {
  return async (event: unknown): Promise<Registered | Removed> => {
    const call = readOrder(z.union([ApplyCall, RemoveCall]), event)
    if (call.remove === true) return remove(deps, call.service, call.by)
    const { service, by, definition } = call
    const wanted = definitionWith((rules) => deps.policies.check(rules), definition)
    // The right to the route may be for one service.
    if (wanted.name !== service)
      throw new Problem(
        'call_invalid',
        `The route names service "${service.slice(0, 50)}", and the definition ${wanted.name}.`,
      )
    checkSources(wanted, deps.prometheusUrls, deps.home)
    checkDepends(wanted.depends, deps.home)
    await checkReach(deps, wanted)
    // Those of another account are looked for when a release is prepared, as a role of their account.
    await checkConsumed(
      deps,
      wanted,
      wanted.targets.filter(({ roleArn }) => roleArn === undefined).map((target) => placedIn(wanted, target)),
    )
    return register(deps, wanted, by)
  }
}

/** A stack that was made for its services is deployed again with the new one; another one says here what it cannot do. */
async function checkReach({ reach, home, aliases }: Deps, service: Service): Promise<void> {
  if (reach === undefined) return
  const beyond = outOfReach(service, reach, home)
  if (beyond.length > 0) throw unreachable(service, beyond)
  const untagged = await Promise.all(
    service.targets.map(async (target) => {
      try {
        await aliases.read({ ...target, service: service.name })
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        const { key } = reach.tag
        const value = isObserved(service) ? observedTag : reach.tag.value
        if (error.code === 'permission_denied')
          return [`Function ${target.functionName} has no tag ${key}=${value}, or does not exist. ${error.message}`]
        // It may be made later: a release of a service without its alias is refused.
        if (error.code !== 'alias_missing') throw error
      }
      return []
    }),
  )
  if (untagged.flat().length > 0) throw unreachable(service, untagged.flat())
}

const namedMost = 5

function unreachable({ name }: Service, beyond: readonly string[]): Problem {
  const more = beyond.length > namedMost ? ` And ${beyond.length - namedMost} more.` : ''
  const sentence = `This installation cannot release ${name}. ${beyond.slice(0, namedMost).join(' ')}${more}`
  return new Problem('service_out_of_reach', sentence)
}
