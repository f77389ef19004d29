// What others attest about a candidate: its commit, tests, scan findings, feature flags. Attestations are stored by subject,
// which is the outside world's name for the candidate. A new attestation by the same party replaces its earlier one.
import * as z from 'zod'
import type { Candidate } from '../service/candidate.ts'
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
    /^(s3|ecr|version|commit|release|call)\/\S(.*\S)?$/,
    'a subject is s3/BUCKET/KEY/VERSION, ecr/REPOSITORY@sha256:..., version/FUNCTION:N, commit/SHA, release/ID or call/REQUEST',
  )

/** What may be attested. An absent field means that nothing was said: no test results is not the same as no failed tests. */
export const facts = {
  commit: text.optional(),
  tests: z.strictObject({ passed: count, failed: count, skipped: count }).optional(),
  scan: z.strictObject({ critical: count, high: count, medium: count, low: count }).optional(),
  flags: z.array(z.string().min(1).max(200)).max(100).optional().describe('Feature flags that the change is behind.'),
}

/** Who attests it: a pipeline, a scanner. Part of a DynamoDB key. */
export const By = z.string().min(1).max(200)

export const Attestation = z.strictObject({
  subject: Subject,
  atMs: z.int().min(0),
  by: By,
  ...facts,
  committedAtMs: z.int().min(0).optional(),
})
export type Attestation = z.output<typeof Attestation>

/** Everything that has been attested about a candidate. */
export type Attested = Pick<Attestation, 'commit' | 'committedAtMs' | 'tests' | 'scan' | 'flags'>

export const commitSubject = (commit: string): string => `commit/${commit}`
const versionSubject = (functionName: string, version: string): string => `version/${functionName}:${version}`

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

/**
 * All names under which something may have been attested about a release's candidate. Names too long to be a subject are left
 * out.
 */
export function subjectsOf(
  release: Pick<Release, 'id' | 'key' | 'candidate' | 'provenance' | 'targets'>,
): readonly string[] {
  const { commit } = release.provenance
  const names = [
    release.key,
    ...subjectsOfCandidate(release.candidate),
    // The version made from an artifact. It is known only after prepare.
    ...release.targets.map(({ functionName, candidate }) => versionSubject(functionName, candidate)),
    ...(commit === undefined ? [] : [commitSubject(commit)]),
    `release/${release.id}`,
  ]
  return [...new Set(names)].filter((name) => Subject.safeParse(name).success)
}

/**
 * Later attestations win over earlier ones, field by field. Ties on time are broken by who and then subject, so that the read
 * order does not matter.
 */
export function merged(attestations: readonly Attestation[]): Attested {
  const ordered = attestations.toSorted(
    (a, b) => a.atMs - b.atMs || compare(a.by, b.by) || compare(a.subject, b.subject),
  )
  return Object.assign({}, ...ordered.map(({ subject: _, by: _by, atMs: _at, ...said }) => said)) as Attested
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
