// What would come of a release that somebody thinks of: whether it would be accepted and could begin, what it would wait for, and
// by which plan. Nothing is stored and nothing is promised: what only a real release finds out is named.
import * as z from 'zod'
import { isBolder, PlanDefinition, wholePlanWords } from '../../core/service/plan.ts'
import { callableOf, isFrom, sourcesWords } from '../../core/service/artifacts.ts'
import { Artifact, type Candidate, candidateWords, VersionByFunction } from '../../core/service/candidate.ts'
import { watchPolicyWords } from '../../core/definition/watch-policy.ts'
import { alike, plansOf } from '../../core/definition/waves.ts'
import { nameWords } from '../../core/foreign-text.ts'
import { own } from '../../core/own.ts'
import { Problem } from '../../core/problem.ts'
import { candidateFor, candidateOfCall } from '../../core/release/request.ts'
import { Version } from '../../core/service/routing.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { placedIn, type Target } from '../../core/service/target.ts'
import { foretoldConcurrency } from '../concurrency/foretell.ts'
import { observedOnly } from '../steps/accept.ts'
import { sentenceOf } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import { type AskDeps, gatesNow, turnNow } from './gates-now.ts'

type Deps = AskDeps & Pick<World, 'home' | 'concurrency'>

export const Imagined = z
  .strictObject({
    version: Version.optional(),
    versions: VersionByFunction.optional(),
    artifact: Artifact.optional(),
    plan: PlanDefinition.optional(),
    urgent: z.boolean().optional(),
    bolder: z.boolean().optional(),
  })
  .refine(
    (call) => [call.version, call.versions, call.artifact].filter((one) => one !== undefined).length === 1,
    'give exactly one of version, versions and artifact',
  )
type Imagined = z.output<typeof Imagined>

/** `isOk`: false if a release would be refused or would wait; absent if it cannot be known now. */
type Check = { readonly what: string; readonly isOk?: boolean; readonly because: string }
export type Forecast = {
  readonly may: boolean
  readonly because: string
  readonly checks: readonly Check[]
  /** What the release would do, in words, as far as the budget is known now. */
  readonly plan: string
  /** How long it would be watched after its promotion, and what becomes of a late fault. Absent: it would not. */
  readonly watched?: string
  /** What only a real release finds out. */
  readonly unknown: readonly string[]
}

export async function forecast(deps: Deps, service: Service, imagined: Imagined): Promise<Forecast> {
  const candidate = candidateOf(service, imagined)
  const gates = await orUnknown('gates', async () => {
    const { allowed, because, plan } = await gatesNow(deps, service, imagined)
    return { what: 'gates', isOk: allowed, because, plan }
  })
  const turn = await orUnknown('turn', async () => ({ what: 'turn', ...(await turnNow(deps, service)) }))
  const targets =
    'problem' in candidate
      ? []
      : await Promise.all(service.targets.map((one) => checkTarget(deps, service, one, candidate)))
  const checks = [
    ...(isObserved(service) ? [refusal('mode', observedOnly(service.name))] : []),
    ...('problem' in candidate ? [refusal('candidate', candidate.problem)] : [artifactCheck(deps, service, candidate)]),
    planCheck(service, imagined),
    ...targets.flat(),
    { what: gates.what, ...('isOk' in gates ? { isOk: gates.isOk } : {}), because: gates.because },
    turn,
  ].filter((check) => check !== undefined)
  const blocking = checks.filter(({ isOk }) => isOk !== true)
  const isForAll = imagined.plan !== undefined || imagined.urgent === true
  const plan = ('plan' in gates ? gates.plan : undefined) ?? imagined.plan ?? service.plan
  return {
    may: blocking.length === 0,
    because:
      blocking.length === 0
        ? 'It would be accepted, and it would begin at once.'
        : blocking.map(({ what, because }) => `${what}: ${because}`).join('; '),
    checks,
    plan: wholePlanWords({ ...service, plan, waves: isForAll ? alike(service.waves) : service.waves }),
    ...(service.watch === undefined ? {} : { watched: watchPolicyWords(service.watch) }),
    unknown: unknownBefore(service, imagined),
  }
}

async function orUnknown<C extends Check>(what: string, check: () => Promise<C>): Promise<C | Check> {
  try {
    return await check()
  } catch (error) {
    return { what, because: `it cannot be looked up: ${sentenceOf(error)}` }
  }
}

const refusal = (what: string, { message }: Problem): Check => ({ what, isOk: false, because: message })

function candidateOf(service: Service, { artifact, ...named }: Imagined): Candidate | { readonly problem: Problem } {
  try {
    return candidateFor(service, artifact ?? candidateOfCall(named))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { problem: error }
  }
}

