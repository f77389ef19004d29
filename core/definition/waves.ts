// Waves: a release takes the targets of a service one group after the other, each by all steps of the plan. The plan of a release
// in waves is one list of steps, and each step says which wave it is of: so its index means what it means in any other release.
import * as z from 'zod'
import { counted } from '../counted.ts'
import { formatDuration } from '../duration.ts'
import { TargetFunction } from '../location.ts'
import { type Guarded, WaveApproval } from './approval.ts'
import { WaveName } from './wave-name.ts'

const wholeBp = 10_000
export const wavesMost = 20
const heldBackDefault = 10

type Step = {
  readonly weightBp: number
  readonly bakeSeconds: number
  readonly wave?: number | undefined
  readonly heldBackBp?: number | undefined
}
export type Stepped = { readonly steps: readonly Step[]; readonly oneWay?: unknown }

const functions = z.array(TargetFunction).min(1, 'a wave has at least one target').max(20)

/** The normal form. An approval before a wave is one of the gates (core/service/gates.ts). @param plan in its normal form */
export const wavesOf = (plan: z.ZodType<Stepped>) =>
  z
    .array(
      z.strictObject({
        name: WaveName,
        targets: functions,
        /** What stays on stable when the wave has had all its steps, until the whole release is promoted. */
        heldBackBp: z.int().min(0).max(5000),
        /** The release pauses before it. */
        pause: z.literal(true).optional(),
        /** Absent: it has the plan of the service. */
        plan: plan.optional(),
      }),
    )
    .min(2)
    .max(wavesMost)
export type Waves = z.output<ReturnType<typeof wavesOf>>

/** @param plan as people write it */
export const wavesDefinitionOf = <I>(plan: z.ZodType<Stepped, I>) =>
  z
    .array(
      z
        .strictObject({
          name: WaveName,
          targets: functions.describe(
            'Functions of `targets`, written as they are there. Each is in exactly one wave.',
          ),
          holdBack: z
            .number()
            .min(0)
            .max(50)
            .multipleOf(0.01)
            .default(heldBackDefault)
            .describe(
              'Percent of the traffic that stay on stable when the wave has had all steps, until the whole release is promoted: to compare with.',
            ),
          pause: z
            .boolean()
            .default(false)
            .describe('The release pauses before this wave, and goes on when a person resumes it.'),
          approval: WaveApproval.default(false).describe(
            'The wave begins when people have approved it: true, or who may, as in `gates.approvals`.',
          ),
          plan: plan.optional().describe('The steps of this wave. Absent: those of the `plan` of the service.'),
        })
        .transform(({ holdBack, pause, plan, ...rest }) => ({
          ...rest,
          heldBackBp: Math.round(holdBack * 100),
          ...(pause ? { pause: true as const } : {}),
          ...(plan === undefined ? {} : { plan }),
        })),
    )
    .min(2, 'write at least two waves, or leave them out')
    .max(wavesMost, `at most ${wavesMost} waves`)
type Defined = z.output<ReturnType<typeof wavesDefinitionOf>>

/** Without the approvals, which the gates keep. */
export const wavesKept = (waves: Defined | undefined): { readonly waves?: Waves } =>
  waves === undefined ? {} : { waves: waves.map(({ approval: _, ...wave }) => wave) }

export type InWaves = { readonly plan: Stepped; readonly waves?: Waves | undefined }

/** Whether the plan is that of a release in waves: its steps say of which. */
export const isInWaves = ({ steps }: Stepped): boolean => steps[0]?.wave !== undefined

/** The wave of a target, by its index; the first, where there are none. */
export const waveOf = ({ waves = [] }: Pick<InWaves, 'waves'>, functionName: string): number =>
  Math.max(
    0,
    waves.findIndex(({ targets }) => targets.includes(functionName)),
  )

/**
 * Waves without plans of their own: a plan that a release brings, or that of an urgent fix, is for all of them. What the error
 * budget says of `plan` is not.
 */
export const alike = (waves: Waves | undefined): Waves | undefined => waves?.map(({ plan: _, ...wave }) => wave)

/** The plan of each wave: its own, or that of the service. Without waves, that of the service. */
export const plansOf = ({ plan, waves }: InWaves): readonly Stepped[] =>
  waves === undefined ? [plan] : waves.map((wave) => wave.plan ?? plan)

/**
 * The plan of a release of these targets: for each wave that has one of them, all its steps. A plan without steps is for all
 * targets at once, so the way back to an old version takes no waves.
 */
export function inWaves<P extends Stepped>(
  plan: P,
  waves: Waves | undefined,
  targets: readonly { readonly functionName: string }[],
): P {
  if (waves === undefined || plan.steps.length === 0 || isInWaves(plan)) return plan
  const present = new Set(targets.map(({ functionName }) => waveOf({ waves }, functionName)))
  const steps = plansOf({ plan, waves }).flatMap((own, wave) =>
    present.has(wave) ? own.steps.map((step) => ({ ...step, wave })) : [],
  )
  return { ...plan, steps }
}

