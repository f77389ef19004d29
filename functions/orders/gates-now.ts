// What a release that began now would meet: the gates, and whose turn it is. Nothing is stored.
import { begin, replay } from '../../core/release/advance.ts'
import { beginPoint } from '../../core/release/gating.ts'
import { type Answer, pacedAnswerOf } from '../../core/gate/answer.ts'
import type { LookedUp } from '../../core/gate/facts.ts'
import { isSettled } from '../../core/release/release.ts'
import type { Plan } from '../../core/service/plan.ts'
import type { Service } from '../../core/service/service.ts'
import { decideAt, type GateDeps } from '../tasks/gate.ts'
import { lookUp } from '../gate/look-up.ts'
import { idsOf } from '../steps/log.ts'
import { isPlaceFree } from '../steps/place.ts'
import type { World } from '../steps/world.ts'

export type AskDeps = GateDeps & Pick<World, 'journal' | 'services' | 'openReleases' | 'leases' | 'aliases' | 'trouble'>

const aside = {
  queue: 'a new one would wait',
  coalesce: 'a new one would wait',
  supersede: 'a new one would replace it',
  refuse: 'no other may begin',
}

/** Whether a release that began now would have its turn at once. `live`: another one is. */
export async function turnNow(
  deps: AskDeps,
  { name, policy }: Service,
): Promise<{ readonly isOk: boolean; readonly live: boolean; readonly because: string }> {
  const live = await liveRelease(deps, name)
  if (live === undefined) return { isOk: true, live: false, because: 'nothing is live' }
  return {
    isOk: policy.whileLive === 'supersede',
    live: true,
    because: `Release ${live} is live: ${aside[policy.whileLive]}.`,
  }
}

/**
 * Asks the gates about a hypothetical release that begins now. Provenance and approvals are left out, because they are known only
 * for a real release.
 */
export async function gatesNow(
  deps: AskDeps,
  service: Service,
  { plan, urgent }: { readonly plan?: Plan | undefined; readonly urgent?: boolean | undefined } = {},
): Promise<Answer> {
  const release = begin({
    v: 1,
    seq: 1,
    atMs: deps.clock.nowMs(),
    type: 'requested',
    releaseId: `${service.name}-asked`,
    key: 'asked',
    service: { ...service, plan: plan ?? service.plan },
    candidate: { kind: 'versions', versions: {} },
    provenance: { source: 'codepipeline' },
    ...(urgent === true ? { urgent } : {}),
    ...(plan === undefined ? {} : { planBy: 'call' as const }),
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
  return pacedAnswerOf(release, beginPoint, unasked, decision)
}

async function liveRelease(deps: AskDeps, service: string): Promise<string | undefined> {
  for (const releaseId of idsOf(await deps.openReleases.list(service))) {
    const release = replay((await deps.journal.read(releaseId)).events)
    if (release !== undefined && !isSettled(release)) return releaseId
  }
  return undefined
}
