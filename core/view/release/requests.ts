// Requests and failures of both versions, minute by minute, as the looks of a release have read them.
import type { Counts, SharedMinute, TargetMinutes } from '../../release/charge.ts'
import { hasTraffic, inStep, type Release } from '../../release/release.ts'
import { loggedPoints } from '../../verdict/evidence/logged.ts'
import { type Arm } from '../../verdict/evidence/evidence.ts'
import { seriesKey } from '../../verdict/evidence/questions.ts'
import { wholeFrom } from '../../verdict/evidence/window.ts'
import { minuteMs } from '../../time.ts'

/** Counts of all targets together in one minute; `bad` is 0 where errors are not watched. */
type RequestMinute = SharedMinute & { readonly atMs: number }

export type Requests = {
  readonly targets: readonly (Omit<TargetMinutes, 'minutes'> & { readonly minutes: readonly RequestMinute[] })[]
  /** Oldest first; only minutes in which either version had a point. */
  readonly minutes: readonly RequestMinute[]
  /** Failures were asked for, so a missing point of them is none. */
  readonly hasErrors: boolean
}

const none: Counts = { all: 0, bad: 0 }
const plus = (a: Counts, b: Counts): Counts => ({ all: a.all + b.all, bad: a.bad + b.bad })

/** A count that cannot be one is no evidence here either. */
const countOf = (value: number | undefined): number =>
  value !== undefined && Number.isFinite(value) && value > 0 ? Math.round(value) : 0

type Series = ReadonlyMap<number, number> | undefined

function countsAt(all: Series, errors: Series, atMs: number): Counts {
  const requests = countOf(all?.get(atMs))
  return { all: requests, bad: Math.min(requests, countOf(errors?.get(atMs))) }
}

// A page makes this once, so each line of it runs before it is compiled: what a minute needs is looked up before the minutes.
export function requestsOf({ readings, targets, service, shifts }: Release): Requests {
  const fromMs = wholeFrom(shifts[0]?.sinceMs ?? 0)
  const keys = targets.flatMap((_, target) => (['stable', 'candidate'] as const).flatMap((arm) => keysOf(target, arm)))
  const points = loggedPoints(readings, fromMs, new Set(keys))
  const byTarget = targets.map((_, target) => {
    const [stableAll, stableErrors] = seriesOf(points, target, 'stable')
    const [candidateAll, candidateErrors] = seriesOf(points, target, 'candidate')
    return [...new Set([...(stableAll?.keys() ?? []), ...(candidateAll?.keys() ?? [])])].map((atMs): RequestMinute => ({
      atMs,
      candidate: countsAt(candidateAll, candidateErrors, atMs),
      stable: countsAt(stableAll, stableErrors, atMs),
    }))
  })
  return {
    targets: byTarget.map((minutes) => ({ minutes, before: none })),
    minutes: together(byTarget),
    hasErrors: service.signals.errors !== 'off',
  }
}

const keysOf = (target: number, arm: Arm): readonly [string, string] => [
  seriesKey(target, arm, 'invocations'),
  seriesKey(target, arm, 'errors'),
]

function seriesOf(points: ReturnType<typeof loggedPoints>, target: number, arm: Arm): readonly [Series, Series] {
  const [invocations, errors] = keysOf(target, arm)
  return [points.get(invocations), points.get(errors)]
}

function together(byTarget: readonly (readonly RequestMinute[])[]): RequestMinute[] {
  const [first = [], ...others] = byTarget
  const sums = new Map(first.map((one) => [one.atMs, one]))
  for (const minute of others.flat()) {
    const sum = sums.get(minute.atMs)
    const candidate = sum === undefined ? minute.candidate : plus(sum.candidate, minute.candidate)
    const stable = sum === undefined ? minute.stable : plus(sum.stable, minute.stable)
    sums.set(minute.atMs, { atMs: minute.atMs, candidate, stable })
  }
  return [...sums.values()].sort((a, b) => a.atMs - b.atMs)
}

const servedMinutes = 5

export type Served =
  | {
      readonly kind: 'known'
      readonly shareBp: number
      readonly requests: number
      readonly fromMs: number
      readonly toMs: number
    }
  | { readonly kind: 'unknown'; readonly because: string }

/** What the two versions were really sent, in the last whole minutes at the present weight. */
export function servedOf(requests: Requests, { shifts, targets }: Pick<Release, 'shifts' | 'targets'>): Served {
  const last = shifts.at(-1)
  const now = inStep(
    targets.map((one, index) => ({ ...one, index })),
    shifts,
  )
  const minutes =
    now.length === targets.length
      ? requests.minutes
      : together(now.map(({ index }) => requests.targets[index]?.minutes ?? []))
  if (last === undefined) return { kind: 'unknown', because: 'no traffic has moved yet' }
  if (!hasTraffic({ targets })) return { kind: 'unknown', because: 'nobody has looked since all traffic went back' }
  const late = minutes.filter(({ atMs }) => atMs >= wholeFrom(last.sinceMs))
  const recent = late.slice(-servedMinutes)
  const [first, end] = [recent[0], recent.at(-1)]
  if (first === undefined || end === undefined)
    return { kind: 'unknown', because: 'no whole minute at this weight has been read yet' }
  const sum = recent.reduce(
    (total, one) => ({
      candidate: total.candidate + one.candidate.all,
      all: total.all + one.candidate.all + one.stable.all,
    }),
    { candidate: 0, all: 0 },
  )
  if (sum.all === 0) return { kind: 'unknown', because: 'neither version had a request' }
  return {
    kind: 'known',
    shareBp: Math.round((10_000 * sum.candidate) / sum.all),
    requests: sum.all,
    fromMs: first.atMs,
    toMs: end.atMs + minuteMs,
  }
}

/** Requests of both versions in a minute, of late, by target; `undefined` where no minute of a target has been read. */
export function perMinuteOf({ minutes, targets }: Requests): readonly (number | undefined)[] {
  const late = minutes.slice(-servedMinutes)
  const fromMs = late[0]?.atMs ?? 0
  return targets.map((target) =>
    target.minutes.length === 0
      ? undefined
      : target.minutes
          .filter(({ atMs }) => atMs >= fromMs)
          .reduce((sum, one) => sum + one.candidate.all + one.stable.all, 0) / late.length,
  )
}
