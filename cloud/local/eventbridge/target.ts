// A rule's target: which targets are accepted, and what is delivered to them.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import { object, optionalNumber, optionalText, text } from '../protocol/field.ts'
import { type RetryPolicy, retryPolicy, usualRetries } from './delivery.ts'
import type { Input } from '../protocol/json-protocol.ts'
import type { Envelope } from './envelope.ts'

export type Target = {
  readonly id: string
  readonly arn: string
  readonly input?: string
  readonly inputPath?: string
  readonly deadLetterArn?: string
  readonly policy: RetryPolicy
  /** The target as it was put, for ListTargetsByRule. */
  readonly source: Readonly<Record<string, unknown>>
}

/** @throws AwsError */
export function targetFrom(value: unknown): Target {
  const source = object(value, 'targets')
  const known = ['Id', 'Arn', 'RoleArn', 'Input', 'InputPath', 'DeadLetterConfig', 'RetryPolicy']
  const strange = Object.keys(source).find((name) => !known.includes(name))
  if (strange !== undefined) throw notImplemented(`EventBridge targets with ${strange}`)
  const arn = text(source, 'Arn')
  if (!/^arn:[^:]+:(lambda|states):/.test(arn)) throw notImplemented(`EventBridge targets like ${arn}`)
  const input = optionalText(source, 'Input')
  const inputPath = optionalText(source, 'InputPath')
  if (input !== undefined && inputPath !== undefined) {
    throw new AwsError('ValidationException', 'Only one of Input and InputPath may be given.')
  }
  if (input !== undefined) checkJson(input)
  if (inputPath !== undefined && !/^\$(\.[\w-]+)*$/.test(inputPath)) throw notImplemented(`InputPath ${inputPath}`)
  const dead = source['DeadLetterConfig']
  return {
    id: text(source, 'Id'),
    arn,
    ...(input === undefined ? {} : { input }),
    ...(inputPath === undefined ? {} : { inputPath }),
    ...(dead === undefined ? {} : { deadLetterArn: text(object(dead, 'DeadLetterConfig'), 'Arn') }),
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
  const steps = (target.inputPath ?? '$').split('.').slice(1)
  let value: unknown = event
  for (const step of steps) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string, unknown>)[step]
        : {}
  }
  return JSON.stringify(value)
}
