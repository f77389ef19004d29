// What each function of the controller may do, and on what: the least that its part of a release takes. The stack writes
// its roles from this table; an action fits a scope when AWS checks it on that kind of resource (cloud/authorization.ts), or
// it does not compile.
import type { ActionOn } from '../cloud/authorization.ts'
import type { Kind } from '../cloud/kinds.ts'
import type { Verb } from './handlers.ts'
import { looksAtVersions, readsStream, seesConsumed, seesDependencies, seesOldVersions, seesQuiet } from './looks.ts'
import {
  all,
  findsServices,
  type Items,
  keepsAnswers,
  keptWaitersInLogs,
  loads,
  looksUp,
  opens,
  putsBack,
  records,
  registers,
  seesReleases,
  settles,
  shows,
  steers,
  tells,
  waits,
  wakes,
} from './items.ts'
import { orderVerbs } from './routes.ts'
import { keepsFailures } from './rules.ts'
import { leavesConcurrency, type Scope, type Scopes, seesRoom } from './right-scopes.ts'

export { onlyWhere, type Scope } from './right-scopes.ts'

type Permissions = { readonly [S in Scope]?: readonly ActionOn<Scopes[S]>[] }

type Own = Omit<Permissions, 'table'> & { readonly items?: Items }

const move = ['lambda:GetAlias', 'lambda:UpdateAlias'] as const
const wake = ['states:SendTaskSuccess'] as const
// Everything that is done to a target may have to be done as a role of its account. Whoever only looks gets none that moves.
const targetRoles = ['sts:AssumeRole'] as const
const lookRoles = targetRoles

const asks: Own = {
  items: all(looksUp, { reads: ['open'] }),
  targets: ['lambda:GetAlias'],
  lookRoles,
  ...seesQuiet,
}

