// Asks the gates before a release begins and before each step: looks up the facts, lets the policies decide, and logs the answer
// with its reasons. What cannot be looked up or decided is a no.
import { gatePoint } from '../../core/release/gating.ts'
import { type Answer, answerOf, pacedAnswerOf } from '../../core/gate/answer.ts'
import { contextOf, type LookedUp } from '../../core/gate/facts.ts'
import { nextAct } from '../../core/release/next.ts'
import type { PolicyDecision } from '../../core/gate/policy.ts'
import type { Release } from '../../core/release/release.ts'
import { beginPoint } from '../../core/release/gating.ts'
import { type Ensuring, withConcurrency } from '../concurrency/ensure.ts'
import { sentenceOf } from '../steps/each.ts'
import { lookUp } from '../gate/look-up.ts'
import { load, type Loaded, loadWhole, record } from '../steps/log.ts'
import { takePlace } from '../steps/place.ts'
import { waitForPlace } from '../queue/room.ts'
import { turnAt } from '../queue/turns.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import type { World } from '../steps/world.ts'

type Deps = AnswerDeps & Ensuring
type AnswerDeps = GateDeps & Pick<World, 'journal' | 'leases' | 'turns' | 'waitingLists' | 'trouble'>
export type GateDeps = Parameters<typeof lookUp>[0] & Pick<World, 'policies'>

export function gateHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const loaded = await load(deps, input.releaseId)
    // The weight of the next step depends on everything that earlier looks have seen.
    const isPaced = loaded.readFromMs > 0 && loaded.release.service.slos.length > 0
    const after = await ask(deps, isPaced ? await loadWhole(deps, input.releaseId) : loaded)
    return taskResult(after.release, deps.clock.nowMs(), input)
  }
}

async function ask(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { release } = loaded
  const point = gatePoint(release)
  if (point === undefined || nextAct(release, deps.clock.nowMs()).act !== 'gate') return loaded
  const gated = await inTurn(deps, release, point, await answerAt(deps, release, point))
  const { loaded: asked, answer } = await withConcurrency(deps, loaded, point, gated)
  // If the log has grown, an approval or a stop may have been missed. Log nothing, and the gates are asked again.
  return record(deps, asked, (now) =>
    now.seq === asked.release.seq ? { type: 'gated', atMs: deps.clock.nowMs(), point, ...answer } : undefined,
  )
}

/** Releases for which a gate opens at the same moment begin one after the other, or Lambda would throttle them. */
async function inTurn(deps: Deps, release: Release, point: number, answer: Answer): Promise<Answer> {
  if (answer.againAtMs === undefined || point !== beginPoint) return answer
  return { ...answer, againAtMs: await turnAt(deps, release, answer.againAtMs) }
}

async function answerAt(deps: AnswerDeps, release: Release, point: number): Promise<Answer> {
  try {
    const found = await lookUp(deps, release)
    const decision = await decideAt(deps, release, point, { ...found, full: false })
    // Take a place only if every other gate is open.
    const full = point === beginPoint && decision.allowed && !(await takePlace(deps, release))
    if (!full) return pacedAnswerOf(release, point, found, decision)
    const seen = { ...found, full }
    const decided = await decideAt(deps, release, point, seen)
    // An urgent or overridden release needs no place in its group. It is paced like any other, and waits for nobody.
    if (decided.allowed) return pacedAnswerOf(release, point, seen, decided)
    await waitForPlace(deps, release)
    return answerOf(release, point, seen, decided)
  } catch (error) {
    // A failed look-up must not end a release in the middle, for example because the table is slow. It stays where it is, and the
    // gates are asked again. This covers every kind of error, even an unknown time zone.
    deps.trouble(error, { releaseId: release.id })
    const because = `the gates cannot be checked: ${sentenceOf(error)}`.slice(0, 2000)
    return { allowed: false, because, gates: ['unknown'] }
  }
}

/** If the evaluator fails, the answer is no, as it is when a policy fails. */
export async function decideAt(
  deps: Pick<World, 'policies'>,
  release: Release,
  point: number,
  found: LookedUp,
): Promise<PolicyDecision> {
  const { author, source } = release.provenance
  try {
    return await deps.policies.decide({
      principal: author === undefined ? { kind: 'Source', id: source } : { kind: 'Person', id: author },
      action: point === beginPoint ? 'begin' : 'goOn',
      service: release.service.name,
      context: contextOf(release, point, found),
      ...(found.gates.rules === undefined ? {} : { own: found.gates.rules }),
    })
  } catch (error) {
    return { allowed: false, because: [], trouble: [`the policies could not be evaluated: ${sentenceOf(error)}`] }
  }
}
