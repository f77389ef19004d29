// The gates in a release's way: before it begins and before each step, what stands in its way is looked up, the policies
// decide, and the answer goes into the log with its reasons. What cannot be looked up or decided is a no.
import { gatePoint } from '../../core/release/gating.ts'
import { type Answer, answerOf, pacedAnswerOf } from '../../core/gate/answer.ts'
import { contextOf, type LookedUp } from '../../core/gate/facts.ts'
import { nextAct } from '../../core/release/next.ts'
import type { PolicyDecision } from '../../core/gate/policy.ts'
import type { Release } from '../../core/release/release.ts'
import { beginPoint } from '../../core/release/gating.ts'
import { sentenceOf } from '../steps/each.ts'
import { lookUp } from '../gate/look-up.ts'
import { load, type Loaded, loadWhole, record } from '../steps/log.ts'
import { takePlace } from '../steps/place.ts'
import { waitForPlace } from '../queue/room.ts'
import { turnAt } from '../queue/turns.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import type { World } from '../steps/world.ts'

type Deps = GateDeps & Pick<World, 'journal' | 'leases' | 'turns' | 'waitingLists' | 'trouble'>
export type GateDeps = Parameters<typeof lookUp>[0] & Pick<World, 'policies'>

export function gateHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const loaded = await load(deps, input.releaseId)
    // How much of a step may be given at once depends on all that earlier looks have seen.
    const isPaced = loaded.readFromMs > 0 && loaded.release.service.slos.length > 0
    const after = await ask(deps, isPaced ? await loadWhole(deps, input.releaseId) : loaded)
    return taskResult(after.release, deps.clock.nowMs(), input)
  }
}

async function ask(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { release } = loaded
  const point = gatePoint(release)
  if (point === undefined || nextAct(release, deps.clock.nowMs()).act !== 'gate') return loaded
  const answer = await inTurn(deps, release, point, await answerAt(deps, release, point))
  // An approval or a stop that came in between was not looked at: then the gates are asked again.
  return record(deps, loaded, (now) =>
    now.seq === release.seq ? { type: 'gated', atMs: deps.clock.nowMs(), point, ...answer } : undefined,
  )
}

/** What opens for many at the same moment is entered by one after the other: Lambda would throttle them all. */
async function inTurn(deps: Deps, release: Release, point: number, answer: Answer): Promise<Answer> {
  if (answer.againAtMs === undefined || point !== beginPoint) return answer
  return { ...answer, againAtMs: await turnAt(deps, release, answer.againAtMs) }
}

async function answerAt(deps: Deps, release: Release, point: number): Promise<Answer> {
  try {
    const found = await lookUp(deps, release)
    const decision = await decideAt(deps, release, point, { ...found, full: false })
    // A place is taken by whoever would go on if there is one, and by nobody else.
    const full = point === beginPoint && decision.allowed && !(await takePlace(deps, release))
    if (!full) return pacedAnswerOf(release, point, found, decision)
    await waitForPlace(deps, release)
    const seen = { ...found, full }
    return answerOf(release, point, seen, await decideAt(deps, release, point, seen))
  } catch (error) {
    // A release in the middle is not thrown back because a table is slow: it stays where it is, and the gates are asked again.
    // Whatever it was: a time zone that nobody knows is no reason either.
    deps.trouble(error, { releaseId: release.id })
    const because = `what stands in its way cannot be looked up: ${sentenceOf(error)}`.slice(0, 2000)
    return { allowed: false, because, gates: ['unknown'] }
  }
}

/** An evaluator that fails says no, as a policy that fails does. */
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
