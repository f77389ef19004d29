// Reads a release and adds to its log: read, decide, append at the next free sequence number; if another writer was faster, read
// and decide again. A warm function reads only what is new, because the log only grows.
import type { Journal } from '../../cloud/ports.ts'
import { advance, replay } from '../../core/release/advance.ts'
import { type NewEvent, ReleaseEvent } from '../../core/release/event.ts'
import type { Listing } from '../../core/listing.ts'
import { issuesSentence, Problem } from '../../core/problem.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import { readSnapshot, type Snapshot, snapshotText, withoutReadings } from '../../core/release/snapshot.ts'

export type Loaded = Snapshot
type Deps = { readonly journal: Journal }
type Id = { readonly releaseId: string }

/** Every release of a listing, including those whose own item cannot be read: their key names them. */
export const idsOf = <T extends Id>({ items, unreadable }: Listing<T, Id>): readonly string[] =>
  [...items, ...unreadable.map(({ about }) => about)].map(({ releaseId }) => releaseId)

// Each lost round means that another writer won it. With more rounds than writers, something is broken.
const roundsMax = 20
// Most logs are at most this long and are read with one call. A longer log has a snapshot.
const beginningMost = 60
// A snapshot is about as large as five events.
const eventsPerSnapshot = 25
// How much a function remembers: this many releases, each with this many readings.
const rememberedMost = 32
const readingsMost = 3

// Identifies the code that folds. The bundler sets it (lib/bundle.ts). A process that runs from source needs no identity, because
// it does not outlive the snapshots that it has written.
declare const TIDEGATE_FOLD: string | undefined
const fold = typeof TIDEGATE_FOLD === 'undefined' ? 'source' : TIDEGATE_FOLD

const memories = new WeakMap<Journal, Map<string, Snapshot>>()

function memoryOf({ journal }: Deps): Map<string, Snapshot> {
  const memory = memories.get(journal) ?? new Map<string, Snapshot>()
  memories.set(journal, memory)
  return memory
}

/** Keeps the snapshot for this function's next read of the release. Settled releases are not read often enough to keep. */
export function remember(deps: Deps, snapshot: Snapshot): void {
  const memory = memoryOf(deps)
  const { release } = snapshot
  memory.delete(release.id)
  if (!isSettled(release)) memory.set(release.id, snapshot)
  const [oldest] = memory.keys()
  if (oldest !== undefined && memory.size > rememberedMost) memory.delete(oldest)
}

/** Keeps only a few readings. Only looks need readings, and a look remembers the ones it needs itself. */
function briefly(snapshot: Snapshot): Snapshot {
  const fromMs = snapshot.release.readings.at(-readingsMost - 1)?.toMs ?? 0
  return withoutReadings(snapshot, fromMs)
}

/**
 * The release as it is now; readings of earlier looks may be left out (`readFromMs`).
 * @throws Problem `release_missing` when there is no such log, `item_unreadable` when it cannot be parsed
 */
export async function load(deps: Deps, releaseId: string): Promise<Loaded> {
  const known = memoryOf(deps).get(releaseId)
  const loaded = known === undefined ? await fromBeginning(deps, releaseId) : await readOn(deps, known)
  remember(deps, briefly(loaded))
  return loaded
}

async function fromBeginning(deps: Deps, releaseId: string): Promise<Loaded> {
  const { events, link, isWhole } = await deps.journal.read(releaseId, { atMost: beginningMost })
  const beginning = () => ({ release: folded(releaseId, events), readFromMs: 0, ...linked(link) })
  return isWhole ? beginning() : readOn(deps, (await keptOf(deps, releaseId)) ?? beginning())
}

/** The release before its event `seq`, if that is available without reading the log. */
export async function asOf(deps: Deps, releaseId: string, seq: number): Promise<Release | undefined> {
  const known = memoryOf(deps).get(releaseId)?.release
  if (known !== undefined) return known.seq < seq ? known : undefined
  if (seq <= beginningMost) return undefined
  const kept = (await keptOf(deps, releaseId))?.release
  return kept !== undefined && kept.seq < seq ? kept : undefined
}

async function keptOf({ journal }: Deps, releaseId: string): Promise<Snapshot | undefined> {
  const text = await journal.kept(releaseId)
  return text === undefined ? undefined : readSnapshot(fold, releaseId, text)
}

async function readOn(deps: Deps, { release, ...rest }: Snapshot): Promise<Loaded> {
  const { events, link } = await deps.journal.read(release.id, { afterSeq: release.seq })
  return { ...rest, release: events.reduce(advance, release), ...linked(link) }
}

const linked = (link: string | undefined): Pick<Snapshot, 'link'> => (link === undefined ? {} : { link })

function folded(releaseId: string, events: readonly ReleaseEvent[]): Release {
  if (events.length === 0) throw new Problem('release_missing', `There is no release ${releaseId}.`)
  const release = replay(events)
  if (release === undefined)
    throw new Problem('item_unreadable', `The log of release ${releaseId} does not begin with a request.`)
  return release
}

/** Reads from the first event, with all readings. @throws like `load` */
export async function loadWhole(deps: Deps, releaseId: string): Promise<Loaded> {
  const { events, link } = await deps.journal.read(releaseId)
  return { release: folded(releaseId, events), readFromMs: 0, ...linked(link) }
}

/**
 * Stores a snapshot if the log is long and has grown enough since `before`. If this fails, the log is read instead, so a Problem
 * is ignored.
 */
export async function keepSnapshot(deps: Deps, before: Release, snapshot: Snapshot): Promise<void> {
  const { id, seq } = snapshot.release
  const isDue = Math.floor(seq / eventsPerSnapshot) > Math.floor(before.seq / eventsPerSnapshot)
  if (!isDue || seq <= beginningMost) return
  try {
    await deps.journal.keep(id, snapshotText(fold, snapshot))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
  }
}

/**
 * Appends the event that `decide` returns, and returns the release after it. `decide` is called again whenever the log has grown
 * meanwhile; `undefined` means that there is nothing to add.
 * @throws Problem `crowded` when other writers win every time
 */
export async function record(
  deps: Deps,
  loaded: Loaded,
  decide: (release: Release) => NewEvent | undefined,
): Promise<Loaded> {
  let current = loaded
  for (let round = 0; round < roundsMax; round++) {
    const wanted = decide(current.release)
    if (wanted === undefined) return current
    const event = numbered(wanted, current.release.seq + 1)
    const link = await deps.journal.append(current.release.id, event, current.link)
    if (link !== undefined) {
      const after = { ...current, release: advance(current.release, event), link }
      remember(deps, briefly(after))
      return after
    }
    current = await load(deps, current.release.id)
  }
  throw new Problem('crowded', `Too many writers add to the log of release ${loaded.release.id} at once.`)
}

/** The link that is announced with an event: that of the log's end, so that nobody can exchange the whole log later. */
export async function linkToAnnounce(
  { journal }: Deps,
  releaseId: string,
  { type, seq }: ReleaseEvent,
): Promise<string | undefined> {
  if (type !== 'settled') return undefined
  return (await journal.read(releaseId, { afterSeq: seq - 1, atMost: 1 })).link
}

/** Gives the event its sequence number. Validates it, so that we never write an event that we could not read again. */
export function numbered(event: NewEvent, seq: number): ReleaseEvent {
  const parsed = ReleaseEvent.safeParse({ v: 1, seq, ...event })
  if (parsed.success) return parsed.data
  throw new Error(`bug: an event of type ${event.type} is not valid: ${issuesSentence(parsed.error.issues)}`)
}
