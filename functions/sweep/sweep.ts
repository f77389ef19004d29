// The sweep, every minute: finds whatever releases left behind and finishes it, several releases at a time, so that trouble with
// one does not hold up the others. A release is found by its entry or by its return record, whichever is left.
import type { OpenRelease } from '../../cloud/ports.ts'
import { isAway, Problem } from '../../core/problem.ts'
import { nextAct } from '../../core/release/next.ts'
import { isSettled, isWaiting, type Release } from '../../core/release/release.ts'
import { needsReturnRecord, type ReturnRecord, returnRecordOf } from '../../core/release/return-record.ts'
import { routingWords } from '../../core/service/routing.ts'
import { type ByRecord, endByRecord, isLogLost } from '../steps/by-record.ts'
import { dropLeftovers } from './leftovers.ts'
import { each, sentenceOf } from '../steps/each.ts'
import { idsOf, load, type Loaded } from '../steps/log.ts'
import { finishReturn } from '../steps/return.ts'
import { settle } from '../tasks/settle.ts'
import { takeOver } from './take-over.ts'
import { tell } from '../steps/page-end.ts'
import { tableWatch, watchParts } from './watch-parts.ts'

type Deps = Parameters<typeof takeOver>[0] &
  ByRecord &
  Parameters<typeof watchParts>[0] &
  Parameters<typeof dropLeftovers>[0]

// How many releases at once. Each makes a few calls, which DynamoDB and Step Functions handle easily.
const together = 20
// For how many releases Step Functions is asked per minute.
const askedMost = 200

export type Swept = { readonly finished: readonly string[]; readonly troubles: readonly string[] }

/** The items of a release other than its log. */
type Found = {
  readonly releaseId: string
  readonly open?: OpenRelease | undefined
  readonly record?: ReturnRecord | undefined
  /** Its entry exists but cannot be read. The log, if there is one, has the same facts. */
  readonly unreadable?: Problem
}

/** @returns the function to call every minute; it also reports outages to a person */
export function sweeper(deps: Deps): () => Promise<Swept> {
  const table = tableWatch(deps)
  return async () => {
    try {
      const all = await everything(deps)
      await told(deps, table.answered(all.found.flatMap(({ record }) => record ?? [])))
      const { live, ...swept } = await sweepAll(deps, all)
      await told(deps, watchParts(deps, live))
      return swept
    } catch (error) {
      if (isAway(error)) await told(deps, table.failed(error))
      throw error
    }
  }
}

/** If SNS fails, the next sweep tries again. */
async function told(deps: Deps, telling: Promise<void>): Promise<void> {
  try {
    await telling
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log(error.line)
  }
}

/** Finds whatever releases left behind, and finishes it now. */
export async function sweep(deps: Deps): Promise<Swept> {
  const { live: _, ...swept } = await sweepAll(deps, await everything(deps))
  return swept
}

type Everything = {
  readonly found: readonly Found[]
  readonly held: Parameters<typeof dropLeftovers>[1]
  readonly openIds: readonly string[]
}

async function sweepAll(
  deps: Deps,
  { found, held, openIds }: Everything,
): Promise<Swept & { readonly live: readonly Loaded[] }> {
  const mayAsk = inRotation(deps.clock.nowMs(), found)
  const { done, failed } = await each(
    deps,
    found,
    ({ releaseId }) => ({ releaseId }),
    async (one) => ({ releaseId: one.releaseId, live: await finish(deps, one, mayAsk) }),
    together,
  )
  const troubles = failed.map(({ item, error }) => `${item.releaseId}: ${sentenceOf(error)}`)
  const left = await dropLeftovers(deps, held, openIds)
  return {
    finished: done.flatMap(({ releaseId, live }) => (live === undefined ? [releaseId] : [])),
    troubles: [...troubles, ...left],
    live: done.flatMap(({ live }) => live ?? []),
  }
}

/** Read leases before entries. Then a holder that is not open has ended, or its entry is lost. */
async function everything(deps: Deps): Promise<Everything> {
  const held = await deps.leases.list()
  const records = await deps.returns.list()
  const open = await deps.openReleases.list()
  const byId = new Map<string, Found>()
  for (const releaseId of [...idsOf(records), ...idsOf(open)]) byId.set(releaseId, { releaseId })
  for (const record of records.items) byId.set(record.releaseId, { releaseId: record.releaseId, record })
  for (const one of open.items)
    byId.set(one.releaseId, { ...byId.get(one.releaseId), releaseId: one.releaseId, open: one })
  for (const { about, problem } of open.unreadable)
    byId.set(about.releaseId, { ...byId.get(about.releaseId), releaseId: about.releaseId, unreadable: problem })
  return { found: [...byId.values()], held, openIds: idsOf(open) }
}

type MayAsk = (release: Release) => boolean

