// The contract of outgoing messages: either the message was sent, or it throws. And of those that are kept until then: one of a
// key is kept, a cause is claimed once, and what cannot be read blocks no other.
import { describe, expect, it } from 'vitest'
import type { Messages, Messenger, Outbox } from '../../../cloud/ports.ts'
import { keptOf } from '../../../core/message/kept.ts'
import { sentOf } from '../../../core/message/sent.ts'
import { pageOf, textOf } from '../../../core/page.ts'
import { expectProblem, t0Ms } from '../samples.ts'

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

type MessagesUnderTest = {
  readonly messages: Messages
  /** Puts any text in the place of a kept message. */
  readonly spoil: (key: string, text: string) => unknown
}

const kept = (key: string, sentence = key) => keptOf(pageOf('rejected', { key }, { sentence }), t0Ms, [])

export function messagesContract(name: string, open: () => Promise<MessagesUnderTest>): void {
  describe(`messages: ${name}`, () => {
    it('keeps one of a key, until it is removed', async () => {
      const { messages } = await open()
      expect(await messages.keep(kept('a'))).toBeUndefined()
      expect(await messages.keep(kept('a', 'another'))).toEqual(kept('a'))
      expect(await messages.keep(kept('b'))).toBeUndefined()
      expect((await messages.list()).items).toEqual([kept('a'), kept('b')])
      await messages.replace({ ...kept('b'), overAtMs: t0Ms })
      expect(await messages.get('b')).toEqual({ ...kept('b'), overAtMs: t0Ms })
      await messages.remove('a')
      // Whoever has read it before it was sent does not bring it back.
      await messages.replace({ ...kept('a'), overAtMs: t0Ms })
      expect(await messages.get('a')).toBeUndefined()
      expect(await messages.keep(kept('a', 'another'))).toBeUndefined()
    })

    it('of twenty that claim at once, one has it, until the time is over', async () => {
      const { messages } = await open()
      const claims = await Promise.all(Array.from({ length: 20 }, () => messages.claim('c', t0Ms, t0Ms - 1000)))
      expect(claims.filter(Boolean)).toHaveLength(1)
      expect(await messages.told('c')).toEqual({ atMs: t0Ms })
      expect(await messages.claim('c', t0Ms + 1000, t0Ms)).toBe(false)
      expect(await messages.claim('c', t0Ms + 1001, t0Ms + 1)).toBe(true)
      await messages.setTold('c', { atMs: t0Ms, overAtMs: t0Ms + 5 })
      expect(await messages.told('c')).toEqual({ atMs: t0Ms, overAtMs: t0Ms + 5 })
      expect(await messages.told('d')).toBeUndefined()
    })

    it('lists the last that were sent, the latest first', async () => {
      const { messages } = await open()
      expect(await messages.recent(2)).toEqual({ items: [], unreadable: [] })
      const sent = (key: string, atMs: number) => sentOf(kept(key).page, ['topic', 'chat'], atMs)
      const all = [sent('a', t0Ms + 5), sent('b', t0Ms), sent('c', t0Ms + 5000)]
      for (const one of all) await messages.noteSent(one)
      expect((await messages.recent(2)).items).toEqual([all[2], all[0]])
      expect(await messages.told('a')).toBeUndefined()
    })

    it('reports what cannot be read, and lists the others', async () => {
      const { messages, spoil } = await open()
      await messages.keep(kept('a'))
      await messages.keep(kept('b'))
      await spoil('a', '{"page":')
      const { items, unreadable } = await messages.list()
      expect(items).toEqual([kept('b')])
      expect(unreadable.map(({ about }) => about)).toEqual([{ key: 'a' }])
      await expectProblem('item_unreadable', messages.get('a'))
      await expectProblem('item_unreadable', messages.keep(kept('a')))
    })
  })
}
