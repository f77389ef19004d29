// Provisioned concurrency: which aliases and versions may have it. The errors are recorded from Lambda (docs/aws.md §1.3).
import { AwsError } from '../protocol/aws-error.ts'
import { optionalNumber } from '../protocol/field.ts'
import { functionArn, type LambdaFunction, type Provisioned } from './lambda-function.ts'
import { checkProvisioned } from './limits.ts'
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
  const requested = optionalNumber(ask.body, 'ProvisionedConcurrentExecutions') ?? 1
  checkProvisioned(registry, fn, qualifier, requested)
  const known = fn.provisioned.get(qualifier)
  const made = fresh(registry, requested, known === undefined ? 0 : available(registry, known))
  const fails = registry.provisionFailure?.(fn.name, qualifier)
  fn.provisioned.set(qualifier, { ...made, fails })
  // The answer always says IN_PROGRESS and none available (recorded from Lambda).
  return { ...describe(registry, made), AvailableProvisionedConcurrentExecutions: 0, Status: 'IN_PROGRESS' }
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

/** How many serve now. What is added becomes available all at the same moment. */
function available({ clock }: Pick<Registry, 'clock'>, one: Provisioned): number {
  return clock.nowMs() < one.readyAtMs || one.fails !== undefined ? one.before : one.requested
}

function describe(registry: Registry, one: Provisioned): Record<string, unknown> {
  const isOver = registry.clock.nowMs() >= one.readyAtMs
  const count = available(registry, one)
  return {
    RequestedProvisionedConcurrentExecutions: one.requested,
    AvailableProvisionedConcurrentExecutions: count,
    AllocatedProvisionedConcurrentExecutions: count,
    Status: !isOver ? 'IN_PROGRESS' : one.fails === undefined ? 'READY' : 'FAILED',
    ...(isOver && one.fails !== undefined ? { StatusReason: one.fails } : {}),
    LastModified: new Date(one.modifiedMs).toISOString().replace('Z', '+0000'),
  }
}
