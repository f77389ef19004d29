// The plan: which weights, and for how long. Every way to write a plan becomes one list of steps here. The candidate is promoted
// after the last step has passed.
import { wholeBp } from './routing.ts'
import * as z from 'zod'
import { duration, formatDuration } from '../duration.ts'
import { OneWay, OneWayDefinition, oneWayWords } from '../definition/one-way.ts'
import { type Stepped, wavesWords } from '../definition/waves.ts'

const minute = 60
// A weight's effect reaches CloudWatch a minute late and in whole minutes, so a shorter bake could never be judged.
const bake = duration({ minSeconds: minute, maxSeconds: 7 * 86_400 })
const percent = z.number().min(0.01).max(100).multipleOf(0.01)

/** A step in normal form. Weights are basis points: 10000 is all traffic. */
const Step = z.strictObject({
  /** 0 only in a drill (core/drill/drill.ts). */
  weightBp: z.int().min(0).max(wholeBp),
  /** What stays on stable of the weight that was written, to compare with. */
  heldBackBp: z.int().min(1).max(5000).optional(),
  bakeSeconds: z
    .int()
    .min(minute)
    .max(7 * 86_400),
  /** In a release in waves: the wave that it is of (core/definition/waves.ts). */
  wave: z.int().min(0).max(19).optional(),
})
type Step = z.output<typeof Step>

const rising = (steps: readonly Step[]): boolean =>
  steps.every(
    (step, index) =>
      index === 0 || step.wave !== steps[index - 1]?.wave || step.weightBp > (steps[index - 1]?.weightBp ?? 0),
  )

const notRising = 'weights must rise from step to step'

const maxHorizonSeconds = 100 * 7 * 86_400

/** A plan in normal form: at most 100 weights, rising within each wave. No steps means all at once. */
export const Plan = z.strictObject({
  steps: z.array(Step).max(100, 'at most 100 steps').refine(rising, notRising),
  /** How long the plan was meant to take before the error budget made its steps smaller. Verdicts keep using this horizon. */
  horizonSeconds: z.int().min(0).max(maxHorizonSeconds).optional(),
  /** Absent: every step has a way back. */
  oneWay: OneWay.optional(),
})
export type Plan = z.output<typeof Plan>

/** How long a plan watches the candidate, in seconds. */
export const horizonOf = ({ steps, horizonSeconds }: Plan): number =>
  horizonSeconds ?? steps.reduce((sum, step) => sum + step.bakeSeconds, 0)

const holdBackPercent = 10
const holdBack = z
  .number()
  .min(0)
  .max(50)
  .multipleOf(0.01)
  .describe('Percent of the traffic that stay on stable in a last step of 100 %, to compare with.')

/**
 * Whether a plan gives more traffic than another at any time, promotes sooner, or moves more traffic at once than the other ever
 * does: a plan that stays at 0.01 % for as long as the other takes, and then gives everything, leaves out its steps. Both are
 * read as if every bake took exactly its time.
 */
export function isBolder(plan: Stepped, than: Stepped): boolean {
  const [own, other] = [levelsOf(plan), levelsOf(than)]
  return (
    largestMove(own) > largestMove(other) ||
    own.some(({ atSeconds, weightBp }) => weightBp > weightAt(other, atSeconds))
  )
}

const largestMove = (levels: readonly Level[]): number =>
  Math.max(...levels.map(({ weightBp }, index) => weightBp - (levels[index - 1]?.weightBp ?? 0)))

type Level = { readonly atSeconds: number; readonly weightBp: number }

/** From when on which weight; the promotion is the last. */
function levelsOf({ steps }: Stepped): readonly Level[] {
  let atSeconds = 0
  const levels = steps.map(({ weightBp, bakeSeconds }): Level => {
    const level = { atSeconds, weightBp }
    atSeconds += bakeSeconds
    return level
  })
  return [...levels, { atSeconds, weightBp: wholeBp }]
}

const weightAt = (levels: readonly Level[], seconds: number): number =>
  levels.findLast(({ atSeconds }) => atSeconds <= seconds)?.weightBp ?? 0

const toBp = (weightPercent: number): number => Math.round(weightPercent * 100)
const step = (weightPercent: number, bakeSeconds: number): Step => ({ weightBp: toBp(weightPercent), bakeSeconds })

/**
 * At 100 % nothing is left to compare with, and an outage of a dependency looks like a fault. So in a last step of 100 % a share
 * stays on stable until the promotion: `percent`, or half of what the step before leaves if that is less.
 */
function heldBack(steps: readonly Step[], percent: number): Step[] {
  const last = steps.at(-1)
  if (last?.weightBp !== wholeBp) return [...steps]
  const leftBp = wholeBp - (steps.at(-2)?.weightBp ?? 0)
  const heldBackBp = Math.min(toBp(percent), Math.floor(leftBp / 2))
  return heldBackBp === 0
    ? [...steps]
    : [...steps.slice(0, -1), { ...last, weightBp: wholeBp - heldBackBp, heldBackBp }]
}

/** Weights `increment, 2 * increment, ...` up to `max`, all below 100, because promotion takes the rest. */
function linearWeights(increment: number, max: number): number[] {
  const weights: number[] = []
  for (let bp = toBp(increment); bp < toBp(max); bp += toBp(increment)) weights.push(bp / 100)
  if (max < 100) weights.push(max)
  return weights
}

