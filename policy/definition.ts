// Validates a service definition together with its own policies. Policies that would make every release be denied are refused
// before they are applied.
import { Problem } from '../core/problem.ts'
import { parseDefinition } from '../core/service/definition.ts'
import type { Service } from '../core/service/service.ts'
import { checkPolicies } from './policies.ts'

/** @throws Problem `definition_invalid`, naming the fields or the policies that are wrong */
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
