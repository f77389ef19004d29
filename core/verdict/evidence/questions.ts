// Which CloudWatch series the signals are read from. One question is one query of GetMetricData. Its key names the target,
// version and series, and the log stores the answers under it. What is asked of a Prometheus is in prometheus.ts.
import { isElsewhere, locate, type Place } from '../../location.ts'
import type { Service } from '../../service/service.ts'
import { customsOf, type PrometheusSignal, type Signals, type Watch } from '../../service/signals.ts'
import type { Arm, Baseline, JudgedTarget } from './evidence.ts'

export type Question = {
  readonly key: string
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  /** The statistic in CloudWatch's syntax: Sum, SampleCount, TC(:300). */
  readonly stat: string
  /** Set for a function elsewhere: its account and region hold the series. */
  readonly place?: Place
}

/** How the points of a signal become comparable numbers. */
export type Measure =
  /**
   * Events out of exposures. `good`: the series counts the good ones. `bounded`: there are never more events than exposures.
   * `whenMissing` is for a minute with exposures but no point of events. Lambda publishes a point of value 0 with every
   * invocation (docs/aws.md §2.1), so there the minute has not fully arrived (`incomplete`). For a team's own metric it counts as
   * 0, either once any point has been seen (`zero`), or even if there never is one (`sparse`).
   */
  | {
      readonly kind: 'count'
      readonly exposure: readonly string[]
      readonly events: readonly string[]
      readonly good: boolean
      readonly bounded: boolean
      readonly whenMissing: 'incomplete' | 'zero' | 'sparse'
    }
  /** Sum over samples, times a factor for each version. */
  | {
      readonly kind: 'mean'
      readonly sum: string
      readonly samples: string
      readonly factor: Readonly<Record<Arm, number>>
    }

/** One signal of one target. */
export type SignalSpec = {
  readonly name: string
  readonly key: string
  readonly target: number
  readonly functionName: string
  readonly watch: Watch
  readonly worse: 'higher' | 'lower'
  /** How many minutes after a traffic jump are skipped. */
  readonly warmUpMinutes: number
  readonly measure: Measure
  /** CloudWatch may never have a point of it, for either version. Then it is excluded; any other signal would be unknown. */
  readonly mayBeUnpublished: boolean
  /** Of latency: where its events are cut, in the order of the events. */
  readonly cuts?: Pick<Baseline, 'thresholdsMs' | 'durations'>
  /** Why this signal cannot be used for this release. */
  readonly excluded?: string
}

/** The series that a query of a Prometheus answers. */
export const prometheusSeries = (of: 'bad' | 'total' | 'sum' | 'samples', name: string): string =>
  `prometheus-${of}-${name}`
const isOfPrometheus = (series: string): boolean => series.startsWith('prometheus-')

export const seriesKey = (target: number, arm: Arm, series: string): string =>
  `${target}.${arm === 'stable' ? 's' : 'c'}.${series}`

const count = (
  exposure: readonly string[],
  events: readonly string[],
  how: Partial<Extract<Measure, { kind: 'count' }>> = {},
): Measure => ({
  kind: 'count',
  exposure,
  events,
  good: false,
  bounded: true,
  whenMissing: 'incomplete',
  ...how,
})

const same = { stable: 1, candidate: 1 }

const customMeasure = ({ kind, name, sparse }: Signals['custom'][number]): Measure =>
  kind === 'count'
    ? count(['invocations'], [`custom-${name}`], { bounded: false, whenMissing: sparse ? 'sparse' : 'zero' })
    : { kind: 'mean', sum: `custom-${name}`, samples: `customs-${name}`, factor: same }

/** A query that Prometheus answers without a value is no 0: the minute has not fully arrived. */
const prometheusMeasure = ({ name, bad }: PrometheusSignal): Measure =>
  bad !== undefined
    ? count([prometheusSeries('total', name)], [prometheusSeries('bad', name)])
    : { kind: 'mean', sum: prometheusSeries('sum', name), samples: prometheusSeries('samples', name), factor: same }

// Arm64 costs a fifth less than x86_64 per GB-second (Lambda pricing, remembered).
const pricePerMb = { x86_64: 1, arm64: 0.8 }

/** Every signal of every target, in display order, without the ones that are off. */
export function signalSpecs(
  { signals }: Pick<Service, 'signals'>,
  targets: readonly JudgedTarget[],
): readonly SignalSpec[] {
  return targets.flatMap((target, index) => {
    const { thresholdsMs, durations, because, billing } = target.baseline
    const spec = (
      name: string,
      watch: Watch | 'off',
      measure: Measure,
      more: Partial<SignalSpec> = {},
    ): SignalSpec[] =>
      watch === 'off'
        ? []
        : [
            {
              name,
              key: targets.length === 1 ? name : `${name}:${target.functionName}`,
              target: index,
              functionName: target.functionName,
              watch,
              worse: 'higher',
              warmUpMinutes: 0,
              measure,
              mayBeUnpublished: false,
              ...more,
            },
          ]
    const { errors, latency, throttles, cost, coldStarts, memory, prometheus = [] } = signals
    const slow = thresholdsMs.map((_, place) => `fast${place}`)
    const price = billing && {
      stable: billing.stable.memoryMb * pricePerMb[billing.stable.architecture],
      candidate: billing.candidate.memoryMb * pricePerMb[billing.candidate.architecture],
    }
    return [
      ...spec('errors', errors, count(['invocations'], ['errors'])),
      ...spec('latency', latency, count(['durations'], slow, { good: true }), {
        warmUpMinutes: latency === 'off' ? 0 : latency.warmUpMinutes,
        cuts: { thresholdsMs, ...(durations === undefined ? {} : { durations }) },
        ...(thresholdsMs.length > 0 ? {} : { excluded: because ?? 'it has no threshold' }),
      }),
      // We found no record of Throttles by version (docs/aws.md). If Lambda does not publish it, the signal is excluded.
      ...spec('throttles', throttles, count(['invocations', 'throttles'], ['throttles']), { mayBeUnpublished: true }),
      ...spec(
        'cost',
        cost,
        { kind: 'mean', sum: 'durationSum', samples: 'durations', factor: price ?? same },
        price === undefined ? { excluded: 'the memory sizes of the two versions are not known' } : {},
      ),
      ...spec('coldStarts', coldStarts, { kind: 'mean', sum: 'initSum', samples: 'inits', factor: same }),
      ...spec('memory', memory, { kind: 'mean', sum: 'memorySum', samples: 'memories', factor: same }),
      ...customsOf(signals, target.functionName).flatMap((one) =>
        spec(one.name, one, customMeasure(one), { worse: one.worse }),
      ),
      ...prometheus.flatMap((one) => spec(one.name, one, prometheusMeasure(one), { worse: one.worse })),
    ]
  })
}

