// The contract of outgoing messages: either the message was sent, or it throws.
import { describe, expect, it } from 'vitest'
import type { Messenger, Outbox } from '../../../cloud/ports.ts'
import { pageOf, textOf } from '../../../core/page.ts'

type Awaitable<T> = T | Promise<T>

type OutboxUnderTest = {
  readonly outbox: Outbox
  readonly messenger: Messenger
  readonly announced: () => Awaitable<readonly { readonly detailType: string; readonly detail: unknown }[]>
  readonly pages: () => Awaitable<readonly { readonly subject: string; readonly text: string }[]>
}

export function outboxContract(name: string, open: () => Promise<OutboxUnderTest>): void {
  describe(`outbox and messenger: ${name}`, () => {
    it('announces events in their order', async () => {
      const { outbox, announced } = await open()
      await outbox.announce({ detailType: 'Release Started', detail: { releaseId: 'r1' } })
      await outbox.announce({ detailType: 'Release Settled', detail: { releaseId: 'r1', outcome: 'promoted' } })
      expect(await announced()).toEqual([
        { detailType: 'Release Started', detail: { releaseId: 'r1' } },
        { detailType: 'Release Settled', detail: { releaseId: 'r1', outcome: 'promoted' } },
      ])
    })

    it('pages a person', async () => {
      const { messenger, pages } = await open()
      const page = pageOf('rolledBack', { key: 'r1' }, { sentence: 'Release r1 of orders', lines: ['errors — 12 %'] })
      await messenger.send(page, 'topic')
      expect(await pages()).toEqual([{ subject: 'Release r1 of orders', text: textOf(page) }])
    })
  })
}
