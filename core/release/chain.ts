// The chain of a log: each event's item carries the hash of the item before it, so that a log that was changed later does not fit
// itself. docs/decisions/0054 says what that proves, and what not.
import * as z from 'zod'
import { logKey } from './log-key.ts'

/** An event's item as it is stored. */
export type LogItem = {
  /** Its sort key. */
  readonly sk: string
  /** The event, as the text that was written. */
  readonly body?: string | undefined
  /** The link of the event before; the first event has the release's. Items from before November 2026 have none. */
  readonly previous?: string | undefined
}

/** SHA-256 in base64url. */
export type Digest = (text: string) => string

/** The link that the first event of a log carries. */
export const firstLink = (digest: Digest, releaseId: string): string => digest(`tidegate release ${releaseId}`)

/**
 * The link of an event: what the next one carries. It is over the stored text itself, not over what the text means, so nothing
 * has to be written the same way twice.
 */
export const linkOf = (
  digest: Digest,
  releaseId: string,
  seq: number,
  { body = '', previous = '' }: Pick<LogItem, 'body' | 'previous'>,
): string => digest(`${releaseId}\n${seq}\n${previous}\n${body}`)

export type Verified = {
  /** The first item that does not fit. */
  readonly broken?: { readonly seq: number; readonly what: string }
  readonly events: number
  /** From this event on, each is proven by the next; `undefined` if none carries a link. */
  readonly fromSeq?: number
  /** Events without a link among such that have one; the next one proves them. */
  readonly without: readonly number[]
  /** The link of each event, in order. */
  readonly links: readonly string[]
}

/** Recomputes the chain. @param items all items of the log, in order of their sort keys */
export function verifyLog(digest: Digest, releaseId: string, items: readonly LogItem[]): Verified {
  const links: string[] = []
  const without: number[] = []
  let fromSeq: number | undefined
  const result = (broken?: Verified['broken']): Verified => ({
    ...(broken === undefined ? {} : { broken }),
    ...(fromSeq === undefined ? {} : { fromSeq }),
    ...{ events: items.length, without, links },
  })
  for (const [index, item] of items.entries()) {
    const seq = index + 1
    const what = misfit(releaseId, seq, item)
    if (what !== undefined) return result({ seq, what })
    const before = links.at(-1) ?? firstLink(digest, releaseId)
    if (item.previous === undefined && fromSeq !== undefined) without.push(seq)
    const link = linkOf(digest, releaseId, seq, item)
    if (item.previous !== undefined && item.previous !== before) {
      const next = items.find(({ sk }) => sk === logKey(releaseId, seq + 1).sk)
      return result(blamed(seq, link, next))
    }
    if (item.previous !== undefined) fromSeq ??= seq
    links.push(link)
  }
  // Of an event in the middle the next one tells; of the last one nothing does.
  if (without.at(-1) === items.length)
    return result({ seq: items.length, what: 'it carries no hash, though events before it do' })
  return result()
}

/** What somebody has kept of the end of a log. */
type Kept = {
  /** The hash in an event `Release Settled`. */
  readonly announced?: string | undefined
  readonly head?: { readonly seq: number; readonly link?: string | undefined } | undefined
}

/**
 * Compares a log that fits itself with what was kept: who can write every item can write a whole chain anew.
 * @returns what does not fit
 */
export function comparedWith({ events, links }: Verified, { announced, head }: Kept): Verified['broken'] {
  if (announced !== undefined && !links.includes(announced))
    return { seq: events, what: 'no event of the log has the hash that was announced' }
  if (head?.link === undefined) return undefined
  if (head.seq > events) return { seq: events + 1, what: `it is missing: the history knows ${head.seq} events` }
  if (links[head.seq - 1] === head.link) return undefined
  return { seq: head.seq, what: 'the history has another hash of the log up to it: it was changed, or one before it' }
}

const Event = z.looseObject({ seq: z.int(), type: z.string() })

/** Why an item cannot be the event of this number. */
function misfit(releaseId: string, seq: number, { sk, body }: LogItem): string | undefined {
  const expected = logKey(releaseId, seq).sk
  if (sk > expected) return 'it is missing'
  if (sk < expected) return `an item is stored as ${sk}, which is no event's key`
  const event = Event.safeParse(jsonOf(body ?? ''))
  if (!event.success) return 'it is not an event'
  if (event.data.seq !== seq) return `it holds event ${event.data.seq}`
  if (seq === 1 && event.data['releaseId'] !== releaseId) return 'it is the first event of another release'
  return undefined
}

/**
 * An event carries another hash than that of the event before: one of the two was changed. If the next event was written after
 * another one than this, it is this one.
 */
function blamed(seq: number, link: string, next: LogItem | undefined): NonNullable<Verified['broken']> {
  if (seq === 1) return { seq, what: 'the hash that it carries is not of this release' }
  const isThisOne = next?.previous !== undefined && next.previous !== link
  if (isThisOne) return { seq, what: `it was not written after event ${seq - 1}` }
  return { seq: seq - 1, what: `it is not the event that event ${seq} was written after` }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
