// What invokes which function: events, schedules, pipeline jobs and the table's stream (docs/aws.md §1.7, §2.5, §3.5, §4). Both
// the stack and the embedded cloud are wired from this file. Patterns are limited to the triggers, alarms and targets of the
// services, so that nobody pays for unrelated events.
import { incidentSources } from '../core/measures/incident-call.ts'
import type { Site } from '../core/origin.ts'
import { isCounted, isReported } from '../core/service/slo.ts'
import { isObserved, type Service } from '../core/service/service.ts'
import type { Verb } from './handlers.ts'
import { type At, everything, type Heard, type Names } from './heard.ts'
import { sweepSeconds } from './sweep/timing.ts'

type Rule = {
  /** The rule's name, without the controller's name and hyphen in front. */
  readonly name: string
  readonly verb: Verb
  /** An EventBridge event pattern. */
  readonly pattern: Readonly<Record<string, unknown>>
}

export const rulesOf = (heard: Heard): readonly Rule[] => [
  ...triggersOf(heard),
  ...numbered(heard.incidents.map((site) => at(site, incident))),
  ...numbered(heard.incidents.map((site) => at(site, incidentManager))),
  ...watchOf(heard),
]

/**
 * The rule, for events of one account and region. EventBridge writes both, and no sender can (docs/aws.md §4.8). The handlers
 * look again (core/origin.ts).
 */
const at = ({ account, region }: Site, { pattern, ...rule }: Rule): Rule => ({
  ...rule,
  pattern: { account: [account], region: [region], ...pattern },
})

/** Several rules of one name: the second is `NAME-2`. */
const numbered = (rules: readonly Rule[]): readonly Rule[] =>
  rules.map((one, index) => (index === 0 ? one : { ...one, name: `${one.name}-${index + 1}` }))

/** EventBridge limits a pattern to 2048 characters, so a long list of names becomes several rules. */
function each(values: Names, rule: (part: readonly string[] | undefined) => Rule): readonly Rule[] {
  if (values === 'all') return [rule(undefined)]
  const parts: string[][] = []
  for (const value of values) {
    const part = parts.at(-1)
    const isFull = part === undefined || JSON.stringify(rule([...part, value]).pattern).length > patternMax
    if (isFull) parts.push([value])
    else part.push(value)
  }
  return parts.map(rule)
}
const patternMax = 2000

const eachAt = (
  named: readonly At<{ readonly names: Names }>[],
  rule: (part: readonly string[] | undefined) => Rule,
): readonly Rule[] => numbered(named.flatMap(({ site, names }) => each(names, (part) => at(site, rule(part)))))

/**
 * Events that start a release, attest its candidate, or (a stack rollback) take it back. An undefined field is left out of the
 * pattern.
 */
const triggersOf = ({ buckets, repositories, stacks }: Heard): readonly Rule[] => [
  ...eachAt(buckets, (names) => ({
    name: 's3',
    verb: 'intake',
    pattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      ...(names === undefined ? {} : { detail: { bucket: { name: names } } }),
    },
  })),
  ...eachAt(repositories, (names) => ({
    name: 'ecr',
    verb: 'intake',
    pattern: {
      source: ['aws.ecr'],
      'detail-type': ['ECR Image Action'],
      detail: { 'action-type': ['PUSH'], result: ['SUCCESS'], ...(names && { 'repository-name': names }) },
    },
  })),
  ...eachAt(repositories, (names) => ({
    name: 'ecr-scan',
    verb: 'hear',
    pattern: {
      source: ['aws.ecr'],
      'detail-type': ['ECR Image Scan'],
      detail: { 'scan-status': ['COMPLETE'], ...(names && { 'repository-name': names }) },
    },
  })),
  ...numbered(stacks.map((site) => at(site, published))),
  ...numbered(stacks.map((site) => at(site, takenBack))),
]

