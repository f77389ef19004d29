// How boldly a release may go: which plan it gets for the error budget that is left, and how much traffic each step may risk
// before a bad candidate could be noticed. docs/budget.md, "The budget sets the pace".
import { wholeBp } from './routing.ts'
import * as z from 'zod'
import { Plan, PlanDefinition } from './plan.ts'
import type { CountMinute } from '../verdict/processes/split-process.ts'

const damageBp = z.int().min(1).max(10_000)
// In basis points. At 0.1 %, ten bad releases cost one percent of the budget. The fastest page rule fires at 2 % within an hour,
// twenty times as much as one bad release (budget.ts).
const damageBpDefault = 10

const paces = { bold: Plan.optional(), careful: Plan.optional(), urgent: Plan.optional() }

/** The normal form. */
export const Pace = z.strictObject({ ...paces, damageBp: damageBp.default(damageBpDefault) })
export type Pace = z.output<typeof Pace>

/** How the budget left changes the plan of a service with SLOs: `pace` in a definition. */
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
 * Maps the spent share of a budget to a pace level (policy of the SRE workbook's appendix; `bold` is our addition). With several
 * budgets the most spent one counts. If it is unknown, be careful.
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
   * Whether a bake ends as soon as the candidate is proven not to be bad; when absent, `policy.early` decides. No pace level
   * switches this on: a proof covers only what has been seen, and a fault that begins later would hit all traffic with nobody
   * watching (docs/budget.md).
   */
  readonly early?: boolean
  /** Whether `weightCapBp` and `paced` apply to it. */
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
 * The plan of a release. At level `frozen` only urgent fixes are released, but the gate enforces that. A release that is let
 * through without being urgent gets the careful plan.
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
  /** How many more bad requests the window allows; absent when unknown. */
  readonly badLeft?: number
  /** Requests per minute of both versions together, as many as the step may have to expect; absent when unknown. */
  readonly perMinute?: number
  readonly lookEverySeconds: number
  /** The largest number of samples that any critical signal needs to pass a step. */
  readonly minimumSamples: number
  /** Of the next step in the plan. */
  readonly bakeSeconds: number
  /** Counts of both versions since the candidate first had traffic. */
  readonly seen: CountMinute
}

/** The share of requests that a candidate without problems so far may still start to fail. */
const lateShare = 0.2
/** The first step of a careful release, and of one whose budget or traffic is unknown. */
const carefulBp = 100
/** Plan for this many times the samples needed. By chance, fewer than one step in a thousand then gets too few. */
const samplesMargin = 1.5
/**
 * The small weight's share of a split bake. Time is cheapest at the small weight; the remaining third is for faults that show
 * only under more traffic.
 */
const smallShare = 2 / 3

/**
 * The largest weight, in basis points, whose expected damage before detection stays within the allowed share of the budget.
 *
 *     requests a minute * weight * p * delay <= damage * badLeft
 *
 * delay: how long a total failure goes on. It is the begun minute that nobody looks at, the first whole minute, the minute that
 * CloudWatch needs (verdict/evidence/window.ts), and the time to the next look. A smaller fault takes longer to detect but burns
 * less per minute. Proving it costs a few dozen bad requests at any weight, so limiting the weight would not help there.
 *
 * p: the share of its requests that the candidate may fail beyond stable. It is 1 at first. Later it is what the evidence leaves
 * open (`excessMax`), but never under a fifth, because no evidence rules out a fault that begins late or only under load. A late
 * fault that is larger than that burns more than the allowed share, up to five times as much.
 *
 * A careful release, and one whose budget or traffic is unknown, is allowed 1 % at p = 1, whatever is left.
 *
 * The floor: with fewer requests than a signal's `minimumSamples` in its part of the bake, the step could not be judged. It would
 * hold and roll back, however good the candidate is. So a service with little traffic starts with more than its budget would
 * allow; the damage is then about that many requests.
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
// Errors come in bursts, so five requests count as one independent observation: what early promotion assumes at the least.
const burst = 5

/**
 * How much more often than stable the candidate may fail, given what has been seen: the upper end of the 95 % interval of a
 * difference of two proportions (Newcombe 1998, method 10, from two Wilson intervals), with every count divided by five. 1 when
 * nothing has been seen. The interval is looked at repeatedly without correction; one in forty candidates may be worse.
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

/**
 * A step may always double the traffic of the step before it: latency does not treat that as a jump (core/verdict/judge/fold.ts).
 */
const growth = 2
const stepsMax = 100
const minuteSeconds = 60

/**
 * The plan with the weight of `step` lowered to the cap, followed by an extra step that makes up the difference. The two share
 * the bake. Where a part would be too short to be judged, later steps give up the time they can spare, the last one first. So the
 * plan takes as long as before, unless nothing can be spared.
 *
 * The promotion is not a step: no step is added before it, and a plan without steps stays unchanged.
 *
 * @param step the next step; those before it are done
 * @param shortestSeconds how long a step takes until it can be judged
 */
export function paced(plan: Plan, step: number, capBp: number, shortestSeconds: number): Plan {
  const next = plan.steps[step]
  if (next === undefined || plan.steps.length >= stepsMax) return plan
  const previous = plan.steps[step - 1]
  const before = previous?.wave === next.wave ? (previous?.weightBp ?? 0) : 0
  const weightBp = Math.max(1, capBp, before * growth)
  if (weightBp >= next.weightBp) return plan
  const { bakeSeconds } = next
  // Round to whole minutes, because evidence comes in whole minutes.
  const share = Math.round((bakeSeconds * smallShare) / minuteSeconds) * minuteSeconds
  const first = Math.max(shortestSeconds, share)
  const rest = Math.max(Math.min(shortestSeconds, bakeSeconds), bakeSeconds - first)
  return {
    steps: [
      ...plan.steps.slice(0, step),
      { weightBp, bakeSeconds: first, ...(next.wave === undefined ? {} : { wave: next.wave }) },
      { ...next, bakeSeconds: rest },
      ...shortened(plan.steps.slice(step + 1), first + rest - bakeSeconds, shortestSeconds),
    ],
  }
}

/** Takes `bySeconds` off the steps, last one first, or as much as they can spare. */
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

/** The begun minute, one whole minute, and the minute that CloudWatch needs (docs/decisions/0014). */
const judgedAfterSeconds = 180

/**
 * How long a step takes, in seconds, until every critical signal can be judged. Latency skips the first minutes of a step with
 * more than twice the traffic.
 */
export function shortestBake({
  latency,
}: {
  readonly latency: 'off' | { readonly role: 'critical' | 'advisory'; readonly warmUpMinutes: number }
}): number {
  const isCritical = latency !== 'off' && latency.role === 'critical'
  return judgedAfterSeconds + (isCritical ? latency.warmUpMinutes * 60 : 0)
}
