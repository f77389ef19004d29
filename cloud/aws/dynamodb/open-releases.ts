// Open releases in DynamoDB: one item each, by service and id, so a release that is added twice is listed once.
import * as z from 'zod'
import { ReleaseEvent } from '../../../core/release/event.ts'
import { listing } from '../../../core/listing.ts'
import { ServiceName } from '../../../core/service/service.ts'
import type { OpenKey, OpenRelease, OpenReleases } from '../../ports.ts'
import {
  bodyOf,
  bodyReader,
  deleteItem,
  getItem,
  ifNew,
  type Item,
  keyOf,
  keys,
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

// The sweep reads it every minute, and it never changes.
const readBody = bodyReader(StoredOpen, 500_000)

export function awsOpenReleases(table: Table): OpenReleases {
  return {
    async add({ releaseId, service, requestedAtMs, requested }) {
      await putItem(
        table,
        keys.open(service, releaseId),
        bodyOf({ releaseId, service, requestedAtMs, requested }),
        ifNew,
      )
    },
    remove: ({ service, releaseId }) => deleteItem(table, keys.open(service, releaseId)),
    async get({ service, releaseId }) {
      const item = await getItem(table, keys.open(service, releaseId))
      return item === undefined ? undefined : readOpen(item)
    },
    keys: async () => (await queryItems(table, { pk: 'OPEN', keysOnly: true })).map(aboutOpen),
    async page({ atMost, after }) {
      const last = after && keys.open(after.service, after.releaseId).sk
      return listing(await queryItems(table, { pk: 'OPEN', limit: atMost, after: last }), readOpen, aboutOpen)
    },
    async list(service) {
      const items = await queryItems(table, { pk: 'OPEN', ...(service === undefined ? {} : { prefix: `${service}#` }) })
      const found = listing(items, readOpen, aboutOpen)
      return { ...found, items: found.items.toSorted(byRequest) }
    },
  }
}

function aboutOpen(item: Item): OpenKey {
  const [service = '', releaseId = ''] = keyOf(item).sk.split('#')
  return { service, releaseId }
}

const byRequest = (a: OpenRelease, b: OpenRelease): number =>
  a.requestedAtMs - b.requestedAtMs || (a.releaseId < b.releaseId ? -1 : 1)

function readOpen(item: Item): OpenRelease {
  const open = readBody(item)
  if (keys.open(open.service, open.releaseId).sk === keyOf(item).sk) return open
  throw unreadable(keyOf(item), `it holds release ${open.releaseId} of ${open.service}`)
}
