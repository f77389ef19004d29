// The copy of a log outside of the table: one object for each event, with all that its item has. Whoever compares the two sees
// what was changed in the table since (docs/decisions/0054).
import type { LogItem } from '../release/chain.ts'
import { logKey } from '../release/log-key.ts'

export const copiesOf = (releaseId: string): string => `releases/${releaseId}/`
/** The key of an event's copy. Keys sort like the events. */
export const copyKey = (releaseId: string, seq: number): string =>
  `${copiesOf(releaseId)}${String(seq).padStart(6, '0')}.json`

/** What is copied of an item. The text is always the same, so that copies can be compared. */
export const copyText = ({ sk, previous, body }: LogItem): string => JSON.stringify({ sk, previous, body })

/** The versions of one object, oldest first. The function that copies writes one, and nobody else should write any. */
export type KeptCopy = {
  readonly key: string
  /** The oldest version: what was copied first. `undefined` if it is a delete marker. */
  readonly text: string | undefined
  /** Versions that somebody added later, delete markers included. */
  readonly later: number
}

type CopyDifference = { readonly seq: number; readonly what: string }

/** @param items of the log, in order @returns every event whose copy is not as it should be, in order */
export function differences(
  releaseId: string,
  items: readonly LogItem[],
  copies: readonly KeptCopy[],
): readonly CopyDifference[] {
  const seqs = new Set([...items.map(({ sk }) => seqIn(sk)), ...copies.map(({ key }) => seqIn(key))])
  return [...seqs]
    .sort((a, b) => a - b)
    .flatMap((seq) => {
      const item = items.find(({ sk }) => sk === logKey(releaseId, seq).sk)
      const copy = copies.find(({ key }) => key === copyKey(releaseId, seq))
      return whatDiffers(item, copy).map((what) => ({ seq, what }))
    })
}

const seqIn = (key: string): number => Number(/(\d+)(?:\.json)?$/.exec(key)?.[1] ?? 0)

function whatDiffers(item: LogItem | undefined, copy: KeptCopy | undefined): readonly string[] {
  if (copy === undefined) return ['it has no copy']
  const later = copy.later === 0 ? [] : [`somebody wrote ${copy.later} more version(s) of its copy, or deleted it`]
  if (copy.text === undefined) return ['its copy was deleted before it was written', ...later]
  if (item === undefined) return ['the table has it no more, and the copy has', ...later]
  return copy.text === copyText(item) ? later : ['the table has another event than the copy', ...later]
}
