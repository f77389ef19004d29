// Which rights of the controller's functions are used under the synthesised policies, by a test that uses each. The test fails
// when it does not: so test/lib/permissions.test.ts can compare what is granted with what is used.
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, type RunnerTask } from 'vitest'
import { allowedRights } from './policies.ts'

const wake = 'states:SendTaskSuccess'
const of = (verb: string, ...rights: readonly string[]): readonly string[] => rights.map((right) => `${verb} ${right}`)
/** What a function does with items, in the words of `rightOf`. */
const deletes = (...kinds: readonly string[]) => kinds.map((kind) => `deletes ${kind}`)
const reads = (...kinds: readonly string[]) => kinds.map((kind) => `reads ${kind}`)
const writes = (...kinds: readonly string[]) => kinds.map((kind) => `writes ${kind}`)
/** Whoever tells a person keeps the message until it is sent. */
const tells = ['sns:Publish', ...deletes('message'), ...writes('message')]
const endsByRecord = [...deletes('alarmWatch', 'lease', 'open'), ...writes('head', 'returnRecord')]

const movesScaling = [
  ...['Register', 'Deregister'].map((verb) => `application-autoscaling:${verb}ScalableTarget`),
  ...['PutScalingPolicy', 'PutScheduledAction'].map((one) => `application-autoscaling:${one}`),
  ...['ScalableTargets', 'ScalingPolicies', 'ScheduledActions'].map((one) => `application-autoscaling:Describe${one}`),
  ...['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms', 'lambda:GetProvisionedConcurrencyConfig'],
]

