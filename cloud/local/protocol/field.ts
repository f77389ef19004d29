// Reads fields of a request: the right type, or an error that names the field.
import { AwsError } from './aws-error.ts'
import type { Input } from './json-protocol.ts'

const invalid = (name: string, what: string): AwsError =>
  new AwsError(
    'ValidationException',
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: ${what}`,
  )

export function text(input: Input, name: string): string {
  const value = optionalText(input, name)
  if (value === undefined || value === '') throw invalid(name, 'Member must not be null')
  return value
}

export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw invalid(name, 'Member must be a string')
  return value
}

export function optionalNumber(input: Input, name: string): number | undefined {
  const value = input[name]
  if (value === undefined || value === null) return undefined
  // The query protocol has no numbers, only strings.
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) throw invalid(name, 'Member must be a number')
  return number
}

export function list(input: Input, name: string): readonly unknown[] {
  const value = input[name]
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid(name, 'Member must be a list')
  return value
}

export function object(value: unknown, name: string): Input {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Input
  throw invalid(name, 'Member must be a structure')
}
