// Messages in DynamoDB: one item for each that is kept until it is sent, and one for each fact that was told.
import { expiry } from '../../../core/budget/stored.ts'
import { listing } from '../../../core/listing.ts'
import { Kept, Told } from '../../../core/message/kept.ts'
import { Sent } from '../../../core/message/sent.ts'
import type { Messages } from '../../ports.ts'
import {
  bodyOf,
  deleteItem,
  getItem,
  ifNew,
  type Item,
  keyOf,
  keys,
  parseBody,
  putItem,
  queryItems,
  type Table,
} from './table.ts'

const toldItem = (told: Told): Item => ({
  ...bodyOf(told),
  atMs: { N: String(told.atMs) },
  [expiry.attribute]: { N: String(expiry.ofTold(told.atMs)) },
})

export function awsMessages(table: Table): Messages {
  return {
    async keep(kept) {
      const refused = await putItem(table, keys.message(kept.page.key), bodyOf(kept), ifNew)
      return refused?.inTheWay === undefined ? undefined : parseBody(Kept, refused.inTheWay)
    },
    async replace(kept) {
      await putItem(table, keys.message(kept.page.key), bodyOf(kept), { expression: 'attribute_exists(pk)' })
    },
    async get(key) {
      const item = await getItem(table, keys.message(key))
      return item === undefined ? undefined : parseBody(Kept, item)
    },
    async list() {
      const items = await queryItems(table, { pk: keys.message('').pk })
      return listing(
        items,
        (item) => parseBody(Kept, item),
        (item) => ({ key: keyOf(item).sk }),
      )
    },
    remove: (key) => deleteItem(table, keys.message(key)),
    async told(key) {
      const item = await getItem(table, keys.told(key))
      return item === undefined ? undefined : parseBody(Told, item)
    },
    async setTold(key, told) {
      await putItem(table, keys.told(key), toldItem(told))
    },
    async claim(key, atMs, sinceMs) {
      const refused = await putItem(table, keys.told(key), toldItem({ atMs }), {
        expression: 'attribute_not_exists(pk) OR atMs < :since',
        values: { ':since': { N: String(sinceMs) } },
      })
      return refused === undefined
    },
    async noteSent(sent) {
      const expires = { [expiry.attribute]: { N: String(expiry.ofSent(sent.atMs)) } }
      await putItem(table, keys.sent(sent.atMs, sent.key), { ...bodyOf(sent), ...expires })
    },
    async recent(limit) {
      const items = await queryItems(table, { pk: keys.sent(0, '').pk, newestFirst: true, limit })
      return listing(
        items,
        (item) => parseBody(Sent, item),
        (item) => ({ key: keyOf(item).sk }),
      )
    },
  }
}
