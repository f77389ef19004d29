// Return records in DynamoDB, all in one partition, so that the sweep can list them even when nothing else of a release is
// readable.
import { listing } from '../../../core/listing.ts'
import { ReturnRecord } from '../../../core/release/return-record.ts'
import { expiry } from '../../../core/budget/stored.ts'
import type { Returns } from '../../ports.ts'
import {
  bodyOf,
  bodyReader,
  deleteItem,
  getItem,
  type Item,
  keyOf,
  keys,
  putItem,
  queryItems,
  type Table,
  unreadable,
} from './table.ts'

// The sweep reads each every minute, and a shift changes it.
const readBody = bodyReader(ReturnRecord, 500_000)

// An attribute beside the body, so that a condition can test it.
const ended = 'ended'

export function awsReturns(table: Table): Returns {
  return {
    async put(record) {
      const condition = { expression: `attribute_not_exists(${ended})` }
      await putItem(table, keys.returnRecord(record.releaseId), bodyOf(record), condition)
    },
    async get(releaseId) {
      const item = await getItem(table, keys.returnRecord(releaseId))
      return item === undefined ? undefined : readRecord(item)
    },
    async list() {
      const items = await queryItems(table, { pk: keys.returnRecord('').pk })
      const all = listing(items, readRecord, (item) => ({ releaseId: keyOf(item).sk }))
      return { ...all, items: all.items.filter((record) => record.ended === undefined) }
    },
    async end(record) {
      const expires = { [expiry.attribute]: { N: String(expiry.ofReturn(record.ended.atMs)) } }
      const content = { ...bodyOf(record), ...expires, [ended]: { BOOL: true } }
      await putItem(table, keys.returnRecord(record.releaseId), content)
    },
    remove: (releaseId) => deleteItem(table, keys.returnRecord(releaseId)),
  }
}

function readRecord(item: Item): ReturnRecord {
  const record = readBody(item)
  if (record.releaseId === keyOf(item).sk) return record
  throw unreadable(keyOf(item), `it holds the record of ${record.releaseId}`)
}
