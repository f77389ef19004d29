// OpenSLO documents as SLOs of a service definition. All or nothing: what cannot be said in our words is a Problem that
// names document and field; no part of an SLO is left out or guessed.
import * as z from 'zod'
import {
  CloudWatchSpec,
  type Metric,
  type Objective,
  OpenDataSource,
  OpenOther,
  OpenSli,
  OpenSlo,
  type SliSpec,
  type TimeWindow,
} from './openslo-schema.ts'
import { issuesSentence, Problem } from '../problem.ts'
import { ambiguousPercent, SloDefinition } from './slo.ts'
import { isTimeZone } from '../time-zone.ts'

/** @param place where it stands, for people: file and number */
export type OpenSloDocument = { readonly place: string; readonly value: unknown }
type ImportedSlo = {
  readonly definition: z.input<typeof SloDefinition>
  /** The function that the document measures, with its alias and region as far as they are given. */
  readonly measured: string
}

type Wrong = (field: string, what: string) => Problem
const wrongAt =
  (place: string): Wrong =>
  (field, what) =>
    new Problem('openslo_invalid', `${place}: ${field === '' ? '' : `${field}: `}${what}.`)

type Library = {
  readonly slos: (readonly [OpenSlo, string])[]
  readonly slis: Map<string, SliSpec>
  readonly sources: Map<string, string>
}

/**
 * @param documents all of them together, so that one may refer to another
 * @returns at least one
 * @throws Problem `openslo_invalid`
 */
export function importOpenSlo(documents: readonly OpenSloDocument[]): readonly ImportedSlo[] {
  const library: Library = { slos: [], slis: new Map(), sources: new Map() }
  for (const document of documents) shelve(library, document)
  const services = [...new Set(library.slos.map(([{ spec }]) => spec.service))]
  if (services.length > 1)
    throw wrongAt(library.slos[1]?.[1] ?? '')(
      'spec.service',
      `there are SLOs of ${services.slice(0, 3).join(', ')}; a definition is of one service, import them one by one`,
    )
  const imported = library.slos.flatMap(([slo, place]) =>
    sloOf(library, slo, wrongAt(`${place} (SLO ${slo.metadata.name})`)),
  )
  const twice = imported.find(({ definition: { name } }, index) =>
    imported.slice(0, index).some(({ definition }) => definition.name === name),
  )
  if (twice !== undefined) throw wrongAt(twice.definition.name)('metadata.name', 'two SLOs have this name; rename one')
  if (imported.length === 0) throw new Problem('openslo_invalid', 'There is no document of kind SLO.')
  return imported
}

const Kind = z.looseObject({ apiVersion: z.string().max(100), kind: z.string().max(100) })

function shelve({ slos, slis, sources }: Library, { place, value }: OpenSloDocument): void {
  const wrong = wrongAt(place)
  const read = <T>(schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    throw wrong('', issuesSentence(parsed.error.issues))
  }
  const { apiVersion, kind } = read(Kind)
  if (apiVersion !== 'openslo/v1')
    throw wrong('apiVersion', `${apiVersion} cannot be read; convert the document to openslo/v1`)
  if (kind === 'SLO') slos.push([read(OpenSlo), place])
  else if (kind === 'SLI') {
    const { metadata, spec } = read(OpenSli)
    put(slis, metadata.name, spec)
  } else if (kind === 'DataSource') {
    const { metadata, spec } = read(OpenDataSource)
    put(sources, metadata.name, spec.type)
  } else read(OpenOther)

  function put<T>(shelf: Map<string, T>, name: string, thing: T): void {
    if (shelf.has(name)) throw wrong('metadata.name', `there is another ${kind} of this name; rename one`)
    shelf.set(name, thing)
  }
}

function sloOf(library: Library, { metadata, spec }: OpenSlo, wrong: Wrong): readonly ImportedSlo[] {
  if ((spec.alertPolicies ?? []).length > 0)
    throw wrong('spec.alertPolicies', 'alerts are the burn rates of docs/operate.md for every SLO; remove them')
  if (spec.budgetingMethod === 'RatioTimeslices')
    throw wrong('spec.budgetingMethod', 'RatioTimeslices average ratios; choose Occurrences or Timeslices')
  const window = windowOf(spec.timeWindow ?? [], wrong)
  const indicator = indicatorOf(library, spec, wrong)
  return spec.objectives.map((objective, index): ImportedSlo => {
    const at: Wrong = (field, what) => wrong(`spec.objectives.${index}${field === '' ? '' : `.${field}`}`, what)
    const { sli, measured } = sliOf(library, indicator, objective, { at, wrong })
    const slices = slicesOf(objective, spec.budgetingMethod === 'Timeslices', at)
    const definition = {
      name: spec.objectives.length === 1 ? metadata.name : `${metadata.name}-${index + 1}`,
      objective: targetOf(objective, at),
      window,
      sli,
      ...(slices === undefined ? {} : { slices }),
    }
    const parsed = SloDefinition.safeParse(definition)
    if (!parsed.success) throw wrong('', `as an SLO here: ${issuesSentence(parsed.error.issues)}`)
    return { definition, measured }
  })
}

function indicatorOf({ slis }: Library, { indicator, indicatorRef }: OpenSlo['spec'], wrong: Wrong): SliSpec {
  if ((indicator === undefined) === (indicatorRef === undefined))
    throw wrong('spec.indicator', 'give either indicator or indicatorRef')
  const found = indicator?.spec ?? slis.get(indicatorRef ?? '')
  if (found === undefined)
    throw wrong('spec.indicatorRef', `there is no SLI ${indicatorRef ?? ''}; give the file that it is in as well`)
  return found
}

