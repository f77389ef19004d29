// Incidents in DynamoDB: one item for the start and one for the end of each, so that they may arrive in any order.
import { incidentsOf, IncidentNotice } from '../../../core/measures/incident.ts'
import { listing } from '../../../core/listing.ts'
import type { Incidents } from '../../ports.ts'
import { bodyOf, type Item, keyOf, keys, parseBody, putItem, queryItems, type Table, unreadable } from './table.ts'

export function awsIncidents(table: Table): Incidents {
  return {
    async put(notice) {
      await putItem(table, keys.incident(notice), bodyOf(notice))
    },
    async list(service, fromMs, toMs) {
      const { pk } = keys.incident({ service, source: '', id: '', kind: '' })
      const notices = listing(await queryItems(table, { pk }), readNotice, (item) => ({ notice: keyOf(item).sk }))
      const all = incidentsOf(notices.items)
      return { ...notices, items: all.filter(({ openedAtMs }) => openedAtMs >= fromMs && openedAtMs < toMs) }
    },
  }
}

function readNotice(item: Item): IncidentNotice {
  const notice = parseBody(IncidentNotice, item)
  const key = keys.incident(notice)
  if (key.pk !== keyOf(item).pk || key.sk !== keyOf(item).sk)
    throw unreadable(keyOf(item), `it holds incident ${notice.id} of ${notice.service}`)
  return notice
}
