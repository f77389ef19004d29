// The contract of outgoing messages: either the message was sent, or it throws.
import { describe, expect, it } from 'vitest'
import type { Outbox, Pager } from '../../../cloud/ports.ts'

type Awaitable<T> = T | Promise<T>

type OutboxUnderTest = {
  readonly outbox: Outbox
  readonly pager: Pager
  readonly announced: () => Awaitable<readonly { readonly detailType: string; readonly detail: unknown }[]>
  readonly pages: () => Awaitable<readonly { readonly subject: string; readonly text: string }[]>
}

export function outboxContract(name: string, open: () => Promise<OutboxUnderTest>): void {
  describe(`outbox and pager: ${name}`, () => {
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
      const { pager, pages } = await open()
      await pager.page({ kind: 'rolledBack', subject: 'Release r1 of orders', text: 'Rolled back:\nerrors — 12 %' })
      expect(await pages()).toEqual([{ subject: 'Release r1 of orders', text: 'Rolled back:\nerrors — 12 %' }])
    })
  })
}
