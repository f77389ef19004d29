// What each function of the controller may do, and on what: the least that its part of a release takes. The stack writes
// its roles from this table; an action fits a scope when AWS checks it on that kind of resource (cloud/authorization.ts), or
// it does not compile.
import type { ActionOn } from '../cloud/authorization.ts'
import type { Verb } from './handlers.ts'
import { calledByEvents } from './rules.ts'

/** What an action is allowed on, and what AWS calls that kind of resource. */
type Scopes = {
  readonly table: 'table'
  readonly machine: 'statemachine'
  /** Executions of the state machine. */
  readonly executions: 'execution'
  /** The functions that are released. Lambda cannot restrict to one of their aliases (docs/aws.md §9). */
  readonly targets: 'function'
  /** Their versions and aliases: whatever is called with a qualifier. */
  readonly targetVersions: 'function version' | 'function alias'
  /** Roles for targets in other accounts. */
  readonly targetRoles: 'role'
  readonly hooks: 'function' | 'function version' | 'function alias'
  readonly bus: 'event-bus'
  readonly topic: 'topic'
  /** The queue of what could not be handled. */
  readonly lost: 'queue'
  /** The table's stream. */
  readonly stream: 'stream'
  /** SLOs of Application Signals that services name. */
  readonly reportedSlos: 'slo'
  /** Objects that start a release. */
  readonly artifacts: 'object'
  /** KMS keys that such objects are encrypted with. */
  readonly artifactKeys: 'key'
  /** AWS takes no resource for these actions, or none that would do. */
  readonly everything: never
}
export type Scope = keyof Scopes

type Permissions = { readonly [S in Scope]?: readonly ActionOn<Scopes[S]>[] }

// GetItem shows nothing that Query does not; endpoints that do not send the item in the way of a write need it as well.
const log = ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:GetItem'] as const
/** What ends a release, also one whose log is lost. */
const ending = [...log, 'dynamodb:DeleteItem'] as const
const move = ['lambda:GetAlias', 'lambda:UpdateAlias'] as const
const wake = ['states:SendTaskSuccess'] as const
// Everything that is done to a target may have to be done as a role of its account.
const targetRoles = ['sts:AssumeRole'] as const

const own: Readonly<Record<Verb, Permissions>> = {
  ask: {
    table: ['dynamodb:Query', 'dynamodb:GetItem'],
    targets: ['lambda:GetAlias'],
    targetRoles,
    everything: ['codepipeline:PutJobSuccessResult', 'codepipeline:PutJobFailureResult'],
  },
  urgent: { table: log, machine: ['states:StartExecution'] },
  gate: {
    table: [...log, 'dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
    targetVersions: ['lambda:GetFunctionConfiguration'],
    targetRoles,
  },
  approve: { table: log, machine: wake },
  override: { table: log, machine: wake },
  stopLine: { table: ['dynamodb:GetItem', 'dynamodb:PutItem'] },
  startLine: { table: [...log, 'dynamodb:DeleteItem'], machine: wake },
  intake: { table: log, machine: ['states:StartExecution'] },
  admit: { table: [...log, 'dynamodb:DeleteItem', 'dynamodb:UpdateItem'], targets: move, targetRoles, machine: wake },
  prepare: {
    table: [...log, 'dynamodb:DeleteItem'],
    targets: [
      ...move,
      'lambda:ListProvisionedConcurrencyConfigs',
      'lambda:GetFunctionConfiguration',
      'lambda:UpdateFunctionCode',
      'lambda:PublishVersion',
    ],
    targetVersions: ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'],
    targetRoles,
    artifacts: ['s3:GetObject', 's3:GetObjectVersion'],
    artifactKeys: ['kms:Decrypt'],
    everything: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
  },
  hook: { table: log, hooks: ['lambda:InvokeFunction'], machine: wake },
  shift: { table: log, targets: move, targetRoles },
  bake: { table: log, machine: wake },
  judge: {
    table: log,
    targets: ['lambda:GetAlias'],
    targetRoles,
    machine: wake,
    everything: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
  },
  rollBack: { table: ending, targets: move, targetRoles, topic: ['sns:Publish'], machine: wake },
  outage: { table: log, targets: move, targetRoles, everything: ['cloudwatch:DescribeAlarms'] },
  page: { table: log, topic: ['sns:Publish'] },
  announce: {
    table: ['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
    topic: ['sns:Publish'],
    stream: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    bus: ['events:PutEvents'],
    // Lambda asks for it before it reads a stream; AWS takes no resource.
    everything: ['dynamodb:ListStreams'],
  },
  settle: {
    table: ending,
    topic: ['sns:Publish'],
    machine: wake,
  },
  handOver: { table: log, machine: [...wake, 'states:StartExecution'], executions: ['states:DescribeExecution'] },
  pause: { table: log, machine: wake },
  promote: { table: log, machine: wake },
  answer: { table: log, machine: wake },
  orderRollback: {
    table: ending,
    targets: move,
    targetRoles,
    machine: [...wake, 'states:StartExecution'],
    topic: ['sns:Publish'],
  },
  alarm: {
    table: ending,
    targets: move,
    targetRoles,
    machine: wake,
    topic: ['sns:Publish'],
    everything: ['cloudwatch:DescribeAlarms'],
  },
  reconcile: {
    table: ending,
    targets: move,
    targetRoles,
    machine: [...wake, 'states:StartExecution'],
    executions: ['states:DescribeExecution'],
    topic: ['sns:Publish'],
    everything: ['cloudwatch:DescribeAlarms'],
  },
  budget: {
    table: log,
    targetRoles,
    bus: ['events:PutEvents'],
    topic: ['sns:Publish'],
    everything: ['cloudwatch:GetMetricData'],
  },
  attest: { table: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'] },
  reports: {
    table: log,
    bus: ['events:PutEvents'],
    reportedSlos: ['application-signals:BatchGetServiceLevelObjectiveBudgetReport'],
  },
  incident: { table: log },
  measure: { table: ['dynamodb:Query'] },
  provision: {
    table: [...log, 'dynamodb:DeleteItem'],
    targets: ['lambda:CreateAlias', ...move],
    targetRoles,
    machine: wake,
  },
}

/** What a role of another account lets the controller do to the functions there (target-access.ts). */
export const targetAccess = {
  targets: [...move, 'lambda:ListProvisionedConcurrencyConfigs'],
  // A version that Lambda has put to sleep is woken by an invocation.
  targetVersions: ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'],
  everything: ['cloudwatch:GetMetricData'],
} as const satisfies Permissions

/** Lambda keeps, as the function's role, what a function that events call could not handle. */
export const permissions = Object.fromEntries(
  Object.entries(own).map(([verb, permitted]) => [
    verb,
    calledByEvents.includes(verb as Verb)
      ? { ...permitted, lost: ['sqs:SendMessage'] satisfies Permissions['lost'] }
      : permitted,
  ]),
) as Readonly<Record<Verb, Permissions>>

/** Whose writes of an alias are the controller's own. */
export const movesTraffic = (verb: Verb): boolean => permissions[verb].targets?.includes('lambda:UpdateAlias') === true
