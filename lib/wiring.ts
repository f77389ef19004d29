// Connects the functions of a stack to their triggers: rules, schedules, the table's stream, and the queue for events that could
// not be handled or delivered. functions/rules.ts says which events those are.
import { Annotations, Duration, Stack } from 'aws-cdk-lib'
import * as events from 'aws-cdk-lib/aws-events'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as scheduler from 'aws-cdk-lib/aws-scheduler'
import * as schedulerTargets from 'aws-cdk-lib/aws-scheduler-targets'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { hasOneRole } from '../core/location.ts'
import { logRecords } from '../core/release/log-key.ts'
import type { Service } from '../core/service/service.ts'
import { aliasAt, targetsWords } from '../core/service/target.ts'
import type { Verb } from '../functions/handlers.ts'
import {
  asyncRetries,
  calledByEvents,
  lostQueue,
  ruleRetries,
  rulesOf,
  streamAgeSeconds,
  streamBatch,
  type ScheduleName,
  type Schedules,
  scheduledVerbs,
} from '../functions/rules.ts'
import type { Heard } from '../functions/heard.ts'

type Wired = {
  /** The controller's name, the prefix of every name here. */
  readonly name: string
  readonly functions: Readonly<Record<Verb, lambda.Function>>
  readonly heard: Heard
  readonly schedules: Schedules
  readonly streamArn: string
  readonly lost: sqs.Queue
}

/**
 * One queue for all, so that there is one place to look. Only rules whose names start with this controller's name may send to it.
 * A statement for each rule is not possible, because a queue policy allows twenty (SQS developer guide, policy quotas).
 */
export function queueOfLost(scope: Construct, name: string): sqs.Queue {
  const queue = new sqs.Queue(scope, 'Lost', {
    queueName: `${name}-${lostQueue.name}`,
    enforceSSL: true,
    retentionPeriod: Duration.seconds(lostQueue.keptSeconds),
  })
  const resourceName = `${name}-*`
  const rules = Stack.of(scope).formatArn({ service: 'events', resource: 'rule', resourceName })
  queue.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { ArnLike: { 'aws:SourceArn': rules } },
    }),
  )
  return queue
}

export function wire(scope: Construct, wired: Wired): void {
  keepWhatFails(wired)
  listen(scope, wired)
  for (const [tick, minutes] of Object.entries(wired.schedules)) every(scope, wired, tick as ScheduleName, minutes)
  announce(scope, wired)
}

/** Lambda sends with the function's role, which has the permission from functions/permissions.ts. */
const destination = (queue: sqs.IQueue) => ({ bind: () => ({ destination: queue.queueArn }) })

function keepWhatFails({ functions, lost }: Wired): void {
  for (const verb of calledByEvents) keepFailures(functions[verb], lost)
}

export function keepFailures(fn: lambda.Function, lost: sqs.IQueue): void {
  fn.configureAsyncInvoke({
    onFailure: destination(lost),
    retryAttempts: asyncRetries.attempts,
    maxEventAge: Duration.seconds(asyncRetries.ageSeconds),
  })
}

export const homeOf = (scope: Construct) => ({ account: Stack.of(scope).account, region: Stack.of(scope).region })

function listen(scope: Construct, { name, heard, functions, lost }: Wired): void {
  for (const { name: what, verb, pattern } of rulesOf(heard)) {
    const fn = functions[verb]
    const rule = new events.CfnRule(scope, `Rule-${what}`, {
      name: `${name}-${what}`,
      description: `Tidegate: ${what}`,
      eventPattern: pattern,
      state: 'ENABLED',
      targets: [
        {
          id: verb,
          arn: fn.functionArn,
          deadLetterConfig: { arn: lost.queueArn },
          retryPolicy: {
            maximumRetryAttempts: ruleRetries.attempts,
            maximumEventAgeInSeconds: ruleRetries.ageSeconds,
          },
        },
      ],
    })
    const principal = new iam.ServicePrincipal('events.amazonaws.com')
    fn.addPermission(`Rule-${what}`, { principal, sourceArn: rule.attrArn })
  }
}

function every(scope: Construct, { name, functions, lost }: Wired, tick: ScheduleName, minutes: number): void {
  new scheduler.Schedule(scope, `Every-${tick}`, {
    scheduleName: `${name}-${tick}`,
    description: `Tidegate: ${tick}, every ${minutes} minutes`,
    schedule: scheduler.ScheduleExpression.rate(Duration.minutes(minutes)),
    target: new schedulerTargets.LambdaInvoke(functions[scheduledVerbs[tick]], {
      deadLetterQueue: lost,
      retryAttempts: 2,
      input: scheduler.ScheduleTargetInput.fromObject({ [tick]: true }),
    }),
  })
}

/** Sends every event that is written to the log to `announce`, in order for each release (docs/aws.md §1.9). */
const announce = (scope: Construct, { functions, ...wired }: Wired): void =>
  readStream(scope, 'Announcements', { ...wired, fn: functions.announce, records: logRecords })

type Reader = Pick<Wired, 'streamArn' | 'lost'> & {
  readonly fn: lambda.Function
  /** The records that it gets. */
  readonly records: object
}

export function readStream(scope: Construct, id: string, { fn, streamArn, lost, records }: Reader): void {
  new lambda.EventSourceMapping(scope, id, {
    target: fn,
    eventSourceArn: streamArn,
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    batchSize: streamBatch,
    filters: [{ pattern: JSON.stringify(records) }],
    reportBatchItemFailures: true,
    maxRecordAge: Duration.seconds(streamAgeSeconds),
    onFailure: destination(lost),
  })
}

/** The queue actions that the command line uses. */
export const lostActions = [
  'sqs:GetQueueUrl',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
]

/** What is valid, and worth a word at synthesis. */
export function warnOfTargets(scope: Construct, services: readonly Service[]): void {
  // Of before the two roles: wider than it needs to be.
  const wide = services.filter(({ targets }) => targets.some(hasOneRole)).map(({ name }) => name)
  if (wide.length > 0)
    Annotations.of(scope).addWarningV2(
      'tidegate:oneRole',
      `Functions that only look assume a role that moves: name lookRole beside role in the definition of ${wide.join(', ')} (docs/deploy.md).`,
    )
  // Two that shared an alias before it was refused go on.
  const had = new Map<string, string>()
  for (const { name, targets } of services)
    for (const target of targets) {
      const alias = aliasAt(target, { partition: Stack.of(scope).partition, ...homeOf(scope) })
      const other = had.get(alias)
      if (other !== undefined)
        Annotations.of(scope).addWarningV2(
          `tidegate:sharedAlias:${name}`,
          `Services ${other} and ${name} have the alias ${targetsWords([target])}, and an alias has one service: the deployment is refused unless both had it before (docs/operate.md, alias_taken).`,
        )
      had.set(alias, name)
    }
}
