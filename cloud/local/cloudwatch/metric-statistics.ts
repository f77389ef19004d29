// GetMetricStatistics: several statistics of one metric.
import { AwsError } from '../protocol/aws-error.ts'
import { list, optionalNumber, optionalText, text } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import { isPeriod, type MetricApi, refused, seriesOf, timeOf, wholePeriods } from './metric-api.ts'
import type { Window } from './metric-store.ts'
import { isStatistic, simpleStatistics } from './statistic.ts'

const datapointsMax = 1440

export function getMetricStatistics(api: MetricApi, input: Input): Record<string, unknown> {
  const [startMs, endMs] = [timeOf(input['StartTime']), timeOf(input['EndTime'])]
  if (startMs === undefined || endMs === undefined)
    throw new AwsError(
      'MissingParameter',
      `The parameter ${startMs === undefined ? 'StartTime' : 'EndTime'} is required.`,
    )
  if (startMs >= endMs)
    throw refused('The parameter StartTime must be less than the parameter EndTime.', 'InvalidParameterCombination')
  const periodSeconds = optionalNumber(input, 'Period')
  if (periodSeconds === undefined) throw new AwsError('MissingParameter', 'The parameter Period is required.')
  if (!isPeriod(periodSeconds, [1, 5, 10, 20, 30]))
    throw refused('The parameter Period must be a value in the set [ 1, 5, 10, 20, 30 ] or any multiple of 60.')
  const [statistics, extended] = [list(input, 'Statistics'), list(input, 'ExtendedStatistics')].map((one) =>
    one.map(String),
  )
  if ((statistics?.length ?? 0) > 0 === (extended?.length ?? 0) > 0)
    throw refused(
      'Exactly one of the parameters Statistics and ExtendedStatistics is required.',
      'InvalidParameterCombination',
    )
  const strange =
    statistics?.find((stat) => !simpleStatistics.includes(stat)) ?? extended?.find((stat) => !isStatistic(stat))
  if (strange !== undefined) throw refused(`The value ${strange} for parameter Statistics is not a valid statistic.`)
  const window = wholePeriods(periodSeconds * 1000, startMs, endMs)
  const asked = (window.endMs - window.startMs) / window.periodMs
  if (asked > datapointsMax) {
    const message = `You have requested up to ${asked} datapoints, which exceeds the limit of ${datapointsMax}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`
    throw refused(message, 'InvalidParameterCombination')
  }
  return { Label: text(input, 'MetricName'), Datapoints: datapointsOf(api, input, window, { statistics, extended }) }
}

type Statistics = {
  readonly statistics: readonly string[] | undefined
  readonly extended: readonly string[] | undefined
}

function datapointsOf(
  api: MetricApi,
  input: Input,
  window: Window,
  { statistics = [], extended = [] }: Statistics,
): unknown {
  const series = seriesOf(input)
  const unit = optionalText(input, 'Unit')
  const columns = [...statistics, ...extended].map((stat) => api.store.statistic(series, stat, window, unit))
  // All statistics have values in the same periods.
  return (
    columns[0]?.map(({ atMs }, row) => {
      const valueOf = (column: number): number => columns[column]?.[row]?.value ?? 0
      const percentiles = new Map(extended.map((stat, index) => [stat, valueOf(statistics.length + index)]))
      return {
        Timestamp: new Date(atMs),
        ...Object.fromEntries(statistics.map((stat, index) => [stat, valueOf(index)])),
        ...(extended.length === 0 ? {} : { ExtendedStatistics: percentiles }),
        Unit: api.store.unitOf(series),
      }
    }) ?? []
  )
}
