// Events in memory, kept in the order in which they were sent.
import type { Outbox } from '../../../cloud/ports.ts'
import { asJson } from '../executions.ts'

export type Announcement = { readonly source?: string; readonly detailType: string; readonly detail: unknown }

export function memoryOutbox(announced: Announcement[]): Outbox {
  return {
    announce({ source, detailType, detail }) {
      announced.push({ ...(source === undefined ? {} : { source }), detailType, detail: asJson(detail) })
      return Promise.resolve()
    },
  }
}
