// What others attest about a candidate: its commit, tests, scan findings, feature flags. Attestations are stored by subject,
// which is the outside world's name for the candidate, and by party. Of what a party says about a subject the worst stands,
// until it replaces that with a reason; what was replaced is kept (docs/decisions/0057). What of it counts: counting.ts.
import * as z from 'zod'
import { isAhead } from '../origin.ts'
import { own as ownOf } from '../own.ts'
import { Problem } from '../problem.ts'
import type { Candidate } from '../service/candidate.ts'
import { isReserved, Signer } from '../service/attestations.ts'
import type { Release } from '../release/release.ts'

const count = z.int().min(0).max(1_000_000_000)
const text = z.string().min(1).max(500)

/**
 * The key of a request (core/release/request.ts), `commit/SHA`, or `release/ID`. Short enough for a DynamoDB key, which takes
 * 2,048 bytes.
 */
export const Subject = z
  .string()
  .max(600)
  .regex(
    /^(s3|ecr|sha256|version|commit|release|call)\/\S(.*\S)?$/,
    'a subject is s3/BUCKET/KEY/VERSION, ecr/REPOSITORY@sha256:..., version/FUNCTION:N, commit/SHA, release/ID or call/REQUEST',
  )

/** What may be attested. An absent field means that nothing was said: no test results is not the same as no failed tests. */
export const facts = {
  commit: text.optional(),
  tests: z.strictObject({ passed: count, failed: count, skipped: count }).optional(),
  scan: z.strictObject({ critical: count, high: count, medium: count, low: count }).optional(),
  flags: z.array(z.string().min(1).max(200)).max(100).optional().describe('Feature flags that the change is behind.'),
}
type Tests = NonNullable<Attestation['tests']>
type Scan = NonNullable<Attestation['scan']>

/** Who attests it: a pipeline, a scanner. Part of a DynamoDB key. */
export const By = z.string().min(1).max(200)

const atMs = z.int().min(0)
const earlierMax = 20
/** Why one thing takes the place of a worse one that the same party has said: kept, and shown. */
export const Reason = text

/** Something that the same party has said, and that does not stand: worse was said, or (`because`) it was replaced. */
const Earlier = z.strictObject({
  atMs,
  commit: facts.commit,
  tests: facts.tests,
  scan: facts.scan,
  because: Reason.optional(),
})

export const Attestation = z.strictObject({
  subject: Subject,
  /** When the party has last said something; every change makes it larger. */
  atMs,
  by: By,
  ...facts,
  committedAtMs: atMs.optional(),
  earlier: z.array(Earlier).max(earlierMax).optional(),
  /** The builder that a signed SLSA provenance names. */
  builder: text.optional(),
  /** A signature of the code, or its provenance: not only what its tests or a scan found. */
  verified: z.literal(true).optional(),
  /** By whose key or certificate it was verified. */
  signer: Signer.optional(),
})
export type Attestation = z.output<typeof Attestation>

const hex = /^[0-9a-f]{4,64}$/i
/** One spelling for each commit. A short id stays another name than the long one. */
export const commitName = (commit: string): string => {
  const name = commit.normalize('NFKC')
  return hex.test(name) ? name.toLowerCase() : name
}
export const commitSubject = (commit: string): string => `commit/${commit}`
const versionSubject = (functionName: string, version: string): string => `version/${functionName}:${version}`
/** Code by its SHA-256 in hex: of the bytes of a package, or the digest of an image. */
export const hashSubject = (hex: string): string => `sha256/${hex}`
/**
 * @param codeSha256 as Lambda says it: base64 for a package, hex for an image (docs/aws.md §1.2)
 * @returns `undefined` if it is neither
 */
