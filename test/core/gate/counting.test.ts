// What counts of what was attested: said by those who may, about exactly this code, and of several parties the worst.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attestation } from '../../../core/gate/attestation.ts'
import { type Counting, directSubjects, furtherSubjects, whatCounts } from '../../../core/gate/counting.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { definition, requested, service, t0 } from '../sample.ts'

const nowMs = t0 + 60_000
const tests = (failed: number, passed = 9) => ({ passed, failed, skipped: 0 })
const scan = (critical: number, high = 0) => ({ critical, high, medium: 0, low: 0 })
const version = 'version/checkout:2'
const said = (by: string, more: Partial<Attestation>): Attestation => ({ subject: version, by, atMs: t0, ...more })

type Changes = Readonly<Record<string, unknown>>
type Provenance = Partial<ReturnType<typeof requested>['provenance']>
/** @param lists of the service @param provenance of the release */
function counting(lists: Changes = {}, provenance: Provenance = {}, more: Partial<Counting['release']> = {}): Counting {
  const release = { ...requested(), provenance: { source: 'api' as const, ...provenance }, ...more }
  return { release, service: service({ attestations: lists }), nowMs }
}
/** Only what would have been read counts. */
function counts(asked: Counting, all: readonly Attestation[]) {
  const about = (names: readonly string[]) => all.filter(({ subject }) => names.includes(subject))
  const direct = about(directSubjects(asked))
  return whatCounts(asked, [...direct, ...about(furtherSubjects(asked, direct))])
}

describe('who may say it', () => {
  const lists = { tests: ['role/ci'], scan: ['aws.ecr'], binding: ['role/builder'], flags: ['ann'] }

  it.each([
    [
      'tests',
      { tests: tests(0) },
      'role/ci',
      'tests attested by role/mallory are not counted: only role/ci may say so',
    ],
    [
      'scan',
      { scan: scan(0) },
      'aws.ecr',
      'scan findings attested by role/mallory are not counted: only aws.ecr may say so',
    ],
    [
      'commit',
      { commit: '4f2a' },
      'role/builder',
      'commits attested by role/mallory are not counted: only role/builder may say so',
    ],
    ['flags', { flags: ['x'] }, 'user/ann', 'flags attested by role/mallory are not counted: only ann may say so'],
  ] as [string, Partial<Attestation>, string, string][])(
    '%s: whoever is listed, and nobody else',
    (field, facts, listed, sentence) => {
      expect(counts(counting(lists), [said(listed, facts)])).toMatchObject(facts)
      const other = counts(counting(lists), [said('role/mallory', facts)])
      expect(other).toEqual({ uncounted: [sentence] })
      expect(field in other).toBe(false)
    },
  )

  it('a person and a role are the same in every spelling; a user of the name of a role, or of AWS, is not', () => {
    const isCounted = (list: string, by: string) =>
      'tests' in counts(counting({ tests: [list] }), [said(by, { tests: tests(0) })])
    expect(isCounted('ann', 'user/ann')).toBe(true)
    expect(isCounted('ANN@example.com', 'sso/ann@example.com')).toBe(true)
    expect(isCounted('role/CI', 'role/ci')).toBe(true)
    expect(isCounted('role/ci', 'user/ci')).toBe(false)
    expect(isCounted('ci', 'role/ci')).toBe(false)
    // From before callers were proven: anybody could have said to be ci.
    expect(isCounted('ci', 'ci')).toBe(false)
    for (const by of ['user/aws.ecr', 'AWS.ecr', 'aws.ecr '])
      expect(counts(counting(lists), [said(by, { scan: scan(0) })])).not.toHaveProperty('scan')
  })

  it('without a list is whoever has the right, and what is stored from before counts', () => {
    const all = [said('role/ci', { tests: tests(0) }), said('ci', { scan: scan(0), commit: '4f2a' })]
    expect(counts(counting(), all)).toEqual({ tests: tests(0), scan: scan(0), commit: '4f2a', bound: true })
    expect(counts(counting(), [said('user/aws.ecr', { scan: scan(0) })])).not.toHaveProperty('scan')
  })

  it.each([
    [{ tests: [] }],
    [{ tests: ['arn:aws:iam::111122223333:role/ci'] }],
    [{ tests: ['arn:aws:sts::111122223333:assumed-role/ci/session'] }],
    [{ tests: ['roles/ci'] }],
    [{ tests: ['aws.ecr'] }],
    [{ scan: ['aws.inspector2'] }],
    [{ scan: ['user/aws.ecr'] }],
    [{ binding: ['signer/nobody'] }],
    [{ binding: ['role/ci\u200b'] }],
    [{ surplus: ['ann'] }],
  ])('a list that names nobody is refused: %j', (attestations) => {
    expect(() => parseDefinition({ ...definition, attestations })).toThrow(/attestations/)
  })
})

