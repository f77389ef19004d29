// Alarms with missing data, against the two tables that AWS publishes and the section below them ("Configuring how CloudWatch
// alarms treat missing data", CloudWatch user guide): five points, newest last; 0 is good, X breaches.
import { DescribeAlarmsCommand, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SteppedClock, steppedClock } from '../../../../cloud/local/time/clock.ts'
import { type LocalCloud, localCloud } from '../../../../cloud/local/cloud.ts'
import { inProcessRuntime } from '../../../../cloud/local/runtime/in-process-runtime.ts'
import { type Clients, clientsAt, placeOf } from '../../../../local/clients.ts'

type Cell = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'retained'
type Row = readonly [data: string, missing: Cell, ignore: Cell, breaching: Cell, notBreaching: Cell]
const insufficient = 'INSUFFICIENT_DATA'

const threeOfThree: readonly Row[] = [
  ['0-X-X', 'OK', 'OK', 'OK', 'OK'],
  ['0----', 'OK', 'OK', 'OK', 'OK'],
  ['-----', insufficient, 'retained', 'ALARM', 'OK'],
  ['0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['--X--', 'ALARM', 'retained', 'ALARM', 'OK'],
]
const twoOfThree: readonly Row[] = [
  ['0-X-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['00X0X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0-X--', 'OK', 'OK', 'ALARM', 'OK'],
  ['----0', 'OK', 'OK', 'ALARM', 'OK'],
  ['---X-', 'ALARM', 'retained', 'ALARM', 'OK'],
]
/** "Does not go immediately into ALARM", and what follows if the next point is good. The text does not have the other cells. */
const premature: readonly Row[] = [
  ['----X', 'retained', 'retained', 'ALARM', 'OK'],
  ['---X-', 'retained', 'retained', 'ALARM', 'OK'],
  ['---X0', 'OK', 'OK', 'OK', 'OK'],
  ['--X-0', 'OK', 'OK', 'OK', 'OK'],
]

const minute = 60_000
const t0 = Date.UTC(2026, 0, 1)
const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const
const cells = (rows: readonly Row[], datapointsToAlarm: number) =>
  rows.flatMap(([data, ...wanted]) =>
    treatments.flatMap((treatment, column) =>
      (['OK', 'ALARM'] as const).map((before) => ({
        name: `${data}/${datapointsToAlarm}/${treatment}/${before}`,
        ...{ data, datapointsToAlarm, treatment, before },
        wanted: wanted[column] === 'retained' ? before : wanted[column],
      })),
    ),
  )
const all = [...cells(threeOfThree, 3), ...cells(twoOfThree, 2), ...cells(premature, 3)]

describe('an alarm with missing data', () => {
  let clock: SteppedClock
  let cloud: LocalCloud
  let cloudwatch: Clients['cloudwatch']
  const states = new Map<string, string | undefined>()

  // Every cell has its own alarm, and all of them are evaluated once.
  beforeAll(async () => {
    clock = steppedClock(t0 + 5 * minute + 1)
    cloud = localCloud({ clock, runtime: inProcessRuntime({}, clock) })
    cloudwatch = clientsAt(placeOf(cloud.handler, 'ann')).cloudwatch
    for (const data of new Set(all.map((cell) => cell.data))) {
      for (const [index, letter] of data.split('').entries()) {
        if (letter === '-') continue
        const point = { namespace: 'Table', name: data, dimensionSets: [{}], unit: 'Count' }
        cloud.cloudwatch.record({ ...point, value: letter === 'X' ? 1 : 0, atMs: t0 + (index + 1) * minute })
      }
    }
    for (const { name, data, datapointsToAlarm, treatment, before } of all) {
      await cloudwatch.send(
        new PutMetricAlarmCommand({
          ...{ AlarmName: name, Namespace: 'Table', MetricName: data, Statistic: 'Sum', Period: 60 },
          ...{ EvaluationPeriods: 3, DatapointsToAlarm: datapointsToAlarm, TreatMissingData: treatment },
          ...{ Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold' },
        }),
      )
      await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: name, StateValue: before, StateReason: 'before' }))
    }
    await clock.advanceTo(t0 + 6 * minute)
    const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({}))
    for (const { AlarmName = '', StateValue } of MetricAlarms) states.set(AlarmName, StateValue)
  })
  afterAll(() => cloud.close())

  it.each(all)(
    '$data with $datapointsToAlarm of 3, missing as $treatment, from $before: $wanted',
    ({ name, wanted }) => {
      expect(states.get(name)).toBe(wanted)
    },
  )

  it("explains what it saw in CloudWatch's words", async () => {
    const words = async (name: string) =>
      (await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))).MetricAlarms?.[0]?.StateReason
    expect(await words('-----/3/breaching/OK')).toBe(
      'Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].',
    )
    expect(await words('-----/3/missing/OK')).toBe('Insufficient Data: 3 datapoints were unknown.')
    expect(await words('0XX-X/3/missing/OK')).toMatch(
      /^Threshold Crossed: 3 out of the last 3 datapoints \[1\.0 \(.*\)\] were greater than or equal to the threshold \(1\.0\) \(minimum 3 datapoints for OK -> ALARM transition\)\.$/,
    )
  })
})
