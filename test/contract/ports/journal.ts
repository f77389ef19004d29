// The contract of the release log: one winner for each sequence number, one order, nothing unreadable passed on.
import { describe, expect, it } from 'vitest'
import type { Journal } from '../../../cloud/ports.ts'
import { expectReadableOrProblem } from '../fuzz.ts'
import { expectProblem, paused, requested } from '../samples.ts'

type JournalUnderTest = {
  readonly journal: Journal
  readonly spoilEvent: (releaseId: string, seq: number, text: string) => unknown
  readonly spoilWaiter: (releaseId: string, slot: string, text: string) => unknown
}

export function journalContract(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`journal: ${name}`, () => {
    it('reads a release that does not exist as an empty log', async () => {
      const { journal } = await open()
      expect(await journal.read('nobody')).toEqual({ events: [], isWhole: true })
      expect(await journal.waiters('nobody')).toEqual([])
    })

    it('returns events as they were written, in order', async () => {
      const { journal } = await open()
      const events = [requested('r1'), ...Array.from({ length: 11 }, (_, index) => paused(index + 2))]
      for (const event of events) expect(await journal.append('r1', event)).toBeTruthy()
      expect(await journal.append('other', requested('other'))).toBeTruthy()
      expect((await journal.read('r1')).events).toEqual(events)
    })

    it('drops fields without a value', async () => {
      const { journal } = await open()
      await journal.append('r1', { ...requested('r1'), reason: undefined })
      expect(Object.keys((await journal.read('r1')).events[0]!)).not.toContain('reason')
    })

    it('lets exactly one of ten concurrent writers have a sequence number', async () => {
      const { journal } = await open()
      await journal.append('r1', requested('r1'))
      const wishes = Array.from({ length: 10 }, (_, index) => paused(2, `writer ${index}`))
      const won = await Promise.all(wishes.map((event) => journal.append('r1', event)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await journal.read('r1')).events[1]).toEqual(wishes[won.findIndex(Boolean)])
    })

    it('accepts the same event again, so that a lost answer is no conflict', async () => {
      const { journal } = await open()
      expect(await journal.append('r1', requested('r1'))).toBeTruthy()
      expect(await journal.append('r1', requested('r1'))).toBeTruthy()
      expect(await journal.append('r1', { ...requested('r1'), reason: 'another one' })).toBeUndefined()
      expect((await journal.read('r1')).events).toEqual([requested('r1')])
    })

    it('links each event to the one before, however it is read', async () => {
      const { journal } = await open()
      const first = await journal.append('r1', requested('r1'))
      const second = await journal.append('r1', paused(2), first)
      const third = await journal.append('r1', paused(3), second)
      expect(new Set([first, second, third]).size).toBe(3)
      expect((await journal.read('r1')).link).toBe(third)
      expect((await journal.read('r1', { afterSeq: 1, atMost: 1 })).link).toBe(second)
      expect((await journal.read('r1', { afterSeq: 3 })).link).toBeUndefined()
      // A write that is repeated because its answer was lost.
      expect(await journal.append('r1', paused(3), second)).toBe(third)
      const items = await journal.items('r1')
      expect(items.map(({ sk }) => sk)).toEqual(['EVENT#000001', 'EVENT#000002', 'EVENT#000003'])
      expect(items.slice(1).map(({ previous }) => previous)).toEqual([first, second])
      expect(items.map(({ body }) => JSON.parse(body ?? '') as unknown)).toEqual([
        requested('r1'),
        paused(2),
        paused(3),
      ])
    })

    it('keeps one waiter in each slot, the last one', async () => {
      const { journal } = await open()
      await journal.append('r1', requested('r1'))
      await journal.wait('r1', { slot: 'turn', token: 'token-a' })
      await journal.wait('r1', { slot: 'handover-1', token: 'token-b' })
      await journal.wait('r1', { slot: 'turn', token: 'token-c' })
      expect(await journal.waiters('r1')).toEqual([
        { slot: 'handover-1', token: 'token-b' },
        { slot: 'turn', token: 'token-c' },
      ])
      expect(await journal.read('r1')).toMatchObject({ events: [requested('r1')], isWhole: true })
    })

    it('reads on from an event, with a limit on request', async () => {
      const { journal, spoilEvent } = await open()
      const events = [requested('r1'), ...Array.from({ length: 11 }, (_, index) => paused(index + 2))]
      for (const event of events) await journal.append('r1', event)
      await journal.wait('r1', { slot: 'turn', token: 'token-a' })
      await journal.keep('r1', 'what it was')
      expect(await journal.read('r1', { afterSeq: 9 })).toMatchObject({ events: events.slice(9), isWhole: true })
      expect(await journal.read('r1', { afterSeq: 12 })).toEqual({ events: [], isWhole: true })
      expect(await journal.read('r1', { atMost: 5 })).toMatchObject({ events: events.slice(0, 5), isWhole: false })
      expect(await journal.read('r1', { atMost: 13 })).toMatchObject({ events, isWhole: true })
      // A gap right after the known event is still a gap.
      await spoilEvent('r1', 11, JSON.stringify(paused(12)))
      await expectProblem('item_unreadable', journal.read('r1', { afterSeq: 10 }), /r1.*11/)
    })

    it('keeps the last snapshot beside the log', async () => {
      const { journal } = await open()
      await journal.append('r1', requested('r1'))
      expect(await journal.kept('r1')).toBeUndefined()
      await journal.keep('r1', 'first')
      await journal.keep('r1', 'second')
      expect(await journal.kept('r1')).toBe('second')
      expect((await journal.read('r1')).events).toEqual([requested('r1')])
    })

    it('reads a log of more than a megabyte completely', async () => {
      const { journal } = await open()
      await journal.append('r1', requested('r1'))
      const signals = Array.from({ length: 110 }, (_, index) => {
        return { signal: `signal ${index}`, kind: 'pass' as const, because: 'x'.repeat(590) }
      })
      const verdict = {
        kind: 'pass' as const,
        quiet: false,
        because: 'good',
        window: { startMs: 0, endMs: 1 },
        signals,
      }
      for (let seq = 2; seq <= 22; seq++) await journal.append('r1', { v: 1, seq, type: 'judged', atMs: seq, verdict })
      const { events } = await journal.read('r1')
      expect(JSON.stringify(events).length).toBeGreaterThan(1024 * 1024)
      expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 22 }, (_, index) => index + 1))
    })

    it('names the item that it cannot read', async () => {
      const { journal, spoilEvent } = await open()
      await journal.append('r1', requested('r1'))
      await spoilEvent('r1', 2, '{"v":2,"seq":2,"type":"fromTheFuture","atMs":1}')
      await expectProblem('item_unreadable', journal.read('r1'), /r1.*2/)
    })

    it('does not read past a gap, nor an event in the place of another', async () => {
      const { journal, spoilEvent } = await open()
      await journal.append('hole', requested('hole'))
      await journal.append('hole', paused(3))
      await expectProblem('item_unreadable', journal.read('hole'))
      await spoilEvent('gap', 1, JSON.stringify(requested('gap')))
      await spoilEvent('gap', 3, JSON.stringify(paused(2)))
      await expectProblem('item_unreadable', journal.read('gap'))
      await journal.append('swapped', requested('swapped'))
      await spoilEvent('swapped', 2, JSON.stringify(paused(3)))
      await expectProblem('item_unreadable', journal.read('swapped'))
    })

    it('meets anything stored with a value or a Problem', async () => {
      const { journal, spoilEvent, spoilWaiter } = await open()
      await journal.append('r1', requested('r1'))
      const spoil = (text: string): unknown => spoilEvent('r1', 2, text)
      await expectReadableOrProblem(paused(2), spoil, () => journal.read('r1'))
      await journal.append('r2', requested('r2'))
      const waiter = { slot: 'turn', token: 'token-a' }
      await expectReadableOrProblem(
        waiter,
        (text) => spoilWaiter('r2', 'turn', text),
        () => journal.waiters('r2'),
      )
    })
  })
}
