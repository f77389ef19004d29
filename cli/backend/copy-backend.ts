// The copy of the release logs in S3, with the rights of the person who calls. A file of its own, so that the other commands do
// not load its client.
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { awsKeptCopies } from '../../cloud/aws/kept-copies.ts'
import type { KeptCopies } from '../../cloud/ports.ts'

/** @param config for tests; without it the SDK finds region, credentials and endpoint itself */
export function copiesOnAws(
  environment: Readonly<Record<string, string | undefined>>,
  bucket: string,
  config: S3ClientConfig = {},
): KeptCopies {
  // Emulators do not support virtual-hosted bucket names.
  const forcePathStyle = (environment['AWS_ENDPOINT_URL'] ?? '') !== ''
  return awsKeptCopies(new S3Client({ forcePathStyle, ...config }), bucket)
}
