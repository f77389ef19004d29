// Which permission AWS checks for each call, and on which resource. lib/ grants by this table, and the embedded cloud enforces
// it.
// A row states what AWS's service authorization reference says; test/cloud/authorization.test.ts compares it with the copy of the
// reference on npm. Where the reference is silent or wrong, the row records what AWS told somebody. docs/aws.md §9 explains this
// for people.

/** The source of a fact that the service authorization reference does not have. */
type Recorded = {
  /** The resource that AWS named when it denied somebody access, verbatim except for redactions. */
  readonly denied?: string
  /** What an AWS page says, in our words. */
  readonly says?: string
  readonly at: string
}

type Row = {
  /** The action that is checked, if its name differs from the operation's. */
  readonly action?: string
  /**
   * The resource types that the action may be checked on, as the reference names them. The request determines which one applies.
   * Empty: AWS accepts no resource, and only `*` allows the action.
   */
  readonly on: readonly string[]
  readonly recorded?: readonly Recorded[]
}

const on = <const Kinds extends readonly string[]>(...kinds: Kinds) => ({ on: kinds })

// Lambda matches both the name and the qualifier of a call against the policy's resource. The reference does not say so.
const qualified = on('function', 'function version', 'function alias')
const qualifiers = 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html'
const everyQualifier = { says: 'every operation with a Qualifier is checked on the qualified ARN', at: qualifiers }

// The reference says that these take no resource. IAM checks them on the state machine that the task belongs to.
const taskResult = {
  ...on('statemachine'),
  recorded: [
    {
      denied: 'arn:aws:states:us-east-1:526904826677:stateMachine:hv-vpp-ti-sync-wrds-location-db',
      at: 'https://github.com/NOAA-OWP/hydrovis/issues/837',
    },
    { says: 'tried on an account: a grant on the state machine does', at: 'https://github.com/aws/aws-cdk/pull/8486' },
  ],
} as const

