// Which versions of a function stay, and why. A version is deleted only when nothing speaks for it: every reason is listed, and
// what could not be looked up is a reason too.
import { formatDuration } from '../duration.ts'
import { nameWords } from '../foreign-text.ts'
import { own } from '../own.ts'
import { byTurn, type Head } from '../release/head.ts'
import type { VersionPolicy } from '../definition/version-policy.ts'

/** As Lambda lists it. */
export type PublishedVersion = {
  readonly version: string
  readonly codeSha256: string
  readonly bytes: number
  readonly publishedAtMs: number
  /** Its executions may last a year, and go on with this version. */
  readonly isDurable: boolean
}

/** What names versions of a function, read with few calls. Qualifiers are versions or aliases. */
export type Uses = {
  readonly aliases: readonly { readonly name: string; readonly versions: readonly string[] }[]
  readonly mappings: readonly { readonly source: string; readonly qualifier: string }[]
  readonly provisioned: readonly string[]
}

/** What takes a call for each version. */
export type Held = {
  /** Statements of the version's own resource policy: callers that name it by its number. */
  readonly callers: number
  /** Whether durable executions of it are running. */
  readonly isRunning: boolean
}

/** A service that has the function among its targets. */
export type Sharing = {
  readonly service: string
  /** How it names the function: in its history, too. */
  readonly called: readonly string[]
  /** Absent: its definition has none, so nothing of its functions is deleted. */
  readonly policy?: VersionPolicy | undefined
  readonly heads: readonly Pick<Head, 'outcome' | 'requestedAtMs' | 'settledAtMs' | 'versions'>[]
  /** Releases that have not ended. */
  readonly open: readonly string[]
}

export type Judged = PublishedVersion & {
  /** Why it stays. Empty: it may be deleted. */
  readonly because: readonly string[]
}

/** From so many of the last promotions, both versions stay: they are where people go back to. */
export const promotionsKept = 3

type Asked = {
  readonly nowMs: number
  readonly versions: readonly PublishedVersion[]
  readonly uses: Uses
  /** Every service that shares the function. The most careful of their policies holds. */
  readonly sharing: readonly Sharing[]
}

/** @returns every version, oldest first */
export function judgeVersions({ nowMs, versions, uses, sharing }: Asked): readonly Judged[] {
  const ordered = versions.toSorted(byNumber)
  const policies = sharing.flatMap(({ policy }) => policy ?? [])
  const keep = Math.max(0, ...policies.map((policy) => policy.keep))
  const keepSeconds = Math.max(0, ...policies.map((policy) => policy.keepSeconds))
  const newest = new Set(keep === 0 ? [] : ordered.slice(-keep).map(({ version }) => version))
  const lacking = sharing.filter(({ policy }) => policy === undefined)
  const all = [
    ...(sharing.length === 0 ? ['no service has this function among its targets'] : []),
    ...lacking.map(({ service }) => `${service} has the function too, and no \`versions\` in its definition`),
    ...sharing.flatMap(({ service, open }) => open.map((id) => `release ${id} of ${service} has not ended`)),
  ]
  const named = sharing.flatMap(namedBy)
  return ordered.map((version) => {
    const releases = named.filter((one) => one.version === version.version)
    const lastMs = Math.max(version.publishedAtMs, ...releases.map(({ atMs }) => atMs))
    const age = `it was in use ${formatDuration((nowMs - lastMs) / 1000)} ago, and stays for ${formatDuration(keepSeconds)}`
    return {
      ...version,
      because: [
        ...all,
        ...usedBy(version.version, uses),
        ...new Set(releases.flatMap(({ because }) => because ?? [])),
        ...(newest.has(version.version) ? [`it is one of the ${keep} newest`] : []),
        // A clock that is behind makes a version look younger, which is harmless.
        ...(nowMs - lastMs < keepSeconds * 1000 ? [age] : []),
      ],
    }
  })
}

/** What only the last question, right before the deletion, can tell. */
export const heldBy = ({ callers, isRunning }: Held): readonly string[] => [
  ...(callers > 0 ? ['its resource policy names callers'] : []),
  ...(isRunning ? ['durable executions of it are running'] : []),
]

const byNumber = (a: { readonly version: string }, b: { readonly version: string }): number =>
  a.version.length - b.version.length || (a.version < b.version ? -1 : 1)

function usedBy(version: string, { aliases, mappings, provisioned }: Uses): readonly string[] {
  return [
    ...aliases.filter(({ versions }) => versions.includes(version)).map(({ name }) => `alias ${name} points at it`),
    ...mappings
      .filter(({ qualifier }) => qualifier === version)
      .map(({ source }) => `event source ${nameWords(source)} is mapped to it`),
    ...(provisioned.includes(version) ? ['it has provisioned concurrency'] : []),
  ]
}

type Named = { readonly version: string; readonly atMs: number; readonly because?: string }

/** Versions that releases name, when, and whether they stay for that. */
function namedBy({ service, called, heads }: Sharing): readonly Named[] {
  const promoted = byTurn(heads)
    .filter(({ outcome }) => outcome === 'promoted')
    .slice(0, promotionsKept)
  return heads.flatMap((head) => {
    const had = called.flatMap((name) => own(head.versions, name) ?? [])
    const atMs = head.settledAtMs ?? head.requestedAtMs
    const because =
      head.outcome === undefined
        ? `a release of ${service} that has not ended names it`
        : promoted.includes(head)
          ? `${service} runs it or can go back to it: it is of the last ${promotionsKept} promotions`
          : undefined
    const versions = had.flatMap(({ stable, candidate }) => [stable, candidate])
    return versions.map((version) => ({
      version,
      atMs,
      ...(because === undefined ? {} : { because }),
    }))
  })
}