export const rightsByTest: Readonly<Record<string, readonly string[]>> = {
  'functions/api/idempotency.test.ts': [
    ...['apply', 'approve', 'ask', 'attest', 'incident', 'orderRollback', 'override', 'pause', 'promote', 'start'],
    ...['startLine', 'stopLine', 'oldVersions'],
  ].flatMap((verb) => of(verb, ...writes('answer'))),
  'functions/api/read.test.ts': of(
    'read',
    ...reads('budget', 'head', 'lease', 'line', 'log', 'observed', 'open', 'service', 'watch'),
  ),
  'functions/apply.test.ts': of('apply', ...deletes('lookup'), ...writes('definition', 'lookup', 'service')),
  'functions/definitions/remove.test.ts': of('apply', ...deletes('service')),
  'functions/budget.test.ts': [
    ...of('budget', ...reads('lease', 'lookup', 'service'), ...writes('budget', 'head', 'log')),
    ...of('budget', 'cloudwatch:GetMetricData', 'events:PutEvents', ...tells),
    ...of('gate', ...reads('budget'), 'updates turn'),
    ...of('orderRollback', ...reads('service'), ...writes('open', 'queue')),
  ],
  'functions/foreign-events.test.ts': of('hear', ...writes('attestation')),
  'functions/incident.test.ts': ['incident', 'hear'].flatMap((verb) =>
    of(verb, ...reads('lookup', 'service'), ...writes('incident')),
  ),
  'functions/measure.test.ts': of('measure', ...reads('attestation', 'head', 'incident', 'log', 'open', 'service')),
  'functions/observing/observe.test.ts': [
    ...of('apply', ...reads('open')),
    ...of('observe', ...reads('head', 'lookup', 'service'), ...writes('observed')),
    ...of('observe', 'cloudwatch:GetMetricData', 'lambda:GetAlias', 'lambda:GetFunctionConfiguration'),
  ],
  'functions/orders/dry-run.test.ts': of(
    'ask',
    ...['lambda:GetFunctionConfiguration', 'lambda:ListProvisionedConcurrencyConfigs'],
    ...['lambda:GetFunctionConcurrency', 'lambda:GetAccountSettings'],
  ),
  'functions/reports.test.ts': of(
    'reports',
    ...[...reads('lookup', 'service'), ...writes('budget')],
    ...['application-signals:BatchGetServiceLevelObjectiveBudgetReport', 'events:PutEvents'],
  ),
  'functions/versions/prune.test.ts': ['oldVersions', 'prune'].flatMap((verb) => [
    ...of(verb, ...reads('head', 'open', 'returnRecord', 'service')),
    ...of(verb, 'lambda:ListVersionsByFunction', 'lambda:ListAliases', 'lambda:ListProvisionedConcurrencyConfigs'),
    ...of(verb, 'lambda:GetPolicy', 'lambda:ListDurableExecutionsByFunction', 'lambda:ListEventSourceMappings'),
    ...(verb === 'prune'
      ? of(verb, 'lambda:DeleteFunction', ...writes('deletedVersion'))
      : of(verb, 'lambda:GetAccountSettings', ...reads('deletedVersion'))),
  ]),
  'functions/watching/late.test.ts': of('watch', ...reads('budget')),
  'functions/watching/watch.test.ts': [
    ...of('watch', ...reads('lease', 'service'), ...writes('head', 'log', 'open', 'queue', 'watch')),
    ...of('watch', 'cloudwatch:GetMetricData', 'lambda:GetAlias', 'lambda:GetFunctionConfiguration'),
    ...of('watch', 'states:StartExecution', ...deletes('watch'), ...tells),
    ...of('settle', ...writes('watch')),
  ],
  'lib/artifacts.test.ts': of('prepare', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'),
  'lib/pipeline.test.ts': [
    ...['PutJobFailureResult', 'PutJobSuccessResult', 'GetJobDetails'].map((job) => `pipeline codepipeline:${job}`),
    ...['ask', 'pipeline'].flatMap((verb) => of(verb, 'lambda:GetAlias', ...reads('lease', 'line'))),
    ...['ask', 'pipeline'].flatMap((verb) => of(verb, ...reads('open', 'service'))),
    ...of('pipeline', ...reads('log')),
  ],
  'scenarios/asleep.test.ts': of('prepare', 'lambda:InvokeFunction'),
  'scenarios/back/go-back.test.ts': of('orderRollback', 'lambda:GetFunctionConfiguration'),
  'scenarios/damage.test.ts': [
    ...['alarm', 'rollBack', 'orderRollback'].flatMap((verb) => of(verb, ...endsByRecord, ...tells)),
    ...of('alarm', ...reads('lease', 'queue')),
    ...of('judge', ...writes('snapshot')),
    ...of('reconcile', ...deletes('outage'), ...reads('waiter')),
    ...of('rollBack', ...reads('lease', 'queue', 'waiter'), wake),
  ],
  'scenarios/concurrency/promised.test.ts': [
    ...of('gate', 'lambda:PutProvisionedConcurrencyConfig', 'lambda:ListProvisionedConcurrencyConfigs'),
    ...of('gate', 'lambda:GetFunctionConcurrency', 'lambda:GetAccountSettings'),
    ...of('settle', 'lambda:PutProvisionedConcurrencyConfig', 'lambda:DeleteProvisionedConcurrencyConfig'),
    ...of('settle', 'lambda:ListProvisionedConcurrencyConfigs', 'lambda:ListAliases'),
  ],
  'scenarios/concurrency/headroom.test.ts': ['gate', 'ask'].flatMap((verb) => of(verb, 'cloudwatch:GetMetricData')),
  'scenarios/concurrency/kept-warm.test.ts': of('gate', ...reads('open')),
  'scenarios/concurrency/kept-warm-dies.test.ts': ['settle', 'reconcile'].flatMap((verb) => of(verb, 'updates open')),
  'scenarios/concurrency/scaled.test.ts': of('prepare', 'application-autoscaling:DescribeScalableTargets'),
  'scenarios/concurrency/moved.test.ts': of('settle', ...movesScaling, 'cloudwatch:DescribeAlarms'),
  'scenarios/concurrency/moved-dies.test.ts': of('reconcile', ...movesScaling),
  'scenarios/concurrency/dies.test.ts': [
    ...of('reconcile', 'lambda:PutProvisionedConcurrencyConfig', 'lambda:DeleteProvisionedConcurrencyConfig'),
    ...of('reconcile', 'lambda:ListProvisionedConcurrencyConfigs', 'lambda:ListAliases'),
  ],
  'scenarios/consumers/missing.test.ts': ['apply', 'prepare'].flatMap((verb) =>
    of(verb, 'sqs:GetQueueUrl', 'lambda:GetEventSourceMapping'),
  ),
  'scenarios/gate/approval.test.ts': [
    ...of('approve', ...reads('lease', 'service', 'waiter'), ...writes('log'), wake),
    ...of('attest', ...writes('attestation')),
    ...of('gate', 'lambda:GetFunctionConfiguration'),
    ...of('override', wake),
  ],
  'scenarios/gate/calendar.test.ts': [
    ...of('orderRollback', 'states:StartExecution'),
    ...of('override', ...reads('service', 'waiter'), ...writes('log')),
    ...of('startLine', ...deletes('line'), ...reads('line', 'open', 'waiter'), ...writes('log'), wake),
    ...of('stopLine', ...reads('service'), ...writes('line')),
  ],
  'scenarios/around/dependencies.test.ts': [
    ...['prepare', 'judge', 'settle'].flatMap((verb) =>
      of(verb, 'secretsmanager:DescribeSecret', 'ssm:DescribeParameters', 'appconfig:ListDeployments'),
    ),
    ...['gate', 'ask'].flatMap((verb) => of(verb, 'appconfig:ListDeployments', 'cloudwatch:DescribeAlarms')),
  ],
  'scenarios/one-way/fix-ends.test.ts': of('settle', ...writes('lease')),
  'scenarios/one-way/one-way.test.ts': [
    ...of('rollBack', ...writes('line')),
    ...of('settle', ...deletes('line')),
    ...of('shift', 'lambda:GetFunctionConfiguration'),
  ],
  'scenarios/outage.test.ts': [
    ...of('announce', ...deletes('outage'), ...writes('outage'), ...tells),
    ...of('outage', ...writes('log'), 'cloudwatch:DescribeAlarms', 'lambda:GetAlias', 'lambda:UpdateAlias'),
    ...of('page', ...writes('log'), ...tells),
    ...of('reconcile', ...writes('outage')),
    ...of('reconcile', ...tells, wake),
  ],
  'scenarios/release.test.ts': [
    ...of('admit', ...reads('service'), ...writes('open', 'queue')),
    ...of('answer', ...reads('waiter'), ...writes('log'), wake),
  ],
  'scenarios/trouble/hands.test.ts': [
    ...of('promote', ...reads('waiter'), ...writes('log'), wake),
    ...of('shift', 'lambda:GetAlias'),
  ],
  'scenarios/trouble/silence.test.ts': of('handOver', 'states:DescribeExecution', 'states:StartExecution'),
}

/** For a file of the table: when all its tests have run, what the table says of it has been used by them. */
export function usesItsRights(): void {
  // Files that run in one process share it.
  beforeAll(() => allowedRights.clear())
  // eslint-disable-next-line no-empty-pattern -- vitest wants it
  afterAll(({}, { file }) => {
    const wasChosen = (task: RunnerTask): boolean =>
      task.type === 'suite' ? task.tasks.every(wasChosen) : task.mode === 'run'
    // Of some of the tests nothing follows.
    if (!file.tasks.every(wasChosen)) return
    const said = rightsByTest[relative(join(import.meta.dirname, '..'), file.filepath)]
    expect(said?.filter((right) => !allowedRights.has(right))).toEqual([])
  })
}
