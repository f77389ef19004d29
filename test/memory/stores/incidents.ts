// Incidents in memory, with separate items for beginning and end.
import { incidentsOf, IncidentNotice } from '../../../core/measures/incident.ts'
import { listing } from '../../../core/listing.ts'
import type { Incidents } from '../../../cloud/ports.ts'
import { type MemoryTable, unreadable } from './table.ts'

export const incidentsKey = (service: string): string => `incident/${service}`
export const noticeKey = ({ source, id, kind }: Pick<IncidentNotice, 'source' | 'id' | 'kind'>): string =>
  `${source}#${id}#${kind}`

export function memoryIncidents(table: MemoryTable): Incidents {
  const find = (service: string, sk: string): IncidentNotice => {
    const notice = table.get(IncidentNotice, incidentsKey(service), sk)
    if (notice?.service === service && noticeKey(notice) === sk) return notice
    throw unreadable(incidentsKey(service), sk, 'it holds another incident')
  }
  return {
    put(notice) {
      table.set(incidentsKey(notice.service), noticeKey(notice), notice)
      return Promise.resolve()
    },
    list(service, fromMs, toMs) {
      const notices = listing(
        table.list(incidentsKey(service)),
        (sk) => find(service, sk),
        (notice) => ({ notice }),
      )
      const items = incidentsOf(notices.items).filter(({ openedAtMs }) => openedAtMs >= fromMs && openedAtMs < toMs)
      return Promise.resolve({ ...notices, items })
    },
  }
}
