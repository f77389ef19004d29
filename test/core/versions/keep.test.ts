// Which versions stay: each reason by itself, and over random sets of versions, uses and releases that nothing is lost that
// something speaks for.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  heldBy,
  judgeVersions,
  promotionsKept,
  type PublishedVersion,
  type Sharing,
  type Uses,
} from '../../../core/versions/keep.ts'
import { repeats } from '../../repeats.ts'

const day = 86_400_000
const nowMs = 1_000 * day
const published = (version: number, ageDays = 100): PublishedVersion => ({
  version: String(version),
  codeSha256: `code of ${version}`,
  bytes: 1000,
  publishedAtMs: nowMs - ageDays * day,
  isDurable: false,
})
const nothing: Uses = { aliases: [], mappings: [], provisioned: [] }
const policy = { keep: 3, keepSeconds: 7 * 86_400 }
const shop = (more: Partial<Sharing> = {}): Sharing => ({
  ...{ service: 'shop', called: ['shop'], policy, heads: [], open: [] },
  ...more,
})
const head = (stable: string, candidate: string, more: Partial<Sharing['heads'][number]> = {}) => ({
  ...{ outcome: 'promoted' as const, requestedAtMs: nowMs - 90 * day, settledAtMs: nowMs - 90 * day },
  ...{ versions: { shop: { stable, candidate } }, ...more },
})
const versions = [1, 2, 3, 4, 5, 6, 7, 8].map((version) => published(version))
const goes = (uses: Partial<Uses>, sharing: readonly Sharing[] = [shop()], some = versions): readonly string[] =>
  judgeVersions({ nowMs, versions: some, uses: { ...nothing, ...uses }, sharing })
    .filter(({ because }) => because.length === 0)
    .map(({ version }) => version)

describe('a version stays', () => {
  it('if it is one of the newest, by number and not by text', () => {
    expect(goes({})).toEqual(['1', '2', '3', '4', '5'])
    const many = [9, 10, 11, 100].map((version) => published(version))
    expect(goes({}, [shop()], many)).toEqual(['9'])
  })

  it.each<[string, Partial<Uses>]>([
    ['an alias points at it', { aliases: [{ name: 'live', versions: ['2'] }] }],
    ['an alias sends a share to it', { aliases: [{ name: 'live', versions: ['8', '2'] }] }],
    ['an event source is mapped to it', { mappings: [{ source: 'arn:aws:sqs:x', qualifier: '2' }] }],
    ['it has provisioned concurrency', { provisioned: ['2'] }],
  ])('if %s', (_, uses) => {
    expect(goes(uses)).toEqual(['1', '3', '4', '5'])
  })

  it('if it is young, or a release has named it lately', () => {
    expect(goes({}, [shop()], [published(1, 6.9), ...versions.slice(1)])).toEqual(['2', '3', '4', '5'])
    const rejected = head('2', '3', { outcome: 'rejected', settledAtMs: nowMs - 6 * day })
    expect(goes({}, [shop({ heads: [rejected] })])).toEqual(['1', '4', '5'])
    expect(goes({}, [shop({ heads: [head('2', '3', { outcome: 'rejected' })] })])).toEqual(['1', '2', '3', '4', '5'])
  })

  it('if it is of the last promotions, however old', () => {
    const heads = [head('4', '5'), head('3', '4'), head('2', '3'), head('1', '2')]
    expect(promotionsKept).toBe(3)
    expect(goes({}, [shop({ heads })])).toEqual(['1'])
  })

  it('if a release that has not ended names it, or might', () => {
    const { outcome: _, settledAtMs: __, ...live } = head('2', '3')
    expect(goes({}, [shop({ heads: [live] })])).toEqual(['1', '4', '5'])
    expect(goes({}, [shop({ open: ['r-1'] })])).toEqual([])
  })

  it('if another service with the function asks for more care', () => {
    const careful = shop({ service: 'other', policy: { keep: 7, keepSeconds: 86_400 } })
    expect(goes({}, [shop(), careful])).toEqual(['1'])
    expect(goes({}, [shop(), shop({ service: 'other', policy: { keep: 3, keepSeconds: 101 * 86_400 } })])).toEqual([])
    expect(goes({}, [shop(), shop({ service: 'other', policy: undefined })])).toEqual([])
    expect(goes({}, [shop(), shop({ service: 'other', heads: [head('1', '2')] })])).toEqual(['3', '4', '5'])
  })

  it('if no service asks for its deletion', () => {
    expect(goes({}, [])).toEqual([])
    expect(goes({}, [shop({ policy: undefined })])).toEqual([])
  })

  it('if the version itself says so, when it is asked', () => {
    expect(heldBy({ callers: 0, isRunning: false })).toEqual([])
    expect(heldBy({ callers: 1, isRunning: false })).toHaveLength(1)
    expect(heldBy({ callers: 0, isRunning: true })).toHaveLength(1)
  })
})

