// What a team says of a function whose candidates are tried in its shadow: the definition of the hook.
import * as z from 'zod'
import { Problem, readInput } from '../problem.ts'
import { parsePath } from './path.ts'

const functionName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name of a function in this account and region')

const path = z.string().superRefine((text, context) => {
  try {
    parsePath(text)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    context.addIssue({ code: 'custom', message: error.message })
  }
})

/** A pair is a block of the candidate and a block of stable, of five seconds each. */
export const pairsAMinute = 6

/** That a load may have reserved. */
export const environmentsMost = 500

const Load = z.strictObject({
  times: z
    .number()
    .min(0.1)
    .max(10)
    .default(2)
    .describe('A multiple of the traffic that stable had in its busiest minute of the last 24 hours.'),
  minutes: z.int().min(4).max(30).default(5).describe('How long calls are sent, half of the time to each version.'),
  concurrency: z
    .int()
    .min(10)
    .max(environmentsMost)
    .default(20)
    .describe('Reserved concurrency of the shadow: so many environments it has at most, and takes none from others.'),
  calls: z.int().min(100).max(200_000).default(20_000).describe('A load that would take more is not begun.'),
  accountShare: z
    .number()
    .min(0.1)
    .max(0.9)
    .default(0.7)
    .describe('The load stops where more of the concurrency of the account is claimed.'),
})
export type Load = z.output<typeof Load>

const Fields = z.strictObject({
  shadow: functionName.describe('The function with the role that may not write, in which versions are tried.'),
  samples: z
    .strictObject({
      least: z.int().min(20).max(1000).default(30).describe('With fewer the hook does not know.'),
      most: z.int().min(20).max(1000).default(200).describe('So many of the newest are tried.'),
    })
    .refine(({ least, most }) => least <= most, '`least` must not be above `most`')
    .prefault({}),
  copies: z.int().min(2).max(8).default(2).describe('Copies of stable that each event goes to.'),
  concurrency: z.int().min(1).max(50).default(5).describe('Events that are tried at once.'),
  ignore: z.array(path).max(50).default([]).describe('Paths in answers that are not compared.'),
  slower: z
    .union([
      z.literal('off'),
      z.strictObject({ factor: z.number().min(1.1).max(100), atLeastMs: z.number().min(0).max(60_000) }),
    ])
    .default({ factor: 1.5, atLeastMs: 20 })
    .describe('How much longer an answer has to take than the slowest of stable.'),
  load: Load.optional().describe(
    'After the comparison, a load at a multiple of the traffic of stable; without it, none.',
  ),
})
/** The comparison runs within the reserved concurrency too. */
export const ShadowConfig = Fields.refine(
  ({ copies, concurrency, load }) => load === undefined || load.concurrency >= (copies + 1) * concurrency,
  {
    message: '`load.concurrency` must be at least `concurrency` times one more than `copies`',
    path: ['load', 'concurrency'],
  },
)
export type ShadowConfig = z.output<typeof ShadowConfig>

/** Lambda ends a chain of about 16 calls of a function by itself (docs/aws.md §1.11). */
const minutesMax = 45

const Configs = z
  .record(functionName, ShadowConfig)
  .refine((all) => Object.keys(all).length > 0, 'name a function at least')
  .refine((all) => Object.keys(all).length <= 10, 'at most 10 functions share a hook')
  .refine((all) => Object.entries(all).every(([name, { shadow }]) => name !== shadow && !Object.hasOwn(all, shadow)), {
    message: 'a function cannot be the shadow of a function that is released: its role may write',
  })
  .refine(
    (all) => new Set(Object.values(all).map(({ shadow }) => shadow)).size === Object.keys(all).length,
    'each function needs a shadow of its own',
  )
  .refine(
    (all) => Object.values(all).reduce((sum, { load }) => sum + (load?.minutes ?? 0), 0) <= minutesMax,
    'the loads of a hook take 45 minutes in all at most',
  )
/** By the name of the function that is released. */
export type ShadowConfigs = z.output<typeof Configs>

/** @throws Problem `shadow_invalid` */
export const parseConfigs = (input: unknown): ShadowConfigs =>
  readInput(Configs, input, 'shadow_invalid', 'The definition of the shadow')

/** @throws Problem `shadow_invalid` */
export function configsIn(text: string): ShadowConfigs {
  let input: unknown
  try {
    input = JSON.parse(text) as unknown
  } catch {
    throw new Problem('shadow_invalid', 'The definition of the shadow is not JSON.')
  }
  return parseConfigs(input)
}