const days: Readonly<Record<string, number>> = { m: 1 / 1440, h: 1 / 24, d: 1, w: 7 }
const firstDays = {
  week: 'on a Monday',
  month: 'on its first day',
  quarter: 'on the first day of January, April, July or October',
}
const calendars = new Map<string, keyof typeof firstDays>([
  ['7d', 'week'],
  ['1w', 'week'],
  ['1M', 'month'],
  ['3M', 'quarter'],
  ['1Q', 'quarter'],
])

function windowOf(windows: readonly TimeWindow[], wrong: Wrong): ImportedSlo['definition']['window'] {
  const [window] = windows
  if (window === undefined || windows.length > 1) throw wrong('spec.timeWindow', 'give exactly one')
  const at: Wrong = (field, what) => wrong(`spec.timeWindow.0.${field}`, what)
  const { duration, isRolling, calendar } = window
  if ((calendar !== undefined) === (isRolling === true))
    throw at('isRolling', 'a window is either rolling or has a calendar; correct one of the two')
  if (calendar === undefined) {
    const [, count = '', unit = ''] = /^([1-9][0-9]{0,5})([mhdwMQY])$/.exec(duration) ?? []
    const length = Number(count) * (days[unit] ?? Number.NaN)
    if (!Number.isInteger(length))
      throw at('duration', `${duration} is no number of days; write a rolling window in whole days, as 28d or 4w`)
    return `${length}d`
  }
  const unit = calendars.get(duration)
  if (unit === undefined)
    throw at('duration', `${duration} is no calendar window here; use 1w, 1M or 1Q (a small m is minutes)`)
  if (!begins(unit, calendar.startTime))
    throw at(
      'calendar.startTime',
      `a ${unit} begins ${firstDays[unit]} at 00:00:00, as in 2024-01-01 00:00:00; ${calendar.startTime} is another time`,
    )
  if (!isTimeZone(calendar.timeZone))
    throw at('calendar.timeZone', `no time zone is called "${calendar.timeZone}"; name it as in Europe/Berlin`)
  return { calendar: unit, timeZone: calendar.timeZone }
}

/** Whether windows counted from this local time begin where the calendar's own do. */
function begins(unit: keyof typeof firstDays, startTime: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)[ T]00:00(?::00)?$/.exec(startTime) ?? []
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return false
  if (unit === 'week') return date.getUTCDay() === 1
  return date.getUTCDate() === 1 && (unit === 'month' || date.getUTCMonth() % 3 === 0)
}

/** A share as percent, without the noise of the multiplication: 0.07 is 7 %. */
function percentOf(share: number, field: string, at: Wrong): number {
  const ppm = Math.round(share * 1_000_000)
  if (Math.abs(share * 1_000_000 - ppm) > 1e-6 || ppm <= 0 || ppm >= 1_000_000)
    throw at(field, `${share} is not a share above 0 and below 1 with at most six digits`)
  return ppm / 10_000
}

function targetOf({ target, targetPercent }: Objective, at: Wrong): number {
  if (target !== undefined && targetPercent !== undefined) throw at('target', 'give either target or targetPercent')
  if (target !== undefined) return percentOf(target, 'target', at)
  if (targetPercent === undefined) throw at('target', 'it is missing; give target or targetPercent')
  const twoReadings = ambiguousPercent(targetPercent)
  if (twoReadings !== undefined) throw at('targetPercent', twoReadings)
  return targetPercent
}

type Slices = NonNullable<ImportedSlo['definition']['slices']>

function slicesOf({ timeSliceTarget, timeSliceWindow }: Objective, isSliced: boolean, at: Wrong): Slices | undefined {
  if (!isSliced) {
    if (timeSliceTarget !== undefined || timeSliceWindow !== undefined)
      throw at('timeSliceTarget', 'it is for budgetingMethod Timeslices; remove it or change the method')
    return undefined
  }
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,3})([mh]?)$/.exec(String(timeSliceWindow)) ?? []
  const wanted = Number(count) * (unit === 'h' ? 60 : 1)
  const minutes = ([5, 10, 30, 60] as const).find((length) => length === wanted)
  if (minutes === undefined) throw at('timeSliceWindow', 'slices are of 5m, 10m, 30m or 1h; choose one of them')
  if (timeSliceTarget === undefined)
    throw at('timeSliceTarget', 'it is missing; give the share of a slice that has to be good')
  return { minutes, objective: percentOf(timeSliceTarget, 'timeSliceTarget', at) }
}

type Places = { readonly at: Wrong; readonly wrong: Wrong }
type SliAnswer = { readonly sli: ImportedSlo['definition']['sli']; readonly measured: string }

function sliOf(
  library: Library,
  { thresholdMetric, ratioMetric }: SliSpec,
  objective: Objective,
  places: Places,
): SliAnswer {
  const { at, wrong } = places
  const inSli: Wrong = (field, what) => wrong(`the indicator's ${field}`, what)
  if (thresholdMetric !== undefined && ratioMetric === undefined) {
    const metric = metricOf(library, thresholdMetric, 'thresholdMetric', inSli)
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
  const all = metricOf(library, total, 'ratioMetric.total', inSli)
  const part = metricOf(
    library,
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

function metricOf({ sources }: Library, { metricSource }: Metric, field: string, inSli: Wrong): CloudWatchSpec {
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
