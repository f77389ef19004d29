// `tidegate log --verify`: whether a release's log is the one that was written (docs/decisions/0054).
import { hash } from 'node:crypto'
import { differences } from '../../core/copy/log-copy.ts'
import { comparedWith, type Verified, verifyLog } from '../../core/release/chain.ts'
import { Problem } from '../../core/problem.ts'
import { idsOf } from '../../functions/steps/log.ts'
import type { Backend } from '../backend/backend.ts'
import type { KeptCopies } from '../backend/kept-copies.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

type Ports = Pick<Backend, 'journal' | 'history' | 'openReleases'>

/** A release is looked for among this many of its service's latest. */
const headsMost = 100

type Kept = {
  /** The hash in an event `Release Settled` that somebody else has kept. */
  readonly announced?: string | undefined
  /** The copy of the logs, where there is one. */
  readonly copies?: KeptCopies | undefined
}

/** @param which a release, or a service, which means its live release, or else its latest */
export async function verify(
  { backend, screen }: Cli,
  which: string,
  { announced, copies }: Kept = {},
): Promise<number> {
  const releaseId = await releaseIdOf(backend, which)
  const items = await backend.journal.items(releaseId)
  const verified = verifyLog((text) => hash('sha256', text, 'base64url'), releaseId, items)
  const head = (await backend.history.list(serviceOf(releaseId), headsMost)).items.find(
    (one) => one.releaseId === releaseId,
  )
  const kept = announced ?? head?.link
  const broken = verified.broken ?? comparedWith(verified, { announced, head })
  const what = { releaseId, ...verified, links: undefined, link: verified.links.at(-1), compared: kept !== undefined }
  const copied = copies && (await comparedWithCopy(backend, releaseId, copies))
  if (broken !== undefined) {
    screen.say(
      [
        `The log of ${releaseId} is not as it was written: event ${broken.seq} does not fit: ${broken.what}.`,
        'Restore the table to a time before the change, beside this one, and compare: docs/operate.md, "A log was changed".',
        ...(copied?.lines ?? []),
      ],
      { ...what, broken, ...copied?.data },
    )
    return exitCodes.different
  }
  screen.say([...wholeWords(releaseId, verified, kept !== undefined), ...(copied?.lines ?? [])], {
    ...what,
    ...copied?.data,
  })
  return copied === undefined || copied.isWhole ? exitCodes.done : exitCodes.different
}

const namedMost = 10

async function comparedWithCopy({ journal }: Ports, releaseId: string, copies: KeptCopies) {
  const look = async () => {
    const items = await journal.items(releaseId)
    return { items, found: differences(releaseId, items, await copies.list(releaseId)) }
  }
  const [once, retention] = [await look(), await copies.retention()]
  // A release that goes on writes between the two readings, and its copy comes a moment later. What differs twice differs.
  const again = once.found.length === 0 ? once : await look()
  const { items } = again
  const differ = again.found.filter(({ seq, what }) => once.found.some((one) => one.seq === seq && one.what === what))
  const [first] = differ
  const lines = [
    first === undefined
      ? `Its copy has the same ${items.length} events.`
      : `Its copy is another: event ${first.seq} is the first: ${first.what}.`,
    ...differ.slice(1, namedMost).map(({ seq, what }) => `Also event ${seq}: ${what}.`),
    ...(differ.length > namedMost ? [`And ${differ.length - namedMost} more.`] : []),
    retention === undefined
      ? 'The bucket has no default retention: who may delete there can delete the copy.'
      : `What is copied cannot be deleted for ${retention.words} (${retention.mode}).`,
  ]
  const isWhole = first === undefined && retention !== undefined
  return { isWhole, lines, data: { copy: { differ, retention: retention ?? null } } }
}

function wholeWords(releaseId: string, { events, fromSeq, without }: Verified, isCompared: boolean): readonly string[] {
  if (fromSeq === undefined)
    return [
      `The log of ${releaseId} has its ${events} events in order. It is from before November 2026, and no event carries a hash: nothing else is proven.`,
    ]
  return [
    `The log of ${releaseId} is as it was written: ${events} events${fromSeq === 1 ? '' : `, proven from event ${Math.max(1, fromSeq - 1)} on`}.`,
    ...(without.length === 0
      ? []
      : [`Without a hash, as code from before writes them: ${without.join(', ')}. The next one proves each.`]),
    isCompared
      ? 'Its end is the one that was announced.'
      : 'Nothing is announced yet to compare its end with: it has not settled, or settled before November 2026.',
  ]
}

/** Reads no event: the log may not be readable. */
async function releaseIdOf({ journal, history, openReleases }: Ports, which: string): Promise<string> {
  if ((await journal.items(which)).length > 0) return which
  const { items, unreadable } = await history.list(serviceOf(which), headsMost)
  if (items.some(({ releaseId }) => releaseId === which)) return which
  const [found] = [...idsOf(await openReleases.list(which)), ...idsOf(await history.list(which, 1))]
  if (found !== undefined) return found
  if (unreadable.some(({ about }) => about.releaseId === which)) return which
  throw new Problem('release_missing', `There is no release ${which}, and no service ${which} that has a release.`)
}

/** A release's id is its service's name and a hash (functions/steps/wish.ts). */
const serviceOf = (releaseId: string): string => releaseId.replace(/-[0-9a-f]+$/, '')