describe('a commit', () => {
  const ofCommit = said('role/ci', { subject: 'commit/4f2a', tests: tests(0) })

  it('that the caller merely names lends nothing', () => {
    expect(counts(counting({}, { commit: '4f2a', requestedBy: 'user/mallory' }), [ofCommit])).toEqual({
      commit: '4f2a',
      uncounted: [
        'tests attested by role/ci are not counted: nobody who may say so has said that this was built from commit 4f2a, which the release only names',
      ],
    })
    // With a list, a name is not even known to be a commit of it.
    expect(counts(counting({ binding: ['role/builder'] }, { commit: '4f2a' }), [])).toEqual({})
  })

  it('that a builder names lends its tests, in whatever case it is spelled', () => {
    const bound = said('role/builder', { commit: '4F2A' })
    expect(counts(counting(), [ofCommit, bound])).toEqual({ commit: '4f2a', bound: true, tests: tests(0) })
    expect(counts(counting({}, { commit: '9999' }), [ofCommit, bound])).toMatchObject({
      commit: '4f2a',
      tests: tests(0),
    })
  })

  it('that the one who starts the release names is a binding if they are listed', () => {
    const by = (requestedBy: string | undefined, source: 'api' | 'codepipeline' = 'api') =>
      counts(
        counting(
          { binding: ['role/builder', 'aws.codepipeline'] },
          { commit: '4f2a', source, ...(requestedBy && { requestedBy }) },
        ),
        [ofCommit],
      )
    expect(by('role/builder')).toMatchObject({ bound: true, tests: tests(0) })
    expect(by(undefined, 'codepipeline')).toMatchObject({ bound: true, tests: tests(0) })
    // The source is what the caller says, unless nobody called.
    for (const one of [by('role/mallory'), by('role/mallory', 'codepipeline'), by(undefined)])
      expect(one).not.toHaveProperty('tests')
  })

  it('is not bound by what is said about a commit, as it was before', () => {
    const old = said('ci', { subject: 'commit/4f2a', commit: '4f2a', tests: tests(0) })
    expect(counts(counting({}, { commit: '4f2a' }), [old])).not.toHaveProperty('tests')
  })

  it('is unknown where two are said', () => {
    const all = [ofCommit, said('role/a', { commit: '4f2a' }), said('role/b', { commit: 'bbbb' })]
    expect(counts(counting(), all)).toEqual({ uncounted: ['it is said to be built from 4f2a and from bbbb'] })
  })

  it('must be known of every function of the release', () => {
    const candidate = { kind: 'versions' as const, versions: { checkout: '2', cart: '7' } }
    const cart = { subject: 'version/cart:7' }
    const asked = counting({}, {}, { candidate })
    const bound = said('role/builder', { commit: '4f2a' })
    expect(counts(asked, [ofCommit, bound])).toEqual({})
    expect(counts(asked, [ofCommit, bound, { ...bound, ...cart }])).toMatchObject({ bound: true, tests: tests(0) })
    // Of one of them it is enough to know that it is bad.
    expect(counts(asked, [said('role/ci', { ...cart, tests: tests(3) })])).toMatchObject({ tests: tests(3) })
  })
})

