// Attestations about a candidate: the names under which they are found, which one counts, and every invalid form.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Attestation, hexOf, restated, Subject, subjectsOf } from '../../../core/gate/attestation.ts'
import { AttestCall, readAttestation, readScan } from '../../../core/gate/attest-call.ts'
import { readCall } from '../../../core/release/request.ts'
import { prepared, requested, t0 } from '../sample.ts'

const scanEvent = {
  version: '0',
  id: '85fc3613',
  'detail-type': 'ECR Image Scan',
  source: 'aws.ecr',
  account: '123456789012',
  time: '2026-01-02T02:36:48Z',
  region: 'us-east-1',
  resources: ['arn:aws:ecr:us-east-1:123456789012:repository/shop/orders'],
  detail: {
    'scan-status': 'COMPLETE',
    'repository-name': 'shop/orders',
    'finding-severity-counts': { CRITICAL: 1, MEDIUM: 9, INFORMATIONAL: 3 },
    'image-digest': `sha256:${'7'.repeat(64)}`,
    'image-tags': [],
  },
}

describe('a release is found', () => {
  it('under its versions and its own id, and never under a commit that it names', () => {
    const release = { ...requested(), provenance: { source: 'api' as const, commit: '4f2a' } }
    expect(subjectsOf(release)).toEqual({ parts: [['version/checkout:2']], ofRelease: ['release/checkout-1'] })
  })

  it('under its artifact, however it was requested, and under the version that it became', () => {
    const uri = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:${'7'.repeat(64)}`
    const release = { ...prepared(), key: 'call/build-7', candidate: { kind: 'image' as const, uri } }
    const scanned = readScan(scanEvent)
    expect(subjectsOf(release)).toEqual({
      parts: [[scanned.attestation.subject, `sha256/${'7'.repeat(64)}`, 'version/checkout:2']],
      ofRelease: ['call/build-7', 'release/checkout-1'],
    })
  })

  it('under the hash of its code, where Lambda has said it', () => {
    const hex = hexOf(Buffer.from('7'.repeat(64), 'hex').toString('base64')) ?? ''
    expect(subjectsOf(prepared(), { checkout: hex }).parts).toEqual([
      ['version/checkout:2', `sha256/${'7'.repeat(64)}`],
    ])
    expect([hexOf('8'.repeat(64)), hexOf('sha'), hexOf('')]).toEqual(['8'.repeat(64), undefined, undefined])
  })

  it('never under a name that could not have been attested', () => {
    const candidate = { kind: 's3' as const, bucket: 'artifacts', key: 'k'.repeat(1000), versionId: 'v1' }
    const { parts, ofRelease } = subjectsOf({ ...requested(), candidate, key: `call/${'x'.repeat(700)}` })
    expect([parts, ofRelease]).toEqual([[[]], ['release/checkout-1']])
    expect(ofRelease.every((name) => Subject.safeParse(name).success)).toBe(true)
  })
})

const tests = (failed: number, passed = 9) => ({ passed, failed, skipped: 0 })
const scan = (critical: number, high = 0) => ({ critical, high, medium: 0, low: 0 })
const said = (more: Partial<Attestation> = {}): Attestation => ({
  subject: 'version/f:1',
  by: 'role/ci',
  atMs: t0,
  ...more,
})
const nowMs = t0 + 60_000

describe('of what one party says of one subject', () => {
  it('the worst stands, whatever came last, and the rest is kept', () => {
    const failed = said({ tests: tests(2) })
    const again = restated(failed, said({ atMs: t0 + 5, tests: tests(0) }), { nowMs })
    expect(again).toMatchObject({ tests: tests(2), earlier: [{ atMs: t0 + 5, tests: tests(0) }] })
    expect(restated(said({ tests: tests(0) }), said({ tests: tests(3) }), { nowMs })).toMatchObject({ tests: tests(3) })
    expect(restated(said({ scan: scan(1, 0) }), said({ scan: scan(0, 4) }), { nowMs }).scan).toEqual(scan(1, 4))
  })

  it('something else stands only with a reason, and both can be seen', () => {
    const failed = said({ tests: tests(2), flags: ['x'] })
    const again = restated(failed, said({ atMs: t0, tests: tests(0) }), { because: 'flaky: timeout', nowMs })
    expect(again).toMatchObject({ tests: tests(0), flags: ['x'] })
    expect(again.earlier).toEqual([{ atMs: t0, tests: tests(2), because: 'flaky: timeout' }])
    // Every change makes the time larger: it is what a write is compared with.
    expect(again.atMs).toBe(t0 + 1)
  })

  it('tests of which none ran take the place of nothing', () => {
    expect(restated(said({ tests: tests(2) }), said({ tests: tests(0, 0) }), { nowMs }).tests).toEqual(tests(2))
    expect(restated(said({ tests: tests(0, 0) }), said({ tests: tests(0) }), { nowMs }).tests).toEqual(tests(0))
  })

  it('a candidate is built from one commit; another one needs a reason', () => {
    const bound = said({ commit: 'aaaa' })
    expect(() => restated(bound, said({ commit: 'bbbb' }), { nowMs })).toThrow(
      expect.objectContaining({ code: 'binding_differs' }) as Error,
    )
    expect(restated(bound, said({ tests: tests(0) }), { nowMs })).toMatchObject({ commit: 'aaaa', tests: tests(0) })
    expect(restated(bound, said({ commit: 'bbbb' }), { because: 'wrong variable', nowMs })).toMatchObject({
      commit: 'bbbb',
      earlier: [{ commit: 'aaaa', because: 'wrong variable' }],
    })
  })

  it('the newest scan of AWS stands, and an older one that comes late does not', () => {
    const aws = (atMs: number, critical: number) => said({ by: 'aws.ecr', atMs, scan: scan(critical) })
    const later = restated(aws(t0, 1), aws(t0 + 9, 0), { nowMs })
    expect(later).toMatchObject({ scan: scan(0), earlier: [{ atMs: t0, scan: scan(1) }] })
    expect(restated(later, aws(t0 + 3, 7), { nowMs })).toBe(later)
    expect(restated(later, aws(t0 + 9, 0), { nowMs })).toBe(later)
  })

  it('what is dated ahead of the clock is forgotten', () => {
    const future = said({ by: 'aws.ecr', atMs: Date.UTC(9999, 0), scan: scan(0) })
    const now = said({ by: 'aws.ecr', scan: scan(3) })
    expect(restated(future, now, { nowMs })).toBe(now)
  })

  it('what one key has signed is not said by another', () => {
    const signer = (identity: string) => ({ name: 'ci', identity, issuer: 'https://issuer' })
    const signed = said({ tests: tests(0), verified: true, signer: signer('old') })
    const next = restated(signed, said({ commit: '4f2a', signer: signer('new') }), { nowMs })
    expect(next).toEqual(said({ atMs: t0 + 1, commit: '4f2a', signer: signer('new') }))
    expect(restated(signed, said({ commit: '4f2a', signer: signer('old') }), { nowMs })).toMatchObject({
      ...{ tests: tests(0), verified: true, commit: '4f2a' },
    })
  })

  it('nothing is ever better than something said without a reason, and as little is kept as an item can hold', () => {
    const facts = fc.record({ tests: fc.record({ passed: fc.nat(9), failed: fc.nat(9), skipped: fc.nat(9) }) })
    fc.assert(
      fc.property(fc.array(facts, { minLength: 1, maxLength: 40 }), (all) => {
        const end = all.reduce<Attestation | undefined>(
          (before, one, index) => restated(before, said({ ...one, atMs: t0 + index }), { nowMs }),
          undefined,
        )
        expect(end?.tests?.failed).toBe(Math.max(...all.map((one) => one.tests.failed)))
        expect(Attestation.safeParse(end).success).toBe(true)
      }),
    )
  })
})

describe('an attestation', () => {
  const code = (input: unknown, read: (input: unknown) => unknown = (call) => readAttestation(call, t0)): unknown => {
    try {
      read(input)
      return undefined
    } catch (error) {
      return (error as { readonly code: string }).code
    }
  }

  it('from ECR has the counts of the severities that it found, at the time of the scan', () => {
    expect(readScan(scanEvent)).toEqual({
      repository: 'shop/orders',
      site: { account: '123456789012', region: 'us-east-1' },
      attestation: {
        subject: `ecr/shop/orders@sha256:${'7'.repeat(64)}`,
        atMs: Date.parse('2026-01-02T02:36:48Z'),
        by: 'aws.ecr',
        scan: { critical: 1, high: 0, medium: 9, low: 0 },
      },
    })
  })

  it('from ECR without a complete scan, or without any count, is refused', () => {
    const detail = (changes: object) => ({ ...scanEvent, detail: { ...scanEvent.detail, ...changes } })
    expect(code(detail({ 'scan-status': 'FAILED' }), readScan)).toBe('event_invalid')
    expect(code(detail({ 'finding-severity-counts': undefined }), readScan)).toBe('event_invalid')
    expect(code(detail({ 'finding-severity-counts': { CRITICAL: -1 } }), readScan)).toBe('event_invalid')
    expect(code({ ...scanEvent, source: 'aws.inspector2' }, readScan)).toBe('event_invalid')
    expect(code(scanEvent)).toBe('call_invalid')
  })

  it('from a call about a commit binds nothing to it', () => {
    const call = { what: 'binding', subject: 'commit/4F2A', by: 'role/ci', committedAt: '2026-01-01T01:00:00+01:00' }
    expect(readAttestation(call, t0)).toEqual({
      kind: 'attestation',
      attestation: { subject: 'commit/4f2a', atMs: t0, by: 'role/ci', committedAtMs: t0 },
    })
  })

  it('says what its right lets it say, and nothing else', () => {
    const facts = { tests: tests(0), scan: scan(0), commit: '4f2a', flags: [] }
    const rights = { tests: 'tests', scan: 'scan', binding: 'commit', flags: 'flags' } as const
    for (const [what, own] of Object.entries(rights))
      for (const [field, value] of Object.entries(facts)) {
        const call = { what, subject: 'version/f:1', by: 'role/ci', [own]: facts[own], [field]: value }
        expect([what, field, code(call)]).toEqual([what, field, field === own ? undefined : 'call_invalid'])
      }
  })

  it.each(['aws.ecr', 'AWS.ecr', 'user/aws.ecr', 'sso/Aws.Inspector2', ' aws.x', 'ａｗｓ.ｅｃｒ'])(
    'is refused from a caller with a name of AWS: %s',
    (by) => {
      expect(code({ what: 'scan', subject: 'version/f:1', by, scan: scan(0) })).toBe('attester_reserved')
    },
  )

  it('of a time that has not come is refused; clocks may differ by five minutes', () => {
    const at = (ms: number) => ({
      ...{ what: 'binding', subject: 'commit/a', by: 'role/ci' },
      committedAt: new Date(ms).toISOString(),
    })
    expect(code(at(t0 + 5 * 60_000))).toBeUndefined()
    expect(code(at(t0 + 5 * 60_000 + 1))).toBe('call_invalid')
    expect(code(at(Date.UTC(9999, 0)))).toBe('call_invalid')
  })

  it.each([
    [{ what: 'flags', by: 'ci', flags: [] }],
    [{ what: 'flags', subject: 'commit/a', by: 'ci' }],
    [{ what: 'flags', subject: 'commit/a', flags: [] }],
    [{ what: 'flags', subject: 'commit/ ', by: 'ci', flags: [] }],
    [{ what: 'flags', subject: 'somewhere/a', by: 'ci', flags: [] }],
    [{ what: 'flags', subject: 'commit/a', service: 'checkout', by: 'ci', flags: [] }],
    [{ what: 'flags', service: 'checkout', by: 'ci', flags: [] }],
    [{ what: 'flags', service: 'checkout', version: '1', versions: { checkout: '1' }, by: 'ci', flags: [] }],
    [{ what: 'tests', subject: 'commit/a', by: 'ci', tests: { passed: 1, failed: 0 } }],
    [{ what: 'tests', subject: 'commit/a', by: 'ci', tests: { passed: 1.5, failed: 0, skipped: 0 } }],
    [{ what: 'scan', subject: 'commit/a', by: 'ci', scan: { critical: 0, high: 0, medium: 0, low: -1 } }],
    [{ what: 'binding', subject: 'commit/a', by: 'ci', committedAt: 'yesterday' }],
    [{ what: 'flags', subject: 'commit/a', by: 'ci', flags: [], surplus: true }],
    [{ subject: 'commit/a', by: 'ci', flags: [] }],
    [{ what: 'all', subject: 'commit/a', by: 'ci', flags: [] }],
    [{ what: 'binding', subject: 'commit/a', by: 'ci', commit: 'b' }],
    [{ what: 'scan', subject: `ecr/shop@sha256:${'A'.repeat(64)}`, by: 'ci', scan: scan(0) }],
    [{ what: 'scan', subject: 'ecr/shop:latest', by: 'ci', scan: scan(0) }],
    [{ what: 'tests', subject: `sha256/${'a'.repeat(64)}`, by: 'ci', tests: tests(0) }],
    [{ what: 'tests', subject: 'version/f:1', by: 'ci', tests: tests(0), replaces: '' }],
    [undefined],
  ])('that is invalid is refused: %j', (call) => {
    expect(code(call)).toBe('call_invalid')
  })

  it('of any kind is parsed or a Problem', () => {
    const keys = Object.keys(AttestCall.shape)
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()), (call) => {
        expect([undefined, 'call_invalid']).toContain(code(call))
      }),
    )
  })
})

it('the time of the commit travels with the release', () => {
  const call = { service: 'checkout', version: '2', commit: '4f2a', committedAt: '2026-01-01T01:00:00+01:00' }
  expect(readCall(call, 'x').provenance).toMatchObject({ commit: '4f2a', committedAtMs: t0 })
  expect(() => readCall({ ...call, committedAt: '1st of May' }, 'x')).toThrow('committedAt')
})
