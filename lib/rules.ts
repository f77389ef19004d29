// Which events reach which function (docs/aws.md §1.7, §2.5, §3.5, §4): narrow ones, from the triggers, alarms and targets of
// the services, so that nobody pays for the events of others.
import { type EventPattern, Match } from 'aws-cdk-lib/aws-events'
import { incidentSources } from '../core/incident-call.ts'
import type { Service } from '../core/service.ts'
import type { Verb } from '../functions/handlers.ts'

type Wiring = { readonly name: string; readonly verb: Verb; readonly pattern: EventPattern }

/** @param moverArns roles whose alias writes are the controller's own */
export const rulesOf = (
  services: readonly Service[],
  machineArn: string,
  moverArns: readonly string[],
): readonly Wiring[] => [...triggersOf(services), ...incidents, ...watchOf(services, machineArn, moverArns)]

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort()
const some = (values: readonly unknown[], wiring: Wiring): Wiring[] => (values.length === 0 ? [] : [wiring])

/** EventBridge takes 2048 characters of a pattern: a long list of names becomes several rules. */
function each(values: readonly string[], wiring: (part: readonly string[], name: string) => Wiring): Wiring[] {
  const parts: string[][] = []
  for (const value of values) {
    const part = parts.at(-1)
    const isFull = part === undefined || JSON.stringify(wiring([...part, value], '').pattern).length > patternMax
    if (isFull) parts.push([value])
    else part.push(value)
  }
  return parts.map((part, index) => wiring(part, index === 0 ? '' : String(index + 1)))
}
const patternMax = 2000

/** What begins a release, what is said about its candidate, and the stack that takes one back. */
function triggersOf(services: readonly Service[]): readonly Wiring[] {
  const buckets = unique(services.flatMap(({ triggers }) => (triggers.s3 === undefined ? [] : [triggers.s3.bucket])))
  const repositories = unique(
    services.flatMap(({ triggers }) => (triggers.ecr === undefined ? [] : [triggers.ecr.repository])),
  )
  return [
    ...each(buckets, (name, part) => ({
      name: `S3${part}`,
      verb: 'intake',
      pattern: { source: ['aws.s3'], detailType: ['Object Created'], detail: { bucket: { name: [...name] } } },
    })),
    ...each(repositories, (names, part) => ({
      name: `Ecr${part}`,
      verb: 'intake',
      pattern: {
        source: ['aws.ecr'],
        detailType: ['ECR Image Action'],
        detail: { 'action-type': ['PUSH'], result: ['SUCCESS'], 'repository-name': [...names] },
      },
    })),
    ...each(repositories, (names, part) => ({
      name: `EcrScan${part}`,
      verb: 'attest',
      pattern: {
        source: ['aws.ecr'],
        detailType: ['ECR Image Scan'],
        detail: { 'scan-status': ['COMPLETE'], 'repository-name': [...names] },
      },
    })),
    ...some(
      services.filter(({ triggers }) => triggers.cloudFormation),
      {
        name: 'CloudFormation',
        verb: 'intake',
        pattern: {
          source: ['aws.cloudformation'],
          detailType: ['CloudFormation Resource Status Change'],
          detail: { 'resource-type': ['AWS::Lambda::Version'], 'status-details': { status: ['CREATE_COMPLETE'] } },
        },
      },
    ),
    ...some(
      services.filter(({ triggers }) => triggers.cloudFormation),
      {
        name: 'StackRollback',
        verb: 'reconcile',
        pattern: {
          source: ['aws.cloudformation'],
          detailType: ['CloudFormation Stack Status Change'],
          detail: { 'status-details': { status: ['UPDATE_ROLLBACK_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'] } },
        },
      },
    ),
  ]
}

/** Who tells of incidents. A partner's own bus has to send its events on to this one (docs/measures.md). */
const incidents: readonly Wiring[] = [
  {
    name: 'Incident',
    verb: 'incident',
    pattern: {
      source: Match.anyOf(
        incidentSources.own,
        ...[incidentSources.pagerDuty, incidentSources.opsgenie].map((partner) => Match.prefix(partner)),
      ),
    },
  },
  {
    name: 'IncidentManager',
    verb: 'incident',
    pattern: {
      source: [incidentSources.incidentManager],
      detailType: ['AWS API Call via CloudTrail'],
      detail: { eventName: ['StartIncident', 'UpdateIncidentRecord'] },
    },
  },
]

/** What a release has to hear of. */
function watchOf(services: readonly Service[], machineArn: string, moverArns: readonly string[]): readonly Wiring[] {
  const functions = unique(services.flatMap((service) => service.targets.map((one) => one.functionName)))
  const alarms = unique(services.flatMap(({ signals }) => signals.alarms))
  const budgeted = unique(services.flatMap(({ name, slos }) => (slos.length === 0 ? [] : [name])))
  return [
    ...each(alarms, (alarmName, part) => ({
      name: `Alarm${part}`,
      verb: 'alarm',
      pattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: { alarmName: [...alarmName], state: { value: ['ALARM'] } },
      },
    })),
    {
      name: 'Execution',
      verb: 'reconcile',
      pattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [machineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
    },
    // A budget is counted at every look at a live release, without waiting for its schedule.
    ...each(budgeted, (service, part) => ({
      name: `Look${part}`,
      verb: 'budget',
      pattern: { source: ['tidegate.release'], detailType: ['Release Judged'], detail: { service: [...service] } },
    })),
    ...some(functions, {
      name: 'Alias',
      verb: 'reconcile',
      pattern: {
        source: ['aws.lambda'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventName: ['UpdateAlias20150331', 'DeleteAlias20150331'],
          userIdentity: {
            sessionContext: { sessionIssuer: { arn: [{ exists: false }, { 'anything-but': [...moverArns] }] } },
          },
        },
      },
    }),
  ]
}
