// Validates a service definition together with its own policies.
import { definitionWith, wrongInDefinition } from '../core/service/definition.ts'
import type { Service } from '../core/service/service.ts'
import { checkPolicies } from './policies.ts'

/** @throws Problem `definition_invalid`, naming the fields or the policies that are wrong */
export const checkedDefinition = (value: unknown): Service => definitionWith(checkPolicies, value)

/** Everything that is wrong with a definition, each with its place. */
export const wrongWith = (value: unknown): ReturnType<typeof wrongInDefinition> =>
  wrongInDefinition(checkPolicies, value)
