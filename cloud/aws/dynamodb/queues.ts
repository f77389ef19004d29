// Releases that wait for the lease of their service, in DynamoDB. The key holds everything, so an entry costs one write unit, and
// forty of them one read unit.
import { lanes, type QueueEntry, whileLives } from '../../../core/queue/admission.ts'
import type { Queues } from '../../ports.ts'
import { deleteItem, type Item, keyOf, keys, padded, putItem, queryItems, type Table } from './table.ts'

export function awsQueues(table: Table): Queues {
  const search = async (prefix: string, how: { readonly limit?: number; readonly newestFirst?: boolean } = {}) =>
    (await queryItems(table, { pk: keys.queue('', '').pk, ...(prefix === '' ? {} : { prefix }), ...how })).flatMap(read)
  const entriesOf = async (...asked: Parameters<typeof search>) => (await search(...asked)).map(({ entry }) => entry)
  return {
    async add(service, entry) {
      await putItem(table, keyFor(service, entry), {})
    },
    remove: (service, entry) => deleteItem(table, keyFor(service, entry)),
    first: (service, count) => entriesOf(`${service}#`, count === undefined ? {} : { limit: count }),
    async newest(service, lane) {
      const prefix = `${service}#${lanes.indexOf(lane)}#`
      return (await entriesOf(prefix, { newestFirst: true, limit: 1 }))[0]
    },
    list: () => search(''),
  }
}

const keyFor = (service: string, { lane, requestedAtMs, releaseId, whileLive }: QueueEntry) =>
  keys.queue(service, [lanes.indexOf(lane), padded(requestedAtMs, 15), releaseId, whileLive].join('#'))

/** Nothing, if somebody else has written the key. */
function read(item: Item): readonly { readonly service: string; readonly entry: QueueEntry }[] {
  const [service = '', rank = '', time = '', releaseId = '', policy] = keyOf(item).sk.split('#')
  const lane = lanes[Number(rank)]
  const whileLive = whileLives.find((one) => one === policy)
  if (lane === undefined || whileLive === undefined || !/^\d{15}$/.test(time)) return []
  return [{ service, entry: { releaseId, requestedAtMs: Number(time), lane, whileLive } }]
}
