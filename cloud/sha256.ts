// Node's SHA-256, plain and keyed, in the form that the signing library wants.
import { createHash, createHmac } from 'node:crypto'
import type { SignatureV4 } from '@smithy/signature-v4'

type Sha256 = ConstructorParameters<typeof SignatureV4>[0]['sha256']
type Secret = ConstructorParameters<Sha256>[0]

export const sha256 = function (secret?: Secret) {
  const bytes =
    typeof secret === 'string' ? secret : secret === undefined ? undefined : Buffer.from(secret as Uint8Array)
  const hash = bytes === undefined ? createHash('sha256') : createHmac('sha256', bytes)
  return {
    update: (data: Uint8Array) => void hash.update(data),
    digest: () => Promise.resolve(new Uint8Array(hash.digest())),
    reset: () => undefined,
  }
} as unknown as Sha256
