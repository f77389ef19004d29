// All alarms, their states, and the event for each state change (docs/aws.md §2.5).
import type { LocalClock } from '../time/clock.ts'
import { account, type Bus, defaultRegion } from '../protocol/service.ts'
import {
  type AlarmState,
  type CompositeAlarm,
  evaluateAlarm,
  evaluateRule,
  evaluationRange,
  type MetricAlarm,
  type StateValue,
} from './alarm.ts'
import type { MetricStore } from './metric-store.ts'
import { minuteMs } from '../time/units.ts'

type Alarm = MetricAlarm | CompositeAlarm
export type Kept = { readonly alarm: Alarm; readonly state: AlarmState; readonly putMs: number }
export type Alarms = {
  put(alarm: Alarm): void
  remove(name: string): void
  /** @returns false if there is no such alarm */
  setState(name: string, value: StateValue, reason: string, reasonData?: string): boolean
  all(): readonly Kept[]
}

type Deps = {
  readonly clock: LocalClock
  readonly bus: Bus
  readonly store: MetricStore
  readonly ids: () => string
}
type Room = Deps & { readonly kept: Map<string, Kept> }

export const alarmArn = (name: string): string => `arn:aws:cloudwatch:${defaultRegion}:${account}:alarm:${name}`
/** CloudWatch writes the time zone as +0000, without a colon. */
const stamp = (ms: number): string => new Date(ms).toISOString().replace('Z', '+0000')

export function alarmsOn(deps: Deps): Alarms {
  const room: Room = { ...deps, kept: new Map() }
  let ticking = false

  // One timer for all alarms, and none while there are no alarms.
  function tick(): void {
    ticking = room.kept.size > 0
    if (!ticking) return
    deps.clock.at((Math.floor(deps.clock.nowMs() / minuteMs) + 1) * minuteMs, () => {
      for (const { alarm } of [...room.kept.values()]) if (alarm.kind === 'metric') evaluate(room, alarm)
      tick()
    })
  }

  return {
    put(alarm) {
      const changedMs = deps.clock.nowMs()
      const reason = 'Unchecked: Initial alarm creation'
      const state: AlarmState = { value: 'INSUFFICIENT_DATA', reason, reasonData: undefined, changedMs }
      room.kept.set(alarm.name, { alarm, state: room.kept.get(alarm.name)?.state ?? state, putMs: changedMs })
      if (alarm.kind === 'composite') settleComposite(room, alarm)
      if (!ticking) tick()
    },
    remove: (name) => void room.kept.delete(name),
    setState: (name, value, reason, reasonData) => change(room, name, value, reason, reasonData),
    all: () => [...room.kept.values()],
  }
}

function evaluate(room: Room, alarm: MetricAlarm): void {
  const nowMs = room.clock.nowMs()
  const range = evaluationRange(alarm, nowMs)
  const { startMs } = range
  const data = room.store.statistic(alarm.series, alarm.stat, { periodMs: alarm.periodSeconds * 1000, ...range })
  const wanted = evaluateAlarm(alarm, data, range)
  if (wanted === undefined) return
  const reasonData = JSON.stringify({
    version: '1.0',
    queryDate: stamp(nowMs),
    startDate: stamp(startMs),
    statistic: alarm.stat,
    period: alarm.periodSeconds,
    recentDatapoints: data.slice(-alarm.evaluationPeriods).map((point) => point.value),
    threshold: alarm.threshold,
  })
  change(room, alarm.name, wanted.value, wanted.reason, reasonData)
}

function change(room: Room, name: string, value: StateValue, reason: string, reasonData: string | undefined): boolean {
  const before = room.kept.get(name)
  if (before === undefined) return false
  if (before.state.value === value) return true
  const state: AlarmState = { value, reason, reasonData, changedMs: room.clock.nowMs() }
  room.kept.set(name, { ...before, state })
  announce(room, before, state)
  for (const { alarm } of [...room.kept.values()]) {
    if (alarm.kind === 'composite' && alarm.name !== name) settleComposite(room, alarm)
  }
  return true
}

function settleComposite(room: Room, alarm: CompositeAlarm): void {
  const fires = evaluateRule(alarm.rule, (name) => room.kept.get(name)?.state.value)
  change(room, alarm.name, fires ? 'ALARM' : 'OK', `The rule ${alarm.rule} is ${fires}.`, undefined)
}

function announce({ bus, ids }: Room, { alarm, state: before }: Kept, state: AlarmState): void {
  const detail = {
    alarmName: alarm.name,
    configuration: configurationOf(alarm, ids),
    previousState: shown(before),
    state: shown(state),
  }
  const resources = [alarmArn(alarm.name)]
  bus.emit({ source: 'aws.cloudwatch', detailType: 'CloudWatch Alarm State Change', detail, resources })
}

const shown = ({ value, reason, reasonData, changedMs }: AlarmState) => ({
  value,
  reason,
  ...(reasonData === undefined ? {} : { reasonData }),
  timestamp: stamp(changedMs),
})

function configurationOf(alarm: Alarm, ids: () => string): unknown {
  if (alarm.kind === 'composite') return { alarmRule: alarm.rule, description: alarm.description }
  const { namespace, name, dimensions } = alarm.series
  const metricStat = { metric: { namespace, name, dimensions }, period: alarm.periodSeconds, stat: alarm.stat }
  return { description: alarm.description, metrics: [{ id: ids(), metricStat, returnData: true }] }
}
