// For who is called at night: what is moving, what fails, which alarms fire, and whether the controller itself is well.
import { ArnFormat, Stack } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { isElsewhere } from '../../core/location.ts'
import { custom, graph, heading, parts, releasesInTime, type Row, type Shown } from './panel.ts'
import { errorsOfAlias, lostEvents, own, releaseCounts, weights, worst, worstOfAll } from './series.ts'

/** CloudWatch takes a hundred alarms a panel, and 500 metrics. */
const alarmsMax = 100
const aliasesMax = 400

export function onCall(shown: Shown): readonly Row[] {
  const { services, controller } = shown
  const here = services.flatMap(({ targets }) => targets.filter((target) => !isElsewhere(target)))
  return [
    [
      custom(shown, 'Live releases', 'live', { width: 14 }),
      custom(shown, 'The last releases', 'releases', { width: 10 }),
    ],
    [
      graph({ title: 'Share of traffic on the candidate', left: [weights()], leftLabel: '%', width: 14 }),
      custom(shown, 'Error budgets and burn rates', 'budgets', { width: 10, height: 6 }),
    ],
    ...(services.length === 0
      ? [[errors('The ten aliases and versions with the most errors', worstOfAll(10))]]
      : parts(here, aliasesMax).map((some): Row => [
          errors('The ten aliases with the most errors', worst(some.map(errorsOfAlias), 10)),
        ])),
    releasesInTime(shown),
    heading('## Alarms of the services'),
    ...alarmRows(shown),
    heading('## Tidegate itself'),
    [
      graph({ title: 'Not put back, and failed one by one', left: [own('ReturnsFailed'), own('Troubles')], width: 8 }),
      graph({ title: 'Problems', left: [own('Problems')], width: 8 }),
      graph({ title: 'Events that wait for a person', left: [lostEvents(controller)], width: 8 }),
    ],
  ]
}

const errors = (title: string, series: cloudwatch.IMetric): cloudwatch.IWidget =>
  graph({
    ...{ title, left: [series], right: releaseCounts() },
    ...{ leftLabel: 'errors in 5 minutes', rightLabel: 'count', width: 24 },
  })

function alarmRows({ scope, services }: Shown): readonly Row[] {
  if (services.length === 0)
    return [heading('The stack does not know its services: `tidegate doctor` says whether their alarms are there.', 1)]
  const named = services
    .filter(({ signals }) => signals.alarms.length > 0)
    .flatMap(({ name, signals }) => parts(signals.alarms, alarmsMax).map((alarms) => ({ name, alarms })))
  if (named.length === 0) return [heading('No service names an alarm (`signals.alarms`).', 1)]
  // A panel for each service while there are few; then one for all of them.
  const panels =
    named.length <= 60
      ? named
      : parts([...new Set(named.flatMap(({ alarms }) => alarms))], alarmsMax).map((alarms) => ({
          name: 'All services',
          alarms,
        }))
  return parts(panels, 3).map((row) =>
    row.map(
      ({ name, alarms }) =>
        new cloudwatch.AlarmStatusWidget({
          ...{ title: name, width: 8, height: 3 },
          alarms: [...new Set(alarms)].map((alarmName) => alarmNamed(scope, alarmName)),
        }),
    ),
  )
}

const alarmNamed = (scope: Shown['scope'], resourceName: string): cloudwatch.IAlarmRef => {
  const alarmArn = Stack.of(scope).formatArn({
    ...{ service: 'cloudwatch', resource: 'alarm', resourceName },
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
  // The panel takes nothing of an alarm but its ARN.
  return { alarmArn, alarmRef: { alarmName: resourceName, alarmArn } } as unknown as cloudwatch.IAlarmRef
}
