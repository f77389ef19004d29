// Whose turn it is: one release at a time holds a service's lease; what happens to the others is the service's policy
// (core/queue/admission.ts).
import * as z from 'zod'
import { issuesSentence, Problem } from '../../core/problem.ts'
import { isSettled, isWaiting, type Release } from '../../core/release/release.ts'
import {
  behind,
  entryOf,
  isUnordered,
  type QueueEntry,
  replaces,
  stageOf,
  takesPlaces,
} from '../../core/queue/admission.ts'
import { readCall } from '../../core/release/request.ts'
import { accept, type Accepting } from '../steps/accept.ts'
import { each, orThrow } from '../steps/each.ts'
import { isOver, loadIfReadable, takeLease } from '../steps/lease.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { dequeue, isEntryOf, nextInQueue } from '../steps/queue.ts'
import { returnNow } from '../steps/return.ts'
import { lendLease } from '../one-way/fix.ts'
import { turnNow } from '../queue/turns.ts'
import { machine, notTheMachine, taskResult, type TaskResult } from './task.ts'
import type { World } from '../steps/world.ts'

type Deps = Accepting & Pick<World, 'leases' | 'turns' | 'traffic'>

const AdmitInput = z.strictObject({ input: z.unknown(), execution: z.string().min(1).max(500), machine })
// So many releases are superseded at once.
const together = 10

const Started = z.strictObject({ releaseId: z.string().min(1).max(64) })

/** `outcome` and `sentence` are what the execution fails with when there is no release to speak for itself. */
type Admitted = TaskResult & {
  /** Seconds from one look to the next: for the machine to carry. */
  readonly every: number
  readonly outcome: string
  readonly sentence: string
}

// What no retry cures. CodePipeline shows the sentence.
const final: readonly string[] = [
  'call_invalid',
  'request_reused',
  'queue_full',
  'service_missing',
  'target_unknown',
  'artifact_elsewhere',
  'artifact_not_allowed',
  'plan_bolder',
  'release_missing',
  'item_unreadable',
]

export function admitHandler(deps: Deps) {
  return async (event: unknown): Promise<Admitted> => {
    const parsed = AdmitInput.safeParse(event)
    if (!parsed.success) throw notTheMachine(issuesSentence(parsed.error.issues))
    const { input, execution } = parsed.data
    try {
      const loaded = await carry(deps, await load(deps, await releaseIdOf(deps, input, execution)), execution)
      const after = isWaiting(loaded.release) ? await admit(deps, loaded) : loaded
      const every = after.release.service.policy.lookEverySeconds
      return { ...taskResult(after.release, deps.clock.nowMs(), parsed.data), every, outcome: '', sentence: '' }
    } catch (error) {
      if (!(error instanceof Problem) || !final.includes(error.code)) throw error
      deps.log(error.line)
      const sentence = `${error.message} ${error.fix}`
      return { releaseId: '', next: 'failed', seconds: 1, every: 60, record: null, outcome: error.name, sentence }
    }
  }
}

/** CodePipeline starts the state machine itself: then the execution's input is the wish. */
async function releaseIdOf(deps: Deps, input: unknown, execution: string): Promise<string> {
  const started = Started.safeParse(input)
  if (started.success) return started.data.releaseId
  const [releaseId = ''] = await accept(deps, readCall(input, execution.slice(-128).replaceAll('/', ':')))
  return releaseId
}

function carry(deps: Deps, loaded: Loaded, execution: string): Promise<Loaded> {
  return record(deps, loaded, (release) =>
    isSettled(release) || release.executions.at(-1) === execution
      ? undefined
      : { type: 'carried', atMs: deps.clock.nowMs(), execution },
  )
}

async function admit(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { release } = loaded
  const { name } = release.service
  const own = entryOf(release)
  await lendLease(deps, release)
  const holder = await deps.leases.holder(name)
  // A call before this one took it, and died.
  if (holder === release.id) return begin(deps, release)
  const live = holder === undefined || (await isOver(deps, holder)) ? undefined : holder
  // Only who was ordered by a person ends what is live.
  if (takesPlaces(own) && !isUnordered(release)) {
    const newer = await newerThan(deps, name, own)
    if (newer !== undefined) return supersede(deps, loaded, newer)
    await takePlaces(deps, release, live)
  }
  if (live !== undefined) return waitBehind(deps, loaded, live)
  const first = await nextInQueue(deps, name, own)
  if (first !== undefined) return waitBehind(deps, loaded, first.release.id)
  const taken = await takeLease(deps, name, release.id)
  return taken === release.id ? begin(deps, release) : waitBehind(deps, loaded, taken)
}

/** It has the lease. */
async function begin(deps: Deps, { id, service }: Release): Promise<Loaded> {
  const loaded = await load(deps, id)
  // Another call has brought it to its end since it was read: nobody else will drop what was taken after that.
  if (isSettled(loaded.release)) await deps.leases.drop(service.name, id)
  if (!isWaiting(loaded.release)) return loaded
  const atMs = deps.clock.nowMs()
  const turnMs = await turnNow(deps, loaded.release)
  const begins = turnMs <= atMs ? {} : { beginsAtMs: turnMs }
  const begun = await record(deps, loaded, (now) =>
    isWaiting(now) ? { type: 'admitted', atMs, ...begins } : undefined,
  )
  await dequeue(deps, begun.release)
  return begun
}

async function waitBehind(deps: Deps, loaded: Loaded, holder: string): Promise<Loaded> {
  const atMs = deps.clock.nowMs()
  return record(deps, loaded, (release) => behind(release, holder, atMs))
}

/**
 * Of those that take places in its lane, the latest, if it takes the place of `own`. In a flood, each release but the last one
 * finds that it is replaced, and reads nobody else.
 */
async function newerThan(deps: Deps, service: string, own: QueueEntry): Promise<string | undefined> {
  const newest = await deps.queues.newest(service, own.lane)
  if (newest === undefined || !replaces(newest, own, 'waiting')) return undefined
  const loaded = await loadIfReadable(deps, newest.releaseId)
  // Its request has only just arrived: it may still come to nothing. If not, it takes the place itself.
  if (loaded === undefined) return undefined
  if (isEntryOf(newest, loaded.release)) return newest.releaseId
  await deps.queues.remove(service, newest)
  return newerThan(deps, service, own)
}

/** Ends the releases that it replaces, in its queue and the live one. Only their logs are read, because they are written. */
async function takePlaces(deps: Deps, release: Release, live: string | undefined): Promise<void> {
  const own = entryOf(release)
  // A rollback replaces nobody who waits.
  const queue = own.lane === 'back' ? [] : await deps.queues.first(release.service.name)
  const replaced = queue.filter((one) => replaces(own, one, 'waiting')).map(({ releaseId }) => releaseId)
  const ended = await each(
    deps,
    [...new Set([...replaced, ...(live === undefined ? [] : [live])])],
    (releaseId) => ({ releaseId }),
    async (releaseId) => {
      const other = await loadIfReadable(deps, releaseId)
      const stage = other === undefined ? undefined : stageOf(other.release)
      if (other === undefined || stage === undefined || !replaces(own, entryOf(other.release), stage)) return
      await supersede(deps, other, release.id)
    },
    together,
  )
  orThrow(ended)
}

const supersede = (deps: Deps, loaded: Loaded, newer: string): Promise<Loaded> =>
  returnNow(deps, loaded, { by: `release ${newer}`, reason: `superseded by release ${newer}`, outcome: 'superseded' })
