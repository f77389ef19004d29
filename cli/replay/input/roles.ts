// Which series is what: requests or errors, of the stable or of the candidate version. It follows from --series, from the names
// (an Id such as candidate_errors), or from the version among labels and names with --stable and --candidate. What could be
// either is refused, never guessed.
import { own } from '../../../core/own.ts'
import { Problem } from '../../../core/problem.ts'
import { type Series, seriesWords } from './series.ts'

export const roles = ['stable_invocations', 'stable_bad', 'candidate_invocations', 'candidate_bad'] as const
export type Role = (typeof roles)[number]

/** What the person says about the series. */
export type Mapping = {
  readonly stable?: string | undefined
  readonly candidate?: string | undefined
  /** By role, the name of a series. */
  readonly series: ReadonlyMap<Role, string>
}

export type Assigned = {
  readonly byRole: ReadonlyMap<Role, readonly Series[]>
  /** Series that are none of the four. */
  readonly left: readonly Series[]
}

type Metric = 'invocations' | 'bad'
type Arm = 'stable' | 'candidate'

const metricWords: readonly (readonly [RegExp, Metric])[] = [
  [/^(errors?|bad|failed|failures?|faults?)$/, 'bad'],
  [/^(invocations?|requests?|calls)$/, 'invocations'],
]
/** Another statistic than a count: the rest of the name does not matter then. */
const noCount =
  /^(rate|ratio|percent|percentage|average|avg|max|maximum|min|minimum|samplecount|p\d+|duration|throttles?|concurrent)$/
const armWords: readonly (readonly [RegExp, Arm])[] = [
  [/^(stable|baseline|primary)$/, 'stable'],
  [/^(candidate|canary)$/, 'candidate'],
]

/** `ConcurrentExecutions` and `live:41 Errors` in words of lower case. */
const wordsIn = (text: string): readonly string[] =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')

function metricIn(text: string): Metric | undefined {
  const words = wordsIn(text)
  if (words.some((word) => noCount.test(word))) return undefined
  // `request_errors` are errors.
  return metricWords.find(([pattern]) => words.some((word) => pattern.test(word)))?.[1]
}

function armIn(text: string): Arm | undefined {
  const found = armWords.filter(([pattern]) => wordsIn(text).some((word) => pattern.test(word)))
  return found.length === 1 ? found[0]?.[1] : undefined
}

/** Labels that name the version: CloudWatch's dimension, as exporters spell it, or `version`. */
const versionLabel = (key: string): boolean => /(^|executed_?)version$/i.test(key)

const fileName = (file: string): string => (file.split(/[\\/]/).at(-1) ?? file).replace(/\.[^.]*$/, '')

/** The version of a series by its labels, if it has one. */
const versionOf = ({ labels }: Series): string | undefined =>
  Object.entries(labels).find(([key]) => versionLabel(key))?.[1]

/** Labels that all series have alike tell none from another: a function may be called errors-api. */
type Telling = (key: string) => boolean
function tellingLabels(all: readonly Series[]): Telling {
  const [first] = all
  return (key) => all.length < 2 || all.some(({ labels }) => own(labels, key) !== own(first?.labels ?? {}, key))
}
const labelWords = ({ labels }: Series, isTelling: Telling): readonly string[] =>
  Object.entries(labels).flatMap(([key, value]) => (isTelling(key) ? [value] : []))

function armOf(series: Series, { stable, candidate }: Mapping, isTelling: Telling): Arm | undefined {
  const text = [...series.names, ...labelWords(series, isTelling)].join(' ')
  if (stable !== undefined && candidate !== undefined) {
    const version = versionOf(series)
    const words = version === undefined ? wordsIn(text) : [version.toLowerCase()]
    const [isStable, isCandidate] = [words.includes(stable.toLowerCase()), words.includes(candidate.toLowerCase())]
    if (isStable !== isCandidate) return isStable ? 'stable' : 'candidate'
    if (version !== undefined) return undefined
  }
  return armIn(text) ?? armIn(fileName(series.file))
}

