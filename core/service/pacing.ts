// How boldly a release may go: which plan, by what is left of the error budget, and how much traffic each step may risk before
// anybody could know that the candidate is bad. docs/budget.md, "The budget sets the pace".
import * as z from 'zod'
import { Plan, PlanDefinition } from './plan.ts'
import type { CountMinute } from '../verdict/processes/split-process.ts'

const damageBp = z.int().min(1).max(10_000)
// Ten bad releases cost one percent; what pages somebody when it is gone within an hour is twenty times as much (budget.ts).
const damageBpDefault = 10

const paces = { bold: Plan.optional(), careful: Plan.optional(), urgent: Plan.optional() }

/** The normal form. */
export const Pace = z.strictObject({ ...paces, damageBp: damageBp.default(damageBpDefault) })
export type Pace = z.output<typeof Pace>

/** How a service with SLOs is released, by what is left of its budgets: `pace` of a definition. */
export const PaceDefinition = z
  .strictObject({
    bold: PlanDefinition.optional().describe('The plan while over half of the budget is left. Else `plan`.'),
    careful: PlanDefinition.optional().describe(
      'The plan when less than a quarter is left, or nobody knows. Else `plan` from 1 % on.',
    ),
    urgent: PlanDefinition.optional().describe(
      'The plan of an urgent fix, whatever is left. Else 10 % and 50 % for five minutes each, or `plan` if that is quicker.',
    ),
    damage: z
      .number()
      .min(0.01)
      .max(100)
      .multipleOf(0.01)
      .default(damageBpDefault / 100)
      .describe(
        'Percent of what is left of the budget that a bad candidate may be expected to burn before it is found.',
      ),
  })
  .transform(({ damage, ...plans }): Pace => ({ ...plans, damageBp: Math.round(damage * 100) }))

export type PaceLevel = 'bold' | 'normal' | 'careful' | 'frozen'

/**
 * What the share of a budget that is gone means for releases (policy of the SRE workbook's appendix; `bold` is ours). Of
 * several budgets the most spent one counts. Not to know is not to have: careful.
 */
export function paceLevelOf(spentShare: number | undefined): PaceLevel {
  if (spentShare === undefined || Number.isNaN(spentShare)) return 'careful'
  if (spentShare >= 1) return 'frozen'
  if (spentShare > 0.75) return 'careful'
  return spentShare > 0.5 ? 'normal' : 'bold'
}

type Course = {
  readonly plan: Plan
  /**
   * Whether a bake ends as soon as the candidate is proven not to be bad; absent, as `policy.early` says. No pace switches that
   * on: a proof is about what has been seen, and a fault that begins later meets all traffic with nobody looking
   * (docs/budget.md).
   */
  readonly early?: boolean
  /** Whether `weightCapBp` and `paced` hold for it. */
  readonly capped: boolean
}

const fiveMinutes = 300
const urgentPlan: Plan = {
  steps: [
    { weightBp: 1000, bakeSeconds: fiveMinutes },
    { weightBp: 5000, bakeSeconds: fiveMinutes },
  ],
}

const bakeSecondsOf = ({ steps }: Plan): number => steps.reduce((sum, { bakeSeconds }) => sum + bakeSeconds, 0)

/**
 * The plan of a release. A frozen service releases urgent fixes only, which is the gate's to say; whoever is let through
 * without being urgent goes carefully.
 */
export function planFor(
  service: { readonly plan: Plan; readonly pace: Pace },
  level: PaceLevel,
  urgent: boolean,
): Course {
  const { plan, pace } = service
  if (urgent) {
    const quickest = bakeSecondsOf(plan) <= bakeSecondsOf(urgentPlan) ? plan : urgentPlan
    return { plan: pace.urgent ?? quickest, early: true, capped: false }
  }
  if (level === 'bold') return { plan: pace.bold ?? plan, capped: true }
  if (level === 'normal') return { plan, capped: true }
  return { plan: pace.careful ?? plan, early: false, capped: true }
}

type Exposure = {
  readonly level: PaceLevel
  readonly damageBp: number
  /** Bad requests that the window may still take; absent when nobody knows. */
  readonly badLeft?: number
  /** Requests a minute of both versions, as many as the step may have to expect; absent when nobody knows. */
  readonly perMinute?: number
  readonly lookEverySeconds: number
  /** The most samples that a critical signal wants before it passes a step. */
  readonly minimumSamples: number
  /** Of the step that the plan has next. */
  readonly bakeSeconds: number
  /** Both versions since the candidate first had traffic. */
  readonly seen: CountMinute
}

/** Of a candidate that has been well so far, so large a share may yet begin to fail. */
const lateShare = 0.2
/** The first step of careful releases, and of those of which the budget or the traffic is not known. */
const carefulBp = 100
/** Of so many samples the fewest come by chance in less than one step of a thousand. */
const samplesMargin = 1.5
/** Of a bake that is shared. Time costs least at the small weight; the other third is for what only more traffic shows. */
const smallShare = 2 / 3
const wholeBp = 10_000

/**
 * The largest weight whose expected damage before detection stays within the share of the budget, in basis points.
 *
 *     requests a minute * weight * p * delay <= damage * badLeft
 *
 * delay: how long a total failure goes on: the begun minute that nobody looks at, the first whole one, the one that CloudWatch
 * takes (verdict/window.ts), and the time to the next look. A smaller fault takes longer and burns less a minute; until it is
 * proven it costs the few dozen bad requests that proof takes, at any weight, so a weight cannot bound it and is not asked to.
 *
 * p: the share of its requests that the candidate may fail beyond stable. 1 at first. Later what the evidence leaves open
 * (`excessMax`), and never under a fifth: what begins late, or only under load, is in no evidence. A late fault that is larger
 * than that burns more than the share, up to five times as much.
 *
 * A careful release, and one whose budget or traffic is not known, is allowed 1 % at p = 1, whatever is left.
 *
 * The floor: with fewer requests than a signal's `minimumSamples` in its part of the bake the step could not be judged,
 * would hold and go back, whatever the candidate is like. So a service with little traffic begins with more than its
 * budget would have; the damage is then about that many requests.
 */
