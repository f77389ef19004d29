// Alarms: M of the last N complete periods, evaluated at every minute. Missing periods count as the alarm says.
import { AwsError } from '../aws-error.ts'
import type { Datapoint } from './metric-store.ts'
import type { Series } from './metric-store.ts'

export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

export type AlarmState = {
  readonly value: StateValue
  readonly reason: string
  readonly reasonData: string | undefined
  readonly changedMs: number
}

/** What an alarm has whatever it looks at. */
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
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const
type Comparison = keyof typeof comparisons

export function comparisonOf(text: string): Comparison {
  if (Object.hasOwn(comparisons, text)) return text as Comparison
  throw new AwsError('ValidationError', `The comparison ${text} is not implemented in the embedded cloud.`)
}

/** The periods that an evaluation at `nowMs` looks at: the last N complete ones. */
export function evaluationWindow(
  alarm: MetricAlarm,
  nowMs: number,
): { readonly startMs: number; readonly endMs: number } {
  const periodMs = alarm.periodSeconds * 1000
  const endMs = Math.floor(nowMs / periodMs) * periodMs
  return { startMs: endMs - alarm.evaluationPeriods * periodMs, endMs }
}

/** @returns the state that the data asks for; `undefined` to stay as it is (missing data that is to be ignored) */
export function evaluateAlarm(
  alarm: MetricAlarm,
  data: readonly Datapoint[],
  nowMs: number,
): { readonly value: StateValue; readonly reason: string } | undefined {
  const { startMs, endMs } = evaluationWindow(alarm, nowMs)
  const periods = Array.from(
    { length: alarm.evaluationPeriods },
    (_, index) => startMs + index * alarm.periodSeconds * 1000,
  )
  const values = periods.map((atMs) => data.find((point) => point.atMs === atMs)?.value)
  const missing = values.filter((value) => value === undefined).length
  const breaches = values.filter(
    (value) => value !== undefined && comparisons[alarm.comparison](value, alarm.threshold),
  ).length
  const counted = breaches + (alarm.treatMissing === 'breaching' ? missing : 0)
  const shown = values.filter((value) => value !== undefined).map((value) => `${value}`)
  const range = `${new Date(startMs).toISOString()} to ${new Date(endMs).toISOString()}`
  const words = `${counted} out of the last ${alarm.evaluationPeriods} datapoints [${shown.join(', ')}] (${range}) breached ${alarm.comparison} ${alarm.threshold}`
  if (counted >= alarm.datapointsToAlarm) return { value: 'ALARM', reason: `Threshold Crossed: ${words}.` }
  if (missing === values.length) {
    if (alarm.treatMissing === 'ignore') return undefined
    if (alarm.treatMissing === 'missing')
      return { value: 'INSUFFICIENT_DATA', reason: 'Insufficient Data: no datapoints were received.' }
  }
  return { value: 'OK', reason: `Threshold not crossed: ${words}.` }
}

/** `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))`, by recursive descent. @throws AwsError when it is no rule */
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
