// The contracts of leases, which have one holder who keeps it until it is dropped, and of stopped lines.
import { describe, expect, it } from 'vitest'
import type { KeptAnswers, Leases, Line } from '../../../cloud/ports.ts'
import { t0Ms } from '../samples.ts'

export function leasesContract(name: string, open: () => Promise<{ readonly leases: Leases }>): void {
  describe(`leases: ${name}`, () => {
    it('gives a free lease to exactly one of ten', async () => {
      const { leases } = await open()
      const ids = Array.from({ length: 10 }, (_, index) => `r${index}`)
      const holders = await Promise.all(ids.map((id) => leases.take('orders', id)))
      expect(new Set(holders).size).toBe(1)
      expect(ids).toContain(holders[0])
      expect(await leases.holder('orders')).toBe(holders[0])
    })

    it('gives it to its holder again', async () => {
      const { leases } = await open()
      expect(await leases.take('orders', 'r1')).toBe('r1')
      expect(await leases.take('orders', 'r1')).toBe('r1')
      expect(await leases.take('orders', 'r2')).toBe('r1')
      expect(await leases.take('billing', 'r2')).toBe('r2')
    })

    it('lists the leases that are held, and their holders', async () => {
      const { leases } = await open()
      expect((await leases.list()).items).toEqual([])
      await leases.take('orders', 'r1')
      await leases.take('#night/1', 'r1')
      await leases.take('billing', 'r2')
      await leases.drop('billing', 'r2')
      expect((await leases.list()).items).toEqual([
        { name: '#night/1', holder: 'r1' },
        { name: 'orders', holder: 'r1' },
      ])
    })

    it('is handed on only by its holder, or where nobody has it', async () => {
      const { leases } = await open()
      await leases.take('orders', 'r1')
      expect(await leases.hand('orders', 'r2', 'r3')).toBe('r1')
      expect(await leases.hand('orders', 'r1', 'r2')).toBe('r2')
      expect(await leases.hand('orders', 'r1', 'r2')).toBe('r2')
      expect(await leases.hand('orders', 'r1', 'r3')).toBe('r2')
      expect(await leases.hand('billing', 'r1', 'r2')).toBe('r2')
      expect(await leases.holder('orders')).toBe('r2')
    })

    it('is dropped only by its holder', async () => {
      const { leases } = await open()
      await leases.take('orders', 'r1')
      await leases.drop('orders', 'r2')
      expect(await leases.holder('orders')).toBe('r1')
      await leases.drop('orders', 'r1')
      await leases.drop('orders', 'r1')
      expect(await leases.holder('orders')).toBeUndefined()
      expect(await leases.take('orders', 'r2')).toBe('r2')
    })
  })
}

type LineUnderTest = { readonly line: Line; readonly spoil: (service: string, text: string) => unknown }

