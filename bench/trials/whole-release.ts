// One release by a whole definition on synthetic traffic: every signal that is judged by default, the engine's own judge and
// transitions, and looks as late as CloudWatch makes them. A minute is complete when the next one has ended, and a release
// begins at any second of a minute.
import { chance } from '../../cloud/local/time/chance.ts'
import { advance } from '../../core/release/advance.ts'
import { nextAct } from '../../core/release/next.ts'
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import { minuteMs } from '../../core/time.ts'
import type { Baseline, Reading, Shift } from '../../core/verdict/evidence/evidence.ts'
import { seriesKey } from '../../core/verdict/evidence/questions.ts'
import { type Carry, judgeOf } from '../../core/verdict/judge/judge.ts'
import { learnedFrom } from '../rivals/e-processes.ts'
import { points, replayedTarget, replayStartMs, type WeightedMinute } from '../rivals/recorded.ts'
import { type Draw, drawFrom } from './draw.ts'
import type { Fault } from './fault.ts'
import { minuteByMinute, type Noise, pastOf } from './noise.ts'
import { prepared, shifted } from './paced-release.ts'

export type Customers = {
  readonly name: string
  /** Requests in a minute, which is counted from the one in which the release begins. */
  readonly perMinuteAt: (minute: number) => number
  readonly rate: number
  readonly noise: Noise
  /** Of the plan: in these an outage may begin. */
  readonly minutes: number
  readonly fault?: Fault
  /** The deviation of the log of durations; without it, latency is not looked at. */
  readonly spread?: number
}

export type Whole = {
  /** By whom: the evidence, or the policy when a step stayed undecided for too long. */
  readonly end: 'promoted' | 'verdict' | 'policy' | 'goes on'
  /** From the candidate's first request on, until one version had all traffic. */
  readonly minutes: number
  readonly because: string
}

type Seen = WeightedMinute & { readonly stableSlow: readonly number[]; readonly candidateSlow: readonly number[] }

/** @param untilMinutes of interest: a release that still goes on then has not ended */
export function runWhole(service: Service, customers: Customers, seed: number, untilMinutes = Infinity): Whole {
  const draw = drawFrom(chance(seed, `${customers.name}, durations`))
  const cuts = customers.spread === undefined ? [] : cutsOf(customers.spread)
  const startMs = replayStartMs + draw.between(0, 59) * 1000
  const looks = looksAt(service, baselineOf(service, customers, cuts, seed), cuts)
  const next = minuteByMinute(customers, seed)
  const seen: Seen[] = []
  const seeUpTo = (nowMs: number, shifts: readonly Shift[]): readonly Seen[] => {
    while (replayStartMs + (seen.length + 1) * minuteMs <= nowMs - minuteMs) {
      const minute = seen.length
      const one = next(minute, weightIn(shifts, minute), customers.perMinuteAt(minute))
      const stableSlow = slowOnes(one.stableInvocations, cuts, draw)
      seen.push({ ...one, stableSlow, candidateSlow: slowOnes(one.candidateInvocations, cuts, draw) })
    }
    return seen
  }
  let release = prepared(service, startMs)
  for (let nowMs = startMs; ;) {
    const act = nextAct(release, nowMs)
    const minutes = (nowMs - startMs) / minuteMs
    if (minutes > untilMinutes) return { end: 'goes on', minutes, because: '' }
    if (act.act === 'bake') nowMs += act.seconds * 1000
    // Without gates of its own, the answer is always to go on.
    else if (act.act === 'shift' || act.act === 'gate') release = shifted(release, [], nowMs, (plan) => plan)
    else if (act.act === 'handOver') release = { ...release, carriedAtSeq: release.seq }
    else if (act.act === 'judge') {
      const verdict = looks(release, seeUpTo(nowMs, release.shifts), nowMs)
      // Not parsed, as what a log has would be: that costs as much as half of a look.
      release = advance(release, { v: 1, seq: release.seq + 1, type: 'judged', atMs: nowMs, verdict })
    } else {
      const { outcome, by, because = '' } = release.ending ?? {}
      return { end: outcome === 'promoted' ? 'promoted' : by === 'verdict' ? 'verdict' : 'policy', minutes, because }
    }
  }
}

/** The candidate's mean weight in a minute. */
function weightIn(shifts: readonly Shift[], minute: number): number {
  const [fromMs, toMs] = [replayStartMs + minute * minuteMs, replayStartMs + (minute + 1) * minuteMs]
  let sum = 0
  for (const [index, { sinceMs, weightBp }] of shifts.entries()) {
    const untilMs = Math.min(toMs, shifts[index + 1]?.sinceMs ?? Infinity)
    sum += weightBp * Math.max(0, untilMs - Math.max(fromMs, sinceMs))
  }
  return sum / minuteMs
}

