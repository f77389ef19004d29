// The budget sets the pace: at the beginning the plan, before each step how much of its weight may be given at once
// (core/service/pacing.ts). Only releases of services with SLOs are paced, and urgent ones.
import { type PaceLevel, paceLevelOf, paced, planFor, shortestBake, weightCapBp } from '../service/pacing.ts'
import { beginPoint } from '../release/gating.ts'
import { type GateBudget, leastLeft } from './facts.ts'
import type { Plan } from '../service/plan.ts'
import type { Release } from '../release/release.ts'
import type { Service } from '../service/service.ts'
import { watches } from '../service/signals.ts'
import type { CountMinute } from '../verdict/processes/split-process.ts'
import { loggedPoints } from '../verdict/evidence/logged.ts'

/** What an open gate adds to the release, and how a person is told of it. */
type Pacing = { readonly plan?: Plan; readonly early?: boolean; readonly words?: string }

export function pacingAt(release: Release, point: number, budgets: readonly GateBudget[]): Pacing {
  const isPaced = release.urgent || budgets.length > 0
  if (!isPaced) return {}
  return point === beginPoint ? courseOf(release, budgets) : stepOf(release, point, budgets)
}

/** Of several budgets the most spent one counts; one that nobody knows makes it careful. */
function paceLevelNow(budgets: readonly GateBudget[]): PaceLevel {
  const share = leastLeft(budgets)
  return paceLevelOf(share === undefined ? undefined : 1 - share)
}

/** Who gave a plan of their own keeps it; its steps are capped all the same. */
function courseOf({ service, urgent, hasOwnPlan }: Release, budgets: readonly GateBudget[]): Pacing {
  const level = paceLevelNow(budgets)
  const { plan, early } = planFor(service, level, urgent)
  const isOther = !hasOwnPlan && JSON.stringify(plan) !== JSON.stringify(service.plan)
  const words = urgent ? 'on the fast lane' : `the pace is ${level}`
  return { words, ...(early === undefined ? {} : { early }), ...(isOther ? { plan } : {}) }
}

function stepOf(release: Release, step: number, budgets: readonly GateBudget[]): Pacing {
  const { service, urgent, cleared } = release
  const next = service.plan.steps[step]
  // A step that was paced when its gate was asked before is small enough already.
  if (urgent || next === undefined || cleared?.point === step) return {}
  const capBp = weightCapBp({
    level: paceLevelNow(budgets),
    damageBp: service.pace.damageBp,
    ...least(budgets),
    lookEverySeconds: service.policy.lookEverySeconds,
    minimumSamples: samplesWanted(service),
    bakeSeconds: next.bakeSeconds,
    seen: seenOf(release),
  })
  const plan = paced(service.plan, step, capBp, shortestBake(service.signals))
  const given = plan.steps[step]?.weightBp ?? next.weightBp
  if (given === next.weightBp) return {}
  const words = `${given / 100} % before ${next.weightBp / 100} %, because a bad candidate could burn too much of the budget before it is found`
  return { plan, words }
}

/**
 * The least that may still go wrong, and the most that may come. Budgets that count no requests have no say; without
 * any, nobody knows.
 */
function least(budgets: readonly GateBudget[]) {
  const lefts = budgets.flatMap(({ badLeft }) => (badLeft === undefined ? [] : [badLeft]))
  const rates = budgets.flatMap(({ perMinute }) => (perMinute === undefined ? [] : [perMinute]))
  return lefts.length === 0 || rates.length === 0 ? {} : { badLeft: Math.min(...lefts), perMinute: Math.max(...rates) }
}

/** A step with fewer requests could not be passed. */
const samplesWanted = ({ signals }: Service): number =>
  Math.max(
    0,
    ...[...watches(signals).values()].map(({ role, minimumSamples }) => (role === 'critical' ? minimumSamples : 0)),
  )

/**
 * Both versions since the first shift, by what the looks have read. Nothing when errors are not looked at, or when a budget is
 * one of slow requests: that few have failed says nothing about those.
 */
function seenOf({ readings, service }: Release): CountMinute {
  const seen = { stableInvocations: 0, stableBad: 0, candidateInvocations: 0, candidateBad: 0 }
  const isOfLatency = service.slos.some(({ sli }) => sli.kind === 'latency')
  if (service.signals.errors === 'off' || isOfLatency) return seen
  for (const [key, points] of loggedPoints(readings, 0)) {
    const [, arm, series] = /^\d+\.([sc])\.(invocations|errors)$/.exec(key) ?? []
    if (arm === undefined) continue
    const sum = [...points.values()].reduce((total, value) => total + value, 0)
    const version = arm === 's' ? 'stable' : 'candidate'
    seen[series === 'errors' ? (`${version}Bad` as const) : (`${version}Invocations` as const)] += sum
  }
  return seen
}