/** Every series that a look has to read, each once. */
export function questionsFor(service: Pick<Service, 'signals'>, targets: readonly JudgedTarget[]): readonly Question[] {
  const questions = new Map<string, Question>()
  for (const spec of signalSpecs(service, targets)) {
    const target = targets[spec.target]
    if (target === undefined || spec.excluded !== undefined) continue
    const series =
      spec.measure.kind === 'count'
        ? ['invocations', ...spec.measure.exposure, ...spec.measure.events]
        : ['invocations', spec.measure.sum, spec.measure.samples]
    for (const arm of ['stable', 'candidate'] as const) {
      for (const name of series) {
        if (isOfPrometheus(name)) continue
        const key = seriesKey(spec.target, arm, name)
        questions.set(key, {
          key,
          ...seriesOf(service, target, arm, name),
          ...(target.place === undefined ? {} : { place: target.place }),
        })
      }
    }
  }
  return [...questions.values()]
}

/** The `place` field of a question; empty for a function in the controller's own account and region. */
export const placeOf = ({ functionName, roleArn, lookRoleArn, service }: Place): Pick<Question, 'place'> =>
  isElsewhere({ functionName }) ? { place: { functionName, roleArn, lookRoleArn, service } } : {}

type Dimensions = Question['dimensions']
type Alias = { readonly functionName: string; readonly alias: string }

/** All invocations through an alias. */
export function aliasDimensions({ functionName, alias }: Alias): Dimensions {
  const { name } = locate(functionName)
  return { FunctionName: name, Resource: `${name}:${alias}` }
}

/**
 * Where stable's past is found. That an alias that is not split reports ExecutedVersion is recorded once, and not documented. If
 * it does not, all of the alias's traffic is stable's.
 */
export const stablePlaces = (target: Alias, stable: string): readonly [Dimensions, Dimensions] => [
  { ...aliasDimensions(target), ExecutedVersion: stable },
  aliasDimensions(target),
]

type Series = Omit<Question, 'key'>

// ExecutedVersion tells the two versions behind an alias apart (docs/aws.md §2.1).
const lambda = (target: JudgedTarget, arm: Arm, metric: string, stat: string): Series => ({
  namespace: 'AWS/Lambda',
  metric,
  dimensions: { ...aliasDimensions(target), ExecutedVersion: target[arm] },
  stat,
})

const insights = (target: JudgedTarget, arm: Arm, metric: string, stat: string): Series => ({
  namespace: 'LambdaInsights',
  metric,
  dimensions: { function_name: locate(target.functionName).name, version: target[arm] },
  stat,
})

function seriesOf({ signals }: Pick<Service, 'signals'>, target: JudgedTarget, arm: Arm, name: string): Series {
  switch (name) {
    case 'invocations':
      return lambda(target, arm, 'Invocations', 'Sum')
    case 'errors':
      return lambda(target, arm, 'Errors', 'Sum')
    case 'throttles':
      return lambda(target, arm, 'Throttles', 'Sum')
    case 'durations':
      return lambda(target, arm, 'Duration', 'SampleCount')
    case 'durationSum':
      return lambda(target, arm, 'Duration', 'Sum')
    case 'initSum':
      return insights(target, arm, 'init_duration', 'Sum')
    case 'inits':
      return insights(target, arm, 'init_duration', 'SampleCount')
    case 'memorySum':
      return insights(target, arm, 'memory_utilization', 'Sum')
    case 'memories':
      return insights(target, arm, 'memory_utilization', 'SampleCount')
  }
  const place = /^fast([0-3])$/.exec(name)
  if (place !== null)
    return lambda(target, arm, 'Duration', `TC(:${target.baseline.thresholdsMs[Number(place[1])] ?? 0})`)
  const customs = customsOf(signals, target.functionName)
  const own = customs.find((one) => name === `custom-${one.name}` || name === `customs-${one.name}`)
  if (own === undefined) throw new Error(`bug: there is no series called ${name}`)
  const filled = (text: string): string =>
    text
      .replaceAll('{function}', locate(target.functionName).name)
      .replaceAll('{alias}', target.alias)
      .replaceAll('{version}', target[arm])
  return {
    namespace: own.namespace,
    metric: own.metric,
    dimensions: Object.fromEntries(Object.entries(own.dimensions).map(([key, value]) => [key, filled(value)])),
    stat: name.startsWith('customs-') ? 'SampleCount' : 'Sum',
  }
}
