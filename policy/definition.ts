// A service definition whose own policies are checked as well: what would deny every release is refused before it is applied.
import { Problem } from '../core/problem.ts'
import { parseDefinition } from '../core/service/definition.ts'
import type { Service } from '../core/service/service.ts'
import { checkPolicies } from './policies.ts'

/** @throws Problem `definition_invalid` naming the fields, or the policies, that are wrong. */
export function checkedDefinition(value: unknown): Service {
  const service = parseDefinition(value)
  const { rules } = service.gates
  const wrong = rules === undefined ? [] : checkPolicies(rules)
  if (wrong.length === 0) return service
  throw new Problem(
    'definition_invalid',
    `The service definition is not valid: gates.rules: ${wrong.slice(0, 3).join(' ')}`,
  )
}
