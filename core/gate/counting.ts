// What of all that was attested about a candidate counts: said by those who may say it, about exactly this code, not dated ahead
// of the clock. The worst of several parties counts. What is said of a commit counts for code that was built from it, and only a
// binding says that: whoever starts a release can name any commit (docs/decisions/0057).
import {
  type Attestation,
  commitName,
  commitSubject,
  Subject,
  subjectsOf,
  worseScan,
  worseTests,
} from './attestation.ts'
import { personKey } from '../caller.ts'
import { nameWords, quoted } from '../foreign-text.ts'
import { isAhead } from '../origin.ts'
import type { Release } from '../release/release.ts'
import { awsPipeline, maySay, type Signer, signerParty, type Statement, statements } from '../service/attestations.ts'
import type { Service } from '../service/service.ts'

/** All that counts about a candidate. An absent field means that nothing is known. */
export type Attested = Pick<Attestation, 'commit' | 'committedAtMs' | 'tests' | 'scan' | 'flags' | 'builder'> & {
  /** Somebody who may has said from which commit every part of it was built. */
  readonly bound?: boolean
  /** A signed statement about every part of it was verified. */
  readonly verified?: boolean
  /** What stands in the place of something worse that the same party had said, in sentences. */
  readonly replaced?: readonly string[]
  /** What was said and does not count, in sentences. */
  readonly uncounted?: readonly string[]
}

export type AskedRelease = Pick<Release, 'id' | 'key' | 'candidate' | 'targets' | 'provenance' | 'requestedAtMs'>
export type Counting = {
  readonly release: AskedRelease
  /** Whose lists and signers count: those of today. */
  readonly service: Pick<Service, 'name' | 'attestations'>
  /** The SHA-256 in hex of each function's package, where it is known. */
  readonly hashes?: Readonly<Record<string, string>>
  readonly nowMs: number
}

/** What is to be read first: all that was said of the candidate by its own names. */
export const directSubjects = (counting: Counting): readonly string[] => [...new Set(partsOf(counting).flat())]

/** What is to be read then: all that was said of commits that it may have been built from. */
export function furtherSubjects(counting: Counting, direct: readonly Attestation[]): readonly string[] {
  const { commit } = counting.release.provenance
  const bound = partsOf(counting).flatMap((names) => commitsOf(counting, of(direct, names)))
  return [...new Set([...bound, ...(commit === undefined ? [] : [commit])].flatMap(subjectsOfCommit))]
}

/** The names of each part of the candidate, with those of the whole release. */
const partsOf = ({ release, hashes }: Counting): readonly (readonly string[])[] => {
  const { parts, ofRelease } = subjectsOf(release, hashes)
  return parts.map((names) => [...names, ...ofRelease])
}

const of = (said: readonly Attestation[], names: readonly string[]): readonly Attestation[] =>
  said.filter(({ subject }) => names.includes(subject))

/** As it was written, and as it is compared. */
const subjectsOfCommit = (commit: string): readonly string[] =>
  [...new Set([commitSubject(commit), commitSubject(commitName(commit))])].filter(
    (subject) => Subject.safeParse(subject).success,
  )

