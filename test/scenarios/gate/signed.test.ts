// A service that asks for signed provenance: statements that are signed with a key, handed in through the API, and read by the
// gate, on the embedded cloud under the stack's policies.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { sandbox, close, expectDenied, expectPasses, open, start } from './gate-sandbox.ts'

afterEach(close)

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const others = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (pair: typeof keys): string => pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const hashOf = (code: string): string => createHash('sha256').update(code).digest('hex')
const sha = '4f2a91c0'.repeat(5)

function envelope(predicateType: string, predicate: unknown, code = 'v2', pair = keys) {
  const subject = [{ name: 'function.zip', digest: { sha256: hashOf(code) } }]
  const payload = JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate })
  const payloadType = 'application/vnd.in-toto+json'
  const encoded = `DSSEv1 ${payloadType.length} ${payloadType} ${Buffer.byteLength(payload)} ${payload}`
  const sig = sign('sha256', Buffer.from(encoded), pair.privateKey).toString('base64')
  return { payloadType, payload: Buffer.from(payload).toString('base64'), signatures: [{ sig }] }
}
const provenance = (id: string, code?: string, pair?: typeof keys) =>
  envelope(
    'https://slsa.dev/provenance/v1',
    { buildDefinition: { resolvedDependencies: [{ digest: { gitCommit: sha } }] }, runDetails: { builder: { id } } },
    code,
    pair,
  )
const tests = (result: string) => envelope('https://in-toto.io/attestation/test-result/v0.1', { result })
const hand = (bundle: object, code = 'v2') =>
  sandbox.orderAs('anybody')('attest-bundle', 'checkout', { subject: `sha256/${hashOf(code)}`, bundle })

const signers = [{ name: 'builder', publicKey: pem(keys) }]
const service = {
  attestations: { signers, tests: ['signer/builder'], binding: ['signer/builder'] },
  gates: { provenance: { verified: true, tests: true, commit: true, builders: ['https://ci'] } },
}

it('a release begins once the builder has signed its provenance and its tests, whoever hands them in', async () => {
  await open(service)
  const id = await start({ commit: sha })
  await expectDenied(
    id,
    ['provenance'],
    /^it names no commit; no tests are attested; no signed statement about it was verified; signed provenance names no builder, and not https:\/\/ci$/,
  )
  // What somebody says without a signature does not count.
  await sandbox.ask('attest', {
    subject: 'version/checkout:2',
    by: 'mallory',
    commit: sha,
    tests: { passed: 1, failed: 0, skipped: 0 },
  })
  await hand(provenance('https://elsewhere'))
  await sandbox.minutes(2)
  await expectDenied(
    id,
    ['provenance'],
    /^no tests are attested; signed provenance names https:\/\/elsewhere, and not https:\/\/ci; tests attested by user\/mallory are not counted: only signer\/builder may say so/,
  )
  await hand(provenance('https://ci'))
  await hand(tests('PASSED'))
  await sandbox.minutes(2)
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
})

it('a statement about other code, by another key, or changed is refused, and nothing of it is stored', async () => {
  await open(service)
  const id = await start()
  await expect(hand(provenance('https://ci', 'v3'))).rejects.toMatchObject({ code: 'bundle_foreign' })
  await expect(hand(provenance('https://ci', 'v2', others))).rejects.toMatchObject({ code: 'signature_invalid' })
  await expect(hand({ ...tests('FAILED'), payload: tests('PASSED').payload })).rejects.toMatchObject({
    code: 'signature_invalid',
  })
  // The statement about v3 may be handed in as what it is, and helps v2 nothing.
  await hand(provenance('https://ci', 'v3'), 'v3')
  expect((await sandbox.world.attestations.of([`sha256/${hashOf('v2')}`])).items).toEqual([])
  await sandbox.minutes(2)
  await expectDenied(id, ['provenance'], /no signed statement about it was verified/)
})

it('a signed failure stands, and a key that the definition no longer has says nothing', async () => {
  await open(service)
  await hand(tests('FAILED'))
  await hand(tests('PASSED'))
  await hand(provenance('https://ci'))
  const id = await start()
  await expectDenied(id, ['provenance'], /^1 tests failed$/)
  const renewed = [{ name: 'builder', publicKey: pem(others) }]
  sandbox.close()
  await open({ ...service, attestations: { ...service.attestations, signers: renewed } })
  await sandbox.world.attestations.put(
    {
      ...{
        subject: `sha256/${hashOf('v2')}`,
        by: 'signer/checkout/builder',
        atMs: sandbox.clock.nowMs(),
        verified: true,
      },
      ...{
        tests: { passed: 1, failed: 0, skipped: 0 },
        builder: 'https://ci',
        commit: sha,
        signer: signers[0] ?? { name: '', publicKey: '' },
      },
    },
    undefined,
  )
  await expectDenied(await start(), ['provenance'], /the definition no longer has the key/)
})

it('a plain release of a service without signers is as it was', async () => {
  await open({ gates: { provenance: { commit: true } } })
  await expectPasses(await start({ commit: sha }))
})
