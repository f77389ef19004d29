// Messages in memory, kept in the order in which they were sent.
import type { Messenger, Pager } from '../../cloud/ports.ts'
import type { Channel } from '../../core/message/kept.ts'
import { textOf, type Page } from '../../core/page.ts'

export type Told = Pick<Page, 'kind' | 'subject'> & { readonly text: string }

const toldOf = (page: Page): Told => ({ kind: page.kind, subject: page.subject, text: textOf(page) })

/** Tells at once, whatever it is. */
export function memoryPager(pages: Told[]): Pager {
  return {
    page(page) {
      pages.push(toldOf(page))
      return Promise.resolve()
    },
    over: () => Promise.resolve(),
    sendKept: () => Promise.resolve(),
  }
}

export function memoryMessenger(sent: { readonly page: Page; readonly channel: Channel }[]): Messenger {
  return {
    channels: ['topic', 'chat'],
    send(page, channel) {
      sent.push({ page, channel })
      return Promise.resolve()
    },
  }
}
