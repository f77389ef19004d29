// What gates take from a signed statement: the commit and builder of SLSA provenance, test results, scans.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attestationBy } from '../../../core/gate/statement.ts'
import { readAttestation } from '../../../core/gate/attest-call.ts'

const digest = 'a'.repeat(64)
const sha = '4f2a91c0'.repeat(5)
const signer = { name: 'github', identity: 'x', issuer: 'https://token.actions.githubusercontent.com' }
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const statement = (predicateType: string, predicate: unknown, more: object = {}) => ({
  ...{ _type: 'https://in-toto.io/Statement/v1', subject: [{ digest: { sha256: digest } }], predicateType, predicate },
  ...more,
})
const about = (payload: unknown, subject = `sha256/${digest}`) =>
  attestationBy(signer, bytes(payload), { service: 'checkout', subject }, 7)
const code = (payload: unknown, subject?: string): unknown => {
  try {
    about(payload, subject)
    return undefined
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

const slsa = (resolvedDependencies: unknown, id: unknown = 'https://ci') =>
  statement('https://slsa.dev/provenance/v1', {
    buildDefinition: { resolvedDependencies },
    runDetails: { builder: { id } },
  })
const testsOf = (predicate: object) =>
  about(statement('https://in-toto.io/attestation/test-result/v0.1', predicate)).tests
const scanOf = (...scores: readonly (readonly unknown[])[]) =>
  about(
    statement('https://in-toto.io/attestation/vulns/v0.2', {
      scanner: { result: scores.map((all) => ({ id: 'CVE', severity: all.map((score) => ({ method: 'm', score })) })) },
    }),
  ).scan

describe('provenance', () => {
  it('names the commit and the builder', () => {
    expect(about(slsa([{ uri: 'git+https://github.com/o/r', digest: { gitCommit: sha } }]))).toMatchObject({
      ...{
        subject: `sha256/${digest}`,
        by: 'signer/checkout/github',
        builder: 'https://ci',
        commit: sha,
        verified: true,
      },
    })
    const old = {
      builder: { id: 'https://ci' },
      materials: [
        { uri: 'git+https://x', digest: { sha1: sha } },
        { uri: 'pkg:x', digest: { sha1: 'b'.repeat(40) } },
      ],
    }
    expect(about(statement('https://slsa.dev/provenance/v0.2', old))).toMatchObject({
      commit: sha,
      builder: 'https://ci',
    })
  })

  it('with several commits, or none, binds to none', () => {
    const one = { digest: { gitCommit: sha } }
    for (const dependencies of [
      [one, { digest: { gitCommit: 'b'.repeat(40) } }],
      [],
      [{ digest: { gitCommit: 'main' } }],
    ])
      expect(about(slsa(dependencies))).not.toHaveProperty('commit')
    expect(about(slsa([one, { digest: { gitCommit: sha.toUpperCase() } }]))).toMatchObject({ commit: sha })
  })

  it('of an image is stored by its digest; about a commit it says nothing', () => {
    expect(about(slsa([]), `ecr/shop@sha256:${digest}`).subject).toBe(`sha256/${digest}`)
    expect(code({ ...slsa([]), subject: [{ digest: { gitCommit: sha } }] }, `commit/${sha}`)).toBe('bundle_unsupported')
  })
})

describe('tests and scans', () => {
  it('count what is listed, and at least what the result says', () => {
    expect(testsOf({ result: 'PASSED', passedTests: ['a', 'b'], warnedTests: ['c'] })).toEqual({
      passed: 3,
      failed: 0,
      skipped: 0,
    })
    expect(testsOf({ result: 'PASSED' })).toEqual({ passed: 1, failed: 0, skipped: 0 })
    expect(testsOf({ result: 'FAILED' })).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(testsOf({ result: 'PASSED', failedTests: ['a'] })).toMatchObject({ failed: 1 })
  })

  it('of a commit are about the commit', () => {
    const tests = statement(
      'https://in-toto.io/attestation/test-result/v0.1',
      { result: 'PASSED' },
      { subject: [{ digest: { gitCommit: sha } }] },
    )
    expect(about(tests, `commit/${sha.toUpperCase()}`)).toMatchObject({
      subject: `commit/${sha}`,
      tests: { failed: 0 },
    })
    expect(code(tests, `commit/${'b'.repeat(40)}`)).toBe('bundle_foreign')
    expect(code(tests)).toBe('bundle_foreign')
  })

  it('take the worst of several scores; what nobody understands is critical', () => {
    expect(scanOf(['medium', '9.1'], ['HIGH'], [5.2], ['none'])).toEqual({ critical: 1, high: 1, medium: 1, low: 1 })
    expect(scanOf(['CVSS:3.1/AV:N'], [''], [], ['99'], ['-1'])).toEqual({ critical: 5, high: 0, medium: 0, low: 0 })
    expect(scanOf()).toEqual({ critical: 0, high: 0, medium: 0, low: 0 })
  })
})

describe('a statement', () => {
  it('is about exactly this code: one subject of many is enough, and another algorithm is not', () => {
    const cosign = (subject: unknown) => statement('https://sigstore.dev/cosign/sign/v1', {}, { subject })
    expect(about(cosign([{ digest: { sha256: 'b'.repeat(64) } }, { digest: { sha256: digest } }])).verified).toBe(true)
    expect(code(cosign([{ digest: { sha512: digest } }]))).toBe('bundle_foreign')
    expect(code(cosign([{ digest: { sha256: 'b'.repeat(64) } }]))).toBe('bundle_foreign')
    expect(code(cosign([]))).toBe('bundle_invalid')
  })

  it.each([
    ['of an unknown type', statement('https://spdx.dev/Document', {}), 'bundle_unsupported'],
    ['of another form', { ...slsa([]), _type: 'other' }, 'bundle_invalid'],
    ['without a builder', slsa([], ''), 'bundle_invalid'],
    ['with a builder that hides something', slsa([], 'https://ci\u202e'), 'bundle_invalid'],
    ['that is no JSON', '{', 'bundle_invalid'],
    ['nested too deeply', '['.repeat(100_000), 'bundle_invalid'],
  ])('%s is refused', (_, payload, expected) => {
    expect(code(payload)).toBe(expected)
  })

  it('of any form is an attestation or a Problem', () => {
    const types = [
      'https://slsa.dev/provenance/v1',
      'https://slsa.dev/provenance/v0.2',
      'https://in-toto.io/attestation/test-result/v0.1',
      'https://in-toto.io/attestation/vulns/v0.1',
    ]
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.jsonValue(), (type, predicate) => {
        expect([undefined, 'bundle_invalid']).toContain(code(statement(type, predicate)))
      }),
    )
  })
})

describe('a call with a bundle', () => {
  const call = { what: 'bundle', service: 'checkout', by: 'role/ci', subject: `sha256/${digest}`, bundle: {} }
  it.each([
    [{ subject: 'version/checkout:2' }],
    [{ subject: `sha256/${digest.toUpperCase()}` }],
    [{ subject: 'commit/4f2a91c' }],
    [{ bundle: 'x' }],
    [{ bundle: { x: 'x'.repeat(300_000) } }],
    [{ service: undefined }],
    [{ replaces: 'flaky' }],
  ])('that is not valid is refused: %j', (change) => {
    expect(() => readAttestation({ ...call, ...change }, 0)).toThrow(
      expect.objectContaining({ code: 'call_invalid' }) as Error,
    )
    expect(readAttestation(call, 0)).toMatchObject({ kind: 'bundle' })
  })
})
