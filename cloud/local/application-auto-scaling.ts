// Application Auto Scaling: scalable targets with their policies and scheduled actions. It scales nothing: a test that plays its
// alarms changes the capacity of what is registered. As AWS does, it asks whether the caller may do to Lambda and CloudWatch what
// it would do (docs/aws.md §1.3).
import { AwsError } from './protocol/aws-error.ts'
import { list, object, optionalNumber, optionalText, text } from './protocol/field.ts'
import { answerJson, type Input, type Operations } from './protocol/json-protocol.ts'
import type { Permission, Rights } from './protocol/rights.ts'
import { type Caller, home, type LocalRequest, type LocalService } from './protocol/service.ts'
import { jsonOf } from './protocol/json-body.ts'
import type { LocalClock } from './time/clock.ts'

type Bounds = { readonly min: number; readonly max: number }
type Part = { readonly name: string; readonly said: Input; readonly sinceMs: number }
type Target = Bounds & {
  readonly id: string
  readonly suspended: Input
  readonly sinceMs: number
  readonly policies: Map<string, Part>
  readonly actions: Map<string, Part>
}

const dimension = 'lambda:function:ProvisionedConcurrency'
// The API reference of RegisterScalableTarget: a version or an alias of a function, and not $LATEST.
const resource = /^function:[\w-]{1,64}:(?!\$LATEST$)[\w-]{1,128}$/
const here = `${home.region}:${home.account}`
/** AWS makes up an id of 36 characters for each target; here all have the same. */
export const anyScalableTarget = 'scalable-target/0123456789abcdef0123456789abcdef0123'
const targetArn = `arn:aws:application-autoscaling:${here}:${anyScalableTarget}`

type Deps = { readonly clock: LocalClock; readonly mayCaller: Rights['mayCaller'] }

export function localApplicationAutoScaling({ clock, mayCaller }: Deps): LocalService {
  const targets = new Map<string, Target>()
  const operations: Operations = {
    async RegisterScalableTarget(input, caller) {
      const id = idIn(input)
      await mayScale(mayCaller, caller, id, ['lambda'])
      targets.set(id, registered(id, input, targets.get(id), clock.nowMs()))
      return { ScalableTargetARN: targetArn }
    },
    DeregisterScalableTarget(input) {
      const id = idIn(input)
      if (!targets.delete(id)) throw missing(id)
      return {}
    },
    DescribeScalableTargets(input) {
      const { ResourceIds } = input as { readonly ResourceIds?: readonly string[] }
      const found = [...targets.values()].filter(({ id }) => ResourceIds === undefined || ResourceIds.includes(id))
      return {
        ScalableTargets: found.map(({ id, min, max, suspended, sinceMs }) => ({
          ...{ ...placeOf(id), MinCapacity: min, MaxCapacity: max, SuspendedState: suspended },
          ...{ CreationTime: sinceMs / 1000, RoleARN: 'service-linked', ScalableTargetARN: targetArn },
        })),
      }
    },
    async PutScalingPolicy(input, caller) {
      const { id, policies } = known(targets, input)
      const part = partIn(input, 'PolicyName', clock.nowMs())
      await mayScale(mayCaller, caller, id, ['lambda', 'cloudwatch'])
      policies.set(part.name, { ...part, said: policyIn(input, policies.get(part.name)) })
      return { PolicyARN: `arn:aws:autoscaling:${here}:scalingPolicy:${part.name}`, Alarms: alarmsOf(id, part) }
    },
    DescribeScalingPolicies(input) {
      return {
        ScalingPolicies: partsOf(targets, input, 'policies').map(({ id, part }) => ({
          ...{ ...placeOf(id), PolicyName: part.name, ...part.said, CreationTime: part.sinceMs / 1000 },
          ...{ PolicyARN: `arn:aws:autoscaling:${here}:scalingPolicy:${part.name}`, Alarms: alarmsOf(id, part) },
        })),
      }
    },
    PutScheduledAction(input) {
      const { actions } = known(targets, input)
      const part = partIn(input, 'ScheduledActionName', clock.nowMs())
      actions.set(part.name, { ...part, said: actionIn(input, clock.nowMs()) })
      return {}
    },
    DescribeScheduledActions(input) {
      return {
        ScheduledActions: partsOf(targets, input, 'actions').map(({ id, part }) => ({
          ...{ ...placeOf(id), ScheduledActionName: part.name, ...part.said, CreationTime: part.sinceMs / 1000 },
          ScheduledActionARN: `arn:aws:autoscaling:${here}:scheduledAction:${part.name}`,
        })),
      }
    },
  }
  return {
    handle: (request, caller) => answerJson(request, caller, operations, '1.1'),
    conditionsOf: scaledIn,
  }
}

/** What a policy may test of a request. */
function scaledIn(request: LocalRequest) {
  const body = object(jsonOf(request) ?? {}, 'body')
  const [namespace, scaled] = [optionalText(body, 'ServiceNamespace'), optionalText(body, 'ScalableDimension')]
  return {
    ...(namespace === undefined ? {} : { 'application-autoscaling:service-namespace': [namespace] }),
    ...(scaled === undefined ? {} : { 'application-autoscaling:scalable-dimension': [scaled] }),
  }
}

const invalid = (message: string): AwsError => new AwsError('ValidationException', message)
const missing = (id: string): AwsError =>
  new AwsError('ObjectNotFoundException', `No scalable target found for service namespace: lambda, resource ID: ${id}`)

const placeOf = (id: string) => ({ ServiceNamespace: 'lambda', ScalableDimension: dimension, ResourceId: id })

