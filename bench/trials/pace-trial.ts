// Runs many months under each way of releasing, with the same months for every way, and summarises them.
import { Pace } from '../../core/service/pacing.ts'
import { type Month, monthService, runMonth, type Way } from './month.ts'
import { alarmRate, samAlarm } from '../rivals/alarms.ts'

/**
 * The others are compared with the first one.
 * @param stepMinutes of the two steps, 10 % and 50 %
 */
export function waysOf(stepMinutes: number) {
  const service = monthService([10, 50], stepMinutes)
  const finer = [1, 5, 10, 25, 50]
  const early = monthService([10, 50], stepMinutes, { early: {} })
  return {
    fixed: { name: '10, 50, 100 %', service },
    alarm: { name: 'the same, alarm above 1 %', service, rule: alarmRate },
    sam: { name: 'the same, alarm of the SAM samples', service, rule: samAlarm },
    finer: { name: '1, 5, 10, 25, 50, 100 %', service: monthService(finer, (2 * stepMinutes) / finer.length) },
    paced: { name: '10, 50, 100 %, paced', service, pace: Pace.parse({}) },
    early: { name: 'paced, with policy.early', service: early, pace: Pace.parse({}) },
  } satisfies Record<string, Way>
}

export type Account = {
  readonly name: string
  /** Requests a month that failed because of bad candidates: all of them, and those after the promotion. */
  readonly bad: number
  readonly badAfter: number
  readonly byFault: ReadonlyMap<string, number>
  /** Share of the month's budget that bad candidates burned. */
  readonly burned: number
  /** The share of all good releases that was rolled back, and that did not begin. */
  readonly falseShare: number
  readonly notBegunShare: number
  readonly medianMinutes: number
  readonly p90Minutes: number
  /** The first way's bad requests as a multiple of this one's: over all months, in the median month, and in the worst month. */
  readonly ratio: { readonly all: number; readonly median: number; readonly worst: number }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN
const badOf = ({ bad }: Month): number => sum(bad.map(({ during, after }) => during + after))

/** @param mean requests a minute, both versions together */
export function comparePaces(ways: readonly Way[], mean: number, seeds: readonly number[]): readonly Account[] {
  const months = ways.map((way) => seeds.map((seed) => runMonth(way, mean, seed)))
  return ways.map(({ name }, place) => accountOf(name, months[place] ?? [], months[0] ?? []))
}

function accountOf(name: string, months: readonly Month[], fixed: readonly Month[]): Account {
  const minutes = months.flatMap((month) => month.minutes)
  const falseRollbacks = sum(months.map((month) => month.falseRollbacks))
  const notBegun = sum(months.map((month) => month.notBegun))
  const good = minutes.length + falseRollbacks + notBegun
  const all = months.flatMap(({ bad }) => bad)
  const byFault = Map.groupBy(all, (one) => one.name)
  const ratios = months.map((month, index) => sum(fixed.slice(index, index + 1).map(badOf)) / badOf(month))
  return {
    name,
    bad: sum(months.map(badOf)) / months.length,
    badAfter: sum(all.map(({ after }) => after)) / months.length,
    byFault: new Map(
      [...byFault].map(([fault, found]) => [fault, sum(found.map((one) => one.during + one.after)) / found.length]),
    ),
    burned: sum(months.map(({ burned }) => burned)) / months.length,
    falseShare: falseRollbacks / good,
    notBegunShare: notBegun / good,
    medianMinutes: quantile(minutes, 0.5),
    p90Minutes: quantile(minutes, 0.9),
    ratio: {
      all: sum(fixed.map(badOf)) / sum(months.map(badOf)),
      median: quantile(ratios, 0.5),
      worst: Math.min(...ratios),
    },
  }
}
