// The CodeSha256 that Lambda assigns to a package: for a zip its SHA-256 in base64, for an image its digest in hex (docs/aws.md
// §1.2). We compute it ourselves, so that we need not trust anyone about whether a function already has this code.
import { createHash } from 'node:crypto'
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { type Artifact, candidateWords } from '../../core/service/candidate.ts'
import { Problem } from '../../core/problem.ts'
import { asProblem, isNamed } from './failure.ts'

/** @throws Problem `artifact_missing`, `key_unusable` */
export type PackageHash = (artifact: Artifact) => Promise<string>

/** Streams a zip, so that it is never in memory as a whole. */
export function awsPackageHash(s3: S3Client): PackageHash {
  return async (artifact) => {
    if (artifact.kind === 'image') return artifact.uri.split('@sha256:')[1] ?? ''
    const { bucket: Bucket, key: Key, versionId: VersionId } = artifact
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))
      const hash = createHash('sha256')
      for await (const chunk of Body as AsyncIterable<Uint8Array>) hash.update(chunk)
      return hash.digest('base64')
    } catch (error) {
      throw readProblem(error, artifact)
    }
  }
}

function readProblem(error: unknown, artifact: Artifact): Problem {
  // S3 reports a KMS key that it may not use as its own refusal.
  if (error instanceof Error && error.message.includes('kms:Decrypt')) {
    const sentence = `S3 could not decrypt ${candidateWords(artifact)}: ${error.message.slice(0, 300)}`
    return new Problem('key_unusable', sentence, { cause: error })
  }
  if (isNamed(error, 'NoSuchKey', 'NoSuchVersion', 'NoSuchBucket', 'AccessDenied', 'InvalidObjectState')) {
    const sentence = `${candidateWords(artifact)} cannot be read: S3 answered ${error.name}.`
    return new Problem('artifact_missing', sentence.replace(/^s3/, 'Object s3'), { cause: error })
  }
  return asProblem(error, `s3:GetObjectVersion of ${candidateWords(artifact)}`)
}
