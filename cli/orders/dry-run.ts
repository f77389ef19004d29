// `tidegate release --dry-run`: what would come of a release, before anybody starts it.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

const Forecast = z.looseObject({
  may: z.boolean(),
  because: z.string(),
  checks: z.array(z.looseObject({ what: z.string(), isOk: z.boolean().optional(), because: z.string() })),
  plan: z.string(),
  // An older controller does not say it.
  watched: z.string().optional(),
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
      ...(found.watched === undefined ? [] : [`Watched: ${found.watched}.`]),
      `Not known before: ${found.unknown.join('; ')}.`,
      'Nothing was changed.',
    ],
    found,
  )
  if (found.may) screen.next(`tidegate release ${service} ${typed(release)} --watch`)
  return found.may ? exitCodes.done : exitCodes.different
}

/** As the person would type it; an artifact has too much to type. */
const typed = ({ version, versions }: Readonly<Record<string, unknown>>): string => {
  if (typeof version === 'string') return `--version ${version}`
  const pairs = Object.entries((versions ?? {}) as Readonly<Record<string, string>>)
  const [[, only] = []] = pairs
  if (pairs.length === 1) return `--version ${only ?? ''}`
  return pairs.length === 0 ? '...' : `--versions ${pairs.map(([name, one]) => `${name}=${one}`).join(' ')}`
}

/**
 * Before a release is started: whoever may ask hears of a version that is not there, or cannot run. Where nobody can say, the
 * preparation finds out.
 * @throws Problem `version_missing`, `version_failed`
 */
export async function checkVersions(
  { backend }: Pick<Cli, 'backend'>,
  service: string,
  release: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (release['artifact'] !== undefined) return
  const found = await backend.order('ask', service, { release }).catch((error: unknown) => {
    if (error instanceof Problem) return undefined
    throw error
  })
  const { data } = Forecast.safeParse(found)
  const bad = data?.checks.find(({ what, isOk }) => what.startsWith('version ') && isOk === false)
  if (bad?.because.startsWith('There is no') === true) throw new Problem('version_missing', bad.because)
  if (bad?.because.startsWith('it cannot run') === true)
    throw new Problem('version_failed', `${bad.what}: ${bad.because}.`)
}
