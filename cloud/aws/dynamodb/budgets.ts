// Good and bad counts of an SLO in DynamoDB: one item for each hour, so a write costs one unit and 28 days are one query.
import { expiry, slotsOf, hourOf, StoredHour, StoredMark } from '../../../core/budget/stored.ts'
import { listing } from '../../../core/listing.ts'
import type { Budgets } from '../../ports.ts'
import { bodyOf, getItem, type Item, keyOf, keys, parseBody, putItem, queryItems, type Table } from './table.ts'

export function awsBudgets(table: Table): Budgets {
  return {
    async putHour(service, slo, hourMs, slots) {
      const expires = { [expiry.attribute]: { N: String(expiry.ofHour(hourMs)) } }
      await putItem(table, keys.budgetHour(service, slo, hourMs), { ...bodyOf(hourOf(hourMs, slots)), ...expires })
    },
    async read(service, slo, fromMs, toMs) {
      if (toMs <= fromMs) return { items: [], unreadable: [] }
      const first = keys.budgetHour(service, slo, fromMs)
      const last = keys.budgetHour(service, slo, toMs - 1)
      const items = await queryItems(table, { pk: first.pk, between: [first.sk, last.sk] })
      const about = (item: Item) => ({ hourMs: Number(keyOf(item).sk.split('#')[1]) })
      const hours = listing(items, (item) => slotsOf(about(item).hourMs, parseBody(StoredHour, item)), about)
      return { ...hours, items: hours.items.flat() }
    },
    async mark(service, slo) {
      const item = await getItem(table, keys.budgetMark(service, slo))
      return item === undefined ? undefined : parseBody(StoredMark, item)
    },
    async setMark(service, slo, mark) {
      await putItem(table, keys.budgetMark(service, slo), bodyOf(mark))
    },
  }
}
