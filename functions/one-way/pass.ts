// Lets a release through its one-way step: the last moment at which it can be put back, so that is proven first. The return
// record says it before the log does: what is put back without the log must never go back behind the step.
import { gatePoint, isBeforeOneWay } from '../../core/release/gating.ts'
import { nextAct } from '../../core/release/next.ts'
import { Problem } from '../../core/problem.ts'
import { passing, returnRecordOf } from '../../core/release/return-record.ts'
import type { Release, ReleaseTarget } from '../../core/release/release.ts'
import { routingWords, sameRouting } from '../../core/service/routing.ts'
import { placedIn } from '../../core/service/target.ts'
import { type Loaded, record } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'returns' | 'versions'>

/** @throws Problem of the ports when AWS does not answer: nothing is passed then */
export async function passOneWay(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const { release } = loaded
  const point = gatePoint(release)
  if (point === undefined || nextAct(release, deps.clock.nowMs()).act !== 'shift') return loaded
  const proof = await proveWayBack(deps, release)
  if (typeof proof === 'string') {
    const because = `the way back cannot be proven before a one-way step: ${proof}`.slice(0, 2000)
    return record(deps, loaded, (now) =>
      now.seq === release.seq
        ? { type: 'gated', atMs: deps.clock.nowMs(), point, allowed: false, because, gates: ['wayBack'] }
        : undefined,
    )
  }
  const wanted = returnRecordOf(release)
  if (wanted !== undefined) await deps.returns.put(passing(wanted))
  return record(deps, loaded, (now) => {
    const { oneWay } = now.service.plan
    // Whatever has come meanwhile goes first: a pause, an alarm, an answer of the gates.
    if (now.seq !== release.seq || oneWay === undefined || !isBeforeOneWay(now)) return undefined
    const { reason } = oneWay
    return { type: 'oneWayPassed', atMs: deps.clock.nowMs(), step: point, reason, revisions: Object.fromEntries(proof) }
  })
}

/** @returns the revisions of the aliases, which were written as they are; or what is wrong */
async function proveWayBack(deps: Deps, release: Release): Promise<ReadonlyMap<string, string> | string> {
  const revisions = new Map<string, string>()
  for (const target of release.targets.filter(({ lost }) => !lost)) {
    const proof = await proveAlias(deps, release, target)
    if ('wrong' in proof) return proof.wrong
    revisions.set(target.functionName, proof.revision)
  }
  return revisions
}

type Proof = { readonly revision: string } | { readonly wrong: string }

async function proveAlias({ traffic, versions }: Deps, release: Release, target: ReleaseTarget): Promise<Proof> {
  const at = placedIn(release.service, target)
  const { functionName, alias, stable, routing } = target
  try {
    const { state } = await versions.describe(at, stable)
    if (state !== 'active') return { wrong: `version ${stable} of ${functionName} is ${state}, not active` }
    const found = await traffic.read(at)
    if (!sameRouting(found.routing, routing))
      return { wrong: `alias ${functionName}:${alias} has ${routingWords(found.routing)}` }
    return await traffic.write(at, routing, found.revision)
  } catch (error) {
    if (!(error instanceof Problem) || isPassing(error)) throw error
    return { wrong: error.message }
  }
}

const isPassing = ({ code }: Problem): boolean => code === 'aws_unavailable' || code === 'aws_throttled'
