// Summaries ("heads") of releases in DynamoDB. A head is a projection of the log: an older head never replaces a newer one, and
// losing that race is not an error.
import { Head } from '../../../core/release/head.ts'
import { type Listing, listing } from '../../../core/listing.ts'
import type { HeadKey, History } from '../../ports.ts'
import { bodyOf, type Item, keyOf, keys, parseBody, putItem, queryItems, type Table, unreadable } from './table.ts'

export function awsHistory(table: Table): History {
  return {
    async put({ link, by, reason, endedBy, ...head }) {
      const seq = { N: String(head.seq) }
      await putItem(
        table,
        keys.head(head.service, head.requestedAtMs, head.releaseId),
        { ...bodyOf(head), seq, ...attributesOf({ link, by, reason, endedBy }) },
        {
          expression: 'attribute_not_exists(pk) OR seq <= :seq',
          values: { ':seq': seq },
        },
      )
    },
    async list(service, limit, last) {
      if (limit < 1) return nothing
      const { pk } = keys.head(service, 0, '')
      const after = last && keys.head(service, last.requestedAtMs, last.releaseId).sk
      return readHeads(await queryItems(table, { pk, newestFirst: true, limit, after }))
    },
    async between(service, fromMs, toMs) {
      if (toMs <= fromMs) return nothing
      // These bounds hold no release id, so no stored key equals the upper bound: the range excludes `toMs`.
      const [first, last] = [keys.head(service, Math.max(0, fromMs), ''), keys.head(service, toMs, '')]
      return readHeads(await queryItems(table, { pk: first.pk, between: [first.sk, last.sk] }))
    },
  }
}

/** They stand beside the body, because code from before refuses a body with a field that it does not know. */
const beside = ['link', 'by', 'reason', 'endedBy'] as const
type Beside = Partial<Record<(typeof beside)[number], string | undefined>>

const attributesOf = (fields: Beside): Item =>
  Object.fromEntries(beside.flatMap((name) => (fields[name] === undefined ? [] : [[name, { S: fields[name] }]])))

const besideOf = (item: Item): Beside =>
  Object.fromEntries(beside.flatMap((name) => (item[name]?.S === undefined ? [] : [[name, item[name].S]])))

const nothing: Listing<Head, HeadKey> = { items: [], unreadable: [] }

const readHeads = (items: readonly Item[]): Listing<Head, HeadKey> =>
  listing(items, readHead, (item) => {
    const [requestedAtMs = '', releaseId = ''] = keyOf(item).sk.split('#')
    return { releaseId, requestedAtMs: Number(requestedAtMs) }
  })

function readHead(item: Item): Head {
  const head: Head = { ...parseBody(Head, item), ...besideOf(item) }
  const key = keys.head(head.service, head.requestedAtMs, head.releaseId)
  if (key.pk !== keyOf(item).pk || key.sk !== keyOf(item).sk) {
    throw unreadable(keyOf(item), `it holds release ${head.releaseId} of ${head.service}`)
  }
  return head
}
