// Verifies signatures with Sigstore's library, against the keys and certificates that a service names. It needs no network: the
// public keys of Sigstore's own instance are in trusted-root.json (docs/decisions/0057). The library is loaded when it is first
// needed, so that no bundle has it but the one that verifies.
import type { Bundle, BundleWithDsseEnvelope } from '@sigstore/bundle'
import type { SignedEntity, TrustMaterial, Verifier, VerifierOptions } from '@sigstore/verify'
import { createPublicKey } from 'node:crypto'
import type { Signatures } from '../cloud/ports.ts'
import { Problem } from '../core/problem.ts'
import type { Signer } from '../core/service/attestations.ts'
import publicInstance from './trusted-root.json' with { type: 'json' }

const inToto = 'application/vnd.in-toto+json'

/** @param root whose certificates and logs are believed: a trusted root of Sigstore, as JSON */
export const sigstoreSignatures = (root: object = publicInstance): Signatures => ({
  async verify(json, signers) {
    const sigstore = await loaded()
    const bundle = readBundle(sigstore, json)
    const { payload } = bundle.content.dsseEnvelope
    const isKey = bundle.verificationMaterial.content.$case === 'publicKey'
    const signer = (isKey ? byKey : byCertificate)(checkerOf(sigstore, root, bundle), signers)
    return { signer, payload }
  },
})

type Sigstore = Awaited<ReturnType<typeof loaded>>
async function loaded() {
  const [{ bundleFromJSON, isBundleWithDsseEnvelope }, { TrustedRoot }, { toSignedEntity, toTrustMaterial, Verifier }] =
    await Promise.all([import('@sigstore/bundle'), import('@sigstore/protobuf-specs'), import('@sigstore/verify')])
  return { bundleFromJSON, isBundleWithDsseEnvelope, TrustedRoot, toSignedEntity, toTrustMaterial, Verifier }
}

/** A bundle, or a bare envelope, as cosign keeps it in a registry: that can only be signed with a key. */
function readBundle(
  { bundleFromJSON, isBundleWithDsseEnvelope }: Sigstore,
  json: object,
): Bundle & BundleWithDsseEnvelope {
  const isBare = 'payload' in json && 'signatures' in json
  let bundle: Bundle
  try {
    bundle = bundleFromJSON(isBare ? bare(json) : json)
  } catch (cause) {
    throw new Problem('bundle_invalid', `The bundle cannot be read: ${reasonOf(cause)}.`, { cause })
  }
  if (!isBundleWithDsseEnvelope(bundle)) throw unsupported('it signs bytes that it does not contain')
  const { payloadType } = bundle.content.dsseEnvelope
  if (payloadType !== inToto) throw unsupported(`it contains ${payloadType.slice(0, 100)}, and no statement of in-toto`)
  return bundle
}

const bare = (envelope: object) => ({
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [] },
  dsseEnvelope: envelope,
})

/** Verifies one bundle. @param keys finds a public key; certificates need none */
type Checker = (options: VerifierOptions, keys?: TrustMaterial['publicKey']) => ReturnType<Verifier['verify']>
const checkerOf =
  ({ TrustedRoot, toSignedEntity, toTrustMaterial, Verifier }: Sigstore, root: object, bundle: Bundle): Checker =>
  (options, keys) => {
    const entity: SignedEntity = toSignedEntity(bundle)
    return new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root), keys), options).verify(entity)
  }

/** The first of the keys that has made the signature. A log is not asked for, but where there is an entry it must be true. */
function byKey(check: Checker, signers: readonly Signer[]): Signer {
  const options = { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 }
  let last: unknown
  for (const signer of signers) {
    if (!('publicKey' in signer)) continue
    try {
      check(options, () => ({ publicKey: createPublicKey(signer.publicKey), validFor: () => true }))
      return signer
    } catch (cause) {
      last = cause
    }
  }
  if (last === undefined)
    throw new Problem('signer_unknown', 'The bundle is signed with a key, and the service names none.')
  const sentence = `None of the keys of the service has made the signature: ${reasonOf(last)}.`
  throw new Problem('signature_invalid', sentence, { cause: last })
}

/** The certificate must be of Sigstore, valid when it signed, and logged, and name exactly whom the service names. */
function byCertificate(check: Checker, signers: readonly Signer[]): Signer {
  const { subjectAlternativeName: name, extensions } = identityOf(check) ?? {}
  const found = signers.find(
    (signer) => 'identity' in signer && signer.identity === name && signer.issuer === extensions?.issuer,
  )
  if (found !== undefined) return found
  const who = `${(name ?? 'nobody').slice(0, 500)} (${extensions?.issuer?.slice(0, 300) ?? 'no issuer'})`
  throw new Problem('signer_unknown', `The bundle was signed by ${who}, whom the service does not name.`)
}

function identityOf(check: Checker) {
  try {
    return check({}).identity
  } catch (cause) {
    // The library throws errors of several kinds, also of what reads certificates: all of them mean that it is not verified.
    throw new Problem('signature_invalid', `The signature cannot be verified: ${reasonOf(cause)}.`, { cause })
  }
}

const unsupported = (why: string): Problem =>
  new Problem('bundle_unsupported', `The bundle is of a kind that is not read: ${why}.`)

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300).replace(/\.$/, '')
