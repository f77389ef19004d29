// One-time account setup, through third-party SDKs: buckets, trails, repositories, roles, log groups, limits. Shapes and error
// names are those of botocore's models.
import {
  CloudTrailClient,
  CreateTrailCommand,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  PutEventSelectorsCommand,
  StartLoggingCommand,
} from '@aws-sdk/client-cloudtrail'
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateRepositoryCommand, ECRClient, GetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  IAMClient,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateFunctionCommand,
  GetAccountSettingsCommand,
  InvokeCommand,
  ListTagsCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterEach, expect, it } from 'vitest'
import { openEmbedded, type EmbeddedCloud } from '../../contract/embedded.ts'

let open: EmbeddedCloud | undefined
afterEach(() => open?.close())
function cloud(): EmbeddedCloud {
  open = openEmbedded(Date.UTC(2026, 0, 1))
  return open
}
const named = (name: string): unknown => expect.objectContaining({ name })

it('a new bucket keeps no versions and sends no events until both are enabled', async () => {
  const { place, heard } = cloud()
  const s3 = new S3Client({ ...place, forcePathStyle: true })
  const Bucket = 'artifacts'
  await expect(s3.send(new GetBucketVersioningCommand({ Bucket }))).rejects.toEqual(named('NoSuchBucket'))
  await s3.send(new CreateBucketCommand({ Bucket }))
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined()
  const asked = new GetBucketNotificationConfigurationCommand({ Bucket })
  expect((await s3.send(asked)).EventBridgeConfiguration).toBeUndefined()
  expect((await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'one' }))).VersionId).toBeUndefined()
  expect(heard()).toEqual([])
  const queue = { QueueArn: 'arn:aws:sqs:us-east-1:000000000000:q', Events: ['s3:ObjectCreated:*' as const] }
  const NotificationConfiguration = { EventBridgeConfiguration: {}, QueueConfigurations: [queue] }
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  expect(await s3.send(asked)).toMatchObject(NotificationConfiguration)
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'two' }))
  expect(heard()).toEqual(['Object Created'])
  await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }))
  expect((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual([{ Key: 'k', Value: 'v' }])
  await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toEqual(named('BucketNotEmpty'))
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId }))
  // Without a version, a marker hides what is there, and whoever empties the bucket deletes both.
  const { DeleteMarker, VersionId: marker } = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
  expect(DeleteMarker).toBe(true)
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toEqual(named('NoSuchKey'))
  const listed = await s3.send(new ListObjectVersionsCommand({ Bucket }))
  expect(listed).toMatchObject({
    Versions: [{ VersionId: 'null' }],
    DeleteMarkers: [{ VersionId: marker, IsLatest: true }],
  })
  for (const one of ['null', marker]) await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId: one }))
  await s3.send(new DeleteBucketCommand({ Bucket }))
})

it('a bucket with Object Lock keeps versions for their time, and a write may ask for a free key', async () => {
  const { place, pass } = cloud()
  const s3 = new S3Client({ ...place, forcePathStyle: true })
  const Bucket = 'kept'
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled')
  const locks = () => s3.send(new GetObjectLockConfigurationCommand({ Bucket }))
  await expect(locks()).rejects.toEqual(named('ObjectLockConfigurationNotFoundError'))
  const Rule = { DefaultRetention: { Mode: 'GOVERNANCE' as const, Days: 1 } }
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' as const, Rule }
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }))
  expect((await locks()).ObjectLockConfiguration).toMatchObject({ Rule })
  const put = (Body: string, more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body, IfNoneMatch: '*', ...more }))
  await expect(put('one', { ChecksumSHA256: 'd3Jvbmc=' })).rejects.toEqual(named('BadDigest'))
  const { VersionId } = await put('one')
  await expect(put('two')).rejects.toEqual(named('PreconditionFailed'))
  const drop = (more: object = {}) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'a', ...more }))
  await drop()
  await put('two')
  await expect(drop({ VersionId })).rejects.toEqual(named('AccessDenied'))
  const page = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2 }))
  const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page
  const rest = await s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }))
  expect([page.Versions?.length, page.DeleteMarkers?.length, rest.Versions?.[0]?.VersionId]).toEqual([1, 1, VersionId])
  await drop({ VersionId, BypassGovernanceRetention: true })
  await pass(86_400_001)
  await drop({ VersionId: page.Versions?.[0]?.VersionId })
})

