// The minimum permissions to run `verify-account`: everything on the resources that the run creates, by their name prefix.
const own = 'tidegate-verify-*'

const lambdaActions = [
  'CreateFunction',
  'DeleteFunction',
  'GetFunctionConfiguration',
  'UpdateFunctionCode',
  'PublishVersion',
  'InvokeFunction',
  'CreateAlias',
  'GetAlias',
  'UpdateAlias',
  'ListTags',
  'TagResource',
  'PutFunctionConcurrency',
  'DeleteFunctionConcurrency',
  'PutProvisionedConcurrencyConfig',
  'GetProvisionedConcurrencyConfig',
  'DeleteProvisionedConcurrencyConfig',
  'PutFunctionEventInvokeConfig',
]

/** By service: actions, and the resources that they are allowed on. */
const grants: readonly {
  readonly service: string
  readonly actions: readonly string[]
  readonly on: readonly string[]
}[] = [
  { service: 'lambda', actions: lambdaActions, on: [`arn:aws:lambda:*:*:function:${own}`] },
  { service: 'lambda', actions: ['GetAccountSettings'], on: ['*'] },
  { service: 'cloudwatch', actions: ['GetMetricData'], on: ['*'] },
  {
    service: 'cloudwatch',
    actions: ['PutMetricAlarm', 'DeleteAlarms', 'ListTagsForResource', 'TagResource'],
    on: [`arn:aws:cloudwatch:*:*:alarm:${own}`],
  },
  {
    service: 'dynamodb',
    actions: ['CreateTable', 'DescribeTable', 'DeleteTable', 'ListTagsOfResource', 'TagResource'],
    on: [`arn:aws:dynamodb:*:*:table/${own}`],
  },
  {
    service: 'states',
    actions: [
      'CreateStateMachine',
      'DeleteStateMachine',
      'ListTagsForResource',
      'TagResource',
      'StartExecution',
      'ListExecutions',
    ],
    on: [`arn:aws:states:*:*:stateMachine:${own}`],
  },
  {
    service: 'states',
    actions: ['DescribeExecution', 'GetExecutionHistory', 'StopExecution'],
    on: [`arn:aws:states:*:*:execution:${own}`],
  },
  {
    service: 's3',
    actions: [
      'CreateBucket',
      'DeleteBucket',
      'PutBucketTagging',
      'GetBucketTagging',
      'PutBucketVersioning',
      'PutBucketNotification',
      'ListBucketVersions',
      'PutObject',
      'DeleteObject',
      'DeleteObjectVersion',
    ],
    on: [`arn:aws:s3:::${own}`],
  },
  {
    service: 'sqs',
    actions: [
      'CreateQueue',
      'TagQueue',
      'DeleteQueue',
      'GetQueueUrl',
      'GetQueueAttributes',
      'SetQueueAttributes',
      'ListQueueTags',
      'ReceiveMessage',
      'DeleteMessage',
    ],
    on: [`arn:aws:sqs:*:*:${own}`],
  },
  {
    service: 'events',
    actions: [
      'PutRule',
      'TagResource',
      'PutTargets',
      'RemoveTargets',
      'ListTargetsByRule',
      'DeleteRule',
      'ListTagsForResource',
    ],
    on: [`arn:aws:events:*:*:rule/${own}`],
  },
  {
    service: 'iam',
    actions: ['CreateRole', 'TagRole', 'PutRolePolicy', 'DeleteRolePolicy', 'DeleteRole', 'ListRoleTags', 'PassRole'],
    on: [`arn:aws:iam::*:role/${own}`],
  },
  { service: 'sts', actions: ['AssumeRole'], on: [`arn:aws:iam::*:role/${own}`] },
]

type Statement = { readonly Effect: 'Allow'; readonly Action: readonly string[]; readonly Resource: readonly string[] }

/** @param roleArn the role of the temporary function, if the run does not create it */
export function policyFor(roleArn?: string): {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
} {
  const statements = grants.map(({ service, actions, on }): Statement => ({
    Effect: 'Allow',
    Action: actions.map((action) => `${service}:${action}`),
    Resource: on,
  }))
  const pass: readonly Statement[] =
    roleArn === undefined ? [] : [{ Effect: 'Allow', Action: ['iam:PassRole'], Resource: [roleArn] }]
  return { Version: '2012-10-17', Statement: [...statements, ...pass] }
}
