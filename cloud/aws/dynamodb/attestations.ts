// Attestations about candidates in DynamoDB, by subject and then by who attested. One takes the place of exactly the one that
// was read.
import { Attestation } from '../../../core/gate/attestation.ts'
import { listing } from '../../../core/listing.ts'
import type { Attestations } from '../../ports.ts'
import {
  bodyOf,
  getItem,
  ifNew,
  type Item,
  keyOf,
  keys,
  parseBody,
  putItem,
  queryItems,
  type Table,
  unreadable,
} from './table.ts'

export function awsAttestations(table: Table): Attestations {
  return {
    async find(subject, by) {
      const item = await getItem(table, keys.attestation(subject, by))
      return item === undefined ? undefined : readAttestation(item)
    },
    async put(attestation, beforeMs) {
      const inTheWay = await putItem(
        table,
        keys.attestation(attestation.subject, attestation.by),
        { ...bodyOf(attestation), atMs: { N: String(attestation.atMs) } },
        beforeMs === undefined
          ? ifNew
          : { expression: 'atMs = :before', values: { ':before': { N: String(beforeMs) } } },
      )
      return inTheWay === undefined
    },
    async of(subjects) {
      const found = await Promise.all(
        subjects.map((subject) => queryItems(table, { pk: keys.attestation(subject, '').pk })),
      )
      return listing(found.flat(), readAttestation, (item) => {
        const { pk, sk: by } = keyOf(item)
        return { subject: pk.slice(keys.attestation('', '').pk.length), by }
      })
    },
  }
}

function readAttestation(item: Item): Attestation {
  const attestation = parseBody(Attestation, item)
  const key = keys.attestation(attestation.subject, attestation.by)
  if (key.pk !== keyOf(item).pk || key.sk !== keyOf(item).sk)
    throw unreadable(keyOf(item), `it holds what ${attestation.by} said of ${attestation.subject}`)
  return attestation
}
