// Summaries ("heads") of releases in DynamoDB. A head is a projection of the log: an older head never replaces a newer one, and
// losing that race is not an error.
import { Head } from '../../../core/release/head.ts'
import { type Listing, listing } from '../../../core/listing.ts'
import type { HeadKey, History } from '../../ports.ts'
import { bodyOf, type Item, keyOf, keys, parseBody, putItem, queryItems, type Table, unreadable } from './table.ts'

export function awsHistory(table: Table): History {
  return {
    async put({ link, ...head }) {
      const seq = { N: String(head.seq) }
      await putItem(
        table,
        keys.head(head.service, head.requestedAtMs, head.releaseId),
        // Beside the body, because code from before refuses a body with a field that it does not know.
        { ...bodyOf(head), seq, ...(link === undefined ? {} : { link: { S: link } }) },
        {
          expression: 'attribute_not_exists(pk) OR seq <= :seq',
          values: { ':seq': seq },
        },
      )
    },
    async list(service, limit, before) {
      if (limit < 1) return nothing
      const { pk, sk: first } = keys.head(service, 0, '')
      if (before === undefined) return readHeads(await queryItems(table, { pk, newestFirst: true, limit }))
      const last = keys.head(service, before.requestedAtMs, before.releaseId).sk
      // The range includes its ends.
      const found = await queryItems(table, { pk, between: [first, last], newestFirst: true, limit: limit + 1 })
      return readHeads(found.filter((item) => keyOf(item).sk !== last).slice(0, limit))
    },
    async between(service, fromMs, toMs) {
      if (toMs <= fromMs) return nothing
      // These bounds hold no release id, so no stored key equals the upper bound: the range excludes `toMs`.
      const [first, last] = [keys.head(service, Math.max(0, fromMs), ''), keys.head(service, toMs, '')]
      return readHeads(await queryItems(table, { pk: first.pk, between: [first.sk, last.sk] }))
    },
  }
}

const nothing: Listing<Head, HeadKey> = { items: [], unreadable: [] }

const readHeads = (items: readonly Item[]): Listing<Head, HeadKey> =>
  listing(items, readHead, (item) => {
    const [requestedAtMs = '', releaseId = ''] = keyOf(item).sk.split('#')
    return { releaseId, requestedAtMs: Number(requestedAtMs) }
  })

function readHead(item: Item): Head {
  const { link } = item
  const head = { ...parseBody(Head, item), ...(link?.S === undefined ? {} : { link: link.S }) }
  const key = keys.head(head.service, head.requestedAtMs, head.releaseId)
  if (key.pk !== keyOf(item).pk || key.sk !== keyOf(item).sk) {
    throw unreadable(keyOf(item), `it holds release ${head.releaseId} of ${head.service}`)
  }
  return head
}
