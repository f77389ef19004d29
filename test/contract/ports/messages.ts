// The contract of messages: one of a key is kept, a cause is claimed once, and what cannot be read blocks no other.
import { describe, expect, it } from 'vitest'
import type { Messages } from '../../../cloud/ports.ts'
import { keptOf } from '../../../core/message/kept.ts'
import { pageOf } from '../../../core/page.ts'
import { expectProblem, t0Ms } from '../samples.ts'

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
