// Lambda's account quotas and reserved concurrency, with AWS's error messages.
import { AwsError } from '../protocol/aws-error.ts'
import { optionalNumber } from '../protocol/field.ts'
import type { LambdaFunction } from './lambda-function.ts'
import { type Ask, find, type Registry } from './registry.ts'

/** The quotas of an account that never requested an increase (Lambda developer guide, "Lambda quotas"). */
const quotas = {
  TotalCodeSize: 80_530_636_800,
  CodeSizeUnzipped: 262_144_000,
  CodeSizeZipped: 52_428_800,
  ConcurrentExecutions: 1000,
}
/** Concurrency that must stay unreserved; less if the quota itself is small. */
const unreservedMin = 100

const reservedOf = (functions: Iterable<LambdaFunction>): number =>
  [...functions].reduce((sum, { reserved = 0 }) => sum + reserved, 0)

export function accountSettings({ functions }: Pick<Registry, 'functions'>): Record<string, unknown> {
  const bytes = [...functions.values()].flatMap(({ latest, published }) =>
    [latest, ...published.values()].map(({ config }) => config.code.bytes.length),
  )
  const UnreservedConcurrentExecutions = quotas.ConcurrentExecutions - reservedOf(functions.values())
  return {
    AccountLimit: { ...quotas, UnreservedConcurrentExecutions },
    AccountUsage: { TotalCodeSize: bytes.reduce((sum, size) => sum + size, 0), FunctionCount: functions.size },
  }
}

const provisionedOf = (functions: Iterable<LambdaFunction>): number =>
  [...functions].reduce((sum, { provisioned }) => sum + sumOf(provisioned.values()), 0)
const sumOf = (all: Iterable<{ readonly requested: number }>): number =>
  [...all].reduce((sum, { requested }) => sum + requested, 0)

/** Invocations that are under way in functions that reserve nothing. */
export const inUnreserved = (functions: Iterable<LambdaFunction>): number =>
  [...functions].reduce((sum, { reserved, underWay }) => sum + (reserved === undefined ? underWay : 0), 0)

/**
 * All that is reserved, what is provisioned of functions that reserve nothing, and what else is in use (docs/aws.md §2.1). Makes
 * no lists: each invocation asks for it.
 */
export function claimedOf(functions: Iterable<LambdaFunction>): number {
  let claimed = 0
  for (const { reserved, underWay, provisioned } of functions)
    claimed += reserved ?? underWay + (provisioned.size === 0 ? 0 : sumOf(provisioned.values()))
  return claimed
}

/** @throws AwsError when the function's reserved concurrency, or the account's unreserved, has no room for it */
export function checkProvisioned(
  { functions }: Pick<Registry, 'functions'>,
  fn: LambdaFunction,
  qualifier: string,
  wanted: number,
): void {
  const own = sumOf([...fn.provisioned].filter(([name]) => name !== qualifier).map(([, one]) => one)) + wanted
  if (fn.reserved !== undefined) {
    if (own <= fn.reserved) return
    const message =
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function'
    throw new AwsError('InvalidParameterValueException', message)
  }
  const others = [...functions.values()].filter((one) => one !== fn)
  const unreserved = others.filter(({ reserved }) => reserved === undefined)
  if (quotas.ConcurrentExecutions - reservedOf(others) - provisionedOf(unreserved) - own >= unreservedMin) return
  const message = `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreservedMin}].`
  throw new AwsError('InvalidParameterValueException', message)
}

export function putConcurrency(registry: Registry, ask: Ask): Record<string, unknown> {
  const fn = find(registry, ask.name)
  const wanted = optionalNumber(ask.body, 'ReservedConcurrentExecutions')
  if (wanted === undefined || !Number.isInteger(wanted) || wanted < 0)
    throw new AwsError('ValidationException', 'ReservedConcurrentExecutions must be a whole number of at least 0')
  const others = reservedOf([...registry.functions.values()].filter((one) => one !== fn))
  if (quotas.ConcurrentExecutions - others - wanted < unreservedMin) {
    const message = `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreservedMin}].`
    throw new AwsError('InvalidParameterValueException', message)
  }
  fn.reserved = wanted
  return { ReservedConcurrentExecutions: wanted }
}

export function getConcurrency(registry: Registry, ask: Ask): Record<string, unknown> {
  const { reserved } = find(registry, ask.name)
  return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved }
}

export function deleteConcurrency(registry: Registry, ask: Ask): void {
  find(registry, ask.name).reserved = undefined
}

/** @throws AwsError when the function is at its reserved concurrency */
export function checkConcurrency({ reserved, underWay }: LambdaFunction): void {
  if (reserved === undefined || underWay < reserved) return
  throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
  })
}