const published: Rule = {
  name: 'cloudformation',
  verb: 'intake',
  pattern: {
    source: ['aws.cloudformation'],
    'detail-type': ['CloudFormation Resource Status Change'],
    detail: { 'resource-type': ['AWS::Lambda::Version'], 'status-details': { status: ['CREATE_COMPLETE'] } },
  },
}

const takenBack: Rule = {
  name: 'stack-rollback',
  verb: 'reconcile',
  pattern: {
    source: ['aws.cloudformation'],
    'detail-type': ['CloudFormation Stack Status Change'],
    detail: { 'status-details': { status: ['UPDATE_ROLLBACK_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'] } },
  },
}

/** Sources of incidents. A partner's event bus has to forward its events to this bus (docs/measures.md). */
const incident: Rule = {
  name: 'incident',
  verb: 'hear',
  pattern: {
    source: [
      incidentSources.own,
      ...[incidentSources.pagerDuty, incidentSources.opsgenie].map((prefix) => ({ prefix })),
    ],
  },
}

const incidentManager: Rule = {
  name: 'incident-manager',
  verb: 'hear',
  pattern: {
    source: [incidentSources.incidentManager],
    'detail-type': ['AWS API Call via CloudTrail'],
    detail: { eventName: ['StartIncident', 'UpdateIncidentRecord'] },
  },
}

/** Events that concern a live release: the controller's own, and who has moved an alias. */
const watchOf = ({ home, alarms, budgeted, aliases, observed, machineArn }: Heard): readonly Rule[] => [
  ...numbered(each(alarms, (names) => at(home, alarmRule(names)))),
  at(home, {
    name: 'execution',
    verb: 'reconcile',
    pattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [machineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
    },
  }),
  ...numbered(each(budgeted, (services) => at(home, lookRule(services)))),
  ...numbered(aliases.map(({ site, movers }) => at(site, aliasRule(movers)))),
  ...numbered(observed.map((site) => at(site, observedRule))),
]

const alarmRule = (alarmName: readonly string[] | undefined): Rule => ({
  name: 'alarm',
  verb: 'alarm',
  pattern: {
    source: ['aws.cloudwatch'],
    'detail-type': ['CloudWatch Alarm State Change'],
    detail: { ...(alarmName && { alarmName }), state: { value: ['ALARM'] } },
  },
})

/** Counts the budgets at every look at a live release, without waiting for the schedule. */
const lookRule = (service: readonly string[] | undefined): Rule => ({
  name: 'look',
  verb: 'budget',
  pattern: {
    source: ['tidegate.release'],
    'detail-type': ['Release Judged'],
    ...(service && { detail: { service } }),
  },
})

const aliasRule = (movers: readonly string[]): Rule => ({
  name: 'alias',
  verb: 'reconcile',
  pattern: {
    source: ['aws.lambda'],
    'detail-type': ['AWS API Call via CloudTrail'],
    detail: {
      eventName: ['UpdateAlias20150331', 'DeleteAlias20150331'],
      userIdentity: { sessionContext: { sessionIssuer: { arn: [{ exists: false }, { 'anything-but': movers }] } } },
    },
  },
})

/** What `sendTelemetry` is told, through a queue: whatever has numbers, and that a release has settled. */
export const toldToReceivers = (account: string) => ({
  account: [account],
  source: ['tidegate.release', 'tidegate.budget'],
  'detail-type': [
    ...['Release Shifted', 'Release Judged', 'Release Promoted', 'Release Rolled Back', 'Release Return Failed'],
    ...['Release Charged', 'Release Charged Late', 'Release Settled', 'Budget Changed', 'Budget Burning'],
  ],
})
/** What no receiver took; its name follows the controller's. */
export const unsentQueue = 'telemetry-unsent'
/** How long a receiver may be away: a message is given again every six minutes, for a day. */
export const telemetryQueue = { hiddenSeconds: 360, receives: 240, keptSeconds: 2 * 86_400, unsentSeconds: 14 * 86_400 }

