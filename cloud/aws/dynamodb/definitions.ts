// Every definition that was applied, in DynamoDB: one item each, put only if its number is free, and never changed.
import { listing } from '../../../core/listing.ts'
import { AppliedDefinition } from '../../../core/service/applied.ts'
import type { Definitions } from '../../ports.ts'
import { bodyOf, ifNew, type Item, keyOf, keys, parseBody, putOwn, queryItems, type Table } from './table.ts'

export function awsDefinitions(table: Table): Definitions {
  return {
    async add(seq, applied) {
      return putOwn(table, keys.definition(applied.service, seq), bodyOf(applied), ifNew)
    },
    async list(service, atMost) {
      const { pk, sk: first } = keys.definition(service, 1)
      const between = [first, keys.definition(service, 999_999).sk] as const
      const items = await queryItems(table, { pk, between, newestFirst: true, limit: atMost })
      return listing(
        items,
        (item) => ({ ...parseBody(AppliedDefinition, item), seq: seqOf(item) }),
        (item) => ({ service, seq: seqOf(item) }),
      )
    },
  }
}

const seqOf = (item: Item): number => Number(keyOf(item).sk)
