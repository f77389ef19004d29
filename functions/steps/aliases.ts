// Carries out a move, with one compare-and-set for each alias. If the revision is not the expected one, the alias is read. If it
// is as desired, our earlier response was lost. If it is as we left it, nobody moved traffic, and we write again. Otherwise
// somebody else moved it.
import type { Aliases, AliasState, Clock, Journal, Traffic } from '../../cloud/ports.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { Move } from '../../core/release/event.ts'
import { isOnItsWay, isOurs, pendingMove } from '../../core/release/move.ts'
import { Problem } from '../../core/problem.ts'
import { isLive, type Release } from '../../core/release/release.ts'
import { type Routing, routingWords, sameRouting } from '../../core/service/routing.ts'
import { placedIn } from '../../core/service/target.ts'
import { load, type Loaded, record } from './log.ts'

type Deps = { readonly clock: Clock; readonly journal: Journal; readonly traffic: Traffic }
type Looking = Omit<Deps, 'traffic'> & { readonly aliases: Aliases }
type MoveTarget = Move['targets'][number]
type Foreign = { readonly found: Routing | undefined; readonly because: string }
/** `overtaken`: the log has moved on, and this move is no longer wanted. */
type Written = { readonly revision: string } | Foreign | 'overtaken'

// A round is lost only to another write of ours, and there are at most three writers.
const roundsMax = 4

/**
 * Performs the announced move of the release and records the result.
 * @throws Problem of the port when AWS refuses or fails; the move stays announced and may be carried out again
 */
export async function carryOut(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const move = pendingMove(loaded.release)
  if (move === undefined) return loaded
  const revisions = new Map<string, string>()
  let after = loaded
  let failure: Error | undefined
  for (const target of move.targets) {
    try {
      const written = await writeAlias(deps, loaded.release, move, target)
      if (written === 'overtaken') return await load(deps, loaded.release.id)
      if ('revision' in written)
        revisions.set(target.functionName, await arrived(deps, loaded.release, target, written))
      else {
        after = await interrupt(deps, after, target, written)
        if (move.purpose !== 'rollBack') return after
      }
    } catch (error) {
      // During a rollback, try every alias even if another one fails.
      if (move.purpose !== 'rollBack' || !(error instanceof Error)) throw error
      failure = error
    }
  }
  if (failure !== undefined) throw failure
  return record(deps, after, (release) =>
    isPending(release, move)
      ? { type: 'moved', atMs: deps.clock.nowMs(), purpose: move.purpose, revisions: Object.fromEntries(revisions) }
      : undefined,
  )
}

const isPending = (release: Release, move: Move): boolean => {
  const pending = pendingMove(release)
  return pending?.purpose === move.purpose && pending.weightBp === move.weightBp && isOfSame(pending, move)
}

/** Two waves have moves of the same weight. */
const isOfSame = (pending: Move, move: Move): boolean =>
  move.targets.every(({ functionName }) => pending.targets.some((one) => one.functionName === functionName))

async function writeAlias(deps: Deps, { id, service }: Release, move: Move, target: MoveTarget): Promise<Written> {
  const at = placedIn(service, target)
  let expected = target.expected
  for (let round = 0; round < roundsMax; round++) {
    try {
      return await deps.traffic.write(at, target.desired, expected)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (error.code === 'alias_missing') return { found: undefined, because: `${place(target)} was deleted` }
      if (error.code !== 'traffic_moved') throw error
    }
    const now: AliasState = await deps.traffic.read(at)
    if (sameRouting(now.routing, target.desired)) return now
    // Read the alias before the log. Whoever overtakes us announces it in the log first and then changes the revision. So either
    // the log shows it, or our next write fails again.
    const { release } = await load(deps, id)
    if (!isPending(release, move)) return 'overtaken'
    if (!isOurs(release, target.functionName, now.routing)) return movedAway(target, now.routing)
    // Writing again would interrupt Lambda's own change.
    if (isOnItsWay(known(release, target), target.desired, now.routing)) return now
    expected = now.revision
  }
  throw new Problem('crowded', `${place(target)} changes faster than it can be written.`)
}

/** @throws Problem `concurrency_moving` while Lambda still keeps the traffic where it was */
async function arrived(
  deps: Deps,
  release: Release,
  target: MoveTarget,
  written: { readonly revision: string },
): Promise<string> {
  if (known(release, target)?.provisioned === undefined) return written.revision
  const { routing, revision } = await deps.traffic.read(placedIn(release.service, target))
  if (!isOnItsWay(known(release, target), target.desired, routing)) return revision
  const sentence = `Lambda is still moving the provisioned concurrency of ${place(target)}, which has ${routingWords(routing)} for now.`
  throw new Problem('concurrency_moving', sentence)
}

const known = (release: Release, { functionName }: MoveTarget) =>
  release.targets.find((one) => one.functionName === functionName)

const movedAway = (target: { functionName: string; alias: string }, found: Routing): Foreign => ({
  found,
  because: `${place(target)} was moved by somebody else to ${routingWords(found)}`,
})

const place = (target: { readonly functionName: string; readonly alias: string }): string =>
  `alias ${target.functionName}:${target.alias}`

async function interrupt(
  deps: Omit<Deps, 'traffic'>,
  loaded: Loaded,
  target: { readonly functionName: string },
  foreign: Foreign,
  suspect?: string,
): Promise<Loaded> {
  return record(deps, loaded, (release) => {
    const ours = release.targets.find((one) => one.functionName === target.functionName)
    if (ours === undefined || ours.lost || !isLive(release)) return undefined
    // The log may have grown since the alias was read, and may now explain what was found.
    if (foreign.found !== undefined && isOurs(release, target.functionName, foreign.found)) return undefined
    return {
      type: 'interrupted',
      atMs: deps.clock.nowMs(),
      functionName: target.functionName,
      because: foreign.because,
      ...(foreign.found === undefined ? {} : { found: foreign.found }),
      ...(suspect === undefined ? {} : { suspect }),
    }
  })
}

/**
 * Compares every alias of the release with the log. A write of our own that is still under way is not drift.
 * @param suspect who is said to have moved it, if known
 */
export async function checkDrift(deps: Looking, loaded: Loaded, suspect?: string): Promise<Loaded> {
  let after = loaded
  for (const target of loaded.release.targets) {
    if (target.lost) continue
    const read = await readRouting(deps, placedIn(loaded.release.service, target))
    // Unknown is not drift; the next write compares the revision anyway.
    if (read === 'unknown' || (read !== 'deleted' && isOurs(loaded.release, target.functionName, read))) continue
    const foreign =
      read === 'deleted' ? { found: undefined, because: `${place(target)} was deleted` } : movedAway(target, read)
    after = await interrupt(deps, after, target, foreign, suspect)
  }
  return after
}

async function readRouting(
  { aliases }: Pick<Looking, 'aliases'>,
  target: AliasPlace,
): Promise<Routing | 'deleted' | 'unknown'> {
  try {
    return (await aliases.read(target)).routing
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'alias_missing') return 'deleted'
    if (error.code === 'aws_throttled' || error.code === 'aws_unavailable') return 'unknown'
    throw error
  }
}
