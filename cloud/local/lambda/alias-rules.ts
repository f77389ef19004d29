// The alias requests that Lambda refuses, with its messages (docs/aws.md §1.1, recorded answers).
import { AwsError } from '../protocol/aws-error.ts'
import { type Input } from '../protocol/json-protocol.ts'
import { functionNotFound, type FunctionVersion, type LambdaFunction } from './lambda-function.ts'

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message)

const stale =
  'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id'
export const staleRevision = (): AwsError => new AwsError('PreconditionFailedException', stale, 412)

/** The weights in the request, or the present ones if the request has none. */
export function weightsIn(body: Input, present: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const routing = body['RoutingConfig']
  if (routing === undefined || routing === null) return present
  const weights = ((routing as Input)['AdditionalVersionWeights'] ?? {}) as Readonly<Record<string, unknown>>
  const entries = Object.entries(weights)
  for (const [version, weight] of entries) {
    if (typeof weight !== 'number' || !(weight >= 0 && weight <= 1)) {
      const message = `1 validation error detected: Value '{${version}=${String(weight)}}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]`
      throw new AwsError('ValidationException', message)
    }
    if (!/^[0-9]+$/.test(version)) {
      const message = `1 validation error detected: Value '{${version}=${String(weight)}}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]`
      throw new AwsError('ValidationException', message)
    }
  }
  if (entries.length > 1) throw invalid('Number of items in AdditionalVersionWeights cannot be greater than 1')
  return Object.fromEntries(entries) as Record<string, number>
}

export function versionOf(fn: LambdaFunction, version: string): FunctionVersion {
  const found = version === '$LATEST' ? fn.latest : fn.published.get(version)
  if (found === undefined) throw functionNotFound(fn, version)
  return found
}

/** @throws AwsError when the versions and weights are not compatible */
export function checkRouting(fn: LambdaFunction, version: string, weights: Readonly<Record<string, number>>): void {
  const primary = versionOf(fn, version)
  for (const additional of Object.keys(weights)) {
    if (version === '$LATEST') throw invalid('$LATEST is not supported for an alias pointing to more than 1 version')
    if (additional === version) {
      throw invalid(
        `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
      )
    }
    const other = versionOf(fn, additional)
    if (other.config.role !== primary.config.role) {
      throw invalid('Specified versions must be associated with the same execution role')
    }
    if (other.config.deadLetterArn !== primary.config.deadLetterArn) {
      // The wording of this error is not recorded anywhere.
      throw invalid('Specified versions must have the same dead letter queue configuration')
    }
  }
}

export function checkAliasName(name: string): string {
  if (/^(?!^[0-9]+$)[a-zA-Z0-9-_]{1,128}$/.test(name)) return name
  const message = `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)`
  throw new AwsError('ValidationException', message)
}
