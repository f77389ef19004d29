// The access keys of one run of the embedded cloud. A secret is computed from its access key, so none is stored.
import { createHmac, randomBytes } from 'node:crypto'

export type LocalKeys = {
  /** The secret of an access key. Give it only to whoever the key stands for. */
  readonly secretOf: (accessKeyId: string) => string
  /** Every role has an access key (credential.ts); of users, only those that the run was started with. */
  readonly has: (accessKeyId: string) => boolean
}

/** @param startKey whoever has it has every secret: it leaves neither this function nor this process */
export function localKeys(users: readonly string[], startKey: Uint8Array = randomBytes(32)): LocalKeys {
  const known = new Set(users)
  return {
    secretOf: (accessKeyId) => createHmac('sha256', startKey).update(accessKeyId).digest('base64url'),
    has: (accessKeyId) => known.has(accessKeyId) || accessKeyId.startsWith('role.'),
  }
}
