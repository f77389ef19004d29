// The permissions that AWS checks when a person inspects or tries an account with the command line (`doctor`, `verify-account`,
// `lost`, `adopt`). Those calls use the person's permissions; what roles of the controller call is in cloud/authorization.ts.
// Keyed by resource type, as the service authorization reference names it; checked by the same test as cloud/authorization.ts.

export const checkedForPeople: Readonly<Record<string, readonly string[]>> = {
  /** Only `*` allows these. */
  none: [
    'cloudtrail:DescribeTrails',
    'codedeploy:BatchGetDeploymentTargets',
    'codedeploy:ListApplications',
    'codedeploy:ListDeploymentTargets',
    'events:ListRuleNamesByTarget',
    'lambda:GetAccountSettings',
    'lambda:ListEventSourceMappings',
    'lambda:ListFunctions',
    'logs:DescribeLogGroups',
    'sts:GetCallerIdentity',
  ],
  application: ['codedeploy:BatchGetApplications', 'codedeploy:ListDeploymentGroups'],
  deploymentgroup: ['codedeploy:BatchGetDeploymentGroups'],
  trail: ['cloudtrail:GetEventSelectors', 'cloudtrail:GetTrailStatus'],
  alarm: [
    'cloudwatch:DeleteAlarms',
    'cloudwatch:ListTagsForResource',
    'cloudwatch:PutMetricAlarm',
    'cloudwatch:SetAlarmState',
  ],
  table: ['dynamodb:CreateTable', 'dynamodb:DeleteTable', 'dynamodb:DescribeTable', 'dynamodb:ListTagsOfResource'],
  repository: ['ecr:GetRepositoryPolicy'],
  'rule-on-default-event-bus': [
    'events:DeleteRule',
    'events:DescribeRule',
    'events:ListTagsForResource',
    'events:ListTargetsByRule',
    'events:PutRule',
    'events:PutTargets',
    'events:RemoveTargets',
  ],
  role: [
    'iam:CreateRole',
    'iam:DeleteRole',
    'iam:DeleteRolePolicy',
    'iam:ListRoleTags',
    'iam:PutRolePolicy',
    'iam:SimulatePrincipalPolicy',
  ],
  function: [
    'lambda:ListAliases',
    'lambda:CreateFunction',
    'lambda:DeleteFunction',
    'lambda:DeleteFunctionConcurrency',
    'lambda:GetFunctionConcurrency',
    'lambda:GetFunctionEventInvokeConfig',
    'lambda:GetPolicy',
    'lambda:ListTags',
    'lambda:ListVersionsByFunction',
    'lambda:PutFunctionConcurrency',
    'lambda:PutFunctionEventInvokeConfig',
  ],
  'function alias': [
    'lambda:DeleteProvisionedConcurrencyConfig',
    'lambda:GetProvisionedConcurrencyConfig',
    'lambda:PutProvisionedConcurrencyConfig',
  ],
  bucket: [
    's3:CreateBucket',
    's3:DeleteBucket',
    's3:GetBucketNotification',
    's3:GetBucketObjectLockConfiguration',
    's3:GetBucketTagging',
    's3:GetBucketVersioning',
    's3:ListBucketVersions',
    's3:PutBucketNotification',
    's3:PutBucketTagging',
    's3:PutBucketVersioning',
  ],
  object: ['s3:DeleteObject', 's3:PutObject'],
  statemachine: [
    'states:CreateStateMachine',
    'states:DeleteStateMachine',
    'states:ListExecutions',
    'states:ListTagsForResource',
  ],
  execution: ['states:GetExecutionHistory', 'states:StopExecution'],
  topic: ['sns:ListSubscriptionsByTopic'],
  queue: [
    'sqs:ChangeMessageVisibility',
    'sqs:CreateQueue',
    'sqs:DeleteMessage',
    'sqs:DeleteQueue',
    'sqs:GetQueueAttributes',
    'sqs:GetQueueUrl',
    'sqs:ListQueueTags',
    'sqs:ReceiveMessage',
    'sqs:SetQueueAttributes',
  ],
}

const renamed: Readonly<Record<string, string>> = {
  's3:GetBucketNotificationConfiguration': 's3:GetBucketNotification',
  's3:GetObjectLockConfiguration': 's3:GetBucketObjectLockConfiguration',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:PutBucketNotificationConfiguration': 's3:PutBucketNotification',
}

/** @param call by service and operation, as the SDK names it */
export function isCheckedForPeople(call: string): boolean {
  return Object.values(checkedForPeople).some((actions) => actions.includes(renamed[call] ?? call))
}
