// When what a service depends on changed in the course of a release. Stable and the candidate have it both, so it is said and
// decides nothing: a candidate that is worse than stable goes back as ever.
import * as z from 'zod'
import { quoted } from '../foreign-text.ts'
import { own } from '../own.ts'
import { minuteWords } from '../time.ts'
import { type Kind, kinds } from './depends.ts'

/** One of them as it was found. Of a secret, `version` is the id of its version. */
export const Dependency = z.strictObject({
  kind: z.enum(kinds),
  name: z.string().min(1).max(600),
  version: z.string().min(1).max(100).optional(),
  /** When it became so, as AWS says. */
  changedAtMs: z.int().min(0).optional(),
  /** Of AppConfig: what is being deployed. */
  underWay: z.string().max(200).optional(),
  /** Why the version is not known. */
  unread: z.string().max(300).optional(),
})
export type Dependency = z.output<typeof Dependency>

/** What a look found: `from` is absent if it was not known before, `to` if it is not known now. */
export const Change = z.strictObject({
  kind: z.enum(kinds),
  name: Dependency.shape.name,
  from: z.string().max(100).optional(),
  to: z.string().max(100).optional(),
  changedAtMs: z.int().min(0).optional(),
  unread: z.string().max(300).optional(),
})
export type Change = z.output<typeof Change>

/** A change, when it was found, and the candidate's share when it came. */
type Noticed = Change & { readonly atMs: number; readonly weightBp: number }

/** What the log says about it so far. */
export type Around = {
  readonly known: Readonly<Record<string, Pick<Dependency, 'version' | 'unread'>>>
  readonly changes: readonly Noticed[]
}

const keyOf = ({ kind, name }: Pick<Dependency, 'kind' | 'name'>): string => `${kind} ${name}`

export const aroundAt = (found: readonly Dependency[]): Around => ({
  known: Object.fromEntries(
    found.map((one) => [
      keyOf(one),
      {
        ...(one.version === undefined ? {} : { version: one.version }),
        ...(one.unread === undefined ? {} : { unread: one.unread }),
      },
    ]),
  ),
  changes: [],
})

/** What is told of what was found now. That one cannot be read is told once. */
export const changesIn = ({ known }: Around, found: readonly Dependency[]): readonly Change[] =>
  found.flatMap(({ kind, name, version, changedAtMs, unread }): readonly Change[] => {
    const before = own(known, keyOf({ kind, name }))
    if (unread !== undefined) return before?.unread === undefined ? [{ kind, name, unread }] : []
    if (version === undefined || version === before?.version) return []
    return [
      {
        kind,
        name,
        to: version,
        ...(before?.version === undefined ? {} : { from: before.version }),
        ...(changedAtMs === undefined ? {} : { changedAtMs }),
      },
    ]
  })

const changesMost = 50

/** @param weightAt the candidate's share at a time */
export function withChanges(
  around: Around,
  changes: readonly Change[],
  atMs: number,
  weightAt: (ms: number) => number,
): Around {
  const known = changes.map((one) => {
    const before = own(around.known, keyOf(one))
    const version = one.to ?? before?.version
    const unread = one.unread ?? before?.unread
    return [
      keyOf(one),
      { ...(version === undefined ? {} : { version }), ...(unread === undefined ? {} : { unread }) },
    ] as const
  })
  const noticed = changes.map((one) => ({ ...one, atMs, weightBp: weightAt(one.changedAtMs ?? atMs) }))
  return {
    known: { ...around.known, ...Object.fromEntries(known) },
    changes: [...around.changes, ...noticed].slice(-changesMost),
  }
}

const kindWords: Readonly<Record<Kind, string>> = {
  secret: 'secret',
  parameter: 'parameter',
  appConfig: 'AppConfig',
}
const dependencyWords = ({ kind, name }: Pick<Dependency, 'kind' | 'name'>): string =>
  `${kindWords[kind]} ${/^[\w/.:+=@-]+$/.test(name) ? name : quoted(name, undefined, 300)}`

/** The ids of a secret's versions tell nobody anything. */
const versionsWords = ({ kind, from, to }: Change): string =>
  kind === 'secret' || from === undefined || to === undefined ? '' : ` from ${from} to ${to}`

/** `secret checkout/db-AbCdEf changed at 2026-11-27 02:13Z` */
export function changeWords(change: Change): string {
  const { unread, from, changedAtMs } = change
  const what = dependencyWords(change)
  if (unread !== undefined) return `nobody knows whether ${what} changed: ${unread}`
  const when = changedAtMs === undefined ? '' : ` at ${minuteWords(changedAtMs)}`
  if (from === undefined)
    return `${what} can be read again; it was changed last${when === '' ? ' at a time that is not known' : when}`
  return `${what} changed${versionsWords(change)}${when}`
}

/** What a person on call reads first, the latest first. */
export const lookThere = (around: Around | undefined): readonly string[] => [
  ...changesWords(around),
  ...neverReadWords(around),
]

/** What was unread from the start makes no change: nobody would hear of it. */
function neverReadWords({ known, changes }: Around = { known: {}, changes: [] }): readonly string[] {
  const told = new Set(changes.map(keyOf))
  return Object.entries(known)
    .filter(([key, { version, unread }]) => unread !== undefined && version === undefined && !told.has(key))
    .map(([key, { unread = '' }]) => {
      const kind = kinds.find((one) => key.startsWith(`${one} `)) ?? 'secret'
      const words = dependencyWords({ kind, name: key.slice(kind.length + 1) })
      return `${words.charAt(0).toUpperCase()}${words.slice(1)} could not be read, so a change of it is not ruled out: ${unread}.`
    })
}

const changesWords = (around: Around | undefined): readonly string[] =>
  (around?.changes ?? [])
    .slice(-5)
    .reverse()
    .map((change) => {
      const words = changeWords(change)
      if (change.unread !== undefined) return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
      const when =
        change.weightBp === 0
          ? 'before the candidate had traffic'
          : `while the candidate had ${change.weightBp / 100} % of the traffic`
      return `Look there first: ${words}, ${when}. Stable has it, too.`
    })

/** What an AppConfig environment that is changing says to a release that wants to begin; empty if nothing does. */
export const underWayWords = (found: readonly Dependency[]): string =>
  found
    .flatMap((one) => {
      if (one.unread !== undefined) return [`${dependencyWords(one)} cannot be read: ${one.unread}`]
      return one.underWay === undefined ? [] : [`${dependencyWords(one)} is being deployed: ${one.underWay}`]
    })
    .join('; ')
