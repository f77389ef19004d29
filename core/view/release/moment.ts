// Times, shares and versions in the words that people see. Times are UTC, as CloudWatch, CloudTrail and the events of AWS have
// them: whoever reads along elsewhere sees the same time.
import { formatDuration } from '../../duration.ts'
import { dayMs } from '../../time.ts'
import { goingOn, type Release } from '../../release/release.ts'

const iso = (ms: number): string => new Date(ms).toISOString()

/** `2026-03-01 09:30:00Z` */
export const moment = (ms: number): string => `${iso(ms).slice(0, 19).replace('T', ' ')}Z`

/** `09:30:00Z` on the day of `nowMs`, and with its date on another. */
export const clockWords = (ms: number, nowMs: number): string =>
  Math.floor(ms / dayMs) === Math.floor(nowMs / dayMs) ? moment(ms).slice(11) : moment(ms)

/** `2026-01-02` */
export const dateWords = (ms: number): string => iso(ms).slice(0, 10)

export const percentWords = (weightBp: number): string => `${weightBp / 100} %`

/** Three digits: `0.52`, `12.3`, `1204`. */
export const digits = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))

type Versioned = Pick<Release['targets'][number], 'functionName' | 'stable' | 'candidate'>
const nameOf = (functionName: string): string => functionName.split(':').at(-1) ?? functionName

/** `checkout 12 → 13`, for each function: the versions that a move goes from and to. */
export const moveWords = (
  targets: readonly Versioned[],
  from: 'stable' | 'candidate',
  to: 'stable' | 'candidate',
): string => {
  const shown = targets.slice(0, 4).map((target) => `${nameOf(target.functionName)} ${target[from]} → ${target[to]}`)
  return [...shown, ...(targets.length > 4 ? [`and ${targets.length - 4} more`] : [])].join(', ')
}

/** All of one that went back; of one that goes on or was promoted, those that were not put back alone. */
export const movedTargets = ({ targets, ending }: Pick<Release, 'targets' | 'ending'>): Release['targets'] =>
  ending === undefined || ending.outcome === 'promoted' ? goingOn(targets) : targets

const namesMost = 3
/** `, without checkout`: those that went back alone. */
export function withoutWords(names: readonly string[]): string {
  if (names.length === 0) return ''
  const more = names.length > namesMost ? ` and ${names.length - namesMost} more` : ''
  return `, without ${names.slice(0, namesMost).map(nameOf).join(', ')}${more}`
}

/** `Version 13`, or `The candidate` where there are several functions or no version yet. */
export const candidateName = ({ targets }: Pick<Release, 'targets'>): string =>
  targets.length === 1 ? `Version ${targets[0]?.candidate ?? ''}` : 'The candidate'
export const stableName = ({ targets }: Pick<Release, 'targets'>): string =>
  targets.length === 1 ? `version ${targets[0]?.stable ?? ''}` : 'stable'

export const inTime = (ms: number, nowMs: number): string =>
  ms <= nowMs ? 'now' : `in ${formatDuration((ms - nowMs) / 1000)}, at ${clockWords(ms, nowMs)}`

/** As long as it may stay, and what becomes of it then. */
export const limitWords = (then: string, endMs: number, policy: string, nowMs: number): string =>
  `It ${then} if it is still so ${inTime(endMs, nowMs)} (policy.hold.${policy}).`
export const goesBack = (release: Release): string => `goes back to ${stableName(release)}`
