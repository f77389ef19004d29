// Asks the gates before a release begins and before each step: looks up the facts, lets the policies decide, and logs the answer
// with its reasons. What cannot be looked up or decided is a no.
import { gatePoint } from '../../core/release/gating.ts'
import type { NewEvent } from '../../core/release/event.ts'
import {
  againAtMs,
  closedSentences,
  contextOf,
  isFinal,
  type LookedUp,
  missingAt,
  openSentence,
} from '../../core/gate/facts.ts'
import { nextAct } from '../../core/release/next.ts'
import type { PolicyDecision } from '../../core/gate/policy.ts'
import type { Release } from '../../core/release/release.ts'
import { beginPoint } from '../../core/release/gating.ts'
import { sentenceOf } from '../steps/each.ts'
import { lookUp } from '../gate/look-up.ts'
import { load, type Loaded, loadWhole, record } from '../steps/log.ts'
import { pacingAt } from '../gate/pacing.ts'
import { takePlace } from '../steps/place.ts'
import { waitForPlace } from '../queue/room.ts'
import { turnAt } from '../queue/turns.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import type { World } from '../steps/world.ts'

type Deps = GateDeps & Pick<World, 'journal' | 'leases' | 'turns' | 'waitingLists' | 'trouble'>
export type GateDeps = Parameters<typeof lookUp>[0] & Pick<World, 'policies'>
type Answer = Omit<Extract<NewEvent, { type: 'gated' }>, 'type' | 'atMs' | 'point'>

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
  const answer = await inTurn(deps, release, point, await answerAt(deps, release, point))
  // If the log has grown, an approval or a stop may have been missed. Log nothing, and the gates are asked again.
  return record(deps, loaded, (now) =>
    now.seq === release.seq ? { type: 'gated', atMs: deps.clock.nowMs(), point, ...answer } : undefined,
  )
}

/** Releases for which a gate opens at the same moment begin one after the other, or Lambda would throttle them. */
async function inTurn(deps: Deps, release: Release, point: number, answer: Answer): Promise<Answer> {
  if (answer.againAtMs === undefined || point !== beginPoint) return answer
  return { ...answer, againAtMs: await turnAt(deps, release, answer.againAtMs) }
}

async function answerAt(deps: Deps, release: Release, point: number): Promise<Answer> {
  try {
    const found = await lookUp(deps, release)
    const decision = await decideAt(deps, release, point, { ...found, full: false })
    // Take a place only if every other gate is open.
    const full = point === beginPoint && decision.allowed && !(await takePlace(deps, release))
    if (!full) return { ...answerOf(release, point, found, decision), ...pacing(release, point, found, decision) }
    await waitForPlace(deps, release)
    const seen = { ...found, full }
    return answerOf(release, point, seen, await decideAt(deps, release, point, seen))
  } catch (error) {
    // A failed look-up must not end a release in the middle, for example because the table is slow. It stays where it is, and the
    // gates are asked again. This covers every kind of error, even an unknown time zone.
    deps.trouble(error, { releaseId: release.id })
    const because = `the gates cannot be checked: ${sentenceOf(error)}`.slice(0, 2000)
    return { allowed: false, because, gates: ['unknown'] }
  }
}

/** At an open gate, sets the plan that the error budget allows. */
function pacing(release: Release, point: number, found: LookedUp, { allowed }: PolicyDecision): Partial<Answer> {
  if (!allowed) return {}
  const { words, ...paced } = pacingAt(release, point, found.budgets)
  return {
    ...paced,
    ...(words === undefined ? {} : { because: `${openSentence(release, found)}; ${words}`.slice(0, 2000) }),
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

/** @returns the answer for the log, with a sentence for every closed gate */
export function answerOf(release: Release, point: number, found: LookedUp, decision: PolicyDecision): Answer {
  if (decision.allowed) return { allowed: true, because: openSentence(release, found).slice(0, 2000), gates: [] }
  const closed = closedSentences(release, point, found)
  const sentences = decision.because.map(({ gate = '', policy, says }) => {
    const own = closed[gate]
    return own === undefined || own === '' ? `${policy}: ${says ?? 'a policy of the service forbids it'}` : own
  })
  const told = [...new Set(sentences), ...decision.trouble]
  const again = againAtMs(release, point, found)
  const missing = missingAt(release, point, found)
  return {
    allowed: false,
    because: (told.length === 0 ? 'no policy permits it' : told.join('; ')).slice(0, 2000),
    gates: [...new Set(decision.because.map(({ gate, policy }) => (gate ?? policy).slice(0, 60)))].slice(0, 40),
    ...(again === undefined ? {} : { againAtMs: again }),
    ...(missing.length === 0 ? {} : { missing: [...missing] }),
    ...(isFinal(release, point, found) ? { final: true as const } : {}),
  }
}
