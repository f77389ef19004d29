// All alarms, their states, and the event that tells of every change (facts: aws.md §2.5).
import type { LocalClock } from '../clock.ts'
import { account, type Bus, defaultRegion } from '../service.ts'
import {
  type AlarmState,
  type CompositeAlarm,
  evaluateAlarm,
  evaluateRule,
  evaluationWindow,
  type MetricAlarm,
  type StateValue,
} from './alarm.ts'
import type { MetricStore } from './metric-store.ts'

export type Alarm = MetricAlarm | CompositeAlarm
export type Kept = { readonly alarm: Alarm; readonly state: AlarmState }
export type Alarms = {
  put(alarm: Alarm): void
  remove(name: string): void
  setState(name: string, value: StateValue, reason: string, reasonData?: string): boolean
  all(): readonly Kept[]
}

const minuteMs = 60_000
export const alarmArn = (name: string): string => `arn:aws:cloudwatch:${defaultRegion}:${account}:alarm:${name}`
/** CloudWatch writes times as +0000, without a colon. */
const stamp = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000')

export function alarmsOn({
  clock,
  bus,
  store,
  ids,
}: {
  clock: LocalClock
  bus: Bus
  store: MetricStore
  ids: () => string
}): Alarms {
  const kept = new Map<string, Kept>()
  let ticking = false

  // One timer for all alarms, and none while there is no alarm.
  function tick(): void {
    if (kept.size === 0) {
      ticking = false
      return
    }
    clock.at((Math.floor(clock.nowMs() / minuteMs) + 1) * minuteMs, () => {
      for (const { alarm } of [...kept.values()]) if (alarm.kind === 'metric') evaluate(alarm)
      tick()
    })
  }

  function evaluate(alarm: MetricAlarm): void {
    const { startMs, endMs } = evaluationWindow(alarm, clock.nowMs())
    const data = store.statistic(alarm.series, alarm.stat, alarm.periodSeconds * 1000, startMs, endMs)
    const wanted = evaluateAlarm(alarm, data, clock.nowMs())
    if (wanted === undefined) return
    const reasonData = JSON.stringify({
      version: '1.0',
      queryDate: stamp(clock.nowMs()),
      startDate: stamp(startMs),
      statistic: alarm.stat,
      period: alarm.periodSeconds,
      recentDatapoints: data.map((point) => point.value),
      threshold: alarm.threshold,
    })
    change(alarm.name, wanted.value, wanted.reason, reasonData)
  }

  function change(name: string, value: StateValue, reason: string, reasonData: string | undefined): boolean {
    const before = kept.get(name)
    if (before === undefined) return false
    if (before.state.value === value) return true
    const state: AlarmState = { value, reason, reasonData, changedMs: clock.nowMs() }
    kept.set(name, { alarm: before.alarm, state })
    announce(before, state)
    for (const { alarm } of [...kept.values()])
      if (alarm.kind === 'composite' && alarm.name !== name) settleComposite(alarm)
    return true
  }

  function settleComposite(alarm: CompositeAlarm): void {
    const fires = evaluateRule(alarm.rule, (name) => kept.get(name)?.state.value)
    change(alarm.name, fires ? 'ALARM' : 'OK', `The rule ${alarm.rule} is ${fires}.`, undefined)
  }

  function announce({ alarm, state: before }: Kept, state: AlarmState): void {
    const shown = (one: AlarmState) => ({
      value: one.value,
      reason: one.reason,
      ...(one.reasonData === undefined ? {} : { reasonData: one.reasonData }),
      timestamp: stamp(one.changedMs),
    })
    const detail = {
      alarmName: alarm.name,
      configuration: configurationOf(alarm, ids),
      previousState: shown(before),
      state: shown(state),
    }
    bus.emit({
      source: 'aws.cloudwatch',
      detailType: 'CloudWatch Alarm State Change',
      detail,
      resources: [alarmArn(alarm.name)],
    })
  }

  return {
    put(alarm) {
      const before = kept.get(alarm.name)
      const unchecked: AlarmState = {
        value: 'INSUFFICIENT_DATA',
        reason: 'Unchecked: Initial alarm creation',
        reasonData: undefined,
        changedMs: clock.nowMs(),
      }
      kept.set(alarm.name, { alarm, state: before?.state ?? unchecked })
      if (alarm.kind === 'composite') settleComposite(alarm)
      if (ticking) return
      ticking = true
      tick()
    },
    remove: (name) => void kept.delete(name),
    setState: change,
    all: () => [...kept.values()],
  }
}

function configurationOf(alarm: Alarm, ids: () => string): unknown {
  if (alarm.kind === 'composite') return { alarmRule: alarm.rule, description: alarm.description }
  const { namespace, name, dimensions } = alarm.series
  const metricStat = { metric: { namespace, name, dimensions }, period: alarm.periodSeconds, stat: alarm.stat }
  return { description: alarm.description, metrics: [{ id: ids(), metricStat, returnData: true }] }
}
