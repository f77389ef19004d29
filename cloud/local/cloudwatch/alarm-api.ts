// The alarm operations of CloudWatch's API.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import { list, optionalNumber, optionalText, text } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import { comparisonOf, evaluateRule, type MetricAlarm } from './alarm.ts'
import { alarmArn, type Alarms, type Kept } from './alarms.ts'
import { dimensionList, invalid, isPeriod, seriesOf } from './metric-api.ts'
import { isStatistic, simpleStatistics } from './statistic.ts'

export function putMetricAlarm(alarms: Alarms, input: Input): undefined {
  if (list(input, 'Metrics').length > 0) throw notImplemented('CloudWatch metric math')
  const series = seriesOf(input)
  // AWS does this for its DynamoDB metrics, which have data only when there is activity.
  const treatment = series.namespace === 'AWS/DynamoDB' ? 'ignore' : 'missing'
  alarms.put({
    kind: 'metric',
    name: text(input, 'AlarmName'),
    description: optionalText(input, 'AlarmDescription') ?? '',
    series,
    stat: statisticOf(input),
    ...periodsOf(input),
    threshold: required(input, 'Threshold'),
    comparison: comparisonOf(text(input, 'ComparisonOperator')),
    treatMissing: missingTreatment(optionalText(input, 'TreatMissingData') ?? treatment),
    ...settingsIn(input),
  })
  return undefined
}

function required(input: Input, name: string): number {
  const value = optionalNumber(input, name)
  if (value === undefined) throw new AwsError('MissingParameter', `The parameter ${name} is required.`)
  return value
}

function statisticOf(input: Input): string {
  const [plain, extended] = [optionalText(input, 'Statistic'), optionalText(input, 'ExtendedStatistic')]
  if ((plain === undefined) === (extended === undefined))
    throw invalid('Exactly one of the parameters Statistic and ExtendedStatistic must be specified.')
  const stat = plain ?? extended ?? ''
  if (plain === undefined ? isStatistic(stat) && !simpleStatistics.includes(stat) : simpleStatistics.includes(stat))
    return stat
  throw invalid(
    `The value ${stat} for parameter ${plain === undefined ? 'ExtendedStatistic' : 'Statistic'} is not valid.`,
  )
}

const daySeconds = 86_400

function periodsOf(input: Input): Pick<MetricAlarm, 'periodSeconds' | 'evaluationPeriods' | 'datapointsToAlarm'> {
  const periodSeconds = required(input, 'Period')
  const evaluationPeriods = required(input, 'EvaluationPeriods')
  const datapointsToAlarm = optionalNumber(input, 'DatapointsToAlarm') ?? evaluationPeriods
  if (!isPeriod(periodSeconds, [10, 20, 30])) throw invalid('Period must be 10, 20, 30 or a multiple of 60')
  for (const [name, value] of Object.entries({ evaluationPeriods, datapointsToAlarm }))
    if (!Number.isInteger(value) || value < 1) throw invalid(`The value ${value} for ${name} must be at least 1`)
  if (datapointsToAlarm > evaluationPeriods)
    throw invalid('DatapointsToAlarm must be less than or equal to EvaluationPeriods')
  const longest = periodSeconds < 3600 ? daySeconds : 7 * daySeconds
  if (periodSeconds * evaluationPeriods > longest)
    throw invalid(
      `Metrics cannot be checked across more than ${longest === daySeconds ? 'a day' : 'seven days'} (EvaluationPeriods * Period must be <= ${longest})`,
    )
  return { periodSeconds, evaluationPeriods, datapointsToAlarm }
}

function missingTreatment(text: string): MetricAlarm['treatMissing'] {
  if (text === 'breaching' || text === 'notBreaching' || text === 'ignore' || text === 'missing') return text
  throw invalid(`TreatMissingData ${text} is not valid`)
}

const settingsIn = (input: Input) => ({
  actions: list(input, 'AlarmActions').map(String),
  // The query protocol has no booleans, only strings.
  actionsEnabled: input['ActionsEnabled'] !== false && input['ActionsEnabled'] !== 'false',
  tags: list(input, 'Tags'),
})

