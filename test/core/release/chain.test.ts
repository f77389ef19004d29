// A log that was changed after it was written is found out, and an honest one never is.
import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparedWith, firstLink, linkOf, type LogItem, verifyLog } from '../../../core/release/chain.ts'
import { logKey } from '../../../core/release/log-key.ts'
import { load, numbered, record } from '../../../functions/steps/log.ts'
import { memoryCloud } from '../../memory/memory.ts'
import { service, t0 } from '../sample.ts'

const digest = (text: string): string => hash('sha256', text, 'base64url')
const id = 'checkout-1'

/** Items as code writes them: code from before this version writes no link (`false`). */
function written(words: readonly (readonly [word: string, isLinked: boolean])[]): readonly LogItem[] {
  const items: LogItem[] = []
  let before = firstLink(digest, id)
  for (const [index, [word, isLinked]] of words.entries()) {
    const seq = index + 1
    const event = { v: 1, seq, type: seq === 1 ? 'requested' : 'paused', ...(seq === 1 ? { releaseId: id } : {}), word }
    const item = { sk: logKey(id, seq).sk, body: JSON.stringify(event), ...(isLinked ? { previous: before } : {}) }
    before = linkOf(digest, id, seq, item)
    items.push(item)
  }
  return items
}

const log = (least: number) =>
  fc
    .array(fc.string({ maxLength: 5 }), { minLength: least, maxLength: 12 })
    .map((words) => written(words.map((word) => [word, true])))
const at = (seq: number) => ({ sk: logKey(id, seq).sk })
const renumbered = (items: readonly LogItem[]): readonly LogItem[] =>
  items.map((item, index) => ({ ...item, ...at(index + 1) }))
const withSeq = (body = '', seq: number): string => body.replace(/"seq":\d+/, `"seq":${seq}`)
const changed = (items: readonly LogItem[], index: number, change: (item: LogItem) => LogItem): readonly LogItem[] =>
  items.map((item, place) => (place === index ? change(item) : item))

/** What somebody may do to a log, at a place `i` of it and another one. Each leaves another log than was written. */
const tampering: Readonly<Record<string, (items: readonly LogItem[], i: number, other: number) => readonly LogItem[]>> =
  {
    'a field': (items, i) =>
      changed(items, i, (one) => ({ ...one, body: one.body?.replace('"v":1', '"v":1,"by":"me"') })),
    'a blank': (items, i) => changed(items, i, (one) => ({ ...one, body: `${one.body ?? ''} ` })),
    'the hash that it carries': (items, i) => changed(items, i, (one) => ({ ...one, previous: digest('mine') })),
    'no hash any more': (items, i) => changed(items, i, ({ previous: _, ...one }) => one),
    'no body any more': (items, i) => changed(items, i, ({ body: _, ...one }) => one),
    'two swapped': (items, i, other) =>
      renumbered(
        items.map((one, place) => (place === i ? (items[other] ?? one) : place === other ? (items[i] ?? one) : one)),
      ),
    'two swapped and numbered again': (items, i, other) =>
      renumbered(
        items
          .map((one, place) => (place === i ? (items[other] ?? one) : place === other ? (items[i] ?? one) : one))
          .map((one, place) => ({ ...one, body: withSeq(one.body, place + 1) })),
      ),
    'one missing': (items, i) => items.filter((_, place) => place !== i),
    'one missing, the others moved up': (items, i) =>
      renumbered(
        items.filter((_, place) => place !== i).map((one, place) => ({ ...one, body: withSeq(one.body, place + 1) })),
      ),
    'one doubled': (items, i) => renumbered(items.flatMap((one, place) => (place === i ? [one, one] : [one]))),
    'one doubled, the others moved on': (items, i) =>
      renumbered(
        items
          .flatMap((one, place) => (place === i ? [one, one] : [one]))
          .map((one, place) => ({ ...one, body: withSeq(one.body, place + 1) })),
      ),
    'one more, with a hash of its own': (items) => [
      ...items,
      { ...at(items.length + 1), body: withSeq(items.at(-1)?.body, items.length + 1), previous: digest('mine') },
    ],
    'one more, without a hash': (items) => [
      ...items,
      { ...at(items.length + 1), body: withSeq(items.at(-1)?.body, items.length + 1) },
    ],
    'the whole, written anew': (items, i) =>
      written(items.map((one, place) => [`${place === i ? 'other ' : ''}${JSON.stringify(one.body)}`, true])),
    'the whole, without hashes': (items) => items.map(({ previous: _, ...one }) => one),
  }