/** The metric by the names, or by labels, or by the name of the file. */
function metricOf(series: Series, isTelling: Telling): Metric | undefined {
  const { names, file, origin } = series
  const words = names.join(' ')
  const said = metricIn(words) ?? metricIn(labelWords(series, isTelling).join(' '))
  if (
    said !== undefined ||
    (words !== '' && origin !== 'prometheus' && wordsIn(words).some((word) => noCount.test(word)))
  )
    return said
  return metricIn(fileName(file))
}

const isNamed = (series: Series, name: string): boolean =>
  series.names.includes(name) || seriesWords(series) === name || series.file === name || fileName(series.file) === name

/** @throws Problem `replay_ambiguous`, `replay_empty`, `call_invalid` */
export function assigned(all: readonly Series[], mapping: Mapping): Assigned {
  const { stable, candidate } = mapping
  if ((stable === undefined) !== (candidate === undefined))
    throw new Problem('call_invalid', 'Give both --stable and --candidate, or neither.')
  if (stable !== undefined && stable === candidate)
    throw new Problem('call_invalid', `--stable and --candidate are both ${stable}.`)
  const byRole = new Map<Role, readonly Series[]>()
  for (const [role, name] of mapping.series) {
    const named = all.filter((series) => isNamed(series, name))
    if (named.length === 0)
      throw new Problem('call_invalid', `No series is called "${name}"; there are ${listed(all)}.`)
    byRole.set(role, named)
  }
  const chosen = new Set([...byRole.values()].flat())
  const isTelling = tellingLabels(all)
  const left: Series[] = []
  const unclear: Series[] = []
  for (const series of all.filter((one) => !chosen.has(one))) {
    const metric = metricOf(series, isTelling)
    const arm = metric === undefined ? undefined : armOf(series, mapping, isTelling)
    const role = metric === undefined || arm === undefined ? undefined : (`${arm}_${metric}` as const)
    if (role !== undefined && !mapping.series.has(role)) byRole.set(role, [...(byRole.get(role) ?? []), series])
    else left.push(series)
    if (metric !== undefined && arm === undefined) unclear.push(series)
  }
  const missing = roles.filter((role) => !byRole.has(role))
  if (missing.length > 0) throw refusal(all, missing, unclear, mapping)
  return { byRole, left }
}

function refusal(
  all: readonly Series[],
  missing: readonly Role[],
  unclear: readonly Series[],
  { stable }: Mapping,
): Problem {
  const files = [...new Set(all.map(({ file }) => file))].join(', ')
  if (all.length === 0) return new Problem('replay_empty', `${files || 'The export'}: there is no series in it.`)
  const versions = [...new Set(all.map(versionOf).filter((one) => one !== undefined))]
  if (stable === undefined && versions.length === 1)
    return new Problem('replay_empty', `${files}: version ${versions.join('')} is the only one in it.`)
  if (stable === undefined && versions.length > 1)
    return new Problem(
      'replay_ambiguous',
      `${files}: there are the versions ${versions.slice(0, 10).join(', ')}, and which is the candidate is not said.`,
    )
  const either = unclear.length === 0 ? '' : `; ${listed(unclear)} could be of either version`
  return new Problem(
    'replay_ambiguous',
    `${files}: no series is clearly ${missing.join(', ')}; there are ${listed(all)}${either}.`,
  )
}

/** The first of them, by name. */
export function listed(series: readonly Series[]): string {
  const more = series.length > 8 ? ` and ${series.length - 8} more` : ''
  return `${series
    .slice(0, 8)
    .map(
      (one) =>
        `"${one.names.length === 0 && Object.keys(one.labels).length === 0 ? fileName(one.file) : seriesWords(one)}"`,
    )
    .join(', ')}${more}`
}