const own: Readonly<Record<Verb, Own>> = {
  ask: { ...asks, ...looksAtVersions, ...seesRoom, everything: [...seesQuiet.everything, ...seesRoom.everything] },
  pipeline: {
    ...asks,
    // AWS takes no resource: of any job of the account, by its id.
    everything: [
      ...seesQuiet.everything,
      'codepipeline:GetJobDetails',
      'codepipeline:PutJobSuccessResult',
      'codepipeline:PutJobFailureResult',
    ],
  },
  start: { items: opens, machine: ['states:StartExecution'] },
  gate: {
    items: all(looksUp, records, {
      reads: ['attestation', 'open'],
      writes: ['lease', 'waiting'],
      updates: ['turn'],
      deletes: ['lease', 'waiting'],
    }),
    ...seesRoom,
    provisionedVersions: ['lambda:PutProvisionedConcurrencyConfig'],
    targetVersions: ['lambda:GetFunctionConfiguration'],
    lookRoles,
    ...seesQuiet,
    everything: [...seesQuiet.everything, ...seesRoom.everything],
  },
  approve: { items: all(steers, { reads: ['service'] }), machine: wake },
  override: { items: all(steers, { reads: ['service'] }), machine: wake },
  stopLine: { items: { reads: ['service'], writes: ['line'] } },
  startLine: { items: all(records, wakes, { reads: ['line', 'open'], deletes: ['line'] }), machine: wake },
  intake: { items: all(opens, findsServices), machine: ['states:StartExecution'] },
  admit: {
    // An execution that a pipeline starts brings the request.
    items: all(steers, opens, { writes: ['lease'], updates: ['turn'], deletes: ['lease'] }),
    targets: move,
    targetRoles,
    machine: wake,
  },
  prepare: {
    items: all(records, { reads: ['head'], writes: ['alarmWatch'], deletes: ['alarmWatch'] }),
    targets: [
      ...move,
      'lambda:ListProvisionedConcurrencyConfigs',
      'lambda:GetFunctionConfiguration',
      'lambda:UpdateFunctionCode',
      'lambda:PublishVersion',
    ],
    targetVersions: ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'],
    targetRoles,
    lookRoles,
    artifacts: ['s3:GetObject', 's3:GetObjectVersion'],
    ...{ artifactKeys: ['kms:Decrypt'], scaled: ['application-autoscaling:DescribeScalableTargets'] },
    repositories: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    everything: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
    ...{ ...seesDependencies, ...seesConsumed },
  },
  hook: { items: all(records, waits, wakes), hooks: ['lambda:InvokeFunction'], machine: wake },
  shift: {
    items: all(records, { reads: ['returnRecord'], writes: ['returnRecord'] }),
    targets: move,
    // Whether there is a version to go back to, before a one-way step.
    targetVersions: ['lambda:GetFunctionConfiguration'],
    targetRoles,
    lookRoles,
  },
  bake: { items: all(loads, waits, keptWaitersInLogs), machine: wake },
  judge: {
    items: all(records, waits, { writes: ['snapshot'] }),
    targets: ['lambda:GetAlias'],
    lookRoles,
    machine: wake,
    workspaces: ['aps:QueryMetrics'],
    ...seesDependencies,
    everything: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
  },
  rollBack: {
    items: all(putsBack, tells, { writes: ['line'] }),
    targets: move,
    targetRoles,
    topic: ['sns:Publish'],
    machine: wake,
  },
  outage: { items: records, targets: move, targetRoles, everything: ['cloudwatch:DescribeAlarms'] },
  page: { items: all(records, tells), topic: ['sns:Publish'] },
  announce: {
    items: all(loads, tells, { reads: ['service', 'open', 'head', 'outage'], writes: ['outage'], deletes: ['outage'] }),
    topic: ['sns:Publish'],
    bus: ['events:PutEvents'],
    ...readsStream,
  },
  copyLog: {
    items: all(tells, { reads: ['log', 'service', 'open', 'head'] }),
    ...{ topic: ['sns:Publish'], logCopies: ['s3:PutObject', 's3:GetObject'] },
    ...readsStream,
  },
  sendTelemetry: {
    items: loads,
    ...{ telemetrySecrets: ['secretsmanager:GetSecretValue'], telemetryKeys: ['kms:Decrypt'] },
    telemetryQueue: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  },
  settle: {
    ...{ items: all(settles, tells), topic: ['sns:Publish'], machine: wake },
    ...leavesConcurrency,
    ...seesDependencies,
  },
  handOver: {
    items: all(loads, waits, keptWaitersInLogs),
    machine: [...wake, 'states:StartExecution'],
    executions: ['states:DescribeExecution'],
  },
  pause: { items: all(steers, { reads: ['service'] }), machine: wake },
  promote: { items: all(steers, { reads: ['service'] }), machine: wake },
  answer: { items: steers, machine: wake },
  orderRollback: {
    items: all(putsBack, opens, steers, tells),
    ...{ targets: move, targetRoles, ...looksAtVersions },
    machine: [...wake, 'states:StartExecution'],
    topic: ['sns:Publish'],
  },
  alarm: {
    items: all(putsBack, tells, { reads: ['alarmWatch'] }),
    targets: move,
    targetRoles,
    machine: wake,
    topic: ['sns:Publish'],
    everything: ['cloudwatch:DescribeAlarms'],
  },
  reconcile: {
    items: all(putsBack, settles, opens, findsServices, tells, {
      reads: ['alarmWatch', 'outage'],
      writes: ['lookup', 'outage'],
      deletes: ['outage'],
    }),
    targets: move,
    ...leavesConcurrency,
    targetRoles,
    machine: [...wake, 'states:StartExecution'],
    executions: ['states:DescribeExecution'],
    topic: ['sns:Publish'],
    everything: ['cloudwatch:DescribeAlarms'],
  },
  budget: {
    items: all(records, findsServices, tells, { reads: ['budget', 'lease', 'head'], writes: ['budget', 'head'] }),
    lookRoles,
    bus: ['events:PutEvents'],
    topic: ['sns:Publish'],
    everything: ['cloudwatch:GetMetricData'],
  },
  attest: { items: { reads: ['service'], writes: ['attestation'] } },
  hear: { items: all(findsServices, { writes: ['attestation', 'incident'] }) },
  reports: {
    items: all(findsServices, { reads: ['budget'], writes: ['budget'] }),
    bus: ['events:PutEvents'],
    reportedSlos: ['application-signals:BatchGetServiceLevelObjectiveBudgetReport'],
  },
  incident: { items: all(findsServices, { writes: ['incident'] }) },
  measure: { items: all(loads, { reads: ['service', 'open', 'head', 'attestation', 'incident', 'budget'] }) },
  apply: { items: all(registers, { deletes: ['service'] }), ...seesConsumed },
  oldVersions: {
    ...{ items: seesReleases, ...seesOldVersions },
    everything: ['lambda:ListEventSourceMappings', 'lambda:GetAccountSettings'],
  },
  prune: {
    ...{ items: all(seesReleases, { writes: ['deletedVersion'] }), ...seesOldVersions },
    prunedVersions: ['lambda:DeleteFunction'],
    everything: ['lambda:ListEventSourceMappings'],
  },
  observe: {
    items: all(loads, findsServices, { reads: ['head', 'observed'], writes: ['observed'] }),
    observed: ['lambda:GetAlias'],
    observedVersions: ['lambda:GetFunctionConfiguration'],
    observedWorkspaces: ['aps:QueryMetrics'],
    lookRoles,
    everything: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
  },
  // It goes back by a release, as a person does: it moves no alias itself.
  watch: {
    items: all(opens, tells, { reads: ['lease', 'budget'], writes: ['watch', 'head'], deletes: ['watch'] }),
    targets: ['lambda:GetAlias'],
    ...looksAtVersions,
    ...{ machine: ['states:StartExecution'], topic: ['sns:Publish'], everything: ['cloudwatch:GetMetricData'] },
  },
  read: {
    items: all(loads, { reads: ['service', 'lease', 'line', 'budget', 'open', 'head', 'observed', 'watch'] }),
  },
  widget: {
    items: shows,
    targets: ['lambda:GetAlias'],
  },
  provision: {
    items: all(steers, registers),
    targets: ['lambda:CreateAlias', ...move],
    targetRoles,
    machine: wake,
  },
}

