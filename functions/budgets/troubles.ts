// What a run of the budget functions could not do, as sentences for its answer.
import type { Listing } from '../../core/listing.ts'
import type { Service } from '../../core/service/service.ts'
import { sentenceOf } from '../steps/each.ts'

type Named = { readonly service: { readonly name: string }; readonly slo: { readonly name: string } }

export const nameOf = ({ service, slo }: Named): string => `${service.name}/${slo.name}`

export const troublesOf = (
  { unreadable }: Listing<Service, { readonly service: string }>,
  failed: readonly { readonly item: Named; readonly error: unknown }[],
): readonly string[] => [
  ...unreadable.map(({ about, problem }) => `${about.service}: ${problem.message}`),
  ...failed.map(({ item, error }) => `${nameOf(item)}: ${sentenceOf(error)}`),
]
