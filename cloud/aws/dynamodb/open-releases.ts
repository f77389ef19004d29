// Open releases in DynamoDB: one item each, by service and id, so a release that is added twice is listed once. Once nothing is
// left of a release but a version that is kept warm, its item says so in an attribute of its own: it is no open release any more.
// Key and body stay what they were: code from before finds it as that of any release.
import * as z from 'zod'
import { Warm } from '../../../core/concurrency/warm.ts'
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
  updateItem,
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

const openOf = (service: string | undefined) =>
  service === undefined ? { pk: 'OPEN' } : { pk: 'OPEN', prefix: `${service}#` }

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
    keys: async () => (await queryItems(table, { pk: 'OPEN', only: 'warm' })).filter(isOpen).map(aboutOpen),
    async page({ atMost, after }) {
      const found: Item[] = []
      let last = after && keys.open(after.service, after.releaseId).sk
      let isMore = true
      while (isMore && found.length < atMost) {
        const limit = atMost - found.length
        const items = await queryItems(table, { pk: 'OPEN', limit, after: last })
        found.push(...items.filter(isOpen))
        last = items.map((item) => keyOf(item).sk).at(-1) ?? last
        isMore = items.length === limit
      }
      return listing(found, readOpen, aboutOpen)
    },
    async list(service) {
      const items = await queryItems(table, openOf(service))
      const found = listing(items.filter(isOpen), readOpen, aboutOpen)
      return { ...found, items: found.items.toSorted(byRequest) }
    },
    async all(service) {
      const items = await queryItems(table, { ...openOf(service), only: 'warm' })
      return { open: items.filter(isOpen).map(aboutOpen), warm: items.flatMap((item) => warmIn(item) ?? []) }
    },
    async keepWarm(warm) {
      await updateItem(table, keys.open(warm.service, warm.releaseId), {
        update: 'SET warm = :warm',
        condition: 'attribute_exists(pk)',
        values: { ':warm': { S: JSON.stringify(warm) } },
      })
    },
  }
}

/** One that cannot be read is open: the sweep settles it again, and writes it anew. */
function warmIn(item: Item): Warm | undefined {
  const text = item['warm']?.S
  if (text === undefined) return undefined
  try {
    const { success, data } = Warm.safeParse(JSON.parse(text))
    return success && keys.open(data.service, data.releaseId).sk === keyOf(item).sk ? data : undefined
  } catch {
    return undefined
  }
}

const isOpen = (item: Item): boolean => warmIn(item) === undefined

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
