// Provisioned concurrency: which aliases and versions may have it. The errors are recorded from Lambda (docs/aws.md §1.3).
import { AwsError } from '../protocol/aws-error.ts'
import { optionalNumber } from '../protocol/field.ts'
import { functionArn, type LambdaFunction, type Provisioned } from './lambda-function.ts'
import { type Ask, find, qualified, type Registry } from './registry.ts'
import { fresh } from './transitional-weights.ts'

const unpublished = 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.'
const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message)
const conflict = (message: string): AwsError => new AwsError('ResourceConflictException', message, 409)

function qualifierOf(registry: Registry, ask: Ask, otherwise: string): readonly [LambdaFunction, string] {
  const { qualifier = '$LATEST' } = ask
  if (qualifier === '$LATEST') throw invalid(otherwise)
  qualified(registry, ask)
  return [find(registry, ask.name), qualifier]
}

const named = 'The function resource provided must be an alias or a published version.'

export function putProvisioned(registry: Registry, ask: Ask): Record<string, unknown> {
  const [fn, qualifier] = qualifierOf(registry, ask, unpublished)
  const alias = fn.aliases.get(qualifier)
  if (alias?.version === '$LATEST') throw invalid(unpublished)
  if (alias !== undefined && Object.keys(alias.weights).length > 0)
    throw invalid('Alias with weights can not be used with Provisioned Concurrency')
  if (alias !== undefined && fn.provisioned.has(alias.version))
    throw conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
  if ([...fn.aliases.values()].some(({ name, version }) => version === qualifier && fn.provisioned.has(name)))
    throw conflict('Version is pointed by a Provisioned Concurrency alias')
  const made = fresh(registry, optionalNumber(ask.body, 'ProvisionedConcurrentExecutions') ?? 1)
  fn.provisioned.set(qualifier, made)
  return describe(registry, made)
}

export function getProvisioned(registry: Registry, ask: Ask): Record<string, unknown> {
  const [fn, qualifier] = qualifierOf(registry, ask, named)
  const found = fn.provisioned.get(qualifier)
  if (found !== undefined) return describe(registry, found)
  const message = 'No Provisioned Concurrency Config found for this function'
  throw new AwsError('ProvisionedConcurrencyConfigNotFoundException', message, 404)
}

export function deleteProvisioned(registry: Registry, ask: Ask): void {
  const [fn, qualifier] = qualifierOf(registry, ask, named)
  fn.provisioned.delete(qualifier)
}

export function listProvisioned(registry: Registry, ask: Ask): Record<string, unknown> {
  const fn = find(registry, ask.name)
  const items = [...fn.provisioned].map(([qualifier, one]) => ({
    FunctionArn: functionArn(fn, qualifier),
    ...describe(registry, one),
  }))
  return { ProvisionedConcurrencyConfigs: items }
}

/** All of the concurrency becomes available at the same moment. */
function describe({ clock }: Registry, one: Provisioned): Record<string, unknown> {
  const ready = clock.nowMs() >= one.readyAtMs
  return {
    RequestedProvisionedConcurrentExecutions: one.requested,
    AvailableProvisionedConcurrentExecutions: ready ? one.requested : 0,
    AllocatedProvisionedConcurrentExecutions: ready ? one.requested : 0,
    Status: ready ? 'READY' : 'IN_PROGRESS',
    LastModified: new Date(one.modifiedMs).toISOString().replace('Z', '+0000'),
  }
}
