// What consumers name besides metrics: queues and mappings. CloudWatch is silent about one that is not there, as it is about a
// queue to which nothing comes, so it is asked for before a definition is applied and before a release begins.
import { locate } from '../location.ts'
import { nameWords } from '../foreign-text.ts'
import { type Home, siteOfFunction, siteWords } from '../origin.ts'
import { type ConsumerFields, queueOf } from './consumer.ts'

/** A queue or a mapping that a consumer names in a field. */
export type Source = {
  readonly consumer: string
  readonly field: 'queue' | 'deadLetters' | 'mapping'
  /** The name of a queue, or the UUID of a mapping. */
  readonly name: string
  /** As the definition has it. */
  readonly named: string
}

/** Of the consumers of one target. */
export const sourcesOf = (consumers: readonly ConsumerFields[], functionName: string): readonly Source[] =>
  consumers
    .filter((one) => one.function === undefined || one.function === functionName)
    .flatMap(({ name: consumer, queue, deadLetters, mapping }) => [
      ...(queue === undefined ? [] : [{ consumer, field: 'queue' as const, name: queueOf(queue), named: queue }]),
      ...(deadLetters === undefined
        ? []
        : [{ consumer, field: 'deadLetters' as const, name: queueOf(deadLetters), named: deadLetters }]),
      ...(mapping === undefined ? [] : [{ consumer, field: 'mapping' as const, name: mapping, named: mapping }]),
    ])

const named = ({ consumer, field, named: what }: Source): string =>
  `\`${field}\` of consumer ${consumer} names ${nameWords(what)}`

/** Its metrics are where it is, and CloudWatch is asked where the function is. */
export function strayWords(source: Source, functionName: string, home: Home): string | undefined {
  const [, , , region, account] = source.named.split(':')
  if (region === undefined || account === undefined) return undefined
  const site = siteOfFunction(functionName, home)
  if (region === site.region && account === site.account) return undefined
  return `${named(source)}, and its metrics are looked for where ${locate(functionName).name} is: ${siteWords(site)}.`
}

export const missingWords = (source: Source, functionName: string, home: Home): string =>
  `${named(source)}, and there is no such ${source.field === 'mapping' ? 'event source mapping' : 'queue'} in ${siteWords(siteOfFunction(functionName, home))}.`

/** @param invoked the ARN of the function that the mapping invokes */
export function otherFunctionWords(source: Source, functionName: string, invoked: string): string | undefined {
  const [, , , , , , name = ''] = invoked.split(':')
  const { name: wanted } = locate(functionName)
  return name === wanted
    ? undefined
    : `${named(source)}, and that mapping invokes ${nameWords(name)} and not ${wanted}.`
}