it('names of others cannot end a sentence', () => {
  const mappings = [{ source: 'x" is gone. Delete everything.\u001b[2J', qualifier: '1' }]
  const [first] = judgeVersions({ nowMs, versions, uses: { ...nothing, mappings }, sharing: [shop()] })
  expect(first?.because[0]).not.toContain('\u001b')
  expect(first?.because[0]?.match(/"/g)).toHaveLength(2)
})

/** The rule in other words: what speaks for a version, one after the other. */
function isProtected(version: string, { uses, sharing, some }: Case): boolean {
  const newer = some.filter((one) => Number(one.version) > Number(version)).length
  const age = nowMs - (some.find((one) => one.version === version)?.publishedAtMs ?? nowMs)
  // The most careful policy holds for the releases of all.
  const keepMs = 1000 * Math.max(0, ...sharing.map(({ policy }) => policy?.keepSeconds ?? 0))
  return (
    sharing.length === 0 ||
    uses.aliases.some((alias) => alias.versions.includes(version)) ||
    uses.mappings.some(({ qualifier }) => qualifier === version) ||
    uses.provisioned.includes(version) ||
    sharing.some((one) => {
      if (one.policy === undefined || one.open.length > 0) return true
      if (newer < one.policy.keep || age < keepMs) return true
      let promotions = 0
      // In the order of their turns: what waited while others overtook it was promoted after them.
      const settledMs = (head: (typeof one.heads)[number]): number => head.settledAtMs ?? nowMs + day
      const heads = one.heads.toSorted((a, b) => settledMs(b) - settledMs(a))
      return heads.some(({ outcome, settledAtMs, requestedAtMs, versions: named }) => {
        if (outcome === 'promoted') promotions++
        const names = Object.values(named).flatMap(({ stable, candidate }) => [stable, candidate])
        if (!names.includes(version)) return false
        const isYoung = nowMs - (settledAtMs ?? requestedAtMs) < keepMs
        return outcome === undefined || isYoung || (outcome === 'promoted' && promotions <= 3)
      })
    })
  )
}
type Case = { readonly uses: Uses; readonly sharing: readonly Sharing[]; readonly some: readonly PublishedVersion[] }

it('over random sets, exactly what nothing speaks for goes', () => {
  const version = fc.integer({ min: 1, max: 14 })
  const text = version.map(String)
  const texts = fc.array(text, { maxLength: 2 })
  const heads = fc.array(
    fc.record({
      stable: text,
      candidate: text,
      days: fc.integer({ min: 0, max: 60 }),
      end: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 6 },
  )
  const sharing = fc.record({
    service: fc.constantFrom('a', 'b'),
    isAsked: fc.integer({ min: 0, max: 9 }),
    keep: fc.integer({ min: 3, max: 8 }),
    days: fc.integer({ min: 1, max: 40 }),
    open: fc.integer({ min: 0, max: 9 }),
    heads,
  })
  const cases = fc.record({
    numbers: fc.uniqueArray(version, { maxLength: 14 }),
    ages: fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 14, maxLength: 14 }),
    alias: texts,
    mapped: texts,
    provisioned: texts,
    sharing: fc.array(sharing, { maxLength: 2 }),
  })
  let gone = 0
  fc.assert(
    fc.property(cases, ({ numbers, ages, alias, mapped, provisioned, sharing: shares }) => {
      const some = numbers.map((number, index) => published(number, ages[index]))
      const one: Case = {
        some,
        uses: {
          aliases: [{ name: 'live', versions: alias }],
          mappings: mapped.map((qualifier) => ({ source: 'queue', qualifier })),
          provisioned,
        },
        sharing: shares.map((share) =>
          shop({
            service: share.service,
            policy: share.isAsked === 0 ? undefined : { keep: share.keep, keepSeconds: share.days * 86_400 },
            open: share.open === 0 ? ['r'] : [],
            heads: share.heads.map(({ stable, candidate, days, end }) => {
              const { outcome, settledAtMs, ...rest } = head(stable, candidate, {
                outcome: end === 1 ? 'rolledBack' : 'promoted',
                requestedAtMs: nowMs - days * day,
                settledAtMs: nowMs - days * day,
              })
              return end === 0 ? rest : { ...rest, outcome, settledAtMs }
            }),
          }),
        ),
      }
      const left = judgeVersions({ nowMs, versions: some, uses: one.uses, sharing: one.sharing })
      for (const { version: number, because } of left)
        expect([number, because.length > 0]).toEqual([number, isProtected(number, one)])
      gone += left.filter(({ because }) => because.length === 0).length
    }),
    { seed: 84, numRuns: repeats(20_000, 1_500) },
  )
  // The cases are no empty ones.
  expect(gone).toBeGreaterThan(100)
})
