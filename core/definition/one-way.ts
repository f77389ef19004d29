// A one-way step: what it does cannot be undone, so after it nothing goes back. It is written on a step of the plan, and kept as
// the weight before which it stands: so it stays where it is when the error budget or a call makes the steps other ones.
import * as z from 'zod'
import { quoted } from '../foreign-text.ts'
import { plain } from '../plain-name.ts'

const reason = plain(z.string().min(1).max(300))
const yes = z.enum(['person', 'policy'])

/** As it is kept with a plan. */
export const OneWay = z.strictObject({
  /** It stands before the first step that was written with this weight, or more; at the latest before the promotion. */
  beforeBp: z.int().min(1).max(10_000),
  reason,
  yes,
})
export type OneWay = z.output<typeof OneWay>

/** As people write it on a step. */
export const OneWayDefinition = z.strictObject(
  {
    reason: reason
      .refine((text) => text.trim() !== '', 'write what cannot be undone')
      .describe('What cannot be undone, for whoever says yes to it: `the old column is dropped`.'),
    yes: yes
      .default('person')
      .describe(
        'Who says yes before it. person: an approval, which the definition need not spell out; policy: `gates.rules` alone.',
      ),
  },
  { error: 'write why there is no way back, such as oneWay: { reason: the old column is dropped }' },
)

type Stepped = {
  readonly steps: readonly { readonly weightBp: number; readonly heldBackBp?: number | undefined }[]
  readonly oneWay?: OneWay | undefined
}

/** What people wrote as the step's weight. */
const writtenBp = ({ weightBp, heldBackBp = 0 }: Stepped['steps'][number]): number => weightBp + heldBackBp

/** The index of the step that is one-way; that behind the last one is the promotion. `undefined` if none is. */
export function oneWayStep({ steps, oneWay }: Stepped): number | undefined {
  if (oneWay === undefined) return undefined
  const index = steps.findIndex((step) => writtenBp(step) >= oneWay.beforeBp)
  return index < 0 ? steps.length : index
}

type Steps = readonly {
  readonly weightBp: number
  readonly bakeSeconds: number
  readonly heldBackBp?: number | undefined
}[]

/** The plan of a forward fix, which begins with the share that it takes over: no step gives less. */
export function planFrom<P extends { readonly steps: Steps }>(plan: P, weightBp: number): P {
  const [before, after] = [
    plan.steps.filter((step) => step.weightBp <= weightBp),
    plan.steps.filter((step) => step.weightBp > weightBp),
  ]
  const first = before.at(-1)
  return first === undefined || weightBp === 0 ? plan : { ...plan, steps: [{ ...first, weightBp }, ...after] }
}

/** `no way back from 50 % on ("the old column is dropped"), once a person says yes` */
export const oneWayWords = ({ beforeBp, reason, yes }: OneWay): string =>
  `no way back from ${beforeBp / 100} % on (${quoted(reason)}), once a ${yes} says yes`

/** What whoever says yes to it has to know. */
export const nowhereBackWords = ({ reason }: Pick<OneWay, 'reason'>): string =>
  `there is no way back after it: ${quoted(reason)}`

/** Why it is not put back, for a page that offers no such order. */
export const noWayBackWords = (reason: string): string =>
  `It has passed a one-way step (${quoted(reason)}): nothing goes back behind it. What helps is a forward fix.`
