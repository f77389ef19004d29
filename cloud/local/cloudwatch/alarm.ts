// What an alarm is, and how its data determine its state: M of the last N datapoints. AWS looks at a range longer than N, in
// which existing datapoints take precedence over missing ones (docs/aws.md §2.4).
import { AwsError } from '../protocol/aws-error.ts'
import type { Datapoint, Series } from './metric-store.ts'
import { dayMs, hourMs, minuteMs } from '../time/units.ts'

export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

export type AlarmState = {
  readonly value: StateValue
  readonly reason: string
  readonly reasonData: string | undefined
  readonly changedMs: number
}

/** The settings that metric and composite alarms share. */
type AlarmSettings = {
  readonly actions: readonly string[]
  readonly actionsEnabled: boolean
  readonly tags: readonly unknown[]
}

export type MetricAlarm = {
  readonly kind: 'metric'
  readonly name: string
  readonly description: string
  readonly series: Series
  readonly stat: string
  readonly periodSeconds: number
  readonly evaluationPeriods: number
  readonly datapointsToAlarm: number
  readonly threshold: number
  readonly comparison: Comparison
  readonly treatMissing: 'breaching' | 'notBreaching' | 'ignore' | 'missing'
} & AlarmSettings
export type CompositeAlarm = {
  readonly kind: 'composite'
  readonly name: string
  readonly description: string
  readonly rule: string
} & AlarmSettings

const comparisons = {
  GreaterThanOrEqualToThreshold: {
    holds: (value: number, threshold: number) => value >= threshold,
    words: 'greater than or equal to',
  },
  GreaterThanThreshold: { holds: (value: number, threshold: number) => value > threshold, words: 'greater than' },
  LessThanThreshold: { holds: (value: number, threshold: number) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: {
    holds: (value: number, threshold: number) => value <= threshold,
    words: 'less than or equal to',
  },
} as const
type Comparison = keyof typeof comparisons

export function comparisonOf(text: string): Comparison {
  if (Object.hasOwn(comparisons, text)) return text as Comparison
  throw new AwsError('ValidationError', `The comparison ${text} is not implemented in the embedded cloud.`)
}

/** AWS's tables retrieve five periods for an alarm of three. AWS does not publish how many it retrieves for others. */
const spareDatapoints = 2

type EvaluationRange = { readonly startMs: number; readonly endMs: number }

/**
 * The range that an evaluation at `nowMs` retrieves: a window that slides by the minute, or by the hour if it is longer than a
 * day.
 */
export function evaluationRange(alarm: MetricAlarm, nowMs: number): EvaluationRange {
  const periodMs = alarm.periodSeconds * 1000
  const stepMs = alarm.evaluationPeriods * periodMs > dayMs ? hourMs : minuteMs
  const endMs = Math.floor(nowMs / stepMs) * stepMs
  return { startMs: endMs - (alarm.evaluationPeriods + spareDatapoints) * periodMs, endMs }
}

type Wanted = { readonly value: StateValue; readonly reason: string }

/**
 * @param data the datapoints in the evaluation range, oldest first
 * @returns the state that the data call for; `undefined` to keep the current one
 */
export function evaluateAlarm(
  alarm: MetricAlarm,
  data: readonly Datapoint[],
  range: EvaluationRange,
): Wanted | undefined {
  const breaches = (point: Datapoint): boolean => comparisons[alarm.comparison].holds(point.value, alarm.threshold)
  const recent = data.slice(-alarm.evaluationPeriods)
  const breaching = recent.filter(breaches).length
  const filled = alarm.evaluationPeriods - recent.length
  const needed = alarm.datapointsToAlarm
  const ok = (): Wanted => ({ value: 'OK', reason: crossed(alarm, recent, recent.length - breaching, 'OK') })
  const fires = (): Wanted => ({ value: 'ALARM', reason: crossed(alarm, recent, breaching, 'ALARM') })

  if (breaching >= needed) return fires()
  if (filled === 0 || alarm.treatMissing === 'notBreaching') return ok()
  if (alarm.treatMissing === 'breaching') return breaching + filled >= needed ? fires() : ok()
  // From here on missing datapoints stay missing: the existing ones decide, and one within the threshold is enough for OK.
  if (breaching < recent.length) return ok()
  if (alarm.treatMissing === 'ignore') return undefined
  const [oldest] = data
  if (oldest === undefined) return { value: 'INSUFFICIENT_DATA', reason: unknownWords(alarm) }
  // AWS delays the alarm while good datapoints may still follow the breach, but no longer than M periods.
  const periodsAgo = (range.endMs - oldest.atMs) / (alarm.periodSeconds * 1000)
  return periodsAgo >= needed ? fires() : undefined
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
/** Formats a number as Java prints a double. */
const double = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value))

