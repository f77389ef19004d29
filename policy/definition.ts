// Validates a service definition together with its own policies.
import { definitionWith } from '../core/service/definition.ts'
import type { Service } from '../core/service/service.ts'
import { checkPolicies } from './policies.ts'

/** @throws Problem `definition_invalid`, naming the fields or the policies that are wrong */
export const checkedDefinition = (value: unknown): Service => definitionWith(checkPolicies, value)
