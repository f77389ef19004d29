// Events and pages in memory: kept in the order in which they were sent.
import type { Outbox } from '../ports.ts'
import { asJson } from './executions.ts'

export type Announcement = { readonly detailType: string; readonly detail: unknown }
export type Page = { readonly subject: string; readonly text: string }

export function memoryOutbox(sent: { readonly announced: Announcement[]; readonly pages: Page[] }): Outbox {
  return {
    announce({ detailType, detail }) {
      sent.announced.push({ detailType, detail: asJson(detail) })
      return Promise.resolve()
    },
    page({ subject, text }) {
      sent.pages.push({ subject, text })
      return Promise.resolve()
    },
  }
}