const found = (items: readonly LogItem[], head: { seq: number; link: string | undefined }) => {
  const verified = verifyLog(digest, id, items)
  return verified.broken ?? comparedWith(verified, { head })
}
const endOf = (items: readonly LogItem[]) => ({ seq: items.length, link: verifyLog(digest, id, items).links.at(-1) })
const numRuns = 150

describe('a log that somebody changed', () => {
  it.each(Object.keys(tampering))('%s: is found', (what) => {
    fc.assert(
      fc.property(log(3), fc.nat(), fc.nat(), (items, first, second) => {
        const i = first % items.length
        const other = (i + 1 + (second % (items.length - 1))) % items.length
        const after = tampering[what]?.(items, i, other) ?? []
        expect(found(after, endOf(items))).toBeDefined()
      }),
      { numRuns },
    )
  })

  it('names the event that was changed, where it fits itself otherwise', () => {
    fc.assert(
      fc.property(log(4), fc.nat(), (items, place) => {
        const i = place % (items.length - 2)
        expect(verifyLog(digest, id, tampering['a field']?.(items, i, 0) ?? []).broken?.seq).toBe(i + 1)
        expect(verifyLog(digest, id, tampering['one missing']?.(items, i, 0) ?? []).broken).toEqual({
          seq: i + 1,
          what: 'it is missing',
        })
      }),
      { numRuns },
    )
  })

  it('of another release does not fit, nor does an item that is no event', () => {
    const items = written([
      ['a', true],
      ['b', true],
    ])
    expect(verifyLog(digest, 'checkout-2', items).broken).toMatchObject({ seq: 1 })
    expect(verifyLog(digest, id, [...items, { sk: 'EVENT#000002x', body: '{}' }]).broken).toMatchObject({ seq: 3 })
    expect(comparedWith(verifyLog(digest, id, items), { announced: digest('other') })).toMatchObject({ seq: 2 })
    expect(comparedWith(verifyLog(digest, id, items), { announced: endOf(items).link })).toBeUndefined()
  })
})

describe('an honest log', () => {
  it('fits, from the first event that has a link on, whichever code wrote which', () => {
    const words = fc.array(fc.tuple(fc.string(), fc.boolean()), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(words, (some) => {
        const events = [...some, ['end', true] as const]
        const verified = verifyLog(digest, id, written(events))
        expect(verified.broken).toBeUndefined()
        expect(verified.events).toBe(events.length)
        expect(verified.fromSeq).toBe(events.findIndex(([, isLinked]) => isLinked) + 1)
        // Nothing proves the last event of a log without links, and nothing says that it should.
        expect(verifyLog(digest, id, written(some.map(([word]) => [word, false]))).broken).toBeUndefined()
      }),
      { numRuns },
    )
  })

  it('fits, whoever writes at the same time, warm or cold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.boolean(), { maxLength: 6 }), { minLength: 2, maxLength: 4 }),
        async (writers) => {
          const cloud = memoryCloud({ clock: { nowMs: () => t0 } })
          const candidate = { kind: 'versions', versions: { checkout: '2' } } as const
          const first = { type: 'requested', atMs: t0, releaseId: id, key: 'k', service: service(), candidate } as const
          await cloud.journal.append(id, numbered({ ...first, provenance: { source: 'api' } }, 1))
          await Promise.all(
            writers.map(async (turns, by) => {
              let deps = { journal: { ...cloud.journal } }
              for (const isWarm of turns) {
                // A function that remembers nothing.
                if (!isWarm) deps = { journal: { ...cloud.journal } }
                await record(deps, await load(deps, id), () => ({ type: 'resumed', atMs: t0, by: `writer ${by}` }))
              }
            }),
          )
          const items = await cloud.journal.items(id)
          expect(verifyLog(digest, id, items)).toMatchObject({
            fromSeq: 1,
            without: [],
            events: 1 + writers.flat().length,
          })
          expect(verifyLog(digest, id, items).broken).toBeUndefined()
          expect((await cloud.journal.read(id)).link).toBe(endOf(items).link)
        },
      ),
      { numRuns: 40 },
    )
  })
})
