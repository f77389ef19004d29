// Input transformers: a template with variables that are read from the event. Nothing that a variable holds is escaped, as AWS
// says (docs/aws.md §14). So what is not fit for the template shows here, as it would there.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import { object, optionalText, text } from '../protocol/field.ts'
import type { Envelope } from './envelope.ts'

export type Transformer = { readonly paths: ReadonlyMap<string, readonly string[]>; readonly template: string }

const variablesMost = 100

/** @throws AwsError */
function transformerFrom(value: unknown): Transformer {
  const source = object(value, 'InputTransformer')
  const paths = Object.entries(object(source['InputPathsMap'] ?? {}, 'InputPathsMap'))
  if (paths.length > variablesMost)
    throw new AwsError('ValidationException', 'An input transformer has at most 100 variables.')
  return {
    paths: new Map(
      paths.map(([name]) => [name, stepsOf(text(object(source['InputPathsMap'], 'InputPathsMap'), name))]),
    ),
    template: text(source, 'InputTemplate'),
  }
}

/** The steps of `$.detail.service`. */
export function stepsOf(path: string): readonly string[] {
  if (!/^\$(\.[\w-]+)*$/.test(path)) throw notImplemented(`the path ${path}`)
  return path.split('.').slice(1)
}

export function valueAt(event: Envelope, steps: readonly string[]): unknown {
  let value: unknown = event
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}

/** A variable that finds nothing leaves nothing; a string outside of quotation marks gets some. */
export function transformed({ paths, template }: Transformer, event: Envelope): string {
  let isQuoted = false
  return template.replaceAll(/\\.|"|<([\w.-]+)>/g, (found, name: string | undefined) => {
    if (found === '"') isQuoted = !isQuoted
    const steps = name === undefined ? undefined : paths.get(name)
    if (steps === undefined) return found
    const value = valueAt(event, steps)
    if (value === undefined) return ''
    if (typeof value !== 'string') return isQuoted ? JSON.stringify(value).replaceAll('"', '') : JSON.stringify(value)
    return isQuoted ? value : `"${value}"`
  })
}

export const optionalTransformer = (source: Readonly<Record<string, unknown>>): Transformer | undefined => {
  if (source['InputTransformer'] === undefined) return undefined
  if (optionalText(source, 'Input') !== undefined || optionalText(source, 'InputPath') !== undefined)
    throw new AwsError('ValidationException', 'Only one of Input, InputPath and InputTransformer may be given.')
  return transformerFrom(source['InputTransformer'])
}