export function hexOf(codeSha256: string): string | undefined {
  if (/^[0-9a-f]{64}$/.test(codeSha256)) return codeSha256
  if (!/^[A-Za-z0-9+/]{43}=$/.test(codeSha256)) return undefined
  return Array.from(atob(codeSha256), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

/** The names by which an artifact event or CI knows the candidate. */
export function subjectsOfCandidate(candidate: Candidate): readonly string[] {
  switch (candidate.kind) {
    case 's3':
      return [`s3/${candidate.bucket}/${candidate.key}/${candidate.versionId}`]
    case 'image':
      return [`ecr/${candidate.uri.slice(candidate.uri.indexOf('/') + 1)}`]
    case 'versions':
      return Object.entries(candidate.versions).map(([name, version]) => versionSubject(name, version))
  }
}

/** What is released: all of it is one artifact, or a part for each function. */
type Named = {
  /** For each part, the names of exactly this code. Something must be known of every part. */
  readonly parts: readonly (readonly string[])[]
  /** Names of the release, and of its request: they are about every part. */
  readonly ofRelease: readonly string[]
}

/**
 * The names under which something may have been attested about a release's candidate, but for its commit. Names too long to be a
 * subject are left out.
 * @param hashes the SHA-256 in hex of each function's code, where they are known
 */
export function subjectsOf(
  release: Pick<Release, 'id' | 'key' | 'candidate' | 'targets'>,
  hashes: Readonly<Record<string, string>> = {},
): Named {
  const { candidate, targets, key } = release
  const fits = (names: readonly string[]): readonly string[] =>
    [...new Set(names)].filter((name) => Subject.safeParse(name).success)
  const own = subjectsOfCandidate(candidate)
  const parts =
    candidate.kind === 'versions'
      ? Object.entries(candidate.versions).map(([name, version]) => [versionSubject(name, version), ...hash(name)])
      : [
          [
            ...own,
            ...(candidate.kind === 'image'
              ? [hashSubject(candidate.uri.slice(candidate.uri.lastIndexOf(':') + 1))]
              : []),
            // The version made from an artifact. It is known only after prepare.
            ...targets.map(({ functionName, candidate: version }) => versionSubject(functionName, version)),
            ...targets.flatMap(({ functionName }) => hash(functionName)),
          ],
        ]
  function hash(name: string): readonly string[] {
    const known = ownOf(hashes, name)
    return known === undefined ? [] : [hashSubject(known)]
  }
  // The key of an event names an artifact, which is in the parts.
  const asked = key.startsWith('call/') ? [key] : []
  return { parts: parts.map(fits), ofRelease: fits([...asked, `release/${release.id}`]) }
}

const ran = ({ passed, failed }: Tests): boolean => passed + failed > 0

/** The one with more failures; one that ran nothing says nothing. */
export function worseTests(one: Tests, other: Tests): Tests {
  if (!ran(one) || !ran(other)) return ran(one) ? one : other
  return one.failed > other.failed ? one : other
}
/** Of each severity the larger number. */
export const worseScan = (one: Scan, other: Scan): Scan => ({
  critical: Math.max(one.critical, other.critical),
  high: Math.max(one.high, other.high),
  medium: Math.max(one.medium, other.medium),
  low: Math.max(one.low, other.low),
})

/**
 * What stands of a party about a subject after it has said something more. The worst stands; with a reason, what is said takes
 * its place. AWS scans again because it knows more: its newest scan stands.
 * @param before what stands so far; something dated ahead of the clock is forgotten
 * @returns `before` itself if nothing changes
 * @throws Problem `binding_differs`
 */
export function restated(
  before: Attestation | undefined,
  said: Attestation,
  { because, nowMs }: { readonly because?: string | undefined; readonly nowMs: number },
): Attestation {
  if (before === undefined || isAhead(before.atMs, nowMs)) return said
  const atMs = Math.max(said.atMs, before.atMs + 1)
  // What another key has signed is not said by this one.
  if (!isSame(before.signer, said.signer)) return { ...said, atMs }
  const isAws = isReserved(said.by)
  if (isAws && said.atMs <= before.atMs) return before
  const isReplaced = isAws || because !== undefined
  const { commit = before.commit, tests = before.tests, scan = before.scan } = said
  if (before.commit !== undefined && before.commit !== commit && !isReplaced)
    throw new Problem(
      'binding_differs',
      `${said.by} has said that ${said.subject} was built from ${before.commit}, and now says ${commit ?? ''}.`,
    )
  const stands = {
    ...(commit === undefined ? {} : { commit }),
    ...(tests === undefined
      ? {}
      : { tests: isReplaced || before.tests === undefined ? tests : worseTests(before.tests, tests) }),
    ...(scan === undefined
      ? {}
      : { scan: isReplaced || before.scan === undefined ? scan : worseScan(before.scan, scan) }),
  }
  const lost = isReplaced ? before : said
  const dropped = {
    ...(stands.commit === lost.commit || lost.commit === undefined ? {} : { commit: lost.commit }),
    ...(isSame(stands.tests, lost.tests) || lost.tests === undefined ? {} : { tests: lost.tests }),
    ...(isSame(stands.scan, lost.scan) || lost.scan === undefined ? {} : { scan: lost.scan }),
  }
  const isDropped = Object.keys(dropped).length > 0
  const earlier = [
    ...(before.earlier ?? []),
    ...(isDropped ? [{ atMs: lost.atMs, ...dropped, ...(because === undefined ? {} : { because }) }] : []),
  ].slice(-earlierMax)
  return {
    ...before,
    ...said,
    ...stands,
    atMs,
    ...(earlier.length === 0 ? {} : { earlier }),
  }
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