/** Keyed by service and operation, as the SDK names the call. */
export const authorizations = {
  'lambda:GetAlias': on('function'),
  'lambda:UpdateAlias': on('function'),
  'lambda:CreateAlias': on('function'),
  'lambda:GetFunctionConfiguration': {
    ...qualified,
    recorded: [
      {
        denied: 'arn:aws:lambda:us-west-2:111122223333:function:NAME:$LATEST',
        at: 'https://github.com/alexcasalboni/aws-lambda-power-tuning/issues/260',
      },
      {
        denied: 'arn:aws:lambda:us-west-2:725462913924:function:dev-testResult-student-testresults-get-lambda',
        at: 'https://github.com/alexcasalboni/aws-lambda-power-tuning/issues/59',
      },
      everyQualifier,
    ],
  },
  // Of the hook that tries versions in their shadow (shadow/aws.ts).
  'lambda:GetFunction': { ...qualified, recorded: [everyQualifier] },
  'lambda:UpdateFunctionConfiguration': on('function'),
  'lambda:ListProvisionedConcurrencyConfigs': on('function'),
  // The reference has both as optional, and the call always names one of them.
  'lambda:PutProvisionedConcurrencyConfig': on('function version', 'function alias'),
  'lambda:DeleteProvisionedConcurrencyConfig': on('function version', 'function alias'),
  'lambda:GetFunctionConcurrency': on('function'),
  'lambda:UpdateFunctionCode': on('function'),
  'lambda:PublishVersion': on('function'),
  'lambda:Invoke': {
    action: 'lambda:InvokeFunction',
    ...qualified,
    recorded: [
      { says: 'a call with a Qualifier needs the qualified ARN', at: 'https://github.com/aws/aws-cdk/pull/19318' },
      everyQualifier,
    ],
  },
  'lambda:ListVersionsByFunction': on('function'),
  'lambda:ListAliases': on('function'),
  'lambda:ListEventSourceMappings': on(),
  'lambda:GetEventSourceMapping': on('eventSourceMapping'),
  'lambda:GetAccountSettings': on(),
  'lambda:GetPolicy': { ...qualified, recorded: [everyQualifier] },
  'lambda:ListDurableExecutionsByFunction': { ...qualified, recorded: [everyQualifier] },
  // Without a qualifier it deletes the function. So it may be granted on versions alone, which does not allow that.
  'lambda:DeleteFunction': {
    ...on('function version'),
    recorded: [{ says: 'a grant on `function:NAME:*` refuses a call without a qualifier', at: qualifiers }],
  },
  'dynamodb:GetItem': on('table'),
  'dynamodb:PutItem': on('table'),
  'dynamodb:DeleteItem': on('table'),
  'dynamodb:UpdateItem': on('table'),
  'dynamodb:Query': on('table', 'index'),
  'states:StartExecution': on('statemachine'),
  'states:DescribeExecution': on('execution'),
  'states:SendTaskSuccess': taskResult,
  'states:SendTaskFailure': taskResult,
  'events:PutEvents': on('event-bus'),
  'sns:Publish': on('topic'),
  'cloudwatch:GetMetricData': on(),
  'cloudwatch:DescribeAlarms': {
    // A metric alarm could be granted by its ARN. But a definition names alarms of both kinds, and an alarm that is hidden for
    // lack of permission looks like an alarm that does not exist.
    ...on(),
    recorded: [
      {
        says: 'composite alarms are told of only when the permission has the scope *',
        at: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html',
      },
    ],
  },
  // No client of the SDK has it: it is Prometheus's own API, signed (cloud/aws/prometheus.ts).
  'aps:QueryMetrics': on('workspace'),
  'codepipeline:GetJobDetails': on(),
  'codepipeline:PutJobSuccessResult': on(),
  'codepipeline:PutJobFailureResult': on(),
  'application-signals:BatchGetServiceLevelObjectiveBudgetReport': on('slo'),
  'sts:AssumeRole': on('role'),

  // The command line uses these on the queue of events that were not handled; the first is asked of queues of consumers too.
  'sqs:GetQueueUrl': on('queue'),
  'sqs:GetQueueAttributes': on('queue'),
  'sqs:ReceiveMessage': on('queue'),
  'sqs:ChangeMessageVisibility': on('queue'),
  'sqs:DeleteMessage': on('queue'),

  'secretsmanager:GetSecretValue': on('Secret'),
  'secretsmanager:DescribeSecret': on('Secret'),
  // It returns names and dates of parameters, never a value.
  'ssm:DescribeParameters': on(),
  'application-autoscaling:DescribeScalableTargets': on(),
  'application-autoscaling:DescribeScalingPolicies': on(),
  'application-autoscaling:DescribeScheduledActions': on(),
  'application-autoscaling:RegisterScalableTarget': on('ScalableTarget'),
  'application-autoscaling:PutScalingPolicy': on('ScalableTarget'),
  'application-autoscaling:PutScheduledAction': on('ScalableTarget'),
  'application-autoscaling:DeregisterScalableTarget': on('ScalableTarget'),
  // Application Auto Scaling asks with its caller's rights whether they allow these.
  'cloudwatch:PutMetricAlarm': on('alarm'),
  'cloudwatch:DeleteAlarms': on('alarm'),
  'lambda:GetProvisionedConcurrencyConfig': on('function version', 'function alias'),
  'appconfig:ListDeployments': on('application', 'environment'),

  // Lambda makes these calls with the controller's permissions: it sends events that a function could not handle to the queue,
  // reads the package or the image, and reads the table's stream.
  's3:GetObject': on('object'),
  's3:GetObjectVersion': on('object'),
  's3:PutObject': on('object'),
  // S3 requires it to read an object that is encrypted with a KMS key.
  'kms:Decrypt': on('key'),
  'ecr:BatchGetImage': on('repository'),
  'ecr:GetDownloadUrlForLayer': on('repository'),
  'dynamodb:DescribeStream': on('stream'),
  'dynamodb:GetRecords': on('stream'),
  'dynamodb:GetShardIterator': on('stream'),
  'dynamodb:ListStreams': on(),
  'sqs:SendMessage': on('queue'),
} as const satisfies Readonly<Record<string, Row>>

type Table = typeof authorizations
type ActionOf<Call extends keyof Table> = Table[Call] extends { readonly action: infer Action } ? Action : Call

/** The actions that can be allowed on a resource type; `never` selects the actions that take no resource. */
export type ActionOn<Kind> = {
  [Call in keyof Table]: Table[Call]['on'] extends readonly []
    ? [Kind] extends [never]
      ? ActionOf<Call>
      : never
    : Kind extends Table[Call]['on'][number]
      ? ActionOf<Call>
      : never
}[keyof Table]

/** @param call such as `lambda:Invoke` */
export function authorizationOf(call: string): (Row & { readonly action: string }) | undefined {
  if (!Object.hasOwn(authorizations, call)) return undefined
  const row: Row = authorizations[call as keyof Table]
  return { action: call, ...row }
}
