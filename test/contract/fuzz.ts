// Corrupt stored items of every kind. Whatever is in the table, reading it gives a value or `item_unreadable`.
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Listing } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'

/** Texts that are not JSON, JSON that is not an item, and items with one thing wrong. */
function spoiltTexts(good: unknown): fc.Arbitrary<string> {
  const fields = Object.keys(good as Record<string, unknown>)
  const twisted = fc
    .tuple(fc.constantFrom(...fields, 'surplus'), fc.jsonValue())
    .map(([field, value]) => JSON.stringify({ ...(good as Record<string, unknown>), [field]: value }))
  const cut = fc.nat({ max: JSON.stringify(good).length - 1 }).map((length) => JSON.stringify(good).slice(0, length))
  return fc.oneof(fc.string(), fc.json(), twisted, cut)
}

/** Corrupts an item repeatedly, and reads it each time. */
export async function expectReadableOrProblem(
  good: unknown,
  spoil: (text: string) => unknown,
  read: () => Promise<unknown>,
): Promise<void> {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(spoiltTexts(good), async (text) => {
      await spoil(text)
      const error: unknown = await read().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      if (error === undefined) return
      refused += 1
      expect(error).toBeInstanceOf(Problem)
      expect((error as Problem).code).toBe('item_unreadable')
    }),
    { numRuns: 60, seed: 20261123 },
  )
  expect(refused).toBeGreaterThan(20)
}

/**
 * Corrupts one of several items repeatedly, and lists them: the others are unaffected, and the corrupt one is either read or
 * named by its key.
 */
export async function expectOthersListed<T, About>(
  good: unknown,
  spoil: (text: string) => unknown,
  list: () => Promise<Listing<T, About>>,
  { others, about }: { readonly others: readonly T[]; readonly about: About },
): Promise<void> {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(spoiltTexts(good), async (text) => {
      await spoil(text)
      const { items, unreadable } = await list()
      for (const one of others) expect(items).toContainEqual(one)
      expect(unreadable.map((one) => one.about)).toEqual(unreadable.length === 0 ? [] : [about])
      expect(unreadable.every(({ problem }) => problem.code === 'item_unreadable')).toBe(true)
      refused += unreadable.length
    }),
    { numRuns: 60, seed: 20261125 },
  )
  expect(refused).toBeGreaterThan(20)
}