/** When an alias was moved that is only watched. Its pattern names nobody: whoever moves it is meant. */
const observedRule: Rule = {
  name: 'observed-alias',
  verb: 'observe',
  pattern: {
    source: ['aws.lambda'],
    'detail-type': ['AWS API Call via CloudTrail'],
    detail: { eventName: ['UpdateAlias20150331'] },
  },
}
/**
 * Which function a schedule calls. The key is the only field of its input, and also the schedule's name after the controller's
 * name.
 */
export const scheduledVerbs = {
  sweep: 'reconcile',
  measures: 'measure',
  reports: 'reports',
  budgets: 'budget',
  prunes: 'prune',
  observed: 'observe',
  watches: 'watch',
} as const
export type ScheduleName = keyof typeof scheduledVerbs

/** Minutes between calls. */
export type Schedules = Partial<Readonly<Record<ScheduleName, number>>>

export function schedulesOf(services: readonly Service[]): Schedules {
  const counted = services.filter(({ slos }) => slos.some(isCounted))
  const seconds = Math.min(...counted.map(({ policy }) => policy.budgetEverySeconds))
  return {
    sweep: 1,
    measures: 24 * 60,
    ...(services.some(({ slos }) => slos.some(isReported)) ? { reports: 5 } : {}),
    ...(counted.length === 0 ? {} : { budgets: seconds / 60 }),
    ...(services.some(({ versions }) => versions !== undefined) ? { prunes: 24 * 60 } : {}),
    ...(services.some(isObserved) ? { observed: 1 } : {}),
    ...(services.some(({ watch }) => watch !== undefined) ? { watches: 1 } : {}),
  }
}

/** For services that are not known: as often as any may ask for. None of them may have old versions deleted (core/reach). */
export const allSchedules: Readonly<Record<Exclude<ScheduleName, 'prunes'>, number>> = {
  sweep: 1,
  measures: 24 * 60,
  reports: 5,
  budgets: 5,
  observed: 1,
  watches: 1,
}

/**
 * Functions that are called asynchronously, with no caller waiting for an answer, so their failed events are kept. `pipeline` is
 * here because it answers CodePipeline jobs, and `announce` because it is given again what it could not send.
 */
export const calledByEvents: readonly Verb[] = [
  ...new Set<Verb>([
    ...rulesOf(everything({ account: '', region: '' }, '', [])).map(({ verb }) => verb),
    ...Object.values(scheduledVerbs),
    'pipeline',
    'announce',
  ]),
]

/** Functions whose failed events are kept: also the one that an installation need not have, and that is given batches again. */
export const keepsFailures: readonly Verb[] = [...calledByEvents, 'copyLog']

/**
 * How often and how long Lambda retries an event. Two retries are Lambda's maximum. A rule retries delivery for an hour too.
 * Anything that lasts longer has paged somebody, and they must decide whether an hour-old event still applies.
 */
export const asyncRetries = { attempts: 2, ageSeconds: 3600 } as const
/** How often and how long a rule retries delivery to Lambda. */
export const ruleRetries = { attempts: 8, ageSeconds: 3600 } as const
/** The stream keeps records for 24 hours. Give up before that, so that the batch is still recorded in the queue. */
export const streamAgeSeconds = 20 * 3600
export const streamBatch = 25
/** The queue that keeps events that could not be handled or delivered; its name follows the controller's. */
export const lostQueue = { name: 'lost', keptSeconds: 14 * 86_400 } as const

// `measure` reads 28 days of logs, one service after the other; `hook` waits for a team's function. `judge` must fail before the
// task's own timeout, which is at least 30 seconds, starts the next attempt.
const timeouts: Partial<Readonly<Record<Verb, number>>> = {
  measure: 900,
  prune: 900,
  hook: 900,
  judge: 28,
  reconcile: 2 * sweepSeconds,
}

/** The Lambda timeout of a controller function. */
export const timeoutSeconds = (verb: Verb): number => timeouts[verb] ?? 60
