// Whether a service may be released now: people ask by the API, pipelines before they enter a stage (pipeline.ts). The answer is
// no when a release that began now would be refused. A yes promises nothing about the verdict.
import * as z from 'zod'
import { begin, replay } from '../../core/release/advance.ts'
import { beginPoint } from '../../core/release/gating.ts'
import { answerOf } from '../../core/gate/answer.ts'
import type { LookedUp } from '../../core/gate/facts.ts'
import { Problem } from '../../core/problem.ts'
import { isSettled } from '../../core/release/release.ts'
import { routingWords } from '../../core/service/routing.ts'
import { type Service, ServiceName } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import { sentenceOf } from '../steps/each.ts'
import { decideAt, type GateDeps } from '../tasks/gate.ts'
import { lookUp } from '../gate/look-up.ts'
import { idsOf } from '../steps/log.ts'
import { readOrder } from './order.ts'
import { isPlaceFree } from '../steps/place.ts'
import type { World } from '../steps/world.ts'

export type AskDeps = GateDeps & Pick<World, 'journal' | 'services' | 'openReleases' | 'leases' | 'aliases' | 'trouble'>

export const GateCall = z.strictObject({ service: ServiceName })

export type Answer = { readonly may: boolean; readonly because: string }

/** @throws Problem `call_invalid`, `service_missing`. Anything that blocks a release is an answer, not an error. */
export const askHandler =
  (deps: AskDeps) =>
  (event: unknown): Promise<Answer> =>
    mayRelease(deps, readOrder(GateCall, event).service)

export const no = ({ message, fix }: Problem): Answer => ({ may: false, because: `${message} ${fix}` })

export function unknown({ trouble }: Pick<World, 'trouble'>, error: unknown, about: object): Answer {
  if (error instanceof Problem) return no(error)
  trouble(error, { ...about })
  return { may: false, because: `It cannot be looked up: ${sentenceOf(error)}` }
}

/** @throws Problem `service_missing`, `item_unreadable` */
export async function mayRelease(deps: AskDeps, name: string): Promise<Answer> {
  const service = await deps.services.get(name)
  try {
    const closed = await closedGates(deps, service)
    if (closed !== undefined) return closed
    const live = await liveRelease(deps, name)
    if (live === undefined) return await aliasesAreWhole(deps, service)
    const refused = service.policy.whileLive === 'refuse'
    const words = {
      queue: 'a new one would wait',
      coalesce: 'a new one would wait',
      supersede: 'a new one would replace it',
      refuse: 'no other may begin',
    }
    return { may: !refused, because: `Release ${live} is live: ${words[service.policy.whileLive]}.` }
  } catch (error) {
    // If something cannot be looked up, the answer is no, because unknown never means yes.
    return unknown(deps, error, { service: name })
  }
}

/**
 * Asks the gates about a hypothetical release that begins now. Provenance and approvals are left out, because they are known only
 * for a real release.
 */
async function closedGates(deps: AskDeps, service: Service): Promise<Answer | undefined> {
  const release = begin({
    v: 1,
    seq: 1,
    atMs: deps.clock.nowMs(),
    type: 'requested',
    releaseId: `${service.name}-asked`,
    key: 'asked',
    service,
    candidate: { kind: 'versions', versions: {} },
    provenance: { source: 'codepipeline' },
  })
  const found = await lookUp(deps, release)
  const unasked: LookedUp = {
    ...found,
    full: !(await isPlaceFree(deps, service)),
    gates: {
      ...found.gates,
      approvals: [],
      provenance: { commit: false, tests: false, signed: false, verified: false, builders: [] },
    },
  }
  const decision = await decideAt(deps, release, beginPoint, unasked)
  return decision.allowed
    ? undefined
    : { may: false, because: answerOf(release, beginPoint, unasked, decision).because }
}

async function liveRelease(deps: AskDeps, service: string): Promise<string | undefined> {
  for (const releaseId of idsOf(await deps.openReleases.list(service))) {
    const release = replay((await deps.journal.read(releaseId)).events)
    if (release !== undefined && !isSettled(release)) return releaseId
  }
  return undefined
}

async function aliasesAreWhole(deps: AskDeps, service: Service): Promise<Answer> {
  for (const target of service.targets) {
    const { routing } = await deps.aliases.read(placedIn(service, target))
    const place = `${target.functionName}:${target.alias}`
    if (routing.additional !== undefined)
      return no(new Problem('alias_split', `Alias ${place} is already split: ${routingWords(routing)}.`))
    if (routing.version === '$LATEST') return no(new Problem('alias_on_latest', `Alias ${place} points at $LATEST.`))
  }
  return { may: true, because: `Nothing is live, and every alias of ${service.name} has one version.` }
}