export function lineContract(name: string, open: () => Promise<LineUnderTest>): void {
  describe(`line: ${name}`, () => {
    const stop = { by: 'ada', reason: 'lunch', sinceMs: t0Ms }

    it('lists what is stopped, and forgets what is started', async () => {
      const { line } = await open()
      expect(await line.list()).toEqual({ items: [], unreadable: [] })
      await line.stop('orders', stop)
      await line.stop(undefined, { ...stop, by: 'bob' })
      const all = { ...stop, by: 'bob' }
      expect((await line.list()).items).toEqual([all, { ...stop, service: 'orders' }])
      expect(await line.start('orders')).toBe(true)
      expect((await line.list()).items).toEqual([all])
    })

    it('is stopped for a frozen release, and started for that one alone', async () => {
      const { line } = await open()
      const frozen = { by: 'tidegate', reason: 'frozen', sinceMs: t0Ms, release: 'r1' }
      await line.stopFor('orders', frozen)
      expect(await line.stopped('orders')).toEqual({ ...frozen, isAll: false })
      await line.startFor('orders', 'r2')
      await line.startFor('billing', 'r1')
      await line.stopFor('orders', { ...frozen, release: 'r2' })
      await line.startFor('orders', 'r1')
      expect(await line.stopped('orders')).toMatchObject({ release: 'r2' })
      await line.startFor('orders', 'r2')
      await line.startFor('orders', 'r2')
      expect(await line.stopped('orders')).toBeUndefined()
    })

    it('keeps the stop of a person, whatever is frozen or fixed', async () => {
      const { line } = await open()
      await line.stop('orders', stop)
      await line.stopFor('orders', { ...stop, by: 'tidegate', release: 'r1' })
      await line.startFor('orders', 'r1')
      expect(await line.stopped('orders')).toEqual({ ...stop, isAll: false })
      // A person who stops it again makes it theirs.
      await line.start('orders')
      await line.stopFor('orders', { ...stop, by: 'tidegate', release: 'r1' })
      await line.stop('orders', stop)
      await line.startFor('orders', 'r1')
      expect(await line.stopped('orders')).toEqual({ ...stop, isAll: false })
    })

    it('lists the others, and names the one that cannot be read', async () => {
      const { line, spoil } = await open()
      for (const service of ['billing', 'orders', undefined]) await line.stop(service, stop)
      await spoil('billing', '{}')
      await spoil('*', 'x')
      const { items, unreadable } = await line.list()
      expect(items).toEqual([{ ...stop, service: 'orders' }])
      expect(unreadable.map(({ about }) => about.service)).toEqual([undefined, 'billing'])
    })
  })
}

/** Of answers to requests with an idempotency key: one request has the key at a time, and its answer stays for a day. */
export function keptAnswersContract(name: string, open: () => Promise<{ readonly keptAnswers: KeptAnswers }>): void {
  const request = (id: string, fingerprint = 'f') => ({ id, fingerprint, untilMs: t0Ms + 65_000 })
  const day = 86_400_000

  describe(`kept answers: ${name}`, () => {
    it('gives a key to one of two requests, and another key to another', async () => {
      const { keptAnswers } = await open()
      const taken = await Promise.all(['1', '2'].map((id) => keptAnswers.take('k', request(id), t0Ms)))
      expect(taken.filter((found) => found === undefined)).toHaveLength(1)
      expect(taken.find((found) => found !== undefined)).toMatchObject({ fingerprint: 'f' })
      expect(await keptAnswers.take('other', request('3'), t0Ms)).toBeUndefined()
    })

    it('is not taken from itself: a write may be sent twice', async () => {
      const { keptAnswers } = await open()
      for (let time = 0; time < 2; time++) expect(await keptAnswers.take('k', request('1'), t0Ms)).toBeUndefined()
    })

    it('keeps the answer for a day after the request', async () => {
      const { keptAnswers } = await open()
      await keptAnswers.take('k', request('1'), t0Ms)
      await keptAnswers.end('k', request('1'), '{"a":1}')
      const found = { fingerprint: 'f', answer: '{"a":1}' }
      expect(await keptAnswers.take('k', request('2', 'g'), t0Ms + day)).toEqual(found)
      expect(await keptAnswers.take('k', request('2'), t0Ms + day + 65_001)).toBeUndefined()
    })

    it('is free when it has ended without an answer, or has run out', async () => {
      const { keptAnswers } = await open()
      await keptAnswers.take('k', request('1'), t0Ms)
      await keptAnswers.end('k', request('1'))
      expect(await keptAnswers.take('k', request('2'), t0Ms)).toBeUndefined()
      expect(await keptAnswers.take('k', request('3'), t0Ms + 64_999)).toBeDefined()
      expect(await keptAnswers.take('k', request('3'), t0Ms + 65_000)).toBeUndefined()
    })

    it('takes no answer from a request that has lost the key', async () => {
      const { keptAnswers } = await open()
      await keptAnswers.take('k', request('1'), t0Ms)
      await keptAnswers.take('k', { ...request('2'), untilMs: t0Ms + 200_000 }, t0Ms + 65_000)
      await keptAnswers.end('k', request('1'), 'late')
      const found = await keptAnswers.take('k', request('3'), t0Ms + 66_000)
      expect([found?.fingerprint, found?.answer]).toEqual(['f', undefined])
    })
  })
}
