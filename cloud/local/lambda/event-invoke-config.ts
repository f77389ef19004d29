// How asynchronous events are handled: how many attempts, for how long, and where the record of a failed event goes. Each
// qualifier has one configuration; that of $LATEST also applies to calls without a qualifier.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import { object, optionalNumber, optionalText } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import type { Permission } from '../protocol/rights.ts'
import type { Caller } from '../protocol/service.ts'
import {
  type Destinations,
  type EventInvokeConfig,
  functionArn,
  functionNotFound,
  type LambdaFunction,
} from './lambda-function.ts'

export const unconfigured: EventInvokeConfig = { retries: 2, ageSeconds: 21_600, destinations: {}, modifiedMs: 0 }

type ConfigDeps = {
  readonly nowMs: () => number
  readonly mayRole: (roleArn: string, permission: Permission) => Promise<boolean>
}
type Ask = {
  readonly fn: LambdaFunction
  readonly qualifier: string
  readonly method: string
  readonly isList: boolean
  readonly body: Input
  readonly caller: Caller
}

/** @returns status and body. @throws AwsError */
export async function eventInvokeConfig(
  deps: ConfigDeps,
  ask: Ask,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const { fn, qualifier, method, body } = ask
  const known = fn.eventInvokeConfigs.get(qualifier)
  if (method === 'GET' && ask.isList) {
    const FunctionEventInvokeConfigs = [...fn.eventInvokeConfigs].map(([name, config]) => described(fn, name, config))
    return { status: 200, body: { FunctionEventInvokeConfigs } }
  }
  if (method === 'PUT' || method === 'POST') {
    checkQualifier(fn, qualifier)
    if (method === 'POST' && known === undefined) throw unknownConfig(fn, qualifier)
    const config = configFrom(body, method === 'POST' ? known : undefined, deps.nowMs())
    await checkRights(deps, fn, config.destinations)
    fn.eventInvokeConfigs.set(qualifier, config)
    return { status: 200, body: described(fn, qualifier, config) }
  }
  if (known === undefined) throw unknownConfig(fn, qualifier)
  if (method === 'GET') return { status: 200, body: described(fn, qualifier, known) }
  fn.eventInvokeConfigs.delete(qualifier)
  return { status: 204, body: '' }
}

function checkQualifier(fn: LambdaFunction, qualifier: string): void {
  if (qualifier === '$LATEST' || fn.published.has(qualifier) || fn.aliases.has(qualifier)) return
  throw functionNotFound(fn, qualifier)
}

const unknownConfig = (fn: LambdaFunction, qualifier: string): AwsError => {
  const message = `The function ${functionArn(fn, qualifier)} doesn't have an EventInvokeConfig`
  return new AwsError('ResourceNotFoundException', message, 404)
}

function configFrom(body: Input, before: EventInvokeConfig | undefined, nowMs: number): EventInvokeConfig {
  const { retries, ageSeconds, destinations } = before ?? unconfigured
  const given = body['DestinationConfig']
  return {
    retries: within(body, 'MaximumRetryAttempts', 0, 2) ?? retries,
    ageSeconds: within(body, 'MaximumEventAgeInSeconds', 60, 21_600) ?? ageSeconds,
    destinations: given === undefined ? destinations : destinationsIn(object(given, 'DestinationConfig')),
    modifiedMs: nowMs,
  }
}

function within(body: Input, name: string, least: number, most: number): number | undefined {
  const value = optionalNumber(body, name)
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return value
  const bound = value < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`
  const at = name.charAt(0).toLowerCase() + name.slice(1)
  const message = `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: Member must have value ${bound}`
  throw new AwsError('ValidationException', message)
}

export function destinationsIn(given: Input): Destinations {
  const onSuccess = destinationIn(given, 'OnSuccess')
  const onFailure = destinationIn(given, 'OnFailure')
  return { ...(onSuccess === undefined ? {} : { onSuccess }), ...(onFailure === undefined ? {} : { onFailure }) }
}

/** An empty string removes a destination. */
function destinationIn(given: Input, name: string): string | undefined {
  const arn = optionalText(object(given[name] ?? {}, name), 'Destination') ?? ''
  if (arn !== '' && !arn.startsWith('arn:aws:sqs:')) throw notImplemented(`Lambda destinations like ${arn}`)
  return arn === '' ? undefined : arn
}

/** Lambda checks the role's permissions before it accepts a destination. @throws AwsError */
export async function checkRights(
  { mayRole }: Pick<ConfigDeps, 'mayRole'>,
  fn: LambdaFunction,
  destinations: Destinations,
): Promise<void> {
  for (const resource of Object.values(destinations)) {
    if (await mayRole(fn.latest.config.role, { action: 'sqs:SendMessage', resource })) continue
    const message = `The function's execution role does not have permissions to call SendMessage on ${resource}`
    throw new AwsError('InvalidParameterValueException', message)
  }
}

const described = (fn: LambdaFunction, qualifier: string, config: EventInvokeConfig): Record<string, unknown> => ({
  LastModified: config.modifiedMs / 1000,
  FunctionArn: functionArn(fn, qualifier),
  MaximumRetryAttempts: config.retries,
  MaximumEventAgeInSeconds: config.ageSeconds,
  DestinationConfig: {
    OnSuccess: destination(config.destinations.onSuccess),
    OnFailure: destination(config.destinations.onFailure),
  },
})

const destination = (arn: string | undefined): Record<string, unknown> =>
  arn === undefined ? {} : { Destination: arn }