/**
 * Step Functions allows 10 DescribeExecution calls a second (docs/aws.md §3.3), and others use them too. With more releases than
 * that allows, each minute covers a share of them, plus every release that has something overdue.
 */
function inRotation(nowMs: number, found: readonly Found[]): MayAsk {
  const shares = Math.ceil(found.length / askedMost)
  const minute = Math.floor(nowMs / 60_000)
  const turns = new Set(found.filter((_, index) => (index + minute) % shares === 0).map(({ releaseId }) => releaseId))
  return (release) => turns.has(release.id) || (!isWaiting(release) && nextAct(release, nowMs).act !== 'bake')
}

const isEmpty = async (deps: Deps, releaseId: string): Promise<boolean> =>
  (await deps.journal.read(releaseId, { atMost: 1 })).events.length === 0

/** @returns the release, if an execution carries it; `undefined` if it has been finished */
async function finish(deps: Deps, found: Found, mayAsk: MayAsk): Promise<Loaded | undefined> {
  const { releaseId, open, record } = found
  let loaded: Loaded
  try {
    // Intake died between its two writes. The entry contains the request.
    if (open !== undefined && record === undefined && (await isEmpty(deps, releaseId)))
      await deps.journal.append(releaseId, open.requested)
    loaded = await load(deps, releaseId)
  } catch (error) {
    if (!isLogLost(error)) throw error
    await endWithoutLog(deps, found, error)
    return undefined
  }
  if (isSettled(loaded.release)) {
    await settle(deps, releaseId)
    return undefined
  }
  await mend(deps, found, loaded.release)
  // The execution may be stuck. Putting the traffic back and paging do not wait for it.
  const pressed = isEnding(loaded.release) ? await tell(deps, await finishReturn(deps, loaded)) : loaded
  if (!mayAsk(pressed.release) || (await isCarried(deps, pressed.release))) return pressed
  await takeOver(deps, pressed)
  return undefined
}

/** Rolling back, or already back but not settled. */
const isEnding = ({ state, ending }: Release): boolean =>
  ending !== undefined && (state.phase === 'returning' || state.phase === 'settling' || state.phase === 'hooks')

const order = { by: 'sweep', reason: 'nobody can decide about it', outcome: 'aborted' } as const

async function endWithoutLog(deps: Deps, { releaseId, open, record, unreadable }: Found, lost: Problem): Promise<void> {
  const known = record ?? (await deps.returns.get(releaseId))
  if (known !== undefined) await endByRecord(deps, known, lost, order)
  else if (open !== undefined) await endByRecord(deps, await unmoved(deps, open), lost, order)
  else throw unreadable ?? lost
}

/** Without a return record the release had no traffic yet. It ends, and nothing has to be put back. */
async function unmoved(
  deps: Deps,
  { releaseId, service, requestedAtMs, requested }: OpenRelease,
): Promise<ReturnRecord> {
  const { gates, signals, runbook, targets } = requested.service
  for (const target of targets) {
    const { routing } = await deps.traffic.read({ ...target, service })
    if (routing.additional === undefined) continue
    // Either somebody else split the alias, or the return record was deleted. A person has to look.
    deps.log({ level: 'error', message: `${target.functionName}:${target.alias}: ${routingWords(routing)}`, releaseId })
  }
  return {
    v: 1,
    releaseId,
    service,
    requestedAtMs,
    admittedAtMs: requestedAtMs,
    seq: 1,
    source: requested.provenance.source,
    targets: [],
    alarms: [...signals.alarms],
    excludedAlarms: [],
    ...(gates.concurrency === undefined ? {} : { concurrency: gates.concurrency }),
    holdSeconds: 1,
    ...(runbook === undefined ? {} : { runbook }),
  }
}

/** Restores from the log what somebody deleted or damaged. */
async function mend(deps: Deps, { releaseId, open, record, unreadable }: Found, release: Release): Promise<void> {
  if (open === undefined) {
    const [requested] = (await deps.journal.read(releaseId)).events
    if (requested?.type === 'requested') {
      const { service, requestedAtMs } = release
      // `add` does not replace an existing item, so remove the damaged one first.
      if (unreadable !== undefined) await deps.openReleases.remove({ releaseId, service: service.name })
      await deps.openReleases.add({ releaseId, service: service.name, requestedAtMs, requested })
    }
  }
  const wanted = record === undefined && needsReturnRecord(release) ? returnRecordOf(release) : undefined
  if (wanted !== undefined) await deps.returns.put(wanted)
}

/**
 * Whether an execution is working on it. If Step Functions does not answer, assume yes: nobody could start another one anyway.
 */
async function isCarried(deps: Deps, release: Release): Promise<boolean> {
  const last = release.executions.at(-1)
  if (last === undefined) return false
  try {
    return (await deps.executions.status(last)) === 'running'
  } catch (error) {
    if (!isAway(error)) throw error
    deps.log({ ...error.line, releaseId: release.id })
    return true
  }
}
