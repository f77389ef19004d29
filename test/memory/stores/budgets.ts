// Good and bad counts of an SLO in memory, by the hour.
import { slotsOf, hourOf, StoredHour, StoredMark } from '../../../core/budget/stored.ts'
import { listing } from '../../../core/listing.ts'
import type { Budgets } from '../../../cloud/ports.ts'
import { type MemoryTable, padded } from './table.ts'

export const budgetOf = (service: string, slo: string): string => `budget/${service}/${slo}`
export const markKey = 'mark'
export const hourKey = (hourMs: number): string => `hour/${padded(hourMs)}`

export function memoryBudgets(table: MemoryTable): Budgets {
  return {
    putHour(service, slo, hourMs, slots) {
      table.set(budgetOf(service, slo), hourKey(hourMs), hourOf(hourMs, slots))
      return Promise.resolve()
    },
    read(service, slo, fromMs, toMs) {
      const hours = table
        .list(budgetOf(service, slo), 'hour/')
        .filter((sk) => sk >= hourKey(fromMs) && sk < hourKey(toMs))
      const about = (sk: string) => ({ hourMs: Number(sk.slice('hour/'.length)) })
      const found = listing(
        hours,
        (sk) => {
          const stored = table.get(StoredHour, budgetOf(service, slo), sk)
          return stored === undefined ? [] : slotsOf(about(sk).hourMs, stored)
        },
        about,
      )
      return Promise.resolve({ ...found, items: found.items.flat() })
    },
    mark: (service, slo) => Promise.resolve(table.get(StoredMark, budgetOf(service, slo), markKey)),
    setMark(service, slo, mark) {
      table.set(budgetOf(service, slo), markKey, mark)
      return Promise.resolve()
    },
  }
}
