// A rule's target: which targets are accepted, and what is delivered to them.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import { object, optionalNumber, optionalText, text } from '../protocol/field.ts'
import { type RetryPolicy, retryPolicy, usualRetries } from './delivery.ts'
import type { Input } from '../protocol/json-protocol.ts'
import { type HttpParameters, httpParametersFrom } from './api-destinations.ts'
import type { Envelope } from './envelope.ts'
import { optionalTransformer, stepsOf, type Transformer, transformed, valueAt } from './transform.ts'

export type Target = {
  readonly id: string
  readonly arn: string
  readonly input?: string
  readonly inputPath?: string
  readonly transformer?: Transformer
  /** Of an API destination. A path value may be a path into the event. */
  readonly http: HttpParameters
  readonly deadLetterArn?: string
  readonly policy: RetryPolicy
  /** The target as it was put, for ListTargetsByRule. */
  readonly source: Readonly<Record<string, unknown>>
}

const more = ['InputTransformer', 'HttpParameters']

/** @throws AwsError */
export function targetFrom(value: unknown): Target {
  const source = object(value, 'targets')
  const known = ['Id', 'Arn', 'RoleArn', 'Input', 'InputPath', 'DeadLetterConfig', 'RetryPolicy', ...more]
  const strange = Object.keys(source).find((name) => !known.includes(name))
  if (strange !== undefined) throw notImplemented(`EventBridge targets with ${strange}`)
  const arn = text(source, 'Arn')
  const isDestination = /^arn:[^:]+:events:[^:]*:\d*:api-destination\//.test(arn)
  if (!isDestination && !/^arn:[^:]+:(lambda:|states:|ssm:.*:opsitem$)/.test(arn))
    throw notImplemented(`EventBridge targets like ${arn}`)
  const input = optionalText(source, 'Input')
  const inputPath = optionalText(source, 'InputPath')
  if (input !== undefined && inputPath !== undefined) {
    throw new AwsError('ValidationException', 'Only one of Input and InputPath may be given.')
  }
  if (input !== undefined) checkJson(input)
  if (inputPath !== undefined && !/^\$(\.[\w-]+)*$/.test(inputPath)) throw notImplemented(`InputPath ${inputPath}`)
  if (isDestination && optionalText(source, 'RoleArn') === undefined)
    throw new AwsError('ValidationException', 'RoleArn is required for target API destination.')
  const dead = source['DeadLetterConfig']
  const transformer = optionalTransformer(source)
  return {
    id: text(source, 'Id'),
    arn,
    ...(input === undefined ? {} : { input }),
    ...(inputPath === undefined ? {} : { inputPath }),
    ...(dead === undefined ? {} : { deadLetterArn: text(object(dead, 'DeadLetterConfig'), 'Arn') }),
    ...(transformer === undefined ? {} : { transformer }),
    http: httpParametersFrom(source['HttpParameters']),
    policy: policyIn(source),
    source,
  }
}

/** How many retries, and for how long. @throws AwsError */
function policyIn(source: Input): RetryPolicy {
  const given = object(source['RetryPolicy'] ?? {}, 'RetryPolicy')
  return retryPolicy({
    attempts: optionalNumber(given, 'MaximumRetryAttempts') ?? usualRetries.attempts,
    ageSeconds: optionalNumber(given, 'MaximumEventAgeInSeconds') ?? usualRetries.ageSeconds,
  })
}

function checkJson(input: string): void {
  try {
    JSON.parse(input)
  } catch {
    throw new AwsError('ValidationException', 'Input of a target is not JSON.')
  }
}

/** @returns JSON text */
export function deliveredTo(target: Target, event: Envelope): string {
  if (target.input !== undefined) return target.input
  if (target.transformer !== undefined) return transformed(target.transformer, event)
  return JSON.stringify(valueAt(event, stepsOf(target.inputPath ?? '$')) ?? {})
}

/** Paths of the target's HTTP parameters are into the event itself, not into what the transformer makes of it. */
export const httpFor = ({ http }: Target, event: Envelope): HttpParameters => ({
  ...http,
  path: http.path.map((one) => (one.startsWith('$.') ? textAt(event, one) : one)),
})

function textAt(event: Envelope, path: string): string {
  const value = valueAt(event, stepsOf(path))
  return typeof value === 'string' ? value : JSON.stringify(value ?? '')
}
