// What reaches which function by itself: events, schedules, jobs of a pipeline and the table's stream (docs/aws.md §1.7, §2.5,
// §3.5, §4). The stack and the embedded cloud are wired from this one source. Patterns are narrow, from the triggers, alarms and
// targets of the services, so that nobody pays for the events of others.
import { incidentSources } from '../core/measures/incident-call.ts'
import { isCounted, isReported } from '../core/service/slo.ts'
import type { Service } from '../core/service/service.ts'
import type { Verb } from './handlers.ts'

type Rule = {
  /** Of the rule: behind the controller's name and a hyphen. */
  readonly name: string
  readonly verb: Verb
  /** As EventBridge takes it. */
  readonly pattern: Readonly<Record<string, unknown>>
}

/** Names, or everybody's: the embedded cloud is wired before it has services. */
type Names = readonly string[] | 'all'

type Heard = {
  readonly buckets: Names
  readonly repositories: Names
  readonly stacks: boolean
  readonly alarms: Names
  /** Services with error budgets. */
  readonly budgeted: Names
  readonly functions: Names
  readonly machineArn: string
  /** Roles whose alias writes are the controller's own. */
  readonly moverArns: readonly string[]
}

export const heardOf = (services: readonly Service[], machineArn: string, moverArns: readonly string[]): Heard => ({
  buckets: unique(services.flatMap(({ triggers }) => (triggers.s3 === undefined ? [] : [triggers.s3.bucket]))),
  repositories: unique(
    services.flatMap(({ triggers }) => (triggers.ecr === undefined ? [] : [triggers.ecr.repository])),
  ),
  stacks: services.some(({ triggers }) => triggers.cloudFormation),
  alarms: unique(services.flatMap(({ signals }) => signals.alarms)),
  budgeted: unique(services.flatMap(({ name, slos }) => (slos.length === 0 ? [] : [name]))),
  functions: unique(services.flatMap((service) => service.targets.map((one) => one.functionName))),
  machineArn,
  moverArns,
})
const unique = (values: readonly string[]): string[] => [...new Set(values)].sort()

export const everything = (machineArn: string, moverArns: readonly string[]): Heard => ({
  ...{ buckets: 'all', repositories: 'all', stacks: true, alarms: 'all', budgeted: 'all', functions: 'all' },
  ...{ machineArn, moverArns },
})

export const rulesOf = (heard: Heard): readonly Rule[] => [...triggersOf(heard), ...incidents, ...watchOf(heard)]

/** EventBridge takes 2048 characters of a pattern: a long list of names becomes several rules. */
function each(values: Names, rule: (part: readonly string[] | undefined) => Rule): readonly Rule[] {
  if (values === 'all') return [rule(undefined)]
  const parts: string[][] = []
  for (const value of values) {
    const part = parts.at(-1)
    const isFull = part === undefined || JSON.stringify(rule([...part, value]).pattern).length > patternMax
    if (isFull) parts.push([value])
    else part.push(value)
  }
  return parts.map(rule).map((one, index) => (index === 0 ? one : { ...one, name: `${one.name}-${index + 1}` }))
}
const patternMax = 2000

/**
 * What begins a release, what is said about its candidate, and the stack that takes one back. A field without a value
 * is left out.
 */
const triggersOf = ({ buckets, repositories, stacks }: Heard): readonly Rule[] => [
  ...each(buckets, (names) => ({
    name: 's3',
    verb: 'intake',
    pattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      ...(names === undefined ? {} : { detail: { bucket: { name: names } } }),
    },
  })),
  ...each(repositories, (names) => ({
    name: 'ecr',
    verb: 'intake',
    pattern: {
      source: ['aws.ecr'],
      'detail-type': ['ECR Image Action'],
      detail: { 'action-type': ['PUSH'], result: ['SUCCESS'], ...(names && { 'repository-name': names }) },
    },
  })),
  ...each(repositories, (names) => ({
    name: 'ecr-scan',
    verb: 'attest',
    pattern: {
      source: ['aws.ecr'],
      'detail-type': ['ECR Image Scan'],
      detail: { 'scan-status': ['COMPLETE'], ...(names && { 'repository-name': names }) },
    },
  })),
  ...(stacks ? stackRules : []),
]

const stackRules: readonly Rule[] = [
  {
    name: 'cloudformation',
    verb: 'intake',
    pattern: {
      source: ['aws.cloudformation'],
      'detail-type': ['CloudFormation Resource Status Change'],
      detail: { 'resource-type': ['AWS::Lambda::Version'], 'status-details': { status: ['CREATE_COMPLETE'] } },
    },
  },
  {
    name: 'stack-rollback',
    verb: 'reconcile',
    pattern: {
      source: ['aws.cloudformation'],
      'detail-type': ['CloudFormation Stack Status Change'],
      detail: { 'status-details': { status: ['UPDATE_ROLLBACK_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'] } },
    },
  },
]

