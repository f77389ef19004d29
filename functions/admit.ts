// Whose turn it is: one release at a time holds a service's lease; what happens to the others is the service's policy.
import * as z from 'zod'
import { issuesSentence, Problem } from '../core/problem.ts'
import { isSettled, type Release } from '../core/release.ts'
import { readRequest } from '../core/request.ts'
import { accept } from './accept.ts'
import { takeLease } from './lease.ts'
import { idsOf, load, type Loaded, record } from './ledger.ts'
import { returnNow } from './return.ts'
import { turnOf } from './turns.ts'
import { machine, taskResult, type TaskResult } from './task.ts'
import type { World } from './world.ts'

type Deps = Pick<
  World,
  | 'clock'
  | 'journal'
  | 'openReleases'
  | 'services'
  | 'history'
  | 'digest'
  | 'executions'
  | 'leases'
  | 'traffic'
  | 'log'
  | 'trouble'
>

const AdmitInput = z.strictObject({ input: z.unknown(), execution: z.string().min(1).max(500), machine })
const Started = z.strictObject({ releaseId: z.string().min(1).max(64) })

/** `outcome` and `sentence` are what the execution fails with when there is no release to speak for itself. */
type Admitted = TaskResult & { readonly outcome: string; readonly sentence: string }

// What no retry cures. CodePipeline shows the sentence.
const final: readonly string[] = [
  'call_invalid',
  'request_reused',
  'event_invalid',
  'event_unknown',
  'service_missing',
  'target_unknown',
  'trigger_missing',
  'release_missing',
  'item_unreadable',
]

export function admitHandler(deps: Deps) {
  return async (event: unknown): Promise<Admitted> => {
    const parsed = AdmitInput.safeParse(event)
    if (!parsed.success) {
      throw new Problem('call_invalid', `Not a state machine's call: ${issuesSentence(parsed.error.issues)}.`)
    }
    const { input, execution } = parsed.data
    try {
      const loaded = await carry(deps, await load(deps, await releaseIdOf(deps, input, execution)), execution)
      const after = isWaiting(loaded.release) ? await admit(deps, loaded) : loaded
      return { ...taskResult(after.release, deps.clock.nowMs(), parsed.data), outcome: '', sentence: '' }
    } catch (error) {
      if (!(error instanceof Problem) || !final.includes(error.code)) throw error
      deps.log(error.line)
      const sentence = `${error.message} ${error.fix}`
      return { releaseId: '', next: 'failed', seconds: 1, outcome: error.name, sentence }
    }
  }
}

/** CodePipeline starts the state machine itself: then the execution's input is the wish. */
async function releaseIdOf(deps: Deps, input: unknown, execution: string): Promise<string> {
  const started = Started.safeParse(input)
  if (started.success) return started.data.releaseId
  const request = readRequest(input, execution.slice(-128).replaceAll('/', ':'))
  const [releaseId] = await accept(deps, request)
  if (releaseId === undefined) throw new Problem('trigger_missing', `No service has ${request.key} as a trigger.`)
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
  const others = await rivals(deps, release)
  const older = others.filter((other) => isOlder(other.release, release))
  const atMs = deps.clock.nowMs()
  await supersede(deps, release, older.filter(isReplacedBy(release)))
  if (older.length === 0) {
    const holder = await takeLease(deps, release.service.name, release.id)
    if (holder === release.id) {
      const holding = await load(deps, release.id)
      // Another call has brought it to its end since it was read: nobody else will drop what was taken after that.
      if (isSettled(holding.release)) await deps.leases.drop(release.service.name, release.id)
      if (!isWaiting(holding.release)) return holding
      const turnMs = await turnOf(deps, release.id)
      const begins = turnMs === undefined || turnMs <= atMs ? {} : { beginsAtMs: turnMs }
      return record(deps, holding, (now) => (isWaiting(now) ? { type: 'admitted', atMs, ...begins } : undefined))
    }
    return behind(deps, loaded, holder)
  }
  return behind(deps, loaded, older[0]?.release.id ?? release.id)
}

async function behind(deps: Deps, loaded: Loaded, holder: string): Promise<Loaded> {
  const atMs = deps.clock.nowMs()
  return record(deps, loaded, (release) => {
    if (!isWaiting(release)) return undefined
    if (release.service.policy.whileLive === 'refuse' && !release.urgent) {
      const because = `Release ${holder} of ${release.service.name} is live, and policy.whileLive is refuse.`
      return { type: 'refused', atMs, outcome: 'rejected', code: 'service_busy', because }
    }
    const known = release.state.phase === 'queued' && release.state.behind === holder
    return known ? undefined : { type: 'queued', atMs, behind: holder }
  })
}

const isWaiting = ({ state }: Release): boolean => state.phase === 'requested' || state.phase === 'queued'

/** By time of request; at the same moment, the one that has the lease already is the older. */
const isOlder = (a: Release, b: Release): boolean =>
  a.requestedAtMs < b.requestedAtMs ||
  (a.requestedAtMs === b.requestedAtMs && (a.admittedAtMs !== undefined || a.id < b.id))

/** The other releases of the service that have not ended. An entry without a log is left to the sweep. */
async function rivals(deps: Deps, release: Release): Promise<readonly Loaded[]> {
  const found: Loaded[] = []
  for (const releaseId of idsOf(await deps.openReleases.list(release.service.name))) {
    if (releaseId === release.id) continue
    const loaded = await load(deps, releaseId).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'release_missing') return undefined
      throw error
    })
    if (loaded !== undefined && !isSettled(loaded.release)) found.push(loaded)
  }
  return found
}

/** Whose place a newer release takes. A security fix waits for nobody. */
const isReplacedBy =
  ({ urgent, service: { policy } }: Release) =>
  ({ release: { state, urgent: isFix } }: Loaded): boolean => {
    if (urgent) return true
    if (isFix) return false
    if (policy.whileLive === 'supersede') return true
    // What has not been prepared has changed nothing, and what it would bring is in the newer one.
    return policy.whileLive === 'coalesce' && ['requested', 'queued', 'preparing'].includes(state.phase)
  }

async function supersede(deps: Deps, release: Release, older: readonly Loaded[]): Promise<void> {
  for (const other of older) {
    await returnNow(deps, other, {
      by: `release ${release.id}`,
      reason: `superseded by release ${release.id}`,
      outcome: 'superseded',
    })
  }
}
