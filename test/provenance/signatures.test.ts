// Signed statements: with keys that are made here, signed by Node, and bundles of Sigstore's own conformance suite
// (test/fixtures/sigstore).
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { attestationBy } from '../../core/gate/statement.ts'
import type { Signer } from '../../core/service/attestations.ts'
import { sigstoreSignatures } from '../../provenance/signatures.ts'

const json = (name: string): object =>
  JSON.parse(readFileSync(new URL(`../fixtures/sigstore/${name}.json`, import.meta.url), 'utf8')) as object
const beacon: Signer = {
  name: 'beacon',
  identity:
    'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  issuer: 'https://token.actions.githubusercontent.com',
}
const happy = 'happy-path-intoto-in-dsse-v3'
const verify = (bundle: object, signers: readonly Signer[], root?: object) =>
  sigstoreSignatures(root).verify(bundle, signers)

describe('a bundle of GitHub, from the public instance of Sigstore', () => {
  it('is verified, and says what was built from what by whom', async () => {
    const { signer, payload } = await verify(json(happy), [beacon])
    const digest = 'a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf'
    const call = { service: 'checkout', subject: `sha256/${digest}` }
    expect(attestationBy(signer, payload, call, 7)).toEqual({
      ...{ subject: `sha256/${digest}`, atMs: 7, by: 'signer/checkout/beacon', verified: true, signer: beacon },
      builder: 'https://github.com/loosebazooka/aa-test/.github/workflows/provenance.yaml@refs/heads/main',
      commit: 'ebff8dfbd609b7b22237c7719ce07f2dc7934f5f',
    })
    expect(() => attestationBy(signer, payload, { ...call, subject: `sha256/${'b'.repeat(64)}` }, 7)).toThrow(
      expect.objectContaining({ code: 'bundle_foreign' }) as Error,
    )
  })

  it.each([
    ['another workflow', { identity: beacon.identity.replace('main', 'other') }],
    ['a longer name', { identity: beacon.identity.slice(0, -1) }],
    ['a pattern', { identity: 'https://github.com/sigstore-conformance/.*' }],
    ['another issuer', { issuer: 'https://accounts.google.com' }],
  ])('is not of a signer that names %s', async (_, change) => {
    await expect(verify(json(happy), [{ ...beacon, ...change }])).rejects.toMatchObject({ code: 'signer_unknown' })
    await expect(verify(json(happy), [])).rejects.toMatchObject({ code: 'signer_unknown' })
  })

  it.each([['dsse-invalid-sig_fail'], ['dsse-mismatch-envelope_fail']])(
    'that does not fit is refused: %s',
    async (name) => {
      await expect(verify(json(name), [beacon])).rejects.toMatchObject({ code: 'signature_invalid' })
    },
  )

  it('is refused if any byte of what was signed is another', async () => {
    const bundle = json(happy) as { dsseEnvelope: { payload: string } }
    const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64')
    await fc.assert(
      fc.asyncProperty(fc.nat(payload.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = Buffer.from(payload)
        changed.writeUInt8((changed.readUInt8(at) + by) % 256, at)
        const forged = { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload: changed.toString('base64') } }
        await expect(verify(forged, [beacon])).rejects.toMatchObject({ code: 'signature_invalid' })
      }),
      { numRuns: repeats(20, 6) },
    )
  })
})

describe('a bundle of another instance', () => {
  it('of the second kind of log, with a timestamp, is verified', async () => {
    const name = 'rekor2-dsse-happy-path'
    expect(await verify(json(name), [beacon], json(`${name}.root`))).toMatchObject({ signer: beacon })
    // Nobody believes that instance unless they are told to.
    await expect(verify(json(name), [beacon])).rejects.toMatchObject({ code: 'signature_invalid' })
  })

  it.each([['intoto-expired-certificate_fail'], ['intoto-set-outside-signing-cert-validity_fail']])(
    'whose certificate was not valid when it signed is refused: %s',
    async (name) => {
      await expect(verify(json(name), [beacon], json(`${name}.root`))).rejects.toMatchObject({
        code: 'signature_invalid',
        message: expect.stringMatching(/certificate|timestamp/i) as string,
      })
    },
  )
})

