// Releases that wait for a place in a concurrency group, in DynamoDB. The key holds everything.
import type { WaitingLists } from '../../ports.ts'
import { deleteItem, keyOf, keys, putItem, queryItems, type Table } from './table.ts'

export function awsWaitingLists(table: Table): WaitingLists {
  return {
    async add(group, { requestedAtMs, id }) {
      await putItem(table, keys.waiting(group, requestedAtMs, id), {})
    },
    remove: (group, { requestedAtMs, id }) => deleteItem(table, keys.waiting(group, requestedAtMs, id)),
    async first(group, count) {
      const { pk } = keys.waiting(group, 0, '')
      return (await queryItems(table, { pk, limit: count })).map((item) => {
        const [time = '', id = ''] = keyOf(item).sk.split('#')
        return { requestedAtMs: Number(time), id }
      })
    },
  }
}
