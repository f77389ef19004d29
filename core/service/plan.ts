// The plan: which weights, and for how long. Every way to write a plan becomes one list of steps here. The candidate is promoted
// after the last step has passed.
import * as z from 'zod'
import { duration } from '../duration.ts'

const minute = 60
// A weight's effect reaches CloudWatch a minute late and in whole minutes, so a shorter bake could never be judged.
const bake = duration({ minSeconds: minute, maxSeconds: 7 * 86_400 })
const percent = z.number().min(0.01).max(100).multipleOf(0.01)

/** A step in normal form. Weights are basis points: 10000 is all traffic. */
const Step = z.strictObject({
  weightBp: z.int().min(1).max(10_000),
  bakeSeconds: z
    .int()
    .min(minute)
    .max(7 * 86_400),
})
type Step = z.output<typeof Step>

const rising = (steps: readonly Step[]): boolean =>
  steps.every((step, index) => index === 0 || step.weightBp > (steps[index - 1]?.weightBp ?? 0))

const maxHorizonSeconds = 100 * 7 * 86_400

/** A plan in normal form: at most 100 rising weights. No steps means all at once. */
export const Plan = z.strictObject({
  steps: z.array(Step).max(100, 'at most 100 steps').refine(rising, 'weights must rise from step to step'),
  /** How long the plan was meant to take before the error budget made its steps smaller. Verdicts keep using this horizon. */
  horizonSeconds: z.int().min(0).max(maxHorizonSeconds).optional(),
})
export type Plan = z.output<typeof Plan>

/** How long a plan watches the candidate, in seconds. */
export const horizonOf = ({ steps, horizonSeconds }: Plan): number =>
  horizonSeconds ?? steps.reduce((sum, step) => sum + step.bakeSeconds, 0)

const toBp = (weightPercent: number): number => Math.round(weightPercent * 100)
const step = (weightPercent: number, bakeSeconds: number): Step => ({ weightBp: toBp(weightPercent), bakeSeconds })

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

const Listed = z
  .strictObject({
    steps: z
      .array(z.strictObject({ weight: percent, bake }))
      .min(1)
      .max(100),
  })
  .transform(({ steps }) => ({ steps: steps.map((one) => step(one.weight, one.bake)) }))

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
  .strictObject({ allAtOnce: z.strictObject({ bake: bake.optional() }) })
  .transform(({ allAtOnce }) => ({ steps: allAtOnce.bake === undefined ? [] : [step(100, allAtOnce.bake)] }))

/** A plan as people write it: a name, a list of steps, or a shape with its numbers. */
export const PlanDefinition = z
  .union([Named, Listed, Canary, Linear, Exponential, AllAtOnce], {
    error:
      'write the name of a plan, such as Canary10Percent5Minutes, or one of steps, canary, linear, exponential, allAtOnce',
  })
  .pipe(Plan)
