// Leases in DynamoDB: one item for each service that is being moved. Taking and dropping a lease are conditional on its holder,
// and a lease never expires by itself.
import { listing } from '../../../core/listing.ts'
import { Problem } from '../../../core/problem.ts'
import type { Leases } from '../../ports.ts'
import { deleteItem, getItem, type Item, keyOf, keys, putItem, queryItems, type Table, unreadable } from './table.ts'

// The holder may drop the lease after our attempt failed and before we read who holds it. Then it is free again, and we retry.
const roundsMax = 5

export function awsLeases(table: Table): Leases {
  return {
    async take(service, releaseId) {
      const holder = { ':me': { S: releaseId } }
      for (let round = 0; round < roundsMax; round++) {
        const refused = await putItem(
          table,
          keys.lease(service),
          { holder: { S: releaseId } },
          {
            expression: 'attribute_not_exists(pk) OR holder = :me',
            values: holder,
          },
        )
        if (refused === undefined) return releaseId
        if (refused.inTheWay !== undefined) return holderOf(refused.inTheWay)
      }
      throw new Problem('crowded', `The lease of ${service} keeps changing hands.`)
    },
    async drop(service, releaseId) {
      await deleteItem(table, keys.lease(service), { expression: 'holder = :me', values: { ':me': { S: releaseId } } })
    },
    async holder(service) {
      const item = await getItem(table, keys.lease(service))
      return item === undefined ? undefined : holderOf(item)
    },
    async list() {
      const items = await queryItems(table, { pk: keys.lease('').pk })
      const about = (item: Item) => ({ name: keyOf(item).sk })
      return listing(items, (item) => ({ ...about(item), holder: holderOf(item) }), about)
    },
  }
}

function holderOf(item: Item): string {
  const holder = item['holder']?.S
  if (holder === undefined || holder === '') throw unreadable(keyOf(item), 'it names no holder')
  return holder
}
