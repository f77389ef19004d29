// For who looks for the cause: the two versions of one function side by side, its resources, its log, its tests and traces.
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { isElsewhere, locate } from '../../core/location.ts'
import { custom, graph, heading, releasesInTime, type Row, type Shown } from './panel.ts'
import { byVersion, memoryByVersion, ofFunction } from './series.ts'

/** Stands for the function in the dashboard's text; the console puts the name that is chosen in its place. */
const chosen = 'TIDEGATE-FUNCTION'
const variable = {
  ...{ id: 'function', label: 'Function', value: chosen, type: cloudwatch.VariableType.PATTERN },
  inputType: cloudwatch.VariableInputType.SELECT,
} as const
/** CloudWatch's limit. */
const valuesMax = 500

/** Without services: any function that is called by an alias or a version. */
const anyFunction = (): cloudwatch.IVariable =>
  new cloudwatch.DashboardVariable({
    ...variable,
    values: cloudwatch.Values.fromSearchComponents({
      ...{ namespace: 'AWS/Lambda', metricName: 'Invocations', dimensions: ['FunctionName', 'Resource'] },
      populateFrom: 'FunctionName',
    }),
    defaultValue: cloudwatch.DefaultValue.FIRST,
  })

/** @returns `undefined` when nothing that is released is in this account and region */
export function functionChoice({ services }: Pick<Shown, 'services'>): cloudwatch.IVariable | undefined {
  if (services.length === 0) return anyFunction()
  const names = services.flatMap(({ targets }) =>
    targets.filter((target) => !isElsewhere(target)).map(({ functionName }) => locate(functionName).name),
  )
  const values = [...new Set(names)].sort().slice(0, valuesMax)
  const [first] = values
  if (first === undefined) return undefined
  return new cloudwatch.DashboardVariable({
    ...variable,
    values: cloudwatch.Values.fromValues(...values.map((value) => ({ value }))),
    defaultValue: cloudwatch.DefaultValue.value(first),
  })
}

export const debug = (shown: Shown): readonly Row[] => [
  heading(`# ${chosen}\nChoose the function above. A version has a line as long as an alias serves it.`),
  [custom(shown, 'The latest release', 'release', { width: 24, height: 12, params: { function: chosen } })],
  [
    graph({ title: 'Errors of each version', left: [byVersion(chosen, 'Errors', 'Sum')], leftLabel: 'a minute' }),
    graph({
      title: 'Invocations of each version',
      left: [byVersion(chosen, 'Invocations', 'Sum')],
      leftLabel: 'a minute',
    }),
  ],
  [
    graph({
      title: 'Duration of each version',
      left: ['p50', 'p90', 'p99'].map((stat) => byVersion(chosen, 'Duration', stat)),
      leftLabel: 'ms',
    }),
    graph({
      title: 'Concurrency and throttles',
      left: [ofFunction(chosen, 'ConcurrentExecutions', 'Maximum'), ofFunction(chosen, 'Throttles', 'Sum')],
      leftLabel: 'count',
    }),
  ],
  [
    graph({
      title: 'Memory of each version (with Lambda Insights)',
      left: [memoryByVersion(chosen)],
      ...{ leftLabel: '% of what it has', width: 24 },
    }),
  ],
  releasesInTime(shown, { function: chosen }),
  [log('Errors in the log, by version and message', errorsByMessage), log('The last failed requests', lastErrors)],
]

const isError = 'filter @message like /ERROR|Error|Task timed out|"level":\\s*"(ERROR|FATAL)"/'
// Lambda names a log stream for the version in square brackets.
const ofStream = 'parse @logStream /\\[(?<version>[^\\]]+)\\]/'
const errorsByMessage = [
  isError,
  ofStream,
  'stats count(*) as failed, max(@timestamp) as last by version, substr(@message, 0, 160) as message',
  'sort failed desc',
  'limit 30',
]
const lastErrors = ['fields @timestamp, @requestId, @message', isError, ofStream, 'sort @timestamp desc', 'limit 30']

const log = (title: string, queryLines: string[]): cloudwatch.LogQueryWidget =>
  new cloudwatch.LogQueryWidget({
    ...{ title, width: 12, height: 8, queryLines },
    logGroupNames: [`/aws/lambda/${chosen}`],
    view: cloudwatch.LogQueryVisualizationType.TABLE,
  })