// The encoding of DSSE before it is signed (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md).
const encoded = (type: string, payload: string): Buffer =>
  Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${Buffer.byteLength(payload)} ${payload}`)
const inToto = 'application/vnd.in-toto+json'
type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
const signed = ({ privateKey }: Pair, statement: unknown, payloadType = inToto) => {
  const payload = JSON.stringify(statement)
  const algorithm = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const sig = sign(algorithm, encoded(payloadType, payload), privateKey).toString('base64')
  return { payloadType, payload: Buffer.from(payload).toString('base64'), signatures: [{ keyid: '', sig }] }
}
const keyOf = (name: string, { publicKey }: Pair): Signer => ({
  name,
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
})
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pairs: readonly (readonly [string, Pair])[] = [
  ['ECDSA, as cosign makes', ec],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['Ed25519', generateKeyPairSync('ed25519')],
]
const digest = 'a'.repeat(64)
const statement = (predicateType: string, predicate: unknown, subject: unknown = [{ digest: { sha256: digest } }]) => ({
  _type: 'https://in-toto.io/Statement/v1',
  ...{ subject, predicateType, predicate },
})
const passed = statement('https://in-toto.io/attestation/test-result/v0.1', {
  result: 'PASSED',
  passedTests: ['a', 'b'],
})
const bundled = (dsseEnvelope: object) => ({
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { publicKey: { hint: 'any' } },
  dsseEnvelope,
})

describe('a statement that is signed with a key', () => {
  it.each(pairs)('%s is verified, as an envelope and as a bundle', async (_, pair) => {
    const envelope = signed(pair, passed)
    const other = keyOf('other', generateKeyPairSync('ec', { namedCurve: 'P-256' }))
    for (const bundle of [envelope, bundled(envelope)]) {
      const { signer, payload } = await verify(bundle, [beacon, other, keyOf('mine', pair)])
      expect([signer.name, JSON.parse(Buffer.from(payload).toString())]).toEqual(['mine', passed])
      await expect(verify(bundle, [other])).rejects.toMatchObject({ code: 'signature_invalid' })
      await expect(verify(bundle, [beacon])).rejects.toMatchObject({ code: 'signer_unknown' })
    }
  })

  it('is refused when the payload, its type or the signature is another', async () => {
    const envelope = signed(ec, passed)
    const payload = Buffer.from(JSON.stringify({ ...passed, predicate: { result: 'PASSED' } })).toString('base64')
    for (const forged of [
      { ...envelope, payload },
      { ...envelope, signatures: signed(ec, 'other').signatures },
      { ...envelope, signatures: [{ sig: 'AAAA' }] },
    ])
      await expect(verify(forged, [keyOf('mine', ec)])).rejects.toMatchObject({ code: 'signature_invalid' })
    const plain = signed(ec, passed, 'text/plain')
    await expect(verify(plain, [keyOf('mine', ec)])).rejects.toMatchObject({ code: 'bundle_unsupported' })
    await expect(verify({ ...plain, payloadType: inToto }, [keyOf('mine', ec)])).rejects.toMatchObject({
      code: 'signature_invalid',
    })
  })

  it('has one signature: of two nobody knows who has signed', async () => {
    const envelope = signed(ec, passed)
    for (const signatures of [[], [...envelope.signatures, ...signed(ec, passed).signatures]])
      await expect(verify({ ...envelope, signatures }, [keyOf('mine', ec)])).rejects.toMatchObject({
        code: 'bundle_invalid',
      })
  })

  it('of any other form is a Problem', async () => {
    const real = json(happy)
    const any = fc.oneof(
      fc.object(),
      fc.record({ payload: fc.anything(), signatures: fc.anything(), payloadType: fc.anything() }),
    )
    const spoilt = fc
      .tuple(fc.constantFrom(...Object.keys(real)), fc.jsonValue())
      .map(([key, value]) => ({ ...real, [key]: value }))
    await fc.assert(
      fc.asyncProperty(fc.oneof(any, spoilt), async (bundle) => {
        await expect(verify(bundle as object, [beacon, keyOf('mine', ec)])).rejects.toMatchObject({
          code: expect.stringMatching(/^(bundle|signature|signer)_/) as string,
        })
      }),
    )
  })
})