const unknownWords = (alarm: MetricAlarm): string =>
  `Insufficient Data: ${count(alarm.evaluationPeriods, 'datapoint')} ${alarm.evaluationPeriods === 1 ? 'was' : 'were'} unknown.`

/** The reason in CloudWatch's words (docs/aws.md §2.5). @param counted how many of the datapoints call for the new state */
function crossed(alarm: MetricAlarm, recent: readonly Datapoint[], counted: number, to: 'OK' | 'ALARM'): string {
  const filled = alarm.evaluationPeriods - recent.length
  const isFilled = filled > 0 && (alarm.treatMissing === 'breaching' || alarm.treatMissing === 'notBreaching')
  const asWhat = alarm.treatMissing === 'breaching' ? 'Breaching' : 'NonBreaching'
  const treated = `${count(filled, 'missing datapoint')} ${filled === 1 ? 'was' : 'were'} treated as [${asWhat}]`
  if (isFilled && recent.length === 0)
    return `Threshold Crossed: no datapoints were received for ${count(alarm.evaluationPeriods, 'period')} and ${treated}.`
  const values = recent.map((point) => `${double(point.value)} (${new Date(point.atMs).toISOString()})`)
  const { words } = comparisons[alarm.comparison]
  const verb = `${counted === 1 ? 'was' : 'were'} ${to === 'OK' ? 'not ' : ''}${words}`
  const least = to === 'ALARM' ? alarm.datapointsToAlarm : alarm.evaluationPeriods - alarm.datapointsToAlarm + 1
  const transition = `minimum ${count(least, 'datapoint')} for ${to === 'OK' ? 'ALARM -> OK' : 'OK -> ALARM'} transition`
  return `Threshold Crossed: ${counted} out of the last ${count(recent.length, 'datapoint')} [${values.join(', ')}] ${verb} the threshold (${double(alarm.threshold)})${isFilled ? ` and ${treated}` : ''} (${transition}).`
}

/**
 * Evaluates a rule such as `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))`, by recursive descent. @throws AwsError when it
 * is no rule
 */
export function evaluateRule(rule: string, stateOf: (name: string) => StateValue | undefined): boolean {
  const tokens = rule.match(/"[^"]*"|[A-Za-z0-9_:./-]+|[()]/g) ?? []
  let at = 0
  const bad = (): AwsError => new AwsError('ValidationError', `AlarmRule is not valid: ${rule.slice(0, 200)}`)
  const take = (token: string): void => {
    if (tokens[at++] !== token) throw bad()
  }
  const primary = (): boolean => {
    const token = tokens[at++]
    if (token === 'NOT') return !primary()
    if (token === 'TRUE' || token === 'FALSE') return token === 'TRUE'
    if (token === '(') {
      const value = either()
      take(')')
      return value
    }
    if (token !== 'ALARM' && token !== 'OK' && token !== 'INSUFFICIENT_DATA') throw bad()
    take('(')
    const name = (tokens[at++] ?? '').replaceAll('"', '').split(':alarm:').at(-1) ?? ''
    take(')')
    return (stateOf(name) ?? 'OK') === token
  }
  const both = (): boolean => {
    let value = primary()
    while (tokens[at] === 'AND') {
      at++
      value = primary() && value
    }
    return value
  }
  const either = (): boolean => {
    let value = both()
    while (tokens[at] === 'OR') {
      at++
      value = both() || value
    }
    return value
  }
  const value = either()
  if (at !== tokens.length) throw bad()
  return value
}
