// Watches of releases after their promotion, in DynamoDB: one item each, changed by one looker at a time.
import { listing } from '../../../core/listing.ts'
import { Watch } from '../../../core/watch/watch.ts'
import type { Watches } from '../../ports.ts'
import {
  bodyOf,
  deleteItem,
  ifNew,
  type Item,
  keyOf,
  keys,
  parseBody,
  putOwn,
  queryItems,
  type Table,
} from '../dynamodb/table.ts'

export function awsWatches(table: Table): Watches {
  return {
    async put(watch) {
      const { service, releaseId, rev } = watch
      const before = { N: String(rev - 1) }
      const condition = rev === 1 ? ifNew : { expression: 'rev = :before', values: { ':before': before } }
      const item = { ...bodyOf(watch), rev: { N: String(rev) } }
      return putOwn(table, keys.watch(service, releaseId), item, condition)
    },
    async list(service) {
      const { pk } = keys.watch('', '')
      const query = { pk, ...(service === undefined ? {} : { prefix: `${service}#` }) }
      return listing(await queryItems(table, query), (item) => parseBody(Watch, item), aboutOf)
    },
    remove: ({ service, releaseId }) => deleteItem(table, keys.watch(service, releaseId)),
  }
}

function aboutOf(item: Item): { readonly service: string; readonly releaseId: string } {
  const [service = '', releaseId = ''] = keyOf(item).sk.split('#')
  return { service, releaseId }
}