it('a new trail logs management events once logging is started', async () => {
  const trail = new CloudTrailClient(cloud().place)
  const Name = 'all'
  await expect(trail.send(new GetTrailStatusCommand({ Name }))).rejects.toEqual(named('TrailNotFoundException'))
  const { TrailARN = '' } = await trail.send(new CreateTrailCommand({ Name, S3BucketName: 'b' }))
  expect((await trail.send(new GetTrailStatusCommand({ Name: TrailARN }))).IsLogging).toBe(false)
  await trail.send(new StartLoggingCommand({ Name: TrailARN }))
  expect((await trail.send(new GetTrailStatusCommand({ Name }))).IsLogging).toBe(true)
  expect((await trail.send(new DescribeTrailsCommand({}))).trailList).toMatchObject([{ Name, TrailARN }])
  const selectors = await trail.send(new GetEventSelectorsCommand({ TrailName: Name }))
  expect(selectors.EventSelectors).toMatchObject([{ IncludeManagementEvents: true, ReadWriteType: 'All' }])
  const AdvancedEventSelectors = [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Data'] }] }]
  await trail.send(new PutEventSelectorsCommand({ TrailName: Name, AdvancedEventSelectors }))
  expect(await trail.send(new GetEventSelectorsCommand({ TrailName: Name }))).toMatchObject({ AdvancedEventSelectors })
})

it('a repository has no policy at first', async () => {
  const ecr = new ECRClient(cloud().place)
  const repositoryName = 'thumbnails'
  const ask = () => ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
  await expect(ask()).rejects.toEqual(named('RepositoryNotFoundException'))
  await ecr.send(new CreateRepositoryCommand({ repositoryName }))
  await expect(ask()).rejects.toEqual(named('RepositoryPolicyNotFoundException'))
})

it('a role has tags and policies, and cannot be deleted before its policies', async () => {
  const iam = new IAMClient(cloud().place)
  const RoleName = 'asker'
  const Tags = [{ Key: 'tidegate', Value: 'yes' }]
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}', Tags }))
  await expect(iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{}' }))).rejects.toEqual(
    named('EntityAlreadyExistsException'),
  )
  expect((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags).toEqual(Tags)
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'one', PolicyDocument: '{}' }))
  await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toEqual(named('DeleteConflictException'))
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
  const simulated = await iam.send(
    new SimulatePrincipalPolicyCommand({ PolicySourceArn: Role?.Arn, ActionNames: ['lambda:GetAlias'] }),
  )
  expect(simulated.EvaluationResults).toMatchObject([{ EvalActionName: 'lambda:GetAlias', EvalDecision: 'allowed' }])
  await expect(iam.send(new GetRoleCommand({ RoleName: 'nobody' }))).rejects.toEqual(named('NoSuchEntityException'))
})

it('reserved concurrency is taken from the account, which keeps a hundred, and throttles calls above it', async () => {
  const { lambda, logs } = cloud()
  const FunctionName = 'f'
  await lambda.send(
    new CreateFunctionCommand({ FunctionName, Role: 'r', Code: { ZipFile: Buffer.from('f') }, Tags: { a: 'b' } }),
  )
  const reserve = (ReservedConcurrentExecutions: number) =>
    lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }))
  await expect(reserve(901)).rejects.toThrow('below its minimum value of [100]')
  await reserve(900)
  const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}))
  expect(AccountLimit).toMatchObject({ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 100 })
  await reserve(0)
  await expect(lambda.send(new InvokeCommand({ FunctionName }))).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
  })
  const Resource = `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}`
  expect((await lambda.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ a: 'b' })
  expect((await logs.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([])
})