/** Who tells of incidents. A partner's own bus has to send its events on to this one (docs/measures.md). */
const incidents: readonly Rule[] = [
  {
    name: 'incident',
    verb: 'incident',
    pattern: {
      source: [
        incidentSources.own,
        ...[incidentSources.pagerDuty, incidentSources.opsgenie].map((prefix) => ({ prefix })),
      ],
    },
  },
  {
    name: 'incident-manager',
    verb: 'incident',
    pattern: {
      source: [incidentSources.incidentManager],
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: { eventName: ['StartIncident', 'UpdateIncidentRecord'] },
    },
  },
]

/** What a release has to hear of. */
const watchOf = ({ alarms, budgeted, functions, machineArn, moverArns }: Heard): readonly Rule[] => [
  ...each(alarms, (alarmName) => ({
    name: 'alarm',
    verb: 'alarm',
    pattern: {
      source: ['aws.cloudwatch'],
      'detail-type': ['CloudWatch Alarm State Change'],
      detail: { ...(alarmName && { alarmName }), state: { value: ['ALARM'] } },
    },
  })),
  {
    name: 'execution',
    verb: 'reconcile',
    pattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [machineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
    },
  },
  // A budget is counted at every look at a live release, without waiting for its schedule.
  ...each(budgeted, (service) => ({
    name: 'look',
    verb: 'budget',
    pattern: {
      source: ['tidegate.release'],
      'detail-type': ['Release Judged'],
      ...(service && { detail: { service } }),
    },
  })),
  ...(functions.length === 0 ? [] : [aliasRule(moverArns)]),
]

const aliasRule = (moverArns: readonly string[]): Rule => ({
  name: 'alias',
  verb: 'reconcile',
  pattern: {
    source: ['aws.lambda'],
    'detail-type': ['AWS API Call via CloudTrail'],
    detail: {
      eventName: ['UpdateAlias20150331', 'DeleteAlias20150331'],
      userIdentity: { sessionContext: { sessionIssuer: { arn: [{ exists: false }, { 'anything-but': moverArns }] } } },
    },
  },
})

/** Which function a schedule calls, by the only field of its input, which is the schedule's name behind the controller's. */
export const scheduledVerbs = {
  sweep: 'reconcile',
  measures: 'measure',
  reports: 'reports',
  budgets: 'budget',
} as const
export type ScheduleName = keyof typeof scheduledVerbs

/** Minutes from one call to the next. */
export function schedulesOf(services: readonly Service[]): Partial<Readonly<Record<ScheduleName, number>>> {
  const counted = services.filter(({ slos }) => slos.some(isCounted))
  const seconds = Math.min(...counted.map(({ policy }) => policy.budgetEverySeconds))
  return {
    sweep: 1,
    measures: 24 * 60,
    ...(services.some(({ slos }) => slos.some(isReported)) ? { reports: 5 } : {}),
    ...(counted.length === 0 ? {} : { budgets: seconds / 60 }),
  }
}

/**
 * Functions that are called asynchronously, where nobody waits for an answer: what they fail at is kept. `ask` answers jobs of
 * CodePipeline, and `announce` is given again what it could not send.
 */
export const calledByEvents: readonly Verb[] = [
  ...new Set<Verb>([
    ...rulesOf(everything('', [])).map(({ verb }) => verb),
    ...Object.values(scheduledVerbs),
    'ask',
    'announce',
  ]),
]

/**
 * As often and as long as Lambda tries an event. Twice more is all that it offers. An hour is as long as a rule tries to hand an
 * event over: whatever lasts longer has paged somebody, and what an event of an hour ago means now is theirs to say.
 */
export const asyncRetries = { attempts: 2, ageSeconds: 3600 } as const
/** As often and as long as a rule tries to hand an event over to Lambda. */
export const ruleRetries = { attempts: 8, ageSeconds: 3600 } as const
/** The stream keeps records for 24 hours; before that ends they are given up, and named in the queue. */
export const streamAgeSeconds = 20 * 3600
export const streamBatch = 25
/** What could not be handled or handed over is kept in the queue of this name, behind the controller's. */
export const lostQueue = { name: 'lost', keptSeconds: 14 * 86_400 } as const

// One reads the logs of 28 days, of one service after the other; another waits for a team's function. A look that fails has to
// say so before the task's own timeout, at the least 30 seconds, brings the next one.
const timeouts: Partial<Readonly<Record<Verb, number>>> = { measure: 900, hook: 900, judge: 28 }

/** How long Lambda lets a function of the controller run. */
export const timeoutSeconds = (verb: Verb): number => timeouts[verb] ?? 60