export function weightCapBp(exposure: Exposure): number {
  const { level, badLeft, perMinute, seen } = exposure
  const isCareful = level === 'careful' || level === 'frozen' || badLeft === undefined || perMinute === undefined
  const allowed = ((badLeft ?? 0) * exposure.damageBp) / wholeBp
  const delayMinutes = 3 + exposure.lookEverySeconds / 60
  const byBudget =
    perMinute === undefined || badLeft === undefined ? 1 : allowed / Math.max(1, perMinute) / delayMinutes
  const atWorstBp = Math.min(byBudget * wholeBp, isCareful ? carefulBp : wholeBp)
  const capBp = Math.floor(atWorstBp / Math.max(lateShare, excessMax(seen)))
  return Math.min(wholeBp, Math.max(1, capBp, judgedFromBp(exposure)))
}

function judgedFromBp({ perMinute, minimumSamples, bakeSeconds }: Exposure): number {
  if (perMinute === undefined) return 1
  const requests = (perMinute * Math.max(60, bakeSeconds * smallShare)) / 60
  return Math.ceil((samplesMargin * minimumSamples * wholeBp) / Math.max(1, requests))
}

// Two-sided 95 %.
const normal = 1.96
// As for early promotion: errors come in bursts, so five requests say what one would.
const burst = 5

/**
 * How much more often than stable the candidate may fail, by what has been seen: the upper end of the 95 % interval of a
 * difference of two shares (Newcombe 1998, method 10: two of Wilson's intervals), with every count taken as a fifth. 1 when
 * nothing has been seen. As with any interval that is looked at again, one in forty candidates may be worse.
 */
export function excessMax(seen: CountMinute): number {
  const candidate = wilson(seen.candidateBad / burst, seen.candidateInvocations / burst)
  const stable = wilson(seen.stableBad / burst, seen.stableInvocations / burst)
  const reach = Math.hypot(candidate.upper - candidate.share, stable.share - stable.lower)
  return Math.min(1, Math.max(0, candidate.share - stable.share + reach))
}

function wilson(bad: number, of: number): { readonly share: number; readonly lower: number; readonly upper: number } {
  const share = of === 0 ? 0 : bad / of
  const square = normal ** 2
  const centre = (bad + square / 2) / (of + square)
  const half = (normal * Math.sqrt((bad * (of - bad)) / Math.max(of, 1e-9) + square / 4)) / (of + square)
  return { share, lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) }
}

/** A step may always have twice the traffic of the one that was passed before it: for latency that is no jump (fold.ts). */
const growth = 2
const stepsMax = 100
const minuteSeconds = 60

/**
 * The plan with the weight of `step` lowered to the cap, and a step after it that has what is missing. The two share the bake;
 * where a part would be too short to be judged, later steps give what they can spare, the last one first. So the plan takes as
 * long as before, unless nothing can be spared.
 *
 * The promotion is not a step: nothing is put before it, and a plan without steps stays as it is.
 *
 * @param step the next one; those before it are past
 * @param shortestSeconds what a step takes until it can be judged
 */
export function paced(plan: Plan, step: number, capBp: number, shortestSeconds: number): Plan {
  const next = plan.steps[step]
  if (next === undefined || plan.steps.length >= stepsMax) return plan
  const before = plan.steps[step - 1]?.weightBp ?? 0
  const weightBp = Math.max(1, capBp, before * growth)
  if (weightBp >= next.weightBp) return plan
  const { bakeSeconds } = next
  // Evidence comes in whole minutes.
  const share = Math.round((bakeSeconds * smallShare) / minuteSeconds) * minuteSeconds
  const first = Math.max(shortestSeconds, share)
  const rest = Math.max(Math.min(shortestSeconds, bakeSeconds), bakeSeconds - first)
  return {
    steps: [
      ...plan.steps.slice(0, step),
      { weightBp, bakeSeconds: first },
      { weightBp: next.weightBp, bakeSeconds: rest },
      ...shortened(plan.steps.slice(step + 1), first + rest - bakeSeconds, shortestSeconds),
    ],
  }
}

/** The steps with so many seconds less, or as many as they can spare. */
function shortened(steps: Plan['steps'], bySeconds: number, shortestSeconds: number): Plan['steps'] {
  let missing = bySeconds
  return steps
    .toReversed()
    .map((step) => {
      const spared = Math.min(missing, Math.max(0, step.bakeSeconds - shortestSeconds))
      missing -= spared
      return { ...step, bakeSeconds: step.bakeSeconds - spared }
    })
    .toReversed()
}

/** The begun minute, a whole one and the one that CloudWatch takes (docs/decisions/0014). */
const judgedAfterSeconds = 180

/**
 * How long a step takes until every critical signal can speak about it, in seconds. Latency leaves out the first minutes of a
 * step with more than twice the traffic.
 */
export function shortestBake({
  latency,
}: {
  readonly latency: 'off' | { readonly role: 'critical' | 'advisory'; readonly warmUpMinutes: number }
}): number {
  const isCritical = latency !== 'off' && latency.role === 'critical'
  return judgedAfterSeconds + (isCritical ? latency.warmUpMinutes * 60 : 0)
}
