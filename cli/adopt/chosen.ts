// Which alias of a function is the one that callers use, and what is known of it once everybody has answered. Pure.
import { dayMs } from '../../core/time.ts'
import { type Usual, usualOf } from '../promise/usual.ts'
import type { AliasFact, DeployGroup } from './facts.ts'
import { daysLookedAt, type Measured } from './measured.ts'

/** Names that people give to what their callers use. */
const usualNames = ['live', 'prod', 'production', 'current', 'stable', 'release', 'main']

/**
 * The one that CodeDeploy moves, the only one, the one that most requests came by, the one with a usual name, or the first one.
 * @returns undefined if there is none
 */
export function chosenAlias(
  aliases: readonly AliasFact[],
  found: Measured | undefined,
  group: DeployGroup | undefined,
): AliasFact | undefined {
  const requestsBy = ({ name }: AliasFact): number =>
    (found?.byAlias.get(name) ?? []).reduce((sum, { requests }) => sum + requests, 0)
  const rank = ({ name }: AliasFact): number => {
    const place = usualNames.indexOf(name.toLowerCase())
    return place < 0 ? usualNames.length : place
  }
  return (
    aliases.find(({ name }) => name === group?.alias) ??
    aliases.toSorted((a, b) => requestsBy(b) - requestsBy(a) || rank(a) - rank(b) || (a.name < b.name ? -1 : 1))[0]
  )
}

/** The traffic by the alias; where nothing came by it, that of the whole function. */
export function trafficBy(
  alias: string,
  { all, byAlias, endMs }: Measured,
): { readonly usual?: Usual; readonly isIdle?: true; readonly aliasShare?: number } {
  const whole = usualOf(all, endMs)
  if (whole === undefined) return { isIdle: true }
  const own = usualOf(byAlias.get(alias) ?? [], endMs)
  return { usual: own ?? whole, aliasShare: Math.min(1, (own?.requests ?? 0) / whole.requests) }
}

/** Published versions in the days that were looked at. */
export const releasesIn = (versions: readonly { readonly atMs: number }[], endMs: number): readonly number[] =>
  versions.map(({ atMs }) => atMs).filter((atMs) => atMs >= endMs - daysLookedAt * dayMs)
