// The construct's copy of the logs: a bucket that keeps what is in it, and a function that can only add to it.
import { App, Duration, Stack } from 'aws-cdk-lib'
import { Match, Template } from 'aws-cdk-lib/assertions'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as s3 from 'aws-cdk-lib/aws-s3'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { expect, it } from 'vitest'
import { functionName, logCopyBucket } from '../../local/installation.ts'
import { ReleaseController } from '../../lib/controller.ts'
import type { LogCopyProps } from '../../lib/log-copy.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { policiesWithCopy } from './policies-with-copy.ts'

function stackWith(logCopy?: LogCopyProps | ((stack: Stack) => LogCopyProps)) {
  const stack = new Stack(new App(), 'Tidegate')
  const props = typeof logCopy === 'function' ? logCopy(stack) : logCopy
  const controller = new ReleaseController(stack, 'Controller', {
    services: [sampleDefinition],
    ...(props === undefined ? {} : { logCopy: props }),
  })
  return { stack, controller, template: Template.fromStack(stack) }
}

it('is not there unless somebody asks for it', () => {
  const { template, controller } = stackWith()
  template.resourceCountIs('AWS::S3::Bucket', 0)
  template.resourceCountIs('AWS::Lambda::EventSourceMapping', 1)
  expect(controller.logCopy).toBeUndefined()
  expect(JSON.stringify(template.toJSON())).not.toContain('copyLog')
})

it.each(['GOVERNANCE', 'COMPLIANCE'] as const)(
  'keeps every object for its time (%s), and stays with the events',
  (mode) => {
    const { template } = stackWith({ retention: Duration.days(400), mode })
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Days: 400, Mode: mode } },
        },
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: Match.anyValue(),
        PublicAccessBlockConfiguration: {
          ...{ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        },
      },
    })
    // The second reader of the stream, and the last that a shard serves well.
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 2)
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: Match.stringLikeRegexp('"eventName":\\["INSERT"\\]') }] },
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    })
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'tidegate-copyLog',
      Environment: { Variables: Match.objectLike({ TIDEGATE_LOG_COPY: Match.anyValue() }) },
    })
    for (const what of [/copied/, /another than its copy/])
      template.hasResourceProperties('AWS::CloudWatch::Alarm', {
        AlarmDescription: Match.stringLikeRegexp(what.source),
      })
  },
)

it('goes into a bucket that somebody has', () => {
  const { template } = stackWith((stack) => ({
    bucket: s3.Bucket.fromBucketName(stack, 'Archive', 'archive-of-another-account'),
  }))
  template.resourceCountIs('AWS::S3::Bucket', 0)
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ TIDEGATE_LOG_COPY: 'archive-of-another-account' }) },
  })
})

type Statement = { readonly Principal: unknown; readonly Action: unknown; readonly Condition?: object }

it("no identity gets past the bucket's policy: not to replace, not to hide, not without TLS", async () => {
  const { template } = stackWith({ retention: Duration.days(30), mode: 'GOVERNANCE' })
  const [policy] = Object.values(template.findResources('AWS::S3::BucketPolicy')) as {
    Properties: { PolicyDocument: { Statement: Statement[] } }
  }[]
  const object = `arn:aws:s3:::${logCopyBucket}/releases/a/000001.json`
  const Statement = (policy?.Properties.PolicyDocument.Statement ?? []).map((one) => ({
    ...one,
    Resource: [`arn:aws:s3:::${logCopyBucket}`, `arn:aws:s3:::${logCopyBucket}/*`],
  }))
  const may = async (action: string, context: Record<string, string> = {}) => {
    const found = await runSimulation(
      {
        request: {
          principal: 'arn:aws:iam::000000000000:role/admin',
          action,
          resource: { resource: object, accountId: '000000000000' },
          contextVariables: { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', ...context },
        },
        identityPolicies: [
          {
            name: 'admin',
            policy: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
          },
        ],
        resourcePolicy: { Version: '2012-10-17', Statement },
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    )
    return 'overallResult' in found ? found.overallResult : JSON.stringify(found)
  }
  expect(await may('s3:PutObject', { 's3:if-none-match': '*' })).toBe('Allowed')
  expect(await may('s3:PutObject')).toBe('ExplicitlyDenied')
  expect(await may('s3:DeleteObject')).toBe('ExplicitlyDenied')
  expect(await may('s3:GetObject')).toBe('Allowed')
  expect(await may('s3:GetObject', { 'aws:SecureTransport': 'false' })).toBe('ExplicitlyDenied')
})

it('no other function may touch it, and its own may add and read', () => {
  const s3Actions = Object.entries(policiesWithCopy).flatMap(([role, { statements }]) =>
    statements
      .filter(({ resources }) => resources.some((one) => one.includes(logCopyBucket)))
      .map(({ actions, resources }) => ({ role, actions, resources })),
  )
  expect(s3Actions).toEqual([
    {
      role: functionName('copyLog'),
      actions: ['s3:PutObject', 's3:GetObject'],
      resources: [`arn:aws:s3:::${logCopyBucket}/releases/*`],
    },
  ])
  // It keeps messages, and writes nothing else in the table.
  const own = policiesWithCopy[functionName('copyLog')]?.statements
    .filter(({ condition }) => !/MESSAGE/.test(JSON.stringify(condition ?? '')))
    .flatMap(({ actions }) => actions)
  expect(own?.filter((action) => /dynamodb:(Put|Update|Delete|Batch)|s3:Delete|Retention|Bypass/.test(action))).toEqual(
    [],
  )
})

it('is compared by who may read it, and may change nothing', () => {
  const stack = new Stack(new App(), 'Tidegate')
  const logCopy = { retention: Duration.days(30), mode: 'GOVERNANCE' } as const
  const controller = new ReleaseController(stack, 'Controller', { services: [sampleDefinition], logCopy })
  const auditor = new iam.Role(stack, 'Auditor', { assumedBy: new iam.AccountRootPrincipal() })
  controller.logCopy?.grantRead(auditor)
  const policies = Template.fromStack(stack).findResources('AWS::IAM::Policy', {
    Properties: { Roles: [{ Ref: stack.getLogicalId(auditor.node.defaultChild as never) }] },
  })
  const actions = JSON.stringify(policies).match(/s3:\w+/g)
  expect(actions?.sort()).toEqual([
    's3:GetBucketObjectLockConfiguration',
    's3:GetObjectVersion',
    's3:ListBucketVersions',
  ])
})