function artifactCheck({ home }: Deps, service: Service, candidate: Candidate): Check | undefined {
  if (candidate.kind === 'versions') return undefined
  const allowed = callableOf(service)
  return isFrom(allowed, candidate, home)
    ? { what: 'artifact', isOk: true, because: 'the definition names it' }
    : {
        what: 'artifact',
        isOk: false,
        because: `a call may name ${sourcesWords(allowed, home)}, not ${nameWords(candidateWords(candidate))}`,
      }
}

function planCheck(service: Service, { plan, bolder, urgent }: Imagined): Check | undefined {
  if (plan === undefined || bolder === true || urgent === true) return undefined
  if (!plansOf(service).some((than) => isBolder(plan, than))) return undefined
  return { what: 'plan', isOk: false, because: 'it is bolder than the plan of the service: that is a right of its own' }
}

/** What prepare would find. */
async function checkTarget(
  deps: Deps,
  service: Service,
  target: Target,
  candidate: Candidate,
): Promise<readonly Check[]> {
  const version = candidate.kind === 'versions' ? own(candidate.versions, target.functionName) : undefined
  if (candidate.kind === 'versions' && version === undefined) return []
  const place = placedIn(service, target)
  const name = `${target.functionName}:${target.alias}`
  const alias = await orUnknown(`alias ${name}`, async (): Promise<Check & { stable?: string }> => {
    const { routing } = await deps.aliases.read(place)
    const what = `alias ${name}`
    if (routing.additional !== undefined) return { what, isOk: false, because: 'it is split already' }
    if (routing.version === '$LATEST') return { what, isOk: false, because: 'it points at $LATEST' }
    return routing.version === version
      ? { what, isOk: false, because: `version ${version} has all traffic already` }
      : { what, isOk: true, because: `version ${routing.version} has all traffic`, stable: routing.version }
  })
  const checked =
    version === undefined
      ? []
      : [await checkVersion(deps, place, version, 'stable' in alias ? alias.stable : undefined)]
  return [
    ...checked,
    ...(await checkConcurrency(deps, service, target, version)),
    { what: alias.what, ...(alias.isOk === undefined ? {} : { isOk: alias.isOk }), because: alias.because },
  ]
}

async function checkConcurrency(
  deps: Deps,
  service: Service,
  target: Target,
  version: string | undefined,
): Promise<readonly Check[]> {
  const { functionName, provisionedConcurrency: environments } = target
  if (environments === undefined) return []
  const what = `provisioned concurrency ${functionName}`
  return [
    await orUnknown(what, async () => ({
      what,
      ...(await foretoldConcurrency(deps, service, target, environments, version)),
    })),
  ]
}

function checkVersion(
  { versions }: Deps,
  place: Parameters<World['versions']['describe']>[0],
  version: string,
  stable: string | undefined,
): Promise<Check> {
  const what = `version ${place.functionName}:${version}`
  return orUnknown(what, async () => {
    try {
      const { state, role, stateReason } = await versions.describe(place, version)
      if (state === 'failed')
        return { what, isOk: false, because: `it cannot run: ${stateReason ?? 'Lambda gave no reason'}` }
      if (stable !== undefined && (await versions.describe(place, stable)).role !== role)
        return { what, isOk: false, because: `its execution role is not that of version ${stable}` }
      return { what, isOk: true, because: state === 'active' ? 'it exists and is Active' : `it exists and is ${state}` }
    } catch (error) {
      if (error instanceof Problem && error.code === 'version_missing') return refusal(what, error)
      throw error
    }
  })
}

function unknownBefore({ gates, hooks, signals, slos }: Service, { artifact }: Imagined): readonly string[] {
  const { provenance, approvals } = gates
  const asksProvenance = Object.values(provenance).some((one) =>
    Array.isArray(one) ? one.length > 0 : one !== false && one !== undefined,
  )
  return [
    ...(artifact === undefined ? [] : ['whether the artifact can be read, and becomes a version']),
    ...(approvals.length === 0 ? [] : ['approvals: they are given to a release, not before it']),
    ...(asksProvenance ? ['provenance: what is attested of the candidate is looked up when it begins'] : []),
    ...(signals.alarms.length === 0 ? [] : ['whether its alarms exist, and are quiet']),
    ...((signals.consumers ?? []).length === 0
      ? []
      : [
          'whether the queues and mappings of its consumers exist',
          'what its consumers say: a queue, a stream or a mapping has no version, so it is looked at when both have traffic',
        ]),
    ...(hooks.length === 0 ? [] : ['what its hooks answer']),
    ...(slos.length === 0 ? [] : ['how much of a step the budget lets through: that is decided before each step']),
    'how the new version does',
  ]
}
