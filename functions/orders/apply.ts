// Registers or changes a service. Besides the stack, this is the only way to write a definition (docs/decisions/0061).
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { definitionWith } from '../../core/service/definition.ts'
import { register, type Registered } from '../definitions/register.ts'
import type { World } from '../steps/world.ts'
import { by, readOrder } from './order.ts'

export const ApplyCall = z.strictObject({
  // As API Gateway has it from the path, where it may be anything.
  service: z.string(),
  by,
  definition: z.record(z.string(), z.unknown()).describe('The definition, in the form of the YAML files.'),
})

type Deps = Pick<World, 'clock' | 'services' | 'definitions' | 'policies' | 'log'>

/** @throws Problem `call_invalid`, `definition_invalid`, `definition_contested` */
export function applyHandler(deps: Deps) {
  return async (event: unknown): Promise<Registered> => {
    const { service, by, definition } = readOrder(ApplyCall, event)
    const wanted = definitionWith((rules) => deps.policies.check(rules), definition)
    // The right to the route may be for one service.
    if (wanted.name !== service)
      throw new Problem(
        'call_invalid',
        `The route names service "${service.slice(0, 50)}", and the definition ${wanted.name}.`,
      )
    return register(deps, wanted, by)
  }
}