/**
 * The first step that gives traffic to a target of the wave: all targets have it at the first step where the release takes no
 * waves. `undefined` where the release has none of them.
 * @param targets of the release; none before it is prepared
 */
export function beginsAt(
  { plan, waves = [] }: InWaves,
  name: string,
  targets: readonly { readonly functionName: string }[],
): number | undefined {
  const index = waves.findIndex((wave) => wave.name === name)
  if (index < 0) return undefined
  const first = plan.steps.findIndex(({ wave }) => wave === index)
  if (isInWaves(plan)) return first < 0 ? undefined : first
  return targets.length === 0 || targets.some(({ functionName }) => waves[index]?.targets.includes(functionName))
    ? 0
    : undefined
}

/**
 * The candidate's share on a target at a step of a release in waves. Waves before keep what their last step gave, and more if the
 * definition holds less back; those after have nothing yet. `undefined` at the promotion, and where there are no waves.
 */
export function weightInWaves(service: InWaves, functionName: string, step: number): number | undefined {
  const { plan, waves = [] } = service
  const { wave: current, weightBp } = plan.steps[step] ?? {}
  if (current === undefined) return undefined
  const wave = waveOf(service, functionName)
  if (wave >= current) return wave === current ? weightBp : 0
  const lastBp = plan.steps.findLast((one) => one.wave === wave)?.weightBp ?? 0
  return Math.max(lastBp, wholeBp - (waves[wave]?.heldBackBp ?? 0))
}

/** The service with only those steps of its plan that its release takes this target through. */
export function ofItsWave<S extends InWaves>(service: S, functionName: string): S {
  if (!isInWaves(service.plan)) return service
  const wave = waveOf(service, functionName)
  return { ...service, plan: { ...service.plan, steps: service.plan.steps.filter((one) => one.wave === wave) } }
}

/** Whether a wave after that of this target has begun. @param begun the targets that have had traffic */
export const isDone = (
  service: InWaves,
  functionName: string,
  begun: readonly { readonly functionName: string }[],
): boolean =>
  isInWaves(service.plan) && begun.some((one) => waveOf(service, one.functionName) > waveOf(service, functionName))

/** The wave that begins with this step. */
export function waveBefore({ plan, waves = [] }: InWaves, step: number): Waves[number] | undefined {
  const { wave } = plan.steps[step] ?? {}
  return wave === undefined || plan.steps[step - 1]?.wave === wave ? undefined : waves[wave]
}

/** The name of the wave that a step is of, for whom it is told to; nothing where there is none. */
export function waveNamed({ plan, waves }: InWaves, step: number): { readonly wave?: string } {
  const name = waves?.[plan.steps[step]?.wave ?? -1]?.name
  return name === undefined ? {} : { wave: name }
}

/** `wave 2 of 3 (europe)`; `undefined` where there are no waves, and at the promotion. */
export function waveWords({ plan, waves = [] }: InWaves, step: number): string | undefined {
  const { wave } = plan.steps[step] ?? {}
  const present = [...new Set(plan.steps.map((one) => one.wave))]
  return wave === undefined
    ? undefined
    : `wave ${present.indexOf(wave) + 1} of ${present.length} (${waves[wave]?.name ?? ''})`
}

/** ` in wave 2 of 3 (europe)`; nothing where there are no waves. */
export function inWaveWords(service: InWaves, step: number): string {
  const words = waveWords(service, step)
  return words === undefined ? '' : ` in ${words}`
}

const stepsWords = ({ steps }: Stepped): string =>
  steps.map(({ weightBp, bakeSeconds }) => `${weightBp / 100} % for ${formatDuration(bakeSeconds)}`).join(', ')

/** What a definition does with its plan, and how long the whole takes at the least; `undefined` where there are no waves. */
export function wavesWords(service: InWaves & { readonly gates?: Gates | undefined }): string | undefined {
  const { waves, plan, gates } = service
  if (waves === undefined || plan.steps.length === 0) return undefined
  const names = waves.map(({ name, targets, pause, plan: own }) => {
    const isApproved = gates?.approvals.some(({ wave }) => wave === name) === true
    const before = isApproved ? 'an approval, ' : pause === true ? 'a pause, ' : ''
    return `${before}${name} (${counted(targets.length, 'target')}${own === undefined ? '' : `: ${stepsWords(own)}`})`
  })
  const seconds = plansOf(service)
    .flatMap(({ steps }) => steps)
    .reduce((sum, { bakeSeconds }) => sum + bakeSeconds, 0)
  return `in ${waves.length} waves, one after the other: ${names.join(', ')}, and all traffic after the last; the whole takes at least ${formatDuration(seconds)}`
}
type Gates = { readonly approvals: readonly Guarded[] }
