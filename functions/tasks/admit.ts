// Whose turn it is: one release at a time holds a service's lease; what happens to the others is the service's policy
// (core/queue/admission.ts).
import * as z from 'zod'
import { issuesSentence, Problem } from '../../core/problem.ts'
import { isSettled, isWaiting, type Release } from '../../core/release/release.ts'
import { behind, isReplacedBy, olderThan, takesPlaces } from '../../core/queue/admission.ts'
import { readCall } from '../../core/release/request.ts'
import { accept } from '../steps/accept.ts'
import { concurrently } from '../steps/concurrently.ts'
import { isOver, loadIfReadable, takeLease } from '../steps/lease.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { returnNow } from '../steps/return.ts'
import { turnNow } from '../queue/turns.ts'
import { machine, notTheMachine, taskResult, type TaskResult } from './task.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<
  World,
  | 'home'
  | 'clock'
  | 'journal'
  | 'openReleases'
  | 'services'
  | 'history'
  | 'digest'
  | 'executions'
  | 'leases'
  | 'turns'
  | 'traffic'
  | 'log'
  | 'trouble'
>

const AdmitInput = z.strictObject({ input: z.unknown(), execution: z.string().min(1).max(500), machine })
// So many logs are read, and releases superseded, at once.
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
  const holder = await deps.leases.holder(name)
  const isTaken = holder !== undefined && holder !== release.id && !(await isOver(deps, holder))
  // Who takes nobody's place waits behind whoever is live, and needs to know of nobody else.
  if (isTaken && !takesPlaces(release)) return waitBehind(deps, loaded, holder)
  const older = await olderOf(deps, release, holder)
  await supersede(deps, release, older)
  const first = await firstWaiting(deps, older)
  if (first !== undefined) return waitBehind(deps, loaded, first)
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
  return record(deps, loaded, (now) => (isWaiting(now) ? { type: 'admitted', atMs, ...begins } : undefined))
}

async function waitBehind(deps: Deps, loaded: Loaded, holder: string): Promise<Loaded> {
  const atMs = deps.clock.nowMs()
  return record(deps, loaded, (release) => behind(release, holder, atMs))
}

const readAtOnce = 20

/** Of a damaged entry the log says when the release was asked for. */
async function olderOf(deps: Deps, release: Release, holder: string | undefined): Promise<readonly string[]> {
  const { items, unreadable } = await deps.openReleases.list(release.service.name)
  const damaged = await concurrently(unreadable, readAtOnce, ({ about }) => loadIfReadable(deps, about.releaseId))
  return olderThan(
    release,
    items,
    damaged.map((one) => one?.release),
    holder,
  )
}

/** The oldest that waits for the lease as well. What cannot be read is left to the sweep, and so is an entry without a log. */
async function firstWaiting(deps: Deps, older: readonly string[]): Promise<string | undefined> {
  for (const releaseId of older) {
    const other = await loadIfReadable(deps, releaseId)
    if (other !== undefined && isWaiting(other.release)) return releaseId
  }
  return undefined
}

async function supersede(deps: Deps, release: Release, older: readonly string[]): Promise<void> {
  if (!takesPlaces(release)) return
  await concurrently(older, together, async (releaseId) => {
    const other = await loadIfReadable(deps, releaseId)
    if (other === undefined || !isReplacedBy(release, other.release)) return
    await returnNow(deps, other, {
      by: `release ${release.id}`,
      reason: `superseded by release ${release.id}`,
      outcome: 'superseded',
    })
  })
}
