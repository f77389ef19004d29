// Outages of AWS services in DynamoDB, one item each. An item that cannot be read is ignored; the next write replaces it.
import { Outage } from '../../../core/release/outage.ts'
import { Problem } from '../../../core/problem.ts'
import type { Outages } from '../../ports.ts'
import { bodyOf, deleteItem, type Item, keys, parseBody, putItem, queryItems, type Table } from './table.ts'

export function awsOutages(table: Table): Outages {
  return {
    async list() {
      const items = await queryItems(table, { pk: keys.outage('').pk })
      return items.flatMap(readable)
    },
    async put(outage) {
      await putItem(table, keys.outage(outage.part), bodyOf(outage))
    },
    remove: (part) => deleteItem(table, keys.outage(part)),
  }
}

function readable(item: Item): Outage[] {
  try {
    return [parseBody(Outage, item)]
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}
