// The copy of the release logs, for whoever asks for it: a bucket whose objects nobody can delete before their time, and the
// function that writes them, the second reader of the table's stream (docs/decisions/0054).
import type { Duration } from 'aws-cdk-lib'
import { RemovalPolicy } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import * as s3 from 'aws-cdk-lib/aws-s3'
import type * as sqs from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { newRecords } from '../core/release/log-key.ts'
import { copyWatches } from '../functions/alarms.ts'
import type { Environment } from '../functions/environment.ts'
import { controllerFunction, type ForAnyService, type Resources } from './controller-functions.ts'
import { alarmsOn } from './health.ts'
import type { Topics } from './messages/topics.ts'
import { keepFailures, readStream } from './wiring.ts'

export type LogCopyProps =
  | {
      /** For how long nobody can delete an event. Whole days. */
      readonly retention: Duration
      /** `COMPLIANCE`: not even the root user can, nor shorten it. `GOVERNANCE`: who has s3:BypassGovernanceRetention can. */
      readonly mode: 'GOVERNANCE' | 'COMPLIANCE'
    }
  /** A bucket of yours, with Object Lock and a default retention. */
  | { readonly bucket: LockedBucket }

type LockedBucket = Pick<s3.IBucket, 'bucketName' | 'bucketArn' | 'arnForObjects'>

type Installed = {
  readonly controller: string
  readonly environment: Environment
  readonly resources: Resources
  readonly lost: sqs.Queue
  readonly topics: Topics
  readonly forAny?: ForAnyService | undefined
}

export class LogCopy extends Construct {
  readonly bucket: LockedBucket
  readonly function: lambda.Function

  constructor(
    scope: Construct,
    id: string,
    props: LogCopyProps,
    { controller, environment, resources, lost, topics, forAny }: Installed,
  ) {
    super(scope, id)
    this.bucket = 'bucket' in props ? props.bucket : lockedBucket(this, props)
    const { fn } = controllerFunction(this, {
      ...{ verb: 'copyLog', controller, forAny },
      environment: { ...environment, TIDEGATE_LOG_COPY: this.bucket.bucketName },
      resources: { ...resources, logCopies: [this.bucket.arnForObjects('releases/*')] },
    })
    this.function = fn
    keepFailures(fn, lost)
    readStream(this, 'Copies', { fn, streamArn: resources.stream[0] ?? '', lost, records: newRecords })
    alarmsOn(this, copyWatches(controller), topics)
  }

  /** The right to compare a log with its copy: `tidegate log RELEASE --verify --copy BUCKET`. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    const onBucket = ['s3:ListBucketVersions', 's3:GetBucketObjectLockConfiguration']
    return iam.Grant.addToPrincipal({ grantee, actions: onBucket, resourceArns: [this.bucket.bucketArn] }).combine(
      iam.Grant.addToPrincipal({
        grantee,
        actions: ['s3:GetObjectVersion'],
        resourceArns: [this.bucket.arnForObjects('releases/*')],
      }),
    )
  }
}

/** With Object Lock, for `retention`. */
export function lockedBucket(
  scope: Construct,
  { retention, mode }: Extract<LogCopyProps, { retention: Duration }>,
): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Bucket', {
    objectLockEnabled: true,
    objectLockDefaultRetention:
      mode === 'COMPLIANCE'
        ? s3.ObjectLockRetention.compliance(retention)
        : s3.ObjectLockRetention.governance(retention),
    versioned: true,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    // CloudFormation could not delete it before the last event may go.
    removalPolicy: RemovalPolicy.RETAIN,
  })
  // A lock keeps a version, and not the key: a deletion hides it under a marker, and another object may then take the key.
  const resources = [bucket.arnForObjects('*')]
  const principals = [new iam.AnyPrincipal()]
  const effect = iam.Effect.DENY
  bucket.addToResourcePolicy(new iam.PolicyStatement({ effect, principals, actions: ['s3:DeleteObject'], resources }))
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      ...{ effect, principals, actions: ['s3:PutObject'], resources },
      conditions: { Null: { 's3:if-none-match': 'true' } },
    }),
  )
  return bucket
}
