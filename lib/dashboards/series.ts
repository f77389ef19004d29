// The series that the dashboards show, each by its name: what the controller publishes itself, and what Lambda publishes of the
// functions that are released. A test compares the names with what is published.
import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { locate } from '../../core/location.ts'
import { type Definition, definitions } from '../../core/measures/measures.ts'
import { allServices } from '../../core/measures/metrics.ts'
import type { Service } from '../../core/service/service.ts'
import { lostQueue } from '../../functions/rules.ts'

const namespace = 'Tidegate'
const day = Duration.days(1)
const minute = Duration.minutes(1)
const fiveMinutes = Duration.minutes(5)

/** Of an expression's text, where the console writes what tells its series apart. */
const byDimension = (name: string): string => `\${PROP('Dim.${name}')}`

type Search = {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: readonly string[]
  /** Dimensions with a value that is known. */
  readonly where?: Readonly<Record<string, string>>
  readonly but?: Readonly<Record<string, string>>
  readonly stat: string
  readonly period?: Duration
  readonly label?: string
}

// A name with other characters than letters, digits, _ . - / must stand in quotation marks, and one with a quotation mark cannot.
const word = (text: string): string => (/^[\w./-]+$/.test(text) ? text : `"${text}"`)

/** Every series of a metric that exists, also of a service or a version that comes later. */
const searchText = ({ namespace: space, metric, dimensions, where = {}, but = {}, stat, period }: Search): string => {
  const schema = [space, ...dimensions].map(word).join(',')
  const known = Object.entries(where).map(([name, value]) => ` ${word(name)}="${value}"`)
  const left = Object.entries(but).map(([name, value]) => ` NOT ${word(name)}="${value}"`)
  const terms = [`MetricName="${metric}"`, ...known, ...left].join('')
  return `SEARCH('{${schema}} ${terms}', '${stat}', ${(period ?? minute).toSeconds()})`
}

const searchMax = 1024

