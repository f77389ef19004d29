// The report of `tidegate adopt`: where it pays, what to do first, and which functions got no definition and why. Markdown for
// people, the same as data for programs. Names are other people's: they stay text. Pure.
import { oneLine } from '../../core/foreign-text.ts'
import { minuteWords } from '../../core/time.ts'
import { minutesOfPlan } from '../promise/plan.ts'
import { minutesWords, numberWords, type Offer, percentWords, perMinuteWords } from '../promise/words.ts'
import type { DeployGroup, Known } from './facts.ts'
import type { Worth } from './worth.ts'

export type Adopted = {
  readonly known: Known
  readonly file: string
  readonly offer?: Offer
  /** Why a canary proves nothing. */
  readonly nothing?: string
  readonly warnings: readonly string[]
  readonly worth: Worth
}
export type Left = {
  readonly functionName: string
  readonly because: string
  /** A file is there; its name or its aliases cannot be used; it could not be read or written. */
  readonly kind: 'there' | 'name' | 'alias' | 'failed'
}
export type Report = {
  readonly region: string
  readonly nowMs: number
  readonly functions: number
  /** Where it pays most first. */
  readonly adopted: readonly Adopted[]
  readonly left: readonly Left[]
  /** Deployment groups that belong to none of the functions that got a definition. */
  readonly unmatched: readonly DeployGroup[]
  readonly notes: readonly string[]
}

/** Saved first, then what is at stake; where a canary proves nothing, last. */
export const byWorth = (a: Adopted, b: Adopted): number =>
  b.worth.saved - a.worth.saved ||
  Number(b.offer !== undefined) - Number(a.offer !== undefined) ||
  b.worth.exposure - a.worth.exposure ||
  (a.known.name < b.known.name ? -1 : 1)

export const savedWords = ({ saved, badRequests, badReleases }: Worth): string =>
  badReleases === 0
    ? 'no release of these days was followed by more errors'
    : `${numberWords(saved)} of ${numberWords(badRequests)} bad requests after ${badReleases === 1 ? 'one release' : `${badReleases} releases`}`

export function reportText({ region, nowMs, functions, adopted, left, unmatched, notes }: Report): string {
  const pays = adopted.filter(({ offer }) => offer !== undefined)
  const proveNothing = adopted.filter(({ nothing }) => nothing !== undefined)
  const unknown = adopted.filter(({ offer, nothing }) => offer === undefined && nothing === undefined)
  const warned = adopted.filter(({ warnings }) => warnings.length > 0)
  return [
    '# Adoption report',
    '',
    `${functions} functions in ${cell(region)}, as of ${minuteWords(nowMs)}. ${adopted.length} got a definition, ${left.length} did not. Nothing was changed in the account.`,
    '',
    '## Where it pays',
    '',
    'Bad requests: after a published version, in up to 24 hours, more than three times as often as usual. Saved: those that would not',
    'have failed if the release had been put back as soon as its plan promises. That the version got its traffic in the hour in which it was',
    'published is a guess. At stake: requests a minute times releases.',
    '',
    ...table(
      ['service', 'function', 'saved', 'bad', 'releases', 'requests', 'at stake', 'takes', 'finds in 9 of 10'],
      pays.map(payRow),
    ),
    ...section(
      'Where a canary proves nothing',
      proveNothing.map(({ known, nothing }) => item(known.functionName, nothing ?? '')),
    ),
    ...section(
      'Where nobody knows the traffic',
      unknown.map(({ known }) =>
        item(known.functionName, 'its metrics could not be read; the plan is for 200 requests a minute'),
      ),
    ),
    ...section(
      'Do first',
      warned.flatMap(({ known, warnings }) => warnings.map((words) => item(known.functionName, words))),
    ),
    ...section('No definition', leftItems(left)),
    ...section(
      'Deployment groups of CodeDeploy that belong to none of them',
      unmatched.map(({ application, name, config, functionName }) =>
        item(
          name,
          `application ${application}, ${config}${functionName === undefined ? ', has deployed nothing that can be read' : `, moves ${functionName}`}`,
        ),
      ),
    ),
    ...section(
      'What could not be looked up',
      notes.map((note) => `- ${cell(note)}`),
    ),
    '',
  ].join('\n')
}

const section = (title: string, items: readonly string[]): readonly string[] =>
  items.length === 0 ? [] : ['', `## ${title}`, '', ...items]

/** Markdown and HTML in it stay text, on one line. */
const cell = (text: string): string => oneLine(text).replaceAll(/[\\`*_{}[\]<>|#!&]/g, String.raw`\$&`)
const item = (name: string, words: string): string => `- **${cell(name)}**: ${cell(words)}`

/** Many with one reason, such as the controller's own functions, are one item. */
const sameMost = 3
function leftItems(left: readonly Left[]): readonly string[] {
  const reasons = [...new Set(left.map(({ because }) => because))]
  return reasons.flatMap((reason) => {
    const names = left.filter(({ because }) => because === reason).map(({ functionName }) => functionName)
    return names.length > sameMost
      ? [item(`${names.length} functions`, `${reason}: ${names.join(', ')}`)]
      : names.map((name) => item(name, reason))
  })
}

const table = (heading: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length === 0
    ? ['None.']
    : [heading, heading.map(() => '---'), ...rows.map((row) => row.map(cell))].map((row) => `| ${row.join(' | ')} |`)

function payRow({ known, worth, offer }: Adopted): readonly string[] {
  const { name, functionName, releases, usual } = known
  const found = Object.entries(offer?.promised.found ?? {}).toSorted(([a], [b]) => Number(a) - Number(b))[0]
  return [
    ...[name, functionName, numberWords(worth.saved), numberWords(worth.badRequests), String(releases ?? '?')],
    usual === undefined ? '?' : perMinuteWords(usual.mean),
    numberWords(worth.exposure),
    offer === undefined ? '-' : minutesWords(minutesOfPlan(offer.fit)),
    found === undefined ? '-' : `${percentWords(Number(found[0]))} more within ${minutesWords(found[1])}`,
  ]
}

export const reportDocument = ({ adopted, left, unmatched, notes, ...rest }: Report, file: string): object => ({
  ...{ region: rest.region, functions: rest.functions, report: file, notes },
  adopted: adopted.map(({ known, worth, offer, nothing, warnings, file: definition }) => ({
    ...{ service: known.name, function: known.functionName, alias: known.alias, file: definition },
    ...{ ...worth, releases: known.releases ?? null, perMinute: known.usual?.mean ?? null },
    minutes: offer === undefined ? null : minutesOfPlan(offer.fit),
    promised: offer?.promised ?? null,
    ...(nothing === undefined ? {} : { provesNothing: nothing }),
    warnings,
  })),
  left: left.map(({ functionName, because, kind }) => ({ function: functionName, because, kind })),
  unmatchedGroups: unmatched,
})
