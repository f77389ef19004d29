// Verifies signatures with Sigstore's library, against the keys and certificates that a service names. It needs no network: the
// public keys of Sigstore's own instance are in trusted-root.json (docs/decisions/0057).
import { type Bundle, bundleFromJSON, type BundleWithDsseEnvelope, isBundleWithDsseEnvelope } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { createPublicKey } from 'node:crypto'
import type { Signatures } from '../cloud/ports.ts'
import { Problem } from '../core/problem.ts'
import type { Signer } from '../core/service/attestations.ts'
import publicInstance from './trusted-root.json' with { type: 'json' }

const inToto = 'application/vnd.in-toto+json'

/** @param root whose certificates and logs are believed: a trusted root of Sigstore, as JSON */
export const sigstoreSignatures = (root: object = publicInstance): Signatures => ({
  // eslint-disable-next-line @typescript-eslint/require-await -- what is wrong is a rejection, as of every port
  async verify(bundle, signers) {
    const read = readBundle(bundle)
    const { payload } = read.content.dsseEnvelope
    const signer =
      read.verificationMaterial.content.$case === 'publicKey'
        ? byKey(read, signers, root)
        : byCertificate(read, signers, root)
    return { signer, payload }
  },
})

type Enveloped = Bundle & BundleWithDsseEnvelope

/** A bundle, or a bare envelope, as cosign keeps it in a registry: that can only be signed with a key. */
function readBundle(json: object): Enveloped {
  const isBare = 'payload' in json && 'signatures' in json
  const bundle = isBare ? bare(json) : json
  let read: Bundle
  try {
    read = bundleFromJSON(bundle)
  } catch (cause) {
    throw new Problem('bundle_invalid', `The bundle cannot be read: ${reasonOf(cause)}.`, { cause })
  }
  if (!isBundleWithDsseEnvelope(read)) throw unsupported('it signs bytes that it does not contain')
  const { payloadType } = read.content.dsseEnvelope
  if (payloadType !== inToto) throw unsupported(`it contains ${payloadType.slice(0, 100)}, and no statement of in-toto`)
  return read
}

const bare = (envelope: object) => ({
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [] },
  dsseEnvelope: envelope,
})

/** The first of the keys that has made the signature. A log is not asked for, but where there is an entry it must be true. */
function byKey(bundle: Bundle, signers: readonly Signer[], root: object): Signer {
  let last: unknown
  for (const signer of signers) {
    if (!('publicKey' in signer)) continue
    const trust = toTrustMaterial(TrustedRoot.fromJSON(root), () => ({
      publicKey: createPublicKey(signer.publicKey),
      validFor: () => true,
    }))
    try {
      new Verifier(trust, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle))
      return signer
    } catch (cause) {
      last = cause
    }
  }
  if (last === undefined)
    throw new Problem('signer_unknown', 'The bundle is signed with a key, and the service names none.')
  throw new Problem('signature_invalid', `None of the keys of the service has made the signature: ${reasonOf(last)}.`, {
    cause: last,
  })
}

/** The certificate must be of Sigstore, valid when it signed, and logged, and name exactly whom the service names. */
function byCertificate(bundle: Bundle, signers: readonly Signer[], root: object): Signer {
  const identity = verified(bundle, root)
  const found = signers.find(
    (signer) =>
      'identity' in signer &&
      signer.identity === identity?.subjectAlternativeName &&
      signer.issuer === identity.extensions?.issuer,
  )
  if (found !== undefined) return found
  const { subjectAlternativeName: name = 'nobody', extensions } = identity ?? {}
  throw new Problem(
    'signer_unknown',
    `The bundle was signed by ${name.slice(0, 500)} (${extensions?.issuer?.slice(0, 300) ?? 'no issuer'}), whom the service does not name.`,
  )
}

function verified(bundle: Bundle, root: object) {
  try {
    return new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root))).verify(toSignedEntity(bundle)).identity
  } catch (cause) {
    // Of what else the library throws, a certificate that is none is the cause.
    throw new Problem('signature_invalid', `The signature cannot be verified: ${reasonOf(cause)}.`, { cause })
  }
}

const unsupported = (why: string): Problem =>
  new Problem('bundle_unsupported', `The bundle is of a kind that is not read: ${why}.`)

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 300).replace(/\.$/, '')
