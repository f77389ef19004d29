// Policies and scheduled actions of Application Auto Scaling as they are read of one version and put on another: in one spelling,
// because they are compared.
import type {
  PutScalingPolicyCommandInput,
  PutScheduledActionCommandInput,
  RegisterScalableTargetCommandInput,
  ScalableTarget,
  ScalingPolicy,
  ScheduledAction,
} from '@aws-sdk/client-application-auto-scaling'
import type { ScalingPart } from '../../../core/concurrency/scaled.ts'

type SuspendedState = NonNullable<RegisterScalableTargetCommandInput['SuspendedState']>

/** Absent is not suspended. */
export function suspendedIn({ SuspendedState: said }: ScalableTarget): string {
  return spelled({
    DynamicScalingInSuspended: said?.DynamicScalingInSuspended === true,
    DynamicScalingOutSuspended: said?.DynamicScalingOutSuspended === true,
    ScheduledScalingSuspended: said?.ScheduledScalingSuspended === true,
  } satisfies SuspendedState)
}
export const suspendedOf = (said: string): SuspendedState => JSON.parse(said) as SuspendedState

type PolicyInput = Omit<
  PutScalingPolicyCommandInput,
  'PolicyName' | 'ResourceId' | 'ServiceNamespace' | 'ScalableDimension'
>

/** @param version of which it is */
export function policyIn(found: ScalingPolicy, version: string): ScalingPart {
  const { PolicyName: name = '', PolicyType, TargetTrackingScalingPolicyConfiguration: tracking } = found
  const says = spelled({ PolicyType, TargetTrackingScalingPolicyConfiguration: tracking } satisfies PolicyInput)
  const bound = boundIn(found, version)
  return { kind: 'policy', name, says, ...(bound === undefined ? {} : { bound }) }
}
export const policyOf = (says: string): PolicyInput => JSON.parse(says) as PolicyInput

function boundIn(
  { PolicyType, TargetTrackingScalingPolicyConfiguration: tracking }: ScalingPolicy,
  version: string,
): string | undefined {
  // The alarms of a step scaling policy are made by whoever made it, and name it (docs/aws.md §1.3).
  if (PolicyType !== 'TargetTrackingScaling' || tracking === undefined) return 'is not of target tracking'
  const { Dimensions = [], Metrics = [] } = tracking.CustomizedMetricSpecification ?? {}
  const dimensions = [...Dimensions, ...Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? [])]
  const names = (value = ''): boolean => value === version || value.endsWith(`:${version}`)
  return dimensions.some(({ Value }) => names(Value)) ? `goes by a metric of version ${version}` : undefined
}

type ActionInput = Omit<
  PutScheduledActionCommandInput,
  'ScheduledActionName' | 'ResourceId' | 'ServiceNamespace' | 'ScalableDimension'
>

/** Nothing, if it has run for the last time. A beginning that is over is left out: it says no more, and AWS may refuse it. */
export function actionIn(found: ScheduledAction, nowMs: number): readonly ScalingPart[] {
  const { ScheduledActionName: name = '', Schedule, Timezone, StartTime, EndTime, ScalableTargetAction } = found
  if (isPast(EndTime, nowMs) || hasRun(found, nowMs)) return []
  const begins = isPast(StartTime, nowMs) ? undefined : StartTime
  const said = { Schedule, Timezone, StartTime: begins, EndTime, ScalableTargetAction } satisfies ActionInput
  return [{ kind: 'scheduled action', name, says: spelled(said) }]
}

const isPast = (time: Date | undefined, nowMs: number): boolean => time !== undefined && time.getTime() <= nowMs

export function actionOf(says: string): ActionInput {
  const { StartTime, EndTime, ...said } = JSON.parse(says) as Omit<ActionInput, 'StartTime' | 'EndTime'> & {
    readonly StartTime?: string
    readonly EndTime?: string
  }
  return {
    ...said,
    ...(StartTime === undefined ? {} : { StartTime: new Date(StartTime) }),
    ...(EndTime === undefined ? {} : { EndTime: new Date(EndTime) }),
  }
}

/** `at(2027-01-31T17:00:00)` runs once, at the time of day of its zone. */
function hasRun({ Schedule = '', Timezone: timeZone = 'UTC' }: ScheduledAction, nowMs: number): boolean {
  const [, date, time] = /^at\((\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)\)$/.exec(Schedule) ?? []
  if (date === undefined || time === undefined) return false
  // Swedes write 2027-01-31 17:00:00, so times compare as texts.
  return `${date} ${time.padEnd(8, ':00')}` <= wallClock(nowMs, timeZone)
}

function wallClock(nowMs: number, timeZone: string): string {
  try {
    return new Date(nowMs).toLocaleString('sv-SE', { timeZone })
  } catch {
    // AWS knows names of zones that this runtime does not: then it is taken as not over.
    return ''
  }
}

/** Keys in one order, because AWS promises none. */
function spelled(said: object): string {
  return JSON.stringify(said, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  )
}
