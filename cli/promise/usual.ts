// What a function's hours say of its usual traffic: how many requests a plan can count on, and how many of them fail when
// nothing is wrong. Pure.
import { hourMs } from '../../core/time.ts'
import { classOf, type TrafficClass } from './plan.ts'

/** What CloudWatch has of one hour. An hour without an invocation is absent. */
export type Hour = { readonly atMs: number; readonly requests: number; readonly failed: number }

export type Usual = {
  /** So many hours were looked at: since the first point, at most what was asked for. */
  readonly hours: number
  readonly requests: number
  readonly failed: number
  /** Requests a minute: on average, in the quiet hours that a plan is made for, and in the busiest hour. */
  readonly mean: number
  readonly planned: number
  readonly busiest: number
  /** The share of all hours in which there is enough traffic that a plan counts on them, and in which there is any. */
  readonly busyShare: number
  readonly activeShare: number
  /** The share of requests that fails in usual hours: the worst twentieth of them is left out. */
  readonly rate: number
}

/** An hour counts as busy from this share of a busy one (the upper quartile of those that have any request) on. */
const busyFrom = 0.25
/** Nine of ten busy hours have at least what the plan is made for. */
const quietest = 0.1
const worst = 0.05
/** With requests in fewer of its hours, a function works in runs. */
const steadyFrom = 0.25

/** `undefined` without any request. @param endMs the end of the last whole hour; points are of hours before it */
export function usualOf(hours: readonly Hour[], endMs: number): Usual | undefined {
  const active = hours.filter(({ requests }) => requests > 0)
  if (active.length === 0) return undefined
  const length = Math.max(1, Math.round((endMs - Math.min(...active.map(({ atMs }) => atMs))) / hourMs))
  const rising = active.map(({ requests }) => requests).toSorted((a, b) => a - b)
  const upper = rising[Math.floor(rising.length * 0.75)] ?? 0
  const busy = active.filter(({ requests }) => requests >= busyFrom * upper)
  const ofBusy = busy.map(({ requests }) => requests).toSorted((a, b) => a - b)
  const requests = sumOf(active, 'requests')
  const mean = requests / length / 60
  const inQuietOnes = (ofBusy[Math.floor(ofBusy.length * quietest)] ?? 0) / 60
  return {
    hours: length,
    requests,
    failed: sumOf(active, 'failed'),
    mean,
    // In between there is nothing to judge, for longer than a release waits.
    planned: active.length / length < steadyFrom ? 0 : inQuietOnes,
    busiest: (rising.at(-1) ?? 0) / 60,
    busyShare: Math.min(1, busy.length / length),
    activeShare: Math.min(1, active.length / length),
    rate: usualRate(busy),
  }
}

const sumOf = (hours: readonly Hour[], of: 'requests' | 'failed'): number =>
  hours.reduce((total, hour) => total + hour[of], 0)

function usualRate(busy: readonly Hour[]): number {
  const better = busy.toSorted((a, b) => a.failed / a.requests - b.failed / b.requests)
  const kept = better.slice(0, Math.max(1, Math.ceil(better.length * (1 - worst))))
  return Math.min(1, sumOf(kept, 'failed') / sumOf(kept, 'requests'))
}

export const classOfUsual = ({ planned, rate }: Pick<Usual, 'planned' | 'rate'>): TrafficClass | undefined =>
  classOf(planned, rate)
