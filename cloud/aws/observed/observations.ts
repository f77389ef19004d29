// Shifts of others in DynamoDB: a log for each, which is only added to; a row of the report beside it; and what was last seen of
// each alias, which is changed by one looker at a time.
import { ObservedEvent, ObservedShift, SeenAlias } from '../../../core/observe/event.ts'
import { type Listing, listing } from '../../../core/listing.ts'
import type { Observations, ShiftKey } from '../../ports.ts'
import {
  bodyOf,
  getItem,
  ifNew,
  type Item,
  keyOf,
  keys,
  parseBody,
  putItem,
  putOwn,
  queryItems,
  type Table,
  unreadable,
} from '../dynamodb/table.ts'

export function awsObservations(table: Table): Observations {
  return {
    async append(service, id, event) {
      return putOwn(table, keys.observedEvent(service, id, event.seq), bodyOf(event), ifNew)
    },
    async read(service, id, afterSeq = 0) {
      const { pk, sk } = keys.observedEvent(service, id, afterSeq + 1)
      const items = await queryItems(table, { pk, between: [sk, keys.observedEvent(service, id, 999_999).sk] })
      return items.map((item, index) => {
        const event = parseBody(ObservedEvent, item)
        const expected = keys.observedEvent(service, id, afterSeq + index + 1)
        if (keyOf(item).sk !== expected.sk || event.seq !== afterSeq + index + 1)
          throw unreadable(expected, 'it is missing from the middle of the log')
        return event
      })
    },
    async seen(service, functionName, alias) {
      const item = await getItem(table, keys.seen(service, functionName, alias))
      return item && parseBody(SeenAlias, item)
    },
    async setSeen(seen) {
      const { service, functionName, alias, rev } = seen
      const before = { N: String(rev - 1) }
      const condition = rev === 1 ? ifNew : { expression: 'rev = :before', values: { ':before': before } }
      const item = { ...bodyOf(seen), rev: { N: String(rev) } }
      return putOwn(table, keys.seen(service, functionName, alias), item, condition)
    },
    async putShift(shift) {
      await putItem(table, keys.shift(shift.service, shift.beganAtMs, shift.id), bodyOf(shift))
    },
    async shifts(service, fromMs, toMs) {
      const [first, last] = [keys.shift(service, Math.max(0, fromMs), ''), keys.shift(service, toMs, '')]
      const items = await queryItems(table, { pk: first.pk, between: [first.sk, last.sk] })
      return readShifts(items)
    },
    async latest(service, atMost, before) {
      const { pk } = keys.shift(service, 0, '')
      const after = before && keys.shift(service, before.beganAtMs, before.id).sk
      return readShifts(await queryItems(table, { pk, prefix: shiftPrefix, newestFirst: true, limit: atMost, after }))
    },
  }
}

const shiftPrefix = 'SHIFT#'

const readShifts = (items: readonly Item[]): Listing<ObservedShift, ShiftKey> =>
  listing(
    items,
    (item) => parseBody(ObservedShift, item),
    (item) => {
      const [beganAt = '', ...id] = keyOf(item).sk.slice(shiftPrefix.length).split('#')
      return { beganAtMs: Number(beganAt), id: id.join('#') }
    },
  )
