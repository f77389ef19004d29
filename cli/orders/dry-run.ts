// `tidegate release --dry-run`: what would come of a release, before anybody starts it.
import * as z from 'zod'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

const Forecast = z.looseObject({
  may: z.boolean(),
  because: z.string(),
  checks: z.array(z.looseObject({ what: z.string(), isOk: z.boolean().optional(), because: z.string() })),
  plan: z.string(),
  unknown: z.array(z.string()),
})

/** @returns 1 if it would be refused, or would wait */
export async function dryRun(
  { backend, screen }: Cli,
  service: string,
  release: Readonly<Record<string, unknown>>,
): Promise<number> {
  const found = Forecast.parse(await backend.order('ask', service, { release }))
  const mark = { true: 'yes', false: 'no', undefined: '?' } as const
  screen.say(
    [
      found.may ? `Yes: ${found.because}` : 'No: it would be refused or would wait.',
      ...found.checks.map(({ what, isOk, because }) => `  ${mark[`${isOk}`].padEnd(3)}  ${what}: ${because}`),
      `Plan: ${found.plan}.`,
      `Not known before: ${found.unknown.join('; ')}.`,
      'Nothing was changed.',
    ],
    found,
  )
  return found.may ? exitCodes.done : exitCodes.different
}
