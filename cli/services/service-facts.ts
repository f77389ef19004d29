// What is going on with a service, from the table alone: the live release, what its aliases were left with, its error budgets,
// who stopped its line, and when it was last released.
import { candidateWords } from '../../core/service/candidate.ts'
import type { GateBudget } from '../../core/gate/facts.ts'
import { quoted } from '../../core/foreign-text.ts'
import { type Head, lastLeft } from '../../core/release/head.ts'
import { heldNow } from '../../core/release/gating.ts'
import { candidateShareBp, type Release } from '../../core/release/release.ts'
import { sharesWords } from '../../core/view/release/shares.ts'
import type { Service } from '../../core/service/service.ts'
import { budgetsLeft } from '../../functions/budgets/left.ts'
import { latestHeads } from '../../functions/steps/heads.ts'
import { liveHolder } from '../../functions/steps/lease.ts'
import type { Backend } from '../backend/backend.ts'
import { minuteWords } from '../../core/time.ts'

type Stop = Awaited<ReturnType<Backend['line']['list']>>['items'][number]

export type ServiceFacts = {
  readonly service: Service
  readonly live: Release | undefined
  /** By function, the version that the last release left in charge; a function that was never released has none. */
  readonly inCharge: Readonly<Record<string, string>>
  readonly budgets: readonly GateBudget[]
  /** Stops that hold the service: of all services, and of this one. */
  readonly stops: readonly Stop[]
  /** The last release that ended. */
  readonly last: Head | undefined
}

/** Among so many of the latest releases it is looked for what is in charge. */
const headsMax = 50

export async function factsOfService(
  backend: Backend,
  service: Service,
  stops: readonly Stop[],
): Promise<ServiceFacts> {
  const [live, { items: heads }, budgets] = await Promise.all([
    liveHolder(backend, service.name),
    latestHeads(backend, service.name, headsMax),
    budgetsLeft(backend, service),
  ])
  const left = service.targets.flatMap(({ functionName }) => {
    const version = lastLeft(heads, functionName)?.version
    return version === undefined ? [] : [[functionName, version] as const]
  })
  return {
    service,
    live: live?.release,
    inCharge: Object.fromEntries(left),
    budgets,
    stops: stops.filter((stop) => stop.service === undefined || stop.service === service.name),
    last: heads.find(({ settledAtMs }) => settledAtMs !== undefined),
  }
}

/** `release ID is baking, step 1 of 3: checkout:3 has 10 %`; where aliases differ, what each gives. */
export function liveWords(release: Release): string {
  const { id, state, service, candidate, paused } = release
  const { length } = service.plan.steps
  const step = 'step' in state && length > 0 ? `, step ${Math.min(state.step + 1, length)} of ${length}` : ''
  const verb = candidate.kind === 'versions' && Object.keys(candidate.versions).length > 1 ? 'have' : 'has'
  const all = `${candidateWords(candidate)} ${verb} ${candidateShareBp(release) / 100} %`
  const stands = paused !== undefined ? 'paused' : heldNow(release) !== undefined ? 'held at a gate' : state.phase
  return `release ${id} is ${stands}${step}: ${sharesWords(release) ?? all}`
}

export const inChargeWords = (versions: ServiceFacts['inCharge']): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name}:${version}`)
    .join(', ')

export const leftPercent = ({ leftShare }: GateBudget): string | undefined =>
  leftShare === undefined ? undefined : `${Math.round(leftShare * 10_000) / 100} %`

export function budgetWords(budget: GateBudget): string {
  const { slo, burning, because } = budget
  const left = leftPercent(budget)
  if (left === undefined) return `${slo}: unknown${because === undefined ? '' : `, ${because}`}`
  return `${slo}: ${left} left${burning === 'no' ? '' : ', burning'}`
}

export const stopWords = ({ service, by, reason, sinceMs }: Stop): string =>
  `${service === undefined ? 'every service is stopped' : 'stopped'} by ${by} since ${minuteWords(sinceMs)}: ${quoted(reason)}`

/** For programs. */
export const documentOf = ({ service, live, inCharge: versions, budgets, stops, last }: ServiceFacts): object => ({
  service: service.name,
  ...(live === undefined
    ? {}
    : { live: { releaseId: live.id, phase: live.state.phase, paused: live.paused !== undefined } }),
  inCharge: versions,
  budgets,
  stops,
  ...(last === undefined ? {} : { last: { releaseId: last.releaseId, outcome: last.outcome, atMs: last.settledAtMs } }),
})