/** AWS ignores names of alarms that do not exist. */
export function enableActions(alarms: Alarms, input: Input, actionsEnabled: boolean): undefined {
  const names = list(input, 'AlarmNames')
  for (const { alarm } of alarms.all()) if (names.includes(alarm.name)) alarms.put({ ...alarm, actionsEnabled })
  return undefined
}

export function tagsOfAlarm(alarms: Alarms, input: Input): Record<string, unknown> {
  const found = alarms.all().find(({ alarm }) => alarmArn(alarm.name) === text(input, 'ResourceARN'))
  if (found !== undefined) return { Tags: found.alarm.tags }
  throw new AwsError('ResourceNotFoundException', 'The alarm does not exist.', 404)
}

export function putCompositeAlarm(alarms: Alarms, input: Input): undefined {
  const rule = text(input, 'AlarmRule')
  // Refuse an unreadable rule now, not at the next state change.
  evaluateRule(rule, () => 'OK')
  const description = optionalText(input, 'AlarmDescription') ?? ''
  alarms.put({ kind: 'composite', name: text(input, 'AlarmName'), description, rule, ...settingsIn(input) })
  return undefined
}

export function deleteAlarms(alarms: Alarms, input: Input): undefined {
  for (const name of list(input, 'AlarmNames')) alarms.remove(String(name))
  return undefined
}

export function setAlarmState(alarms: Alarms, input: Input): undefined {
  const name = text(input, 'AlarmName')
  const value = text(input, 'StateValue')
  if (value !== 'OK' && value !== 'ALARM' && value !== 'INSUFFICIENT_DATA')
    throw invalid(`StateValue ${value} is no state`)
  const known = alarms.setState(name, value, text(input, 'StateReason'), optionalText(input, 'StateReasonData'))
  if (!known) throw new AwsError('ResourceNotFound', `Alarm ${name} does not exist`, 404)
  return undefined
}

/** Leaves out unknown names, and composite alarms unless AlarmTypes asks for them (docs/aws.md §2.4). */
export function describeAlarms(alarms: Alarms, input: Input): Record<string, unknown> {
  const names = list(input, 'AlarmNames').map(String)
  const types = list(input, 'AlarmTypes').map(String)
  const prefix = optionalText(input, 'AlarmNamePrefix') ?? ''
  const wanted = optionalText(input, 'StateValue')
  const action = optionalText(input, 'ActionPrefix') ?? ''
  const found = alarms
    .all()
    .filter(({ alarm }) => (names.length === 0 || names.includes(alarm.name)) && alarm.name.startsWith(prefix))
    .filter(({ alarm }) => action === '' || alarm.actions.some((one) => one.startsWith(action)))
    .filter(({ state }) => (wanted ?? state.value) === state.value)
  const metric = found.filter(({ alarm }) => alarm.kind === 'metric')
  const composite = found.filter(({ alarm }) => alarm.kind === 'composite')
  return {
    MetricAlarms: types.length === 0 || types.includes('MetricAlarm') ? metric.map(described) : [],
    CompositeAlarms: types.includes('CompositeAlarm') ? composite.map(described) : [],
  }
}

function described({ alarm, state, putMs }: Kept): Record<string, unknown> {
  const common = {
    AlarmName: alarm.name,
    AlarmArn: alarmArn(alarm.name),
    AlarmDescription: alarm.description,
    ActionsEnabled: alarm.actionsEnabled,
    AlarmConfigurationUpdatedTimestamp: new Date(putMs),
    AlarmActions: alarm.actions,
    StateValue: state.value,
    StateReason: state.reason,
    StateUpdatedTimestamp: new Date(state.changedMs),
    StateTransitionedTimestamp: new Date(state.changedMs),
  }
  if (alarm.kind === 'composite') return { ...common, AlarmRule: alarm.rule }
  return {
    ...common,
    Namespace: alarm.series.namespace,
    MetricName: alarm.series.name,
    Dimensions: dimensionList(alarm.series),
    ...(/^[A-Z][a-z]/.test(alarm.stat) ? { Statistic: alarm.stat } : { ExtendedStatistic: alarm.stat }),
    Period: alarm.periodSeconds,
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    TreatMissingData: alarm.treatMissing,
  }
}
