// What AWS checks a permission on, call by call: the one table that lib/ grants by and the embedded cloud asks by. A row says
// what AWS's service authorization reference says (test/cloud/authorization.test.ts compares them with the data that npm has
// of it), or carries what AWS told somebody where the reference is silent. docs/aws.md §9 is for people.

/** Where a row that the service authorization reference does not say has its facts from. */
type Recorded = {
  /** The resource of a denial that AWS gave somebody, in its words but for what was blotted out. */
  readonly denied?: string
  /** What a page of AWS says, in our words. */
  readonly says?: string
  readonly at: string
}

type Row = {
  /** The action that is checked, where it is not called as the operation is. */
  readonly action?: string
  /**
   * The kinds of resource that the action may be checked on, as the reference calls them: which one follows from the request.
   * None: AWS takes no resource, and only `*` allows it.
   */
  readonly on: readonly string[]
  readonly recorded?: readonly Recorded[]
}

const on = <const Kinds extends readonly string[]>(...kinds: Kinds) => ({ on: kinds })

// Lambda compares both the name and the qualifier of a call with the resource of a policy, and the reference is silent on it.
const qualified = on('function', 'function version', 'function alias')
const qualifiers = 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html'

// The reference says that they take no resource; IAM checks them on the state machine whose task it is.
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

/** By service and operation, as the SDK calls it. */
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
      { says: 'every operation with a Qualifier is checked on the qualified ARN', at: qualifiers },
    ],
  },
  'lambda:ListProvisionedConcurrencyConfigs': on('function'),
  'lambda:UpdateFunctionCode': on('function'),
  'lambda:PublishVersion': on('function'),
  'lambda:Invoke': {
    action: 'lambda:InvokeFunction',
    ...qualified,
    recorded: [
      { says: 'a call with a Qualifier needs the qualified ARN', at: 'https://github.com/aws/aws-cdk/pull/19318' },
      { says: 'every operation with a Qualifier is checked on the qualified ARN', at: qualifiers },
    ],
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
    // An alarm's ARN would do for metric alarms. A definition names alarms of either kind, and what is not shown for want of
    // a permission looks like an alarm that is not there.
    ...on(),
    recorded: [
      {
        says: 'composite alarms are told of only when the permission has the scope *',
        at: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/permissions-reference-cw.html',
      },
    ],
  },
  'codepipeline:PutJobSuccessResult': on(),
  'codepipeline:PutJobFailureResult': on(),
  'application-signals:BatchGetServiceLevelObjectiveBudgetReport': on('slo'),
  'sts:AssumeRole': on('role'),

  // What the command line does with the queue of events that were not handled.
  'sqs:GetQueueUrl': on('queue'),
  'sqs:GetQueueAttributes': on('queue'),
  'sqs:ReceiveMessage': on('queue'),
  'sqs:ChangeMessageVisibility': on('queue'),
  'sqs:DeleteMessage': on('queue'),

  // Lambda does these with the rights of the controller: it leaves what a function could not handle, reads a package,
  // and the stream of its table.
  's3:GetObject': on('object'),
  's3:GetObjectVersion': on('object'),
  // S3 asks for it when an object is read that a key of KMS encrypts.
  'kms:Decrypt': on('key'),
  'dynamodb:DescribeStream': on('stream'),
  'dynamodb:GetRecords': on('stream'),
  'dynamodb:GetShardIterator': on('stream'),
  'dynamodb:ListStreams': on(),
  'sqs:SendMessage': on('queue'),
} as const satisfies Readonly<Record<string, Row>>

type Table = typeof authorizations
type ActionOf<Call extends keyof Table> = Table[Call] extends { readonly action: infer Action } ? Action : Call

/** The actions that can be allowed on a kind of resource; `never` stands for those that take none. */
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
