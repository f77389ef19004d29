// Stop-the-line in DynamoDB: one item for all services, and one for each service that is stopped individually.
import { StoredStop } from '../../../core/gate/stopped-line.ts'
import { listing } from '../../../core/listing.ts'
import type { Line } from '../../ports.ts'
import {
  bodyOf,
  deleteItem,
  getItem,
  type Item,
  keyOf,
  keys,
  parseBody,
  putItem,
  queryItems,
  type Table,
} from './table.ts'

export function awsLine(table: Table): Line {
  return {
    async stop(service, stopped) {
      await putItem(table, keys.line(service), bodyOf(stopped))
    },
    async stopFor(service, stopped) {
      const expression = 'attribute_not_exists(pk) OR attribute_exists(frozen)'
      const content = { ...bodyOf(stopped), frozen: { S: stopped.release } }
      await putItem(table, keys.line(service), content, { expression })
    },
    async startFor(service, releaseId) {
      const values = { ':release': { S: releaseId } }
      await deleteItem(table, keys.line(service), { expression: 'frozen = :release', values })
    },
    async start(service) {
      const key = keys.line(service)
      const was = await getItem(table, key)
      await deleteItem(table, key)
      return was !== undefined
    },
    async stopped(service) {
      const [all, own] = await Promise.all([getItem(table, keys.line()), getItem(table, keys.line(service))])
      const item = all ?? own
      return item === undefined ? undefined : { ...parseBody(StoredStop, item), isAll: all !== undefined }
    },
    async list() {
      const read = (item: Item) => ({ ...parseBody(StoredStop, item), ...aboutStop(item) })
      return listing(await queryItems(table, { pk: keys.line().pk }), read, aboutStop)
    },
  }
}

function aboutStop(item: Item): { readonly service?: string } {
  const { sk } = keyOf(item)
  return sk === keys.line().sk ? {} : { service: sk }
}