/** AppConfig's exponential growth, G * 2^N percent for N = 0, 1, 2, ... below 100. */
function exponentialWeights(growthFactor: number): number[] {
  const weights: number[] = []
  for (let weight = growthFactor; weight < 100; weight *= 2) weights.push(Math.round(weight * 100) / 100)
  return weights
}

// CodeDeploy has a fixed list of predefined names. CodePipeline's Lambda action accepts any percentage and minutes in the same
// pattern.
const named = /^(Canary|Linear)([1-9][0-9]?)Percent(?:Every)?([1-9][0-9]{0,3})Minutes?$/

function fromName(name: string): Plan | undefined {
  if (name === 'AllAtOnce') return { steps: [] }
  const match = named.exec(name)
  if (match === null || name.includes('Every') !== name.startsWith('Linear')) return undefined
  const weightPercent = Number(match[2])
  const bakeSeconds = Number(match[3]) * minute
  if (name.startsWith('Canary')) return { steps: [step(weightPercent, bakeSeconds)] }
  return { steps: linearWeights(weightPercent, 100).map((weight) => step(weight, bakeSeconds)) }
}

const Named = z
  .string()
  .max(64)
  .transform((name, context) => {
    const plan = fromName(name)
    if (plan !== undefined) return plan
    context.addIssue({
      code: 'custom',
      message: `no plan is called "${name}"; use AllAtOnce, Canary10Percent5Minutes, Linear10PercentEvery1Minute or the like`,
    })
    return z.NEVER
  })

const onlyOneWay =
  'one step at most is oneWay: after it there is no way back that another one could close. A later step takes an approval (gates.approvals)'

const Listed = z
  .strictObject({
    steps: z
      .array(
        z.strictObject({
          weight: percent,
          bake,
          oneWay: OneWayDefinition.optional().describe('From this step on there is no way back (docs/one-way.md).'),
        }),
      )
      .min(1)
      .max(100)
      .refine((steps) => steps.filter(({ oneWay }) => oneWay !== undefined).length <= 1, onlyOneWay),
    holdBack: holdBack.default(holdBackPercent),
  })
  .transform((listed, context) => {
    const steps = listed.steps.map((one) => step(one.weight, one.bake))
    const [oneWay] = listed.steps.flatMap(({ weight, oneWay }) =>
      oneWay === undefined ? [] : [{ ...oneWay, beforeBp: toBp(weight) }],
    )
    // Checked before the last weight is changed, so that the problem is about what was written.
    if (rising(steps)) return { steps: heldBack(steps, listed.holdBack), ...(oneWay === undefined ? {} : { oneWay }) }
    context.addIssue({ code: 'custom', path: ['steps'], message: notRising })
    return z.NEVER
  })

const Canary = z
  .strictObject({ canary: z.strictObject({ stepWeight: percent, interval: bake }) })
  .transform(({ canary }) => ({ steps: [step(canary.stepWeight, canary.interval)] }))

// Flagger's field names: stepWeight, maxWeight, interval. Its promotion follows the last step, as ours does.
const Linear = z
  .strictObject({ linear: z.strictObject({ stepWeight: percent, maxWeight: percent.default(100), interval: bake }) })
  .transform(({ linear }) => ({
    steps: linearWeights(linear.stepWeight, linear.maxWeight).map((weight) => step(weight, linear.interval)),
  }))

// AppConfig's field name: growthFactor.
const Exponential = z
  .strictObject({ exponential: z.strictObject({ growthFactor: percent, interval: bake }) })
  .transform(({ exponential }) => ({
    steps: exponentialWeights(exponential.growthFactor).map((weight) => step(weight, exponential.interval)),
  }))

const AllAtOnce = z
  .strictObject({ allAtOnce: z.strictObject({ bake: bake.optional(), holdBack: holdBack.default(0) }) })
  .transform(({ allAtOnce }) => ({
    steps: allAtOnce.bake === undefined ? [] : heldBack([step(100, allAtOnce.bake)], allAtOnce.holdBack),
  }))

/** A plan as people write it: a name, a list of steps, or a shape with its numbers. */
export const PlanDefinition = z
  .union([Named, Listed, Canary, Linear, Exponential, AllAtOnce], {
    error:
      'write the name of a plan, such as Canary10Percent5Minutes, or one of steps, canary, linear, exponential, allAtOnce',
  })
  .pipe(Plan)

/** The plan, unless each wave has one of its own, and in which waves the targets have it. */
export const wholePlanWords = (service: Parameters<typeof wavesWords>[0] & { readonly plan: Plan }): string => {
  const { plan, waves = [] } = service
  const isUsed = waves.length === 0 || plan.steps.length === 0 || waves.some((wave) => wave.plan === undefined)
  return [isUsed ? planWords(plan) : undefined, wavesWords(service)].filter((words) => words !== undefined).join('; ')
}

/** `10 % for 5m, 90 % for 5m while 10 % stay on stable to compare with, then all traffic`: what a plan does, for people. */
export function planWords({ steps, oneWay }: Plan): string {
  const words = steps.map(({ weightBp, bakeSeconds }, index) => {
    const step = `${weightBp / 100} % for ${formatDuration(bakeSeconds)}`
    if (index < steps.length - 1) return step
    return weightBp === wholeBp
      ? `${step} with nothing to compare with`
      : `${step} while ${(wholeBp - weightBp) / 100} % stay on stable to compare with`
  })
  const plan = words.length === 0 ? 'all traffic at once' : [...words, 'then all traffic'].join(', ')
  return oneWay === undefined ? plan : `${plan}; ${oneWayWords(oneWay)}`
}