/** @param all about the candidate and its commits, in any order */
export function whatCounts(counting: Counting, all: readonly Attestation[]): Attested {
  const said = all.toSorted((a, b) => a.atMs - b.atMs || compare(a.by, b.by) || compare(a.subject, b.subject))
  const parts = partsOf(counting).map((names) => ofPart(counting, said, names))
  const bound = parts.length > 0 && parts.every(({ commit }) => commit !== undefined)
  const named = counting.service.attestations.binding === undefined ? counting.release.provenance.commit : undefined
  const commit = bound ? theOne(parts.map((part) => part.commit)) : named
  const committed = parts.flatMap(({ committedAtMs }) => committedAtMs ?? [])
  const tests = worst(
    parts.map((part) => part.tests),
    worseTests,
  )
  const isTested = parts.every((part) => part.tests !== undefined) || (tests?.failed ?? 0) > 0
  const scan = worst(
    parts.map((part) => part.scan),
    worseScan,
  )
  const flags = parts.findLast((part) => part.flags !== undefined)?.flags
  const builder = theOne(parts.map((part) => part.builder))
  const replaced = [...new Set(parts.flatMap((part) => part.replaced))]
  const uncounted = [...new Set(parts.flatMap((part) => part.uncounted))]
  return {
    ...(commit === undefined ? {} : { commit }),
    ...(committed.length === 0 ? {} : { committedAtMs: Math.max(...committed) }),
    ...(tests === undefined || !isTested ? {} : { tests }),
    ...(scan === undefined || parts.some((part) => part.scan === undefined) ? {} : { scan }),
    ...(flags === undefined ? {} : { flags }),
    ...(builder === undefined ? {} : { builder }),
    ...(bound ? { bound } : {}),
    ...(parts.length > 0 && parts.every(({ verified }) => verified) ? { verified: true } : {}),
    ...(replaced.length === 0 ? {} : { replaced }),
    ...(uncounted.length === 0 ? {} : { uncounted }),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
const worst = <T>(found: readonly (T | undefined)[], worse: (one: T, other: T) => T): T | undefined =>
  found
    .filter((one) => one !== undefined)
    .reduce<T | undefined>((so, one) => (so === undefined ? one : worse(so, one)), undefined)
/** What all of them say. */
const theOne = <T>(found: readonly (T | undefined)[]): T | undefined =>
  new Set(found).size === 1 ? found[0] : undefined

const fields = { tests: 'tests', scan: 'scan', binding: 'commit', flags: 'flags' } as const

function ofPart(counting: Counting, said: readonly Attestation[], names: readonly string[]) {
  const direct = of(said, names)
  const commits = commitsOf(counting, direct)
  const commit = commits.length === 1 ? commits[0] : undefined
  const about = [...direct, ...(commit === undefined ? [] : of(said, subjectsOfCommit(commit)))].filter(
    ({ by }) => !isOfOtherSigner(counting, by),
  )
  const counted = (statement: Statement) => about.filter((one) => whyNot(counting, statement, one) === undefined)
  const binding = counted('binding')
  return {
    commit,
    committedAtMs: binding.findLast(({ committedAtMs }) => committedAtMs !== undefined)?.committedAtMs,
    tests: worst(
      counted('tests').map(({ tests }) => tests),
      worseTests,
    ),
    scan: worst(
      counted('scan').map(({ scan }) => scan),
      worseScan,
    ),
    flags: counted('flags').findLast(({ flags }) => flags !== undefined)?.flags,
    builder: binding.findLast(({ builder }) => builder !== undefined)?.builder,
    verified: direct.some((one) => one.verified === true && whyNot(counting, undefined, one) === undefined),
    replaced: about.flatMap(replacedWords),
    uncounted: [
      ...statements.flatMap((statement) =>
        about.flatMap((one) => {
          const why = whyNot(counting, statement, one)
          const isSaid = one[fields[statement]] !== undefined && !(statement === 'binding' && isOfCommit(one))
          return why === undefined || !isSaid ? [] : [notCounted(statement, one.by, why)]
        }),
      ),
      ...(commits.length > 1 ? [`it is said to be built from ${commits.map(nameWords).join(' and from ')}`] : []),
      ...ofNamedCommit(counting, said, commit),
    ],
  }
}

const isOfCommit = ({ subject }: Attestation): boolean => subject.startsWith(commitSubject(''))

/** The commits that this code was built from, as those say who may. More than one is none. */
function commitsOf(counting: Counting, direct: readonly Attestation[]): readonly string[] {
  const said = direct
    .filter((one) => !isOfCommit(one) && !isOfOtherSigner(counting, one.by))
    .filter((one) => whyNot(counting, 'binding', one) === undefined)
    .flatMap(({ commit }) => commit ?? [])
  const { commit } = counting.release.provenance
  const named = commit !== undefined && mayRequesterBind(counting) ? [commit] : []
  return [...new Set([...said, ...named].map(commitName))]
}

/** Who started the release is on the list, so that what they name is a binding. Without a list it is only a name. */
function mayRequesterBind({ release: { provenance }, service: { name, attestations: rules } }: Counting): boolean {
  const { requestedBy, source } = provenance
  const by = requestedBy ?? (source === 'codepipeline' ? awsPipeline : undefined)
  return rules.binding !== undefined && by !== undefined && maySay({ name, rules }, 'binding', by)
}

/** Why something does not count; `undefined` if it does. */
function whyNot(counting: Counting, statement: Statement | undefined, one: Attestation): string | undefined {
  const { release, service, nowMs } = counting
  const { by, subject, atMs, signer } = one
  if (isAhead(atMs, nowMs)) return 'it is dated ahead of the clock'
  if (by.startsWith('signer/') && !isTrusted(counting, by, signer))
    return 'the definition no longer has the key or the certificate that it was verified with'
  // Whoever starts a release chooses the id of the request, and so the id of the release.
  if (subject.startsWith('release/') && atMs < release.requestedAtMs)
    return 'it was said before the release was asked for'
  const { requestedBy } = release.provenance
  if (
    subject.startsWith('call/') &&
    (requestedBy === undefined || personKey(requestedBy) !== personKey(by)) &&
    !mayRequesterBind(counting)
  )
    return `somebody else has started the release ${nameWords(subject.slice('call/'.length))}`
  if (statement === undefined || maySay({ name: service.name, rules: service.attestations }, statement, by))
    return undefined
  return `only ${(service.attestations[statement] ?? ['others']).map(nameWords).join(' or ')} may say so`
}

const isTrusted = ({ service: { name, attestations } }: Counting, by: string, signer: Signer | undefined): boolean =>
  attestations.signers.some(
    (one) => by === signerParty(name, one.name) && JSON.stringify(one) === JSON.stringify(signer),
  )
/** Other services trust other keys, perhaps under the same name. */
const isOfOtherSigner = ({ service }: Counting, by: string): boolean =>
  by.startsWith('signer/') && !by.startsWith(signerParty(service.name, ''))

const nouns = { tests: 'tests', scan: 'scan findings', binding: 'commits', flags: 'flags' } as const
const notCounted = (statement: Statement, by: string, why: string): string =>
  `${nouns[statement]} attested by ${nameWords(by)} are not counted: ${why}`

/** What was said of a commit that the release only names. */
function ofNamedCommit(
  { release }: Counting,
  said: readonly Attestation[],
  bound: string | undefined,
): readonly string[] {
  const { commit } = release.provenance
  if (commit === undefined || commitName(commit) === bound) return []
  return of(said, subjectsOfCommit(commit)).flatMap(({ tests, scan, by }) => {
    const why = `nobody who may say so has said that this was built from commit ${nameWords(commit)}, which the release only names`
    return [
      ...(tests === undefined ? [] : [notCounted('tests', by, why)]),
      ...(scan === undefined ? [] : [notCounted('scan', by, why)]),
    ]
  })
}

/** What a party has replaced, with its reason. */
const replacedWords = ({ by, earlier = [] }: Attestation): readonly string[] =>
  earlier.flatMap(({ because, tests, scan, commit }) => {
    if (because === undefined) return []
    const what = [
      ...(tests === undefined ? [] : [`${tests.failed} failed tests`]),
      ...(scan === undefined ? [] : [`${scan.critical} critical and ${scan.high} high findings`]),
      ...(commit === undefined ? [] : [`commit ${nameWords(commit)}`]),
    ]
    return [`${nameWords(by)} has replaced ${what.join(' and ')}: ${quoted(because)}`]
  })

/** What a party hears whose words do not stand as it said them. */
export function standsWords(said: Attestation, stands: Attestation): readonly string[] {
  const { subject } = said
  const words = `stand about ${subject}. Where this is to take their place, say why (\`replaces\`).`
  return [
    ...(said.tests !== undefined && stands.tests !== undefined && stands.tests.failed > said.tests.failed
      ? [`${stands.tests.failed} failed tests still ${words}`]
      : []),
    ...(said.scan !== undefined &&
    stands.scan !== undefined &&
    JSON.stringify(worseScan(said.scan, said.scan)) !== JSON.stringify(stands.scan)
      ? [`${stands.scan.critical} critical and ${stands.scan.high} high findings still ${words}`]
      : []),
  ]
}