function looksAt(service: Service, baseline: Baseline, cuts: readonly Cut[]) {
  const targets = [replayedTarget(baseline)]
  const judged = judgeOf(service, targets)
  let carry: Carry | undefined
  return ({ shifts }: Release, seen: readonly Seen[], atMs: number) => {
    const fromMs = carry?.uptoMs ?? replayStartMs
    const readings = readingsOf(seen.slice((fromMs - replayStartMs) / minuteMs), cuts, fromMs)
    const about = { atMs, shifts, alarms: [], excludedAlarms: [], targets, readings, isRecorded: true } as const
    const found = judged(about, carry)
    carry = found.carry
    return found.verdict
  }
}

function readingsOf(seen: readonly Seen[], cuts: readonly Cut[], fromMs: number): ReadonlyMap<string, Reading> {
  const readings = new Map<string, Reading>()
  for (const arm of ['stable', 'candidate'] as const) {
    const put = (name: string, of: (one: Seen) => number): void =>
      void readings.set(seriesKey(0, arm, name), points(seen.map(of), fromMs))
    put('invocations', (one) => one[`${arm}Invocations`])
    put('durations', (one) => one[`${arm}Invocations`])
    put('errors', (one) => one[`${arm}Bad`])
    put('throttles', () => 0)
    for (const index of cuts.keys())
      put(`fast${index}`, (one) => one[`${arm}Invocations`] - (one[`${arm}Slow`][index] ?? 0))
  }
  return readings
}

const smoothed = (slow: number, all: number): number => (slow + 0.5) / (all + 1)
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const pastMost = 180

/** What a release learns of stable before it begins. */
function baselineOf(service: Service, customers: Customers, cuts: readonly Cut[], seed: number): Baseline {
  const past = pastOf({ ...customers, perMinute: customers.perMinuteAt(0), weightBp: () => 0 }, seed)
  const draw = drawFrom(chance(seed, `${customers.name}, durations before`))
  const invocations = past
    .slice(-pastMost)
    .map((one) => one.stableInvocations)
    .filter((count) => count > 0)
  const slow = invocations.map((count) => slowOnes(count, cuts, draw))
  const learned = learnedFrom(service, past, [])
  const durations: Baseline['durations'] = {
    invocations,
    cuts: cuts.map(({ slope }, index) => {
      const own = slow.map((counts) => counts[index] ?? 0)
      return { slope, past: own, share: smoothed(total(own), total(invocations)) }
    }),
  }
  const because = 'stable has had no invocation to learn its durations from'
  return {
    ...(learned === undefined ? {} : { learned }),
    ...(invocations.length === 0
      ? { thresholdsMs: [], because }
      : { thresholdsMs: cuts.map(({ ms }) => ms), durations }),
  }
}

type Cut = {
  readonly ms: number
  /** Of the requests that are slower than the cut before. */
  readonly share: number
  /** By how much the log odds of being slower rise when the log of all durations rises by 1. */
  readonly slope: number
}

const medianMs = 100
const slopeMost = 8
/** p50, p90 and p99.9 of the standard normal distribution, and p99. */
const [z50, z90, z999, z99] = [0, 1.281_551_6, 3.090_232_3, 2.326_347_9]

/** Stable's p50, p90, p99.9 and three times its p99, where a release cuts durations. @param spread at most 1.3 */
function cutsOf(spread: number): readonly Cut[] {
  const far = z99 + Math.log(3) / spread
  const above = [
    [z50, 0.5],
    [z90, 0.1],
    [z999, 0.001],
    [far, tail(far)],
  ] as const
  return above.map(([z, share], index) => ({
    ms: medianMs * Math.exp(spread * z),
    share: share / (above[index - 1]?.[1] ?? 1),
    slope: Math.min(slopeMost, density(z) / (spread * share * (1 - share))),
  }))
}

function slowOnes(requests: number, cuts: readonly Cut[], draw: Draw): readonly number[] {
  let left = requests
  return cuts.map(({ share }) => (left = draw.binomial(left, share)))
}

const density = (z: number): number => Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)

/** Above 3 and more, by the continued fraction of Mills' ratio. */
const tail = (z: number): number => density(z) / (z + 1 / (z + 2 / (z + 3 / (z + 4 / z))))
