// What is released and where it came from: a published version of each function, or an artifact from which the controller
// publishes one. Artifacts are named by digest or object version, so that their content cannot change later.
import * as z from 'zod'
import { TargetFunction } from '../location.ts'
import { Version } from './routing.ts'

export const Artifact = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('s3'),
    bucket: z.string().min(3).max(63),
    key: z.string().min(1).max(1024),
    versionId: z.string().min(1).max(1024),
  }),
  z.strictObject({
    kind: z.literal('image'),
    /** Registry, repository and digest: `111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders@sha256:...`. */
    uri: z
      .string()
      .regex(/^[a-z0-9.-]+\/[a-z0-9._/-]+@sha256:[a-f0-9]{64}$/, 'name the image by its digest (…@sha256:…)')
      .max(1000),
  }),
])
export type Artifact = z.output<typeof Artifact>

const named = (versions: object): boolean => Object.keys(versions).length >= 1 && Object.keys(versions).length <= 20

/** A published version for each target function to release. */
export const VersionByFunction = z.record(TargetFunction, Version).refine(named, 'name from 1 to 20 functions')

export const Candidate = z.discriminatedUnion('kind', [
  Artifact.options[0],
  Artifact.options[1],
  z.strictObject({
    kind: z.literal('versions'),
    versions: VersionByFunction,
  }),
])
export type Candidate = z.output<typeof Candidate>

const text = z.string().min(1).max(500)

/** Where a candidate came from. Stored and shown with the release; gate policies may use `commit`, `author` and `source`. */
export const Provenance = z.strictObject({
  source: z.enum(['s3', 'ecr', 'cloudformation', 'codepipeline', 'api', 'cli']),
  /** Digest, ETag or code hash, as the source states it. */
  digest: text.optional(),
  commit: text.optional(),
  committedAtMs: z.int().min(0).optional(),
  build: text.optional(),
  /** Whom the caller, or an artifact, names as the author. */
  author: text.optional(),
  /** Who started the release, as AWS says (core/caller.ts). Absent where an event did. */
  requestedBy: text.optional(),
  /** The client request token of a stack update. The stack's other events carry it too. */
  deployToken: text.optional(),
  eventId: text.optional(),
  eventAtMs: z.int().min(0).optional(),
})
export type Provenance = z.output<typeof Provenance>

export function candidateWords(candidate: Candidate): string {
  switch (candidate.kind) {
    case 's3':
      return `s3://${candidate.bucket}/${candidate.key} (object version ${candidate.versionId})`
    case 'image':
      return candidate.uri
    case 'versions':
      return Object.entries(candidate.versions)
        .map(([functionName, version]) => `${functionName}:${version}`)
        .join(', ')
  }
}
