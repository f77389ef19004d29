// A service goes back to what ran before: a release of those versions, all at once, which passes no gates. Only the history says
// what ran before, so who may roll back needs no right to start, and gets none.
import { noWayBehind } from '../../core/freeze/words.ts'
import {
  backKey,
  calledAsNow,
  failedWaysBack,
  type Head,
  lastPromoted,
  oneWayBehind,
  ranBefore,
  tookOver,
} from '../../core/release/head.ts'
import { whole } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
import { isSettled } from '../../core/release/release.ts'
import { candidateFor, candidateOfCall } from '../../core/release/request.ts'
import { type Candidate, candidateWords } from '../../core/service/candidate.ts'
import { PlanDefinition } from '../../core/service/plan.ts'
import { isObserved } from '../../core/service/service.ts'
import { accept, type Accepting, observedOnly } from '../steps/accept.ts'
import { latestHeads } from '../steps/heads.ts'
import { load } from '../steps/log.ts'
import { checkPublished } from './published.ts'
import type { World } from '../steps/world.ts'
import { type Ordered, ordered } from './order.ts'

type Deps = Accepting & Pick<World, 'versions'>

/** Where a service goes back to. */
type Place = {
  readonly service: string
  /** The promoted release that is undone. */
  readonly from: string
  readonly versions: Readonly<Record<string, string>>
  /** What tells it from other ways back from the same release. */
  readonly apart: string
  readonly words: string
}

/**
 * @param named the versions that a person names; without them, what ran before the release that is in charge now
 * @param latest the latest heads, if they have just been read
 * @throws Problem `service_missing`, `service_observed`, `nothing_to_return_to`, `one_way_passed`, `item_unreadable`,
 * `target_unknown`, `version_missing`
 */
export async function placeBefore(
  deps: Deps,
  service: string,
  named: Parameters<typeof candidateOfCall>[0] | undefined,
  latest?: Heads,
): Promise<Place> {
  const defined = await deps.services.get(service)
  if (isObserved(defined)) throw observedOnly(service)
  const wanted = named === undefined ? undefined : versionsIn(candidateFor(defined, candidateOfCall(named)))
  const asNow = (heads: readonly Head[]): readonly Head[] => calledAsNow(heads, defined.targets, deps.home)
  const enough = (heads: readonly Head[]): boolean =>
    wanted === undefined ? lastPromoted(heads) !== undefined : ranBefore(asNow(heads), wanted)
  const { last: found, heads: all, isFound } = await searched(deps, service, enough, latest)
  const heads = asNow(all)
  const last = lastPromoted(heads) ?? found
  const from = last.releaseId
  const passed = oneWayBehind(heads, wanted)
  if (passed !== undefined && (wanted === undefined || isFound)) throw noWayBehind(passed)
  if (wanted === undefined) return { service, from, versions: stableOf(last), apart: again(heads, from), words: '' }
  const candidate = { kind: 'versions' as const, versions: wanted }
  const words = candidateWords(candidate)
  if (!isFound)
    throw new Problem(
      'nothing_to_return_to',
      `The history of ${service} has no promoted release before the last one in which ${words} had all traffic.`,
    )
  await checkPublished(deps, defined, candidate)
  const sorted = JSON.stringify(Object.entries(wanted).toSorted())
  const apart = `${again(heads, from)}/${deps.digest(sorted).slice(0, 20)}`
  return { service, from, versions: wanted, apart, words: ` to ${words}` }
}

const versionsIn = (candidate: Candidate): Readonly<Record<string, string>> =>
  candidate.kind === 'versions' ? candidate.versions : {}

/** What the service ran before this release. Pressing twice must not go back twice. */
function stableOf(head: Head): Readonly<Record<string, string>> {
  const { releaseId, service, backFrom } = head
  if (backFrom !== undefined) {
    const sentence = `Release ${releaseId} has gone back from ${backFrom} already, and nothing of ${service} was promoted since.`
    throw new Problem('nothing_to_return_to', sentence)
  }
  return Object.fromEntries(Object.entries(tookOver(head)).map(([name, { stable }]) => [name, stable]))
}

/** A way back that has ended without the traffic is tried again when somebody asks again. */
function again(heads: readonly Head[], from: string): string {
  const failed = failedWaysBack(heads, from)
  return failed === 0 ? '' : `/${failed + 1}`
}

/** So many are read at first. */
export const headsMost = 100
type Heads = Awaited<ReturnType<typeof latestHeads>>
type Searched = { readonly last: Head; readonly heads: readonly Head[]; readonly isFound: boolean }

/**
 * Reads the history until it has enough. After a flood, many that were replaced may have come after what is searched for.
 * @throws Problem `nothing_to_return_to`, `item_unreadable`
 */
async function searched(
  deps: Deps,
  service: string,
  enough: (heads: readonly Head[]) => boolean,
  latest?: Heads,
  limit = headsMost,
): Promise<Searched> {
  const heads = latest ?? (await latestHeads(deps, service, limit))
  const isFound = enough(heads.items)
  const isAll = heads.items.length + heads.unreadable.length < limit
  if (!isFound && !isAll) return searched(deps, service, enough, undefined, 10 * limit)
  const last = lastPromoted(heads.items)
  // A later one that nobody can read may have been promoted; where nothing is found, so may any.
  const doubtful = heads.unreadable.filter(
    ({ about }) => last === undefined || !isFound || about.requestedAtMs >= last.requestedAtMs,
  )
  whole({ items: [], unreadable: doubtful })
  if (last === undefined) throw new Problem('nothing_to_return_to', `No release of ${service} has been promoted.`)
  return { last, heads: heads.items, isFound }
}

/** Asking twice is asking once, until another release has been promoted or this one has failed. */
export async function goBack(
  deps: Deps,
  { service, from, versions, apart, words }: Place,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<Ordered> {
  const back = {
    service,
    key: backKey + from + apart,
    candidate: { kind: 'versions' as const, versions },
    provenance: { source: 'api' as const, requestedBy: by },
    plan: PlanDefinition.parse('AllAtOnce'),
    bolder: true as const,
    reason: `back from ${from}${words}: ${reason}`.slice(0, 1000),
  }
  const [releaseId = ''] = await accept(deps, back, async (id) => {
    await deps.executions.start(id, { releaseId: id })
    return id
  })
  const { release } = await load(deps, releaseId)
  if (isSettled(release)) return ordered(deps, release, 'rollBack, has ended already', by)
  deps.log({ message: 'order: rollBack', releaseId, phase: 'requested', by })
  return { releaseId, phase: 'requested' }
}