/** Whether a search can say it: it is text between apostrophes, with names in quotation marks, and not too long. */
const isSearchable = (one: Search): boolean => {
  const { namespace: space, metric, dimensions, where = {} } = one
  const texts = [space, metric, ...dimensions, ...Object.values(where)]
  return texts.every((text) => !/['"\\,{}()]/.test(text)) && searchText(one).length <= searchMax
}

const search = (one: Search): cloudwatch.SearchExpression =>
  new cloudwatch.SearchExpression({
    expression: searchText(one),
    label: one.label ?? '',
    period: one.period ?? minute,
  })

/** A measure (docs/measures.md), once a day, for each service. @param id such as `M3` */
export const measureOfEach = (id: string): cloudwatch.SearchExpression =>
  search({
    ...{ namespace, metric: definitionOf(id).metric, dimensions: ['service'], stat: 'Average', period: day },
    ...{ but: { service: allServices }, label: byDimension('service') },
  })

/** A measure of all services together. */
export const measureOfAll = (id: string): cloudwatch.Metric =>
  new cloudwatch.Metric({
    ...{ namespace, metricName: definitionOf(id).metric, dimensionsMap: { service: allServices } },
    ...{ statistic: 'Average', period: day, label: 'all services' },
  })

function definitionOf(id: string): Definition {
  const found = definitions.find((one) => one.id === id)
  if (found === undefined) throw new Error(`There is no measure ${id}.`)
  return found
}

/** What a measure is called, and its target as a line. */
export function measureNamed(id: string): {
  readonly name: string
  readonly lines: readonly cloudwatch.HorizontalAnnotation[]
} {
  const { name, target } = definitionOf(id)
  const values: readonly number[] = target === undefined ? [] : Object.values(target)
  return { name, lines: values.map((value) => ({ value, label: 'target' })) }
}

/**
 * The share of traffic on the candidate, for each service. It is written when it changes, and holds until then: after a
 * promotion it stays at 100, after a rollback at 0.
 */
export const weights = (): cloudwatch.MathExpression =>
  new cloudwatch.MathExpression({
    expression: `FILL(${searchText({ namespace, metric: 'CandidateWeight', dimensions: ['service'], stat: 'Maximum' })}, REPEAT)`,
    ...{ usingMetrics: {}, label: byDimension('service'), period: minute },
  })

export const weightOf = (service: string): cloudwatch.Metric =>
  new cloudwatch.Metric({
    ...{ namespace, metricName: 'CandidateWeight', dimensionsMap: { service } },
    // Minutes are gone after 15 days, and this is shown over 28 (docs/aws.md §2.7).
    ...{ statistic: 'Maximum', period: fiveMinutes, label: `${service}: candidate's share` },
  })

/** How many samples a metric of releases has, of all services together. It is 0 where there are none, so that each is a peak. */
const countOf = (label: string, metric: string, dimensions: readonly string[], where: Search['where'] = {}) =>
  new cloudwatch.MathExpression({
    expression: `FILL(SUM(${searchText({ namespace, metric, dimensions, where, stat: 'SampleCount', period: fiveMinutes })}), 0)`,
    ...{ usingMetrics: {}, label, period: fiveMinutes },
  })

/**
 * What releases did, on the same line of time as what is beside it: each is a sample of a metric that is written for another
 * purpose, so these cost nothing more.
 */
export const releaseCounts = (): readonly cloudwatch.MathExpression[] => [
  countOf('traffic was moved', 'CandidateWeight', ['service']),
  countOf('promoted', 'ReleaseSeconds', ['outcome', 'service'], { outcome: 'promoted' }),
  countOf('put back', 'WayBackSeconds', ['service']),
]

const ownDimensions = { Problems: ['code', 'function'], Troubles: ['function'], ReturnsFailed: ['service'] } as const

/** Of the controller itself. */
export const own = (metric: keyof typeof ownDimensions): cloudwatch.SearchExpression =>
  search({
    ...{ namespace, metric, dimensions: ownDimensions[metric], stat: 'Sum', period: fiveMinutes },
    label: [metric, ...ownDimensions[metric].map(byDimension)].join(' '),
  })

export const errorsOfAlias = ({ functionName, alias }: Service['targets'][number]): cloudwatch.Metric => {
  const { name } = locate(functionName)
  return new cloudwatch.Metric({
    ...{ namespace: 'AWS/Lambda', metricName: 'Errors', statistic: 'Sum', period: fiveMinutes },
    dimensionsMap: { FunctionName: name, Resource: `${name}:${alias}` },
    label: `${name}:${alias}`,
  })
}

/** Of every alias and version of the account and region, for a stack that does not know which are released. */
export const worstOfAll = (count: number): cloudwatch.MathExpression =>
  new cloudwatch.MathExpression({
    expression: `SORT(${searchText({ namespace: 'AWS/Lambda', metric: 'Errors', dimensions: ['FunctionName', 'Resource'], stat: 'Sum', period: fiveMinutes })}, SUM, DESC, ${count})`,
    ...{ usingMetrics: {}, label: byDimension('Resource'), period: fiveMinutes },
  })

/** Of many series, the largest. The others are read and not drawn. */
export const worst = (all: readonly cloudwatch.Metric[], count: number): cloudwatch.MathExpression =>
  new cloudwatch.MathExpression({
    expression: `SORT(METRICS("m"), SUM, DESC, ${count})`,
    usingMetrics: Object.fromEntries(all.map((one, index) => [`m${index}`, one])),
    ...{ label: '', period: fiveMinutes },
  })

/** What the queue of lost events holds. @param controller its name */
export const lostEvents = (controller: string): cloudwatch.Metric =>
  new cloudwatch.Metric({
    ...{ namespace: 'AWS/SQS', metricName: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' },
    ...{ dimensionsMap: { QueueName: `${controller}-${lostQueue.name}` }, period: fiveMinutes },
    label: 'lost events',
  })

/** Of each version that an alias of a function has served. */
export const byVersion = (functionName: string, metric: string, stat: string): cloudwatch.SearchExpression =>
  search({
    ...{ namespace: 'AWS/Lambda', metric, stat, where: { FunctionName: functionName } },
    dimensions: ['FunctionName', 'Resource', 'ExecutedVersion'],
    label: `${stat === 'Sum' ? '' : `${stat}, `}version ${byDimension('ExecutedVersion')}`,
  })

export const ofFunction = (functionName: string, metric: string, stat: string): cloudwatch.Metric =>
  new cloudwatch.Metric({
    ...{ namespace: 'AWS/Lambda', metricName: metric, dimensionsMap: { FunctionName: functionName } },
    ...{ statistic: stat, period: minute, label: metric },
  })

/** Where Lambda Insights is on. */
export const memoryByVersion = (functionName: string): cloudwatch.SearchExpression =>
  search({
    ...{ namespace: 'LambdaInsights', metric: 'memory_utilization', stat: 'Average' },
    ...{ dimensions: ['function_name', 'version'], where: { function_name: functionName } },
    label: `version ${byDimension('version')}`,
  })

const versionMark = '{version}'

/** A team's own signal, of every version. Undefined if no search can say it. */
export function ofSignal(
  { functionName, alias }: Service['targets'][number],
  { name, namespace: space, metric, dimensions, kind }: Service['signals']['custom'][number],
): cloudwatch.SearchExpression | undefined {
  const place = locate(functionName).name
  const filled = Object.entries(dimensions).map(([dimension, value]): [string, string] => [
    dimension,
    value.replaceAll('{function}', place).replaceAll('{alias}', alias),
  ])
  const ofVersion = filled.find(([, value]) => value.includes(versionMark))?.[0] ?? ''
  const one: Search = {
    ...{ namespace: space, metric, stat: kind === 'count' ? 'Sum' : 'Average', period: fiveMinutes },
    dimensions: filled.map(([dimension]) => dimension),
    where: Object.fromEntries(filled.filter(([, value]) => !value.includes(versionMark))),
    label: `${name} ${byDimension(ofVersion)}`,
  }
  return isSearchable(one) ? search(one) : undefined
}
