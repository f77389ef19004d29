// What each function of the controller may do, and on what: the least that its part of a release takes. The stack writes
// its roles from this table.
import type { Verb } from '../functions/handlers.ts'

/** What an action is allowed on. */
export type Scope =
  | 'table'
  | 'machine'
  /** Executions of the state machine. */
  | 'executions'
  /** The functions that are released. Lambda cannot restrict to one of their aliases (docs/aws.md §9). */
  | 'targets'
  /** Their versions and aliases. */
  | 'targetVersions'
  /** Roles for targets in other accounts. */
  | 'targetRoles'
  | 'hooks'
  | 'bus'
  | 'topic'
  /** The table's stream. */
  | 'stream'
  /** SLOs of Application Signals that services name. */
  | 'reportedSlos'
  /** Objects that start a release. */
  | 'artifacts'
  /** AWS takes no resource for these actions, or none that would do. */
  | 'everything'

type Permissions = Partial<Readonly<Record<Scope, readonly string[]>>>

// GetItem shows nothing that Query does not; endpoints that do not send the item in the way of a write need it as well.
const log = ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:GetItem']
const move = ['lambda:GetAlias', 'lambda:UpdateAlias']
const wake = ['states:SendTaskSuccess']
// Everything that is done to a target may have to be done as a role of its account.
const targetRoles = ['sts:AssumeRole']

export const permissions: Readonly<Record<Verb, Permissions>> = {
  ask: {
    table: ['dynamodb:Query', 'dynamodb:GetItem'],
    targets: ['lambda:GetAlias'],
    targetRoles,
    everything: ['codepipeline:PutJobSuccessResult', 'codepipeline:PutJobFailureResult'],
  },
  urgent: { table: log, machine: ['states:StartExecution'] },
  gate: { table: [...log, 'dynamodb:DeleteItem'], targets: ['lambda:GetFunctionConfiguration'], targetRoles },
  approve: { table: log, everything: wake },
  override: { table: log, everything: wake },
  stopLine: { table: ['dynamodb:GetItem', 'dynamodb:PutItem'] },
  startLine: { table: [...log, 'dynamodb:DeleteItem'], everything: wake },
  intake: { table: log, machine: ['states:StartExecution'] },
  admit: { table: [...log, 'dynamodb:DeleteItem'], targets: move, targetRoles, everything: wake },
  prepare: {
    table: [...log, 'dynamodb:DeleteItem'],
    targets: [...move, 'lambda:GetFunctionConfiguration', 'lambda:UpdateFunctionCode', 'lambda:PublishVersion'],
    targetVersions: ['lambda:InvokeFunction'],
    targetRoles,
    artifacts: ['s3:GetObject', 's3:GetObjectVersion'],
    everything: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
  },
  hook: { table: log, hooks: ['lambda:InvokeFunction'], everything: wake },
  shift: { table: log, targets: move, targetRoles },
  bake: { table: log, everything: wake },
  judge: {
    table: log,
    targets: ['lambda:GetAlias'],
    targetRoles,
    everything: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
  },
  rollBack: { table: log, targets: move, targetRoles },
  page: { table: log, topic: ['sns:Publish'] },
  announce: {
    table: ['dynamodb:Query'],
    stream: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    bus: ['events:PutEvents'],
    // Lambda asks for it before it reads a stream; AWS takes no resource.
    everything: ['dynamodb:ListStreams'],
  },
  settle: {
    table: [...log, 'dynamodb:DeleteItem'],
    topic: ['sns:Publish'],
    everything: wake,
  },
  handOver: { table: log, machine: ['states:StartExecution'], executions: ['states:DescribeExecution'] },
  pause: { table: log, everything: wake },
  promote: { table: log, everything: wake },
  answer: { table: log, everything: wake },
  stop: { table: log, targets: move, targetRoles, machine: ['states:StartExecution'], everything: wake },
  alarm: { table: log, targets: move, targetRoles, everything: wake },
  reconcile: {
    table: [...log, 'dynamodb:DeleteItem'],
    targets: move,
    targetRoles,
    machine: ['states:StartExecution'],
    executions: ['states:DescribeExecution'],
    topic: ['sns:Publish'],
    everything: wake,
  },
  budget: {
    table: log,
    targetRoles,
    bus: ['events:PutEvents'],
    topic: ['sns:Publish'],
    everything: ['cloudwatch:GetMetricData'],
  },
  attest: { table: log },
  reports: {
    table: log,
    bus: ['events:PutEvents'],
    reportedSlos: ['application-signals:BatchGetServiceLevelObjectiveBudgetReport'],
  },
  incident: { table: log },
  measure: { table: ['dynamodb:Query'] },
  provision: { table: log, targets: ['lambda:CreateAlias', ...move], targetRoles, everything: wake },
}

/** Whose writes of an alias are the controller's own. */
export const movesTraffic = (verb: Verb): boolean => permissions[verb].targets?.includes('lambda:UpdateAlias') === true