/** What the roles of another account let the controller do to the functions there (target-access.ts). */
export const targetAccess = {
  // A version that Lambda has put to sleep is woken by an invocation.
  move: { targets: move, targetVersions: ['lambda:InvokeFunction'] },
  look: {
    targets: ['lambda:GetAlias', 'lambda:ListProvisionedConcurrencyConfigs'],
    targetVersions: ['lambda:GetFunctionConfiguration'],
    ...{ everything: ['cloudwatch:GetMetricData'], ...seesConsumed },
  },
} as const satisfies Readonly<Record<'move' | 'look', Permissions>>

/** Which functions assume a role of another account that moves, and one that looks. */
export const assumers = (use: 'move' | 'look'): readonly Verb[] =>
  (Object.keys(own) as readonly Verb[]).filter(
    (verb) => own[verb][use === 'move' ? 'targetRoles' : 'lookRoles'] !== undefined,
  )

/** Lambda keeps, as the function's role, what a function that events call could not handle. */
export const permissions = Object.fromEntries(
  Object.entries(own).map(([verb, { items: _, ...permitted }]) => [
    verb,
    keepsFailures.includes(verb as Verb)
      ? { ...permitted, lost: ['sqs:SendMessage'] satisfies Permissions['lost'] }
      : permitted,
  ]),
) as Readonly<Record<Verb, Omit<Permissions, 'table'>>>

type ItemAction = ActionOn<'table'>
const itemActions: Readonly<Record<keyof Items, readonly ItemAction[]>> = {
  reads: ['dynamodb:GetItem', 'dynamodb:Query'],
  writes: ['dynamodb:PutItem'],
  updates: ['dynamodb:UpdateItem'],
  deletes: ['dynamodb:DeleteItem'],
}

/**
 * What a function may do with the items of the table, and with which kinds. Who writes a kind may also read it: an endpoint that
 * does not send the item in the way of a conditional write is asked for it.
 */
export const itemRights = (
  verb: Verb,
): readonly { readonly actions: readonly ItemAction[]; readonly kinds: readonly Kind[] }[] => {
  const items = all(own[verb].items ?? {}, (orderVerbs as readonly Verb[]).includes(verb) ? keepsAnswers : {})
  const rights = { ...items, reads: all(items, { reads: [...(items.writes ?? []), ...(items.updates ?? [])] }).reads }
  return (Object.keys(itemActions) as readonly (keyof Items)[])
    .map((what) => ({ actions: itemActions[what], kinds: rights[what] ?? [] }))
    .filter(({ kinds }) => kinds.length > 0)
}

/** Whose writes of an alias are the controller's own. */
export const movesTraffic = (verb: Verb): boolean => permissions[verb].targets?.includes('lambda:UpdateAlias') === true