describe('names that whoever starts the release has chosen', () => {
  const call = said('role/ci', { subject: 'call/build-7', tests: tests(0) })
  const asked = (requestedBy: string) => counting({}, { requestedBy }, { key: 'call/build-7' })

  it('count for the one who said it, and not for another who took the id', () => {
    expect(counts(asked('role/ci'), [call])).toEqual({ tests: tests(0) })
    expect(counts(asked('role/mallory'), [call])).toEqual({
      uncounted: ['tests attested by role/ci are not counted: somebody else has started the release build-7'],
    })
  })

  it('count from when there is a release', () => {
    const of = (atMs: number) =>
      counts(counting(), [said('role/ci', { subject: 'release/checkout-1', tests: tests(0), atMs })])
    expect(of(t0)).toEqual({ tests: tests(0) })
    expect(of(t0 - 1).uncounted?.[0]).toMatch(/said before the release was asked for$/)
    expect(of(t0 - 1)).not.toHaveProperty('tests')
  })
})

describe('of several parties', () => {
  it('the worst counts, whoever was last', () => {
    const all = [
      said('role/ci', { tests: tests(2), atMs: t0 }),
      said('role/nightly', { tests: tests(0), atMs: t0 + 9 }),
    ]
    expect(counts(counting(), all)).toEqual({ tests: tests(2) })
    const scans = [said('aws.ecr', { scan: scan(2, 0) }), said('role/trivy', { scan: scan(0, 5), atMs: t0 + 9 })]
    expect(counts(counting(), scans)).toEqual({ scan: scan(2, 5) })
    // Of the commit and of the version.
    const both = [
      said('role/b', { commit: '4f2a', tests: tests(0) }),
      said('role/ci', { subject: 'commit/4f2a', tests: tests(1) }),
    ]
    expect(counts(counting(), both)).toMatchObject({ tests: tests(1) })
  })

  it('what is dated ahead of the clock does not count', () => {
    const of = (atMs: number) => counts(counting(), [said('aws.ecr', { scan: scan(0), atMs })])
    expect(of(Date.UTC(9999, 0)).uncounted).toEqual([
      'scan findings attested by aws.ecr are not counted: it is dated ahead of the clock',
    ])
    expect(of(nowMs + 60_000)).toHaveProperty('scan')
  })

  it('what was replaced is told', () => {
    const earlier = [
      { atMs: t0, tests: tests(2), because: 'flaky" and fine' },
      { atMs: t0, tests: tests(0) },
    ]
    expect(counts(counting(), [said('role/ci', { tests: tests(0), earlier })])).toEqual({
      tests: tests(0),
      replaced: [`role/ci has replaced 2 failed tests: "flaky' and fine"`],
    })
  })

  it('it does not depend on the order, and one more never makes known tests or findings better', () => {
    const one = fc.record(
      {
        subject: fc.constantFrom(version, 'commit/4f2a', 'release/checkout-1', 'version/other:1'),
        by: fc.constantFrom('role/ci', 'role/nightly', 'aws.ecr', 'ci'),
        atMs: fc.integer({ min: t0, max: t0 + 3 }),
        commit: fc.constantFrom('4f2a', 'bbbb'),
        tests: fc.record({ passed: fc.nat(3), failed: fc.nat(3), skipped: fc.nat(3) }),
        scan: fc.record({ critical: fc.nat(3), high: fc.nat(3), medium: fc.nat(3), low: fc.nat(3) }),
      },
      { requiredKeys: ['subject', 'by', 'atMs'] },
    ) as fc.Arbitrary<Attestation>
    const several = fc.uniqueArray(one, {
      selector: ({ subject, by }) => `${subject} ${by}`,
      minLength: 1,
      maxLength: 7,
    })
    fc.assert(
      fc.property(several, (all) => {
        const asked = counting()
        const found = counts(asked, all)
        expect(counts(asked, all.toReversed())).toEqual(found)
        const fewer = counts(asked, all.slice(1))
        // Another binding may take the tests of a commit away, and then they are unknown.
        if (found.commit !== fewer.commit) return
        if (fewer.tests) expect(found.tests?.failed ?? 0).toBeGreaterThanOrEqual(fewer.tests.failed)
        if (fewer.scan) expect(found.scan?.critical ?? 0).toBeGreaterThanOrEqual(fewer.scan.critical)
      }),
    )
  })
})
