// Pages in memory, kept in the order in which they were sent.
import type { Pager } from '../../cloud/ports.ts'

export type Page = { readonly subject: string; readonly text: string }

export function memoryPager(pages: Page[]): Pager {
  return {
    page({ subject, text }) {
      pages.push({ subject, text })
      return Promise.resolve()
    },
  }
}
