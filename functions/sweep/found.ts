// What the sweep finds in the table, and which of it is due now. All of it is small: entries and keys, no logs.
import type { Lease, OpenKey } from '../../cloud/ports.ts'
import type { Warm } from '../../core/concurrency/warm.ts'
import type { QueueEntry } from '../../core/queue/admission.ts'
import type { Listing } from '../../core/listing.ts'
import type { ReturnRecord } from '../../core/release/return-record.ts'
import { minuteMs } from '../../core/time.ts'
import { idsOf } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'leases' | 'returns' | 'openReleases' | 'queues'>
type Queued = { readonly service: string; readonly entry: QueueEntry }

/** The items of a release other than its log. */
export type Found = {
  readonly releaseId: string
  readonly open?: OpenKey | undefined
  readonly record?: ReturnRecord | undefined
  /** One, if it waits for the lease of its service. */
  readonly entries: readonly QueueEntry[]
  /** It has its turn next, and nobody has the lease. */
  readonly isNext: boolean
}

export type Everything = {
  /** By id. */
  readonly found: readonly Found[]
  readonly held: Listing<Lease, Pick<Lease, 'name'>>
  readonly openIds: readonly string[]
  /** What is left of releases that have ended, and keep a version warm. */
  readonly warm: readonly Warm[]
  /** Entries of releases that are not open. */
  readonly strays: readonly Queued[]
}

/** Read leases and queues before entries. Then a release that is not open has ended, or its entry is lost. */
export async function everything(deps: Deps): Promise<Everything> {
  const held = await deps.leases.list()
  const queued = await deps.queues.list()
  const records = await deps.returns.list()
  const { open, warm } = await deps.openReleases.all()
  const openIds = new Set(open.map(({ releaseId }) => releaseId))
  const entries = Map.groupBy(queued, ({ entry }) => entry.releaseId)
  const next = nextOnes(queued, openIds, held)
  const byId = new Map<string, Found>()
  const add = (releaseId: string, more: Partial<Found>): void => {
    const own = (entries.get(releaseId) ?? []).map(({ entry }) => entry)
    const known = byId.get(releaseId) ?? { releaseId, entries: own, isNext: next.has(releaseId) }
    byId.set(releaseId, { ...known, ...more })
  }
  for (const releaseId of idsOf(records)) add(releaseId, {})
  for (const record of records.items) add(record.releaseId, { record })
  for (const key of open) add(key.releaseId, { open: key })
  return {
    found: [...byId.values()].sort((a, b) => (a.releaseId < b.releaseId ? -1 : 1)),
    held,
    openIds: [...openIds],
    warm,
    strays: queued.filter(({ entry }) => !byId.has(entry.releaseId)),
  }
}

/** The first that waits for each service whose lease is free. */
function nextOnes(queued: readonly Queued[], isOpen: ReadonlySet<string>, held: Everything['held']): Set<string> {
  const taken = new Set(held.items.filter(({ holder }) => isOpen.has(holder)).map(({ name }) => name))
  const first = new Map<string, string>()
  for (const { service, entry } of queued)
    if (isOpen.has(entry.releaseId) && !taken.has(service) && !first.has(service)) first.set(service, entry.releaseId)
  return new Set(first.values())
}

/** An entry that is written before its release may be as young as this. */
const youngMs = 2 * minuteMs

/** Entries that were written for a request that failed right after. */
export const straysAt = (nowMs: number, { strays }: Everything): readonly Queued[] =>
  strays.filter(({ entry }) => entry.requestedAtMs < nowMs - youngMs)

// For how many releases Step Functions is asked per minute. It allows 10 DescribeExecution calls a second (docs/aws.md §3.3), and
// others use them too.
const askedMost = 200

/** With more releases than may be asked about, each minute covers a share of them. */
export function inRotation(nowMs: number, found: readonly Found[]): ReadonlySet<string> {
  const shares = Math.ceil(found.length / askedMost)
  const minute = Math.floor(nowMs / minuteMs)
  return new Set(found.filter((_, index) => (index + minute) % shares === 0).map(({ releaseId }) => releaseId))
}

/** Whoever only waits, and is neither next nor in the rotation, takes no call. */
export const isDue = ({ releaseId, record, entries, isNext }: Found, rotation: ReadonlySet<string>): boolean =>
  record !== undefined || entries.length === 0 || isNext || rotation.has(releaseId)

// The golden ratio spreads the beginnings over the list better than chance would: with rounds that come as far as a tenth of the
// list, all of it is covered in 26 rounds at most, whichever releases are slow.
const golden = (Math.sqrt(5) - 1) / 2

/** The same list, begun somewhere else each minute: what holds up the end of one round is not in front of the next one. */
export function fromElsewhere<T>(nowMs: number, list: readonly T[]): readonly T[] {
  const start = Math.floor(((Math.floor(nowMs / minuteMs) * golden) % 1) * list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}
