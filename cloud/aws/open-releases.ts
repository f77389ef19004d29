// Open releases in DynamoDB, sorted by service and time of request. A release is listed once, however often it was added.
import { z } from 'zod'
import { ReleaseEvent } from '../../core/event.ts'
import { ServiceName } from '../../core/service.ts'
import type { OpenRelease, OpenReleases } from '../ports.ts'
import {
  bodyOf,
  deleteItem,
  ifNew,
  type Item,
  keyOf,
  keys,
  parseBody,
  putItem,
  queryItems,
  type Table,
  unreadable,
} from './table.ts'

const [RequestedEvent] = ReleaseEvent.options
const StoredOpen = z.strictObject({
  releaseId: z.string().min(1).max(64),
  service: ServiceName,
  requestedAtMs: z.int().min(0),
  requested: RequestedEvent,
})

export function awsOpenReleases(table: Table): OpenReleases {
  // The time of request is part of the key and not known to everybody, so a release is found by its id.
  const itemsOf = async (service: string, releaseId: string): Promise<readonly Item[]> => {
    const items = await queryItems(table, { pk: 'OPEN', prefix: `${service}#` })
    return items.filter((item) => idOf(item, service) === releaseId)
  }
  return {
    async add(open) {
      if ((await itemsOf(open.service, open.releaseId)).length > 0) return
      const { releaseId, service, requestedAtMs, requested } = open
      const body = bodyOf({ releaseId, service, requestedAtMs, requested })
      await putItem(table, keys.open(service, requestedAtMs, releaseId), body, ifNew)
    },
    async remove({ service, releaseId }) {
      for (const item of await itemsOf(service, releaseId)) await deleteItem(table, keyOf(item))
    },
    async list(service) {
      const items = await queryItems(table, { pk: 'OPEN', ...(service === undefined ? {} : { prefix: `${service}#` }) })
      return firstOfEach(items.map(readOpen))
    },
  }
}

function idOf(item: Item, service: string): string {
  const timeAndMark = 15 + 1
  return keyOf(item).sk.slice(service.length + 1 + timeAndMark)
}

function readOpen(item: Item): OpenRelease {
  const open = parseBody(StoredOpen, item)
  const { sk } = keys.open(open.service, open.requestedAtMs, open.releaseId)
  if (sk !== keyOf(item).sk) throw unreadable(keyOf(item), `it holds release ${open.releaseId} of ${open.service}`)
  return open
}

/** Two that add a release at the same moment, with different times, may both leave an item: the earlier one counts. */
function firstOfEach(open: readonly OpenRelease[]): readonly OpenRelease[] {
  const sorted = open.toSorted((a, b) => a.requestedAtMs - b.requestedAtMs || (a.releaseId < b.releaseId ? -1 : 1))
  return [...Map.groupBy(sorted, (one) => one.releaseId).values()].flatMap((same) => same.slice(0, 1))
}
