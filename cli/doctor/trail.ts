// Whether CloudTrail records who changes what. Without it, a manual alias move is noticed only at the next look, and nobody is
// named.
import {
  type AdvancedEventSelector,
  DescribeTrailsCommand,
  type EventSelector,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  type Trail,
} from '@aws-sdk/client-cloudtrail'
import type { Account, Check } from './account.ts'
import { awsCommand, type Finding, type Mend, ok, problem } from './finding.ts'

const asks = ['cloudtrail:DescribeTrails', 'cloudtrail:GetTrailStatus', 'cloudtrail:GetEventSelectors']

export const trails: Check = {
  id: 'trail',
  right: 'A trail records management events, so that a manual alias move can be attributed.',
  asks: [...asks, 'lambda:GetFunctionConfiguration'],
  async look(account) {
    const { cloudtrail } = account
    const { trailList = [] } = await cloudtrail.send(new DescribeTrailsCommand({ includeShadowTrails: true }))
    const [, region = '', accountId = ''] =
      /^arn:[^:]+:lambda:([^:]+):(\d{12}):/.exec((await account.controllerFunction('reconcile'))?.FunctionArn ?? '') ??
      []
    if (trailList.length === 0)
      return [
        problem(
          'account',
          'There is no trail: nobody can tell who moved an alias by hand.',
          newTrail(region, accountId),
        ),
      ]
    const looked: (Finding | Error)[] = []
    for (const trail of trailList)
      looked.push(
        await look(account, trail).catch((error: unknown) =>
          error instanceof Error ? error : new Error(String(error)),
        ),
      )
    const findings = looked.filter((one): one is Finding => !(one instanceof Error))
    // One good trail is enough.
    const good = findings.find(({ kind }) => kind === 'ok')
    if (good !== undefined) return [good]
    const refused = looked.find((one) => one instanceof Error)
    // The trail that could not be read may be the good one.
    if (refused !== undefined) throw refused
    return findings
  },
}

/** @param region of the controller's functions */
function newTrail(region: string, accountId: string): Mend {
  const Bucket = `tidegate-trail-${accountId}-${region}`
  const Name = 'management-events'
  const source = { StringEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:${region}:${accountId}:trail/${Name}` } }
  const Principal = { Service: 'cloudtrail.amazonaws.com' }
  // The policy from CloudTrail's user guide.
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal, Action: 's3:GetBucketAcl', Resource: `arn:aws:s3:::${Bucket}`, Condition: source },
      {
        ...{ Effect: 'Allow', Principal, Action: 's3:PutObject' },
        Resource: `arn:aws:s3:::${Bucket}/AWSLogs/${accountId}/*`,
        Condition: { StringEquals: { ...source.StringEquals, 's3:x-amz-acl': 'bucket-owner-full-control' } },
      },
    ],
  }
  const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region } }
  return {
    commands: [
      awsCommand('s3api', 'create-bucket', { Bucket, ...place }),
      awsCommand('s3api', 'put-bucket-policy', { Bucket, Policy: JSON.stringify(policy) }),
      awsCommand('cloudtrail', 'create-trail', { Name, S3BucketName: Bucket, IsMultiRegionTrail: true }),
      awsCommand('cloudtrail', 'start-logging', { Name }),
    ],
    cdk: `new cloudtrail.Trail(this, 'Trail')`,
  }
}

async function look({ cloudtrail }: Account, trail: Trail): Promise<Finding> {
  const Name = trail.TrailARN ?? trail.Name ?? ''
  const about = trail.Name ?? Name
  const { IsLogging } = await cloudtrail.send(new GetTrailStatusCommand({ Name }))
  if (IsLogging !== true)
    return problem(about, 'It does not log.', { commands: [awsCommand('cloudtrail', 'start-logging', { Name })] })
  const { EventSelectors = [], AdvancedEventSelectors = [] } = await cloudtrail.send(
    new GetEventSelectorsCommand({ TrailName: Name }),
  )
  if (EventSelectors.some(recordsWrites) || AdvancedEventSelectors.some(selectsManagement))
    return ok(about, 'It records management events.')
  // The call replaces all of the trail's selectors, so it includes the existing ones.
  const selectors =
    AdvancedEventSelectors.length > 0
      ? { AdvancedEventSelectors: [...AdvancedEventSelectors, management] }
      : { EventSelectors: [...EventSelectors.filter((one) => one.IncludeManagementEvents !== true), writes] }
  return problem(about, 'It records no management events, or none that change anything.', {
    commands: [awsCommand('cloudtrail', 'put-event-selectors', { TrailName: Name, ...selectors })],
  })
}

const writes: EventSelector = { ReadWriteType: 'WriteOnly', IncludeManagementEvents: true, DataResources: [] }
const management: AdvancedEventSelector = {
  Name: 'Management events',
  FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }],
}

const recordsWrites = ({ IncludeManagementEvents, ReadWriteType }: EventSelector): boolean =>
  IncludeManagementEvents === true && ReadWriteType !== 'ReadOnly'

/** A selector that excludes changes, or excludes Lambda's events, is of no use here. */
function selectsManagement({ FieldSelectors = [] }: AdvancedEventSelector): boolean {
  const field = (name: string) => FieldSelectors.find((one) => one.Field === name)
  if (field('eventCategory')?.Equals?.includes('Management') !== true) return false
  if (field('readOnly')?.Equals?.includes('true') === true) return false
  const source = field('eventSource')
  if (source?.NotEquals?.includes('lambda.amazonaws.com') === true) return false
  return source?.Equals === undefined || source.Equals.includes('lambda.amazonaws.com')
}
