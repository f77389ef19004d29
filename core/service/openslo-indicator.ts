// The indicator of an OpenSLO document as one of ours: which requests are good, and of which function.
import type * as z from 'zod'
import { CloudWatchSpec, type Metric, type Objective, type SliSpec } from './openslo-schema.ts'
import { issuesSentence, type Problem } from '../problem.ts'
import type { SloDefinition } from './slo.ts'

/** What is said of a field that cannot be taken over. */
export type Wrong = (field: string, what: string) => Problem

/** The function that the document measures, with its alias and region as far as they are given. */
export type Measured = { readonly measured: string }

type Definition = z.input<typeof SloDefinition>
type Places = { readonly at: Wrong; readonly wrong: Wrong }
type Sources = ReadonlyMap<string, string>

export function sliOf(
  sources: Sources,
  { thresholdMetric, ratioMetric }: SliSpec,
  objective: Objective,
  places: Places,
): Measured & { readonly sli: Definition['sli'] } {
  const { at, wrong } = places
  const inSli: Wrong = (field, what) => wrong(`the indicator's ${field}`, what)
  if (thresholdMetric !== undefined && ratioMetric === undefined) {
    const metric = metricOf(sources, thresholdMetric, 'thresholdMetric', inSli)
    if (metric.metricName !== 'Duration')
      throw inSli('thresholdMetric', `${metric.metricName} has no threshold here; only Duration of AWS/Lambda has`)
    if (metric.stat !== undefined)
      throw inSli(
        'thresholdMetric',
        'a stat says something of minutes and not of requests; remove it, every one is compared',
      )
    if (objective.op !== 'lte' && objective.op !== 'lt')
      throw at('op', 'a fast request is good; give lte (or lt, which is counted as lte)')
    if (objective.value === undefined) throw at('value', 'it is missing; give the milliseconds')
    return { sli: { fasterThanMs: objective.value }, measured: placeOf(metric) }
  }
  if (ratioMetric === undefined || thresholdMetric !== undefined)
    throw inSli('spec', 'give either ratioMetric or thresholdMetric')
  if (objective.value !== undefined || objective.op === 'lt' || objective.op === 'lte')
    throw at('value', 'a ratio is compared with the target alone; remove value, and op if it is lt or lte')
  const { good, bad, total, raw, rawType } = ratioMetric
  if (raw !== undefined || rawType !== undefined)
    throw inSli('ratioMetric.raw', 'a ratio without its counts makes no budget; give bad and total')
  if (total === undefined || (good === undefined) === (bad === undefined))
    throw inSli('ratioMetric', 'give total, and either good or bad')
  const all = metricOf(sources, total, 'ratioMetric.total', inSli)
  const part = metricOf(
    sources,
    good ?? bad ?? total,
    good === undefined ? 'ratioMetric.bad' : 'ratioMetric.good',
    inSli,
  )
  if (placeOf(part) !== placeOf(all))
    throw inSli('ratioMetric', 'both metrics must be of the same function, alias and region')
  return { sli: good === undefined ? failed(part, all, inSli) : fast(part, all, inSli), measured: placeOf(all) }
}

function failed(bad: CloudWatchSpec, total: CloudWatchSpec, inSli: Wrong): 'availability' {
  const named = [bad, total].map(({ metricName, stat = 'Sum' }) => `${stat} of ${metricName}`)
  if (named.join('/') !== 'Sum of Errors/Sum of Invocations')
    throw inSli(
      'ratioMetric',
      `${named.join(' over ')} is not counted here; give bad Errors and total Invocations, both Sum`,
    )
  return 'availability'
}

function fast(good: CloudWatchSpec, total: CloudWatchSpec, inSli: Wrong): { fasterThanMs: number } {
  const [, limit] = /^TC\(:([0-9]{1,6}(?:\.[0-9]{1,3})?)\)$/.exec(good.stat ?? '') ?? []
  const isDuration = good.metricName === 'Duration' && total.metricName === 'Duration'
  if (limit === undefined || !isDuration || total.stat !== 'SampleCount')
    throw inSli(
      'ratioMetric.good',
      'good can be Duration with stat TC(:300) of total Duration with stat SampleCount; for errors give bad instead',
    )
  return { fasterThanMs: Number(limit) }
}

function metricOf(sources: Sources, { metricSource }: Metric, field: string, inSli: Wrong): CloudWatchSpec {
  const { metricSourceRef: ref, type, spec } = metricSource
  const source = ref === undefined ? undefined : sources.get(ref)
  if (ref !== undefined && source === undefined && type === undefined)
    throw inSli(`${field}.metricSource`, `there is no DataSource ${ref}; give the file that it is in as well`)
  for (const kind of [source ?? type, type ?? source]) {
    if (kind?.toLowerCase() !== 'cloudwatch')
      throw inSli(`${field}.metricSource.type`, `only CloudWatch is read, and this is ${kind ?? 'not said'}`)
  }
  const parsed = CloudWatchSpec.safeParse(spec)
  if (!parsed.success) throw inSli(`${field}.metricSource.spec`, issuesSentence(parsed.error.issues))
  if (parsed.data.namespace !== 'AWS/Lambda')
    throw inSli(`${field}.metricSource.spec.namespace`, `${parsed.data.namespace} is not read; only AWS/Lambda is`)
  const names = parsed.data.dimensions.map(({ name }) => name).toSorted()
  if (!['FunctionName', 'FunctionName,Resource'].includes(names.join()))
    throw inSli(`${field}.metricSource.spec.dimensions`, 'give FunctionName, and Resource for an alias; no others')
  return parsed.data
}

function placeOf({ dimensions, region }: CloudWatchSpec): string {
  const value = (wanted: string): string | undefined => dimensions.find(({ name }) => name === wanted)?.value
  return `${value('Resource') ?? value('FunctionName') ?? ''}${region === undefined ? '' : ` in ${region}`}`
}