function idIn(input: Input): string {
  const id = text(input, 'ResourceId')
  const isKnown = text(input, 'ServiceNamespace') === 'lambda' && text(input, 'ScalableDimension') === dimension
  if (!isKnown || !resource.test(id))
    throw invalid('Unsupported service namespace, resource type or scalable dimension')
  return id
}

function known(targets: ReadonlyMap<string, Target>, input: Input): Target {
  const id = idIn(input)
  const found = targets.get(id)
  if (found === undefined) throw missing(id)
  return found
}

function registered(id: string, input: Input, before: Target | undefined, nowMs: number): Target {
  const min = optionalNumber(input, 'MinCapacity') ?? before?.min
  const max = optionalNumber(input, 'MaxCapacity') ?? before?.max
  if (min === undefined || max === undefined || min > max)
    throw invalid('Minimum capacity cannot be greater than maximum capacity')
  const said = input['SuspendedState'] === undefined ? {} : object(input['SuspendedState'], 'SuspendedState')
  const none = {
    ...{ DynamicScalingInSuspended: false, DynamicScalingOutSuspended: false },
    ScheduledScalingSuspended: false,
  }
  const suspended = { ...none, ...before?.suspended, ...said }
  return {
    ...{ id, min, max, suspended, sinceMs: before?.sinceMs ?? nowMs },
    ...{ policies: before?.policies ?? new Map<string, Part>(), actions: before?.actions ?? new Map<string, Part>() },
  }
}

const partIn = (input: Input, name: string, nowMs: number): Part => ({
  ...{ name: text(input, name), said: {}, sinceMs: nowMs },
})

const configurations = {
  TargetTrackingScaling: 'TargetTrackingScalingPolicyConfiguration',
  StepScaling: 'StepScalingPolicyConfiguration',
} as const

function policyIn(input: Input, before: Part | undefined): Input {
  const PolicyType = optionalText(input, 'PolicyType') ?? before?.said['PolicyType'] ?? 'StepScaling'
  if (PolicyType !== 'TargetTrackingScaling' && PolicyType !== 'StepScaling') throw invalid('Unsupported policy type')
  const field = configurations[PolicyType]
  const said = object(input[field], field)
  if (PolicyType === 'TargetTrackingScaling' && optionalNumber(said, 'TargetValue') === undefined)
    throw invalid("Value at 'targetValue' failed to satisfy constraint: Member must not be null")
  return { PolicyType, [field]: said }
}

/** The docs of PutScheduledAction: start and end that are not said again are deleted. */
function actionIn(input: Input, nowMs: number): Input {
  const Schedule = text(input, 'Schedule')
  if (!/^(at|rate|cron)\(.+\)$/.test(Schedule)) throw invalid(`Invalid schedule expression ${Schedule}`)
  const start = optionalNumber(input, 'StartTime')
  // Unverified, as whether it refuses: the strict reading shows what depends on it.
  if (start !== undefined && start * 1000 < nowMs) throw invalid('The start time is in the past')
  const { Timezone, StartTime, EndTime, ScalableTargetAction } = input
  return { Schedule, Timezone, StartTime, EndTime, ScalableTargetAction: object(ScalableTargetAction, 'action') }
}

const alarmsOf = (id: string, { name, said }: Part) =>
  said['PolicyType'] === 'StepScaling'
    ? []
    : ['High', 'Low'].map((side) => {
        const AlarmName = `TargetTracking-${id}-Alarm${side}-${name}`
        return { AlarmName, AlarmARN: `arn:aws:cloudwatch:${here}:alarm:${AlarmName}` }
      })

function partsOf(targets: ReadonlyMap<string, Target>, input: Input, kind: 'policies' | 'actions') {
  const [id, names] = [
    optionalText(input, 'ResourceId'),
    list(input, kind === 'policies' ? 'PolicyNames' : 'ScheduledActionNames'),
  ]
  return [...targets.values()]
    .filter((target) => id === undefined || target.id === id)
    .flatMap((target) => [...target[kind].values()].map((part) => ({ id: target.id, part })))
    .filter(({ part }) => names.length === 0 || names.includes(part.name))
}

/** It asks with the caller's rights, and says which are missing. */
async function mayScale(
  mayCaller: Rights['mayCaller'],
  caller: Caller,
  id: string,
  of: readonly ('lambda' | 'cloudwatch')[],
): Promise<void> {
  const context = { 'aws:CalledVia': [via], 'aws:CalledViaFirst': [via], 'aws:CalledViaLast': [via] }
  const alarm = `arn:aws:cloudwatch:${here}:alarm:TargetTracking-${id}-AlarmHigh-0`
  const asked: readonly Permission[] = [
    ...['Put', 'Get', 'Delete'].map((verb) => ({
      ...{ action: `lambda:${verb}ProvisionedConcurrencyConfig`, resource: `arn:aws:lambda:${here}:${id}` },
    })),
    ...['PutMetricAlarm', 'DeleteAlarms'].map((name) => ({ action: `cloudwatch:${name}`, resource: alarm })),
    { action: 'cloudwatch:DescribeAlarms', resource: '*' },
  ].filter(({ action }) => of.some((service) => action.startsWith(`${service}:`)))
  for (const permission of asked)
    if (!(await mayCaller(caller, { ...permission, context })))
      throw invalid(`User: ${caller.arn} is not authorized to perform: ${permission.action} on ${permission.resource}`)
}

const via = 'application-autoscaling.amazonaws.com'
