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
    take: (service, releaseId) => put(table, service, releaseId, releaseId),
    hand: (service, from, to) => put(table, service, to, from),
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

/** @returns who holds it afterwards: `me`, if it was free, or `from`'s, or its own */
async function put(table: Table, service: string, me: string, from: string): Promise<string> {
  const condition = {
    expression: 'attribute_not_exists(pk) OR holder = :me OR holder = :from',
    values: { ':me': { S: me }, ':from': { S: from } },
  }
  for (let round = 0; round < roundsMax; round++) {
    const refused = await putItem(table, keys.lease(service), { holder: { S: me } }, condition)
    if (refused === undefined) return me
    if (refused.inTheWay !== undefined) return holderOf(refused.inTheWay)
  }
  throw new Problem('crowded', `The lease of ${service} keeps changing hands.`)
}
