// Attestations about a candidate: the names under which they are found, which one counts, and every invalid form.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Attestation, merged, Subject, subjectsOf } from '../../../core/gate/attestation.ts'
import { AttestCall, readAttestation } from '../../../core/gate/attest-call.ts'
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
  it('under its key, its versions, its commit and its own id', () => {
    const release = { ...requested(), provenance: { source: 'api' as const, commit: '4f2a' } }
    expect(subjectsOf(release)).toEqual(['version/checkout:2', 'commit/4f2a', 'release/checkout-1'])
  })

  it('under its artifact, however it was requested, and under the version that it became', () => {
    const uri = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/orders@sha256:${'7'.repeat(64)}`
    const release = { ...prepared(), key: 'call/build-7', candidate: { kind: 'image' as const, uri } }
    const scanned = readAttestation(scanEvent, 0)
    expect(subjectsOf(release)).toEqual([
      'call/build-7',
      scanned.kind === 'scan' ? scanned.attestation.subject : '',
      'version/checkout:2',
      'release/checkout-1',
    ])
  })

  it('never under a name that could not have been attested', () => {
    const key = `s3/artifacts/${'k'.repeat(1000)}/v1`
    expect(subjectsOf({ ...requested(), key }).every((name) => Subject.safeParse(name).success)).toBe(true)
  })
})

const attestation = fc.record(
  {
    subject: fc.constantFrom('commit/a', 'version/f:1'),
    by: fc.constantFrom('ci', 'nightly', 'scanner'),
    atMs: fc.nat({ max: 3 }),
    commit: fc.constantFrom('a', 'b'),
    tests: fc.record({ passed: fc.nat(9), failed: fc.nat(9), skipped: fc.nat(9) }),
    flags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
  },
  { requiredKeys: ['subject', 'by', 'atMs'] },
) as fc.Arbitrary<Attestation>

describe('what counts', () => {
  it('is the latest attestation on each thing', () => {
    const tests = (failed: number) => ({ passed: 1, failed, skipped: 0 })
    expect(
      merged([
        { subject: 'commit/a', by: 'nightly', atMs: 5, tests: tests(0), flags: ['x'] },
        { subject: 'commit/a', by: 'ci', atMs: 9, tests: tests(4) },
        { subject: 'version/f:1', by: 'ci', atMs: 7, commit: 'a' },
      ]),
    ).toEqual({ tests: tests(4), flags: ['x'], commit: 'a' })
    expect(merged([])).toEqual({})
  })

  it('does not depend on the order in which it is read', () => {
    // As stored: one attestation from each author about each subject.
    const said = fc.uniqueArray(attestation, { selector: ({ subject, by }) => `${subject} ${by}`, maxLength: 6 })
    fc.assert(
      fc.property(said, fc.nat(), (all, seed) => {
        const turned = [...all.slice(seed % (all.length + 1)), ...all.slice(0, seed % (all.length + 1))]
        expect(merged(turned)).toEqual(merged(all))
        expect(merged(all.toReversed())).toEqual(merged(all))
      }),
    )
  })
})

describe('an attestation', () => {
  const code = (input: unknown): unknown => {
    try {
      readAttestation(input, t0)
      return undefined
    } catch (error) {
      return (error as { readonly code: string }).code
    }
  }

  it('from ECR has the counts of the severities that it found, at the time of the scan', () => {
    expect(readAttestation(scanEvent, t0)).toEqual({
      kind: 'scan',
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
    expect(code(detail({ 'scan-status': 'FAILED' }))).toBe('event_invalid')
    expect(code(detail({ 'finding-severity-counts': undefined }))).toBe('event_invalid')
    expect(code(detail({ 'finding-severity-counts': { CRITICAL: -1 } }))).toBe('event_invalid')
    expect(code({ ...scanEvent, source: 'aws.inspector2' })).toBe('event_unknown')
  })

  it('from a call names its commit even if that is only its subject', () => {
    const said = readAttestation({ subject: 'commit/4f2a', by: 'ci', committedAt: '2026-01-01T01:00:00+01:00' }, 7)
    expect(said).toEqual({
      kind: 'attestation',
      attestation: { subject: 'commit/4f2a', atMs: 7, by: 'ci', commit: '4f2a', committedAtMs: t0 },
    })
  })

  it.each([
    [{ by: 'ci', flags: [] }],
    [{ subject: 'commit/a', by: 'ci' }],
    [{ subject: 'commit/a', flags: [] }],
    [{ subject: 'commit/ ', by: 'ci', flags: [] }],
    [{ subject: 'somewhere/a', by: 'ci', flags: [] }],
    [{ subject: 'commit/a', service: 'checkout', by: 'ci', flags: [] }],
    [{ service: 'checkout', by: 'ci', flags: [] }],
    [{ service: 'checkout', version: '1', versions: { checkout: '1' }, by: 'ci', flags: [] }],
    [{ subject: 'commit/a', by: 'ci', tests: { passed: 1, failed: 0 } }],
    [{ subject: 'commit/a', by: 'ci', tests: { passed: 1.5, failed: 0, skipped: 0 } }],
    [{ subject: 'commit/a', by: 'ci', scan: { critical: 0, high: 0, medium: 0, low: -1 } }],
    [{ subject: 'commit/a', by: 'ci', committedAt: 'yesterday' }],
    [{ subject: 'commit/a', by: 'ci', flags: [], surplus: true }],
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
