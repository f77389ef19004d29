// Which rights of the controller's functions are used under the synthesised policies, by a test that uses each. The test fails
// when it does not: so test/lib/permissions.test.ts can compare what is granted with what is used.
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, type RunnerTask } from 'vitest'
import { allowedRights } from './policies.ts'

const log = ['dynamodb:PutItem', 'dynamodb:Query'] as const
const wake = 'states:SendTaskSuccess'
const of = (verb: string, ...actions: readonly string[]): readonly string[] =>
  actions.map((action) => `${verb} ${action}`)

export const rightsByTest: Readonly<Record<string, readonly string[]>> = {
  'functions/budget.test.ts': of('budget', ...log, 'cloudwatch:GetMetricData', 'events:PutEvents', 'sns:Publish'),
  'functions/foreign-events.test.ts': of('attest', 'dynamodb:Query'),
  'functions/incident.test.ts': of('incident', ...log),
  'functions/measure.test.ts': of('measure', 'dynamodb:Query'),
  'functions/reports.test.ts': of(
    'reports',
    ...['application-signals:BatchGetServiceLevelObjectiveBudgetReport', ...log, 'events:PutEvents'],
  ),
  'lib/pipeline.test.ts': [
    ...of('ask', 'codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult'),
    ...of('ask', 'dynamodb:Query', 'lambda:GetAlias'),
  ],
  'scenarios/asleep.test.ts': of('prepare', 'lambda:InvokeFunction'),
  'scenarios/damage.test.ts': [
    ...['alarm', 'rollBack', 'orderRollback'].flatMap((verb) => of(verb, 'dynamodb:DeleteItem', 'sns:Publish')),
    ...of('rollBack', wake),
  ],
  'scenarios/gate/approval.test.ts': [
    ...['approve', 'override'].flatMap((verb) => of(verb, ...log, wake)),
    ...of('attest', 'dynamodb:PutItem'),
    ...of('gate', 'lambda:GetFunctionConfiguration', 'dynamodb:UpdateItem'),
  ],
  'scenarios/gate/calendar.test.ts': [
    ...of('startLine', ...log, 'dynamodb:DeleteItem', wake),
    ...of('orderRollback', 'states:StartExecution'),
    ...of('stopLine', 'dynamodb:PutItem'),
    ...of('urgent', ...log, 'states:StartExecution'),
  ],
  'scenarios/outage.test.ts': [
    ...of('announce', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'sns:Publish'),
    ...of('outage', ...log, 'cloudwatch:DescribeAlarms', 'lambda:GetAlias', 'lambda:UpdateAlias'),
    ...of('page', ...log, 'sns:Publish'),
    ...of('reconcile', 'dynamodb:DeleteItem', 'sns:Publish', wake),
  ],
  'scenarios/release.test.ts': of('answer', ...log, wake),
  'scenarios/trouble/hands.test.ts': [...of('promote', ...log, wake), ...of('shift', 'lambda:GetAlias')],
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
