// Rules about durations: our own, and what other release controllers do with latency. Every rule sees the same requests.
import type { Service } from '../../core/service/service.ts'
import { replayVerdicts } from '../../core/verdict/judge/replayed-verdicts.ts'
import { logSum } from '../../core/verdict/processes/log-space.ts'
import {
  type DurationMinute,
  knownDurations,
  quantileOf,
  recordedDurations,
  slowMinutes,
  type TimedRelease,
} from './durations.ts'
import { plainEvidence } from './e-processes.ts'
import { classify } from './kayenta.ts'
import { replayedService } from './recorded.ts'
import type { Said } from './rival.ts'

export type LatencyRule = {
  readonly name: string
  readonly about: string
  /** Its word after each minute. Only the first `fail` matters. */
  readonly judge: (release: TimedRelease, alpha: number) => readonly Said[]
}

/** Above which durations a request is slow, given stable's durations before the release. */
type Thresholds = (usual: TimedRelease['usual']) => readonly number[]

/** In thousandths of a millisecond, without duplicates. */
const fine = (values: readonly number[]): readonly number[] => [
  ...new Set(values.map((value) => Math.ceil(1000 * value) / 1000)),
]
const usualThresholds: Thresholds = (usual) => fine([0.5, 0.9, 0.99].map((share) => quantileOf(usual, share)))
/** As the release's baseline has them. */
const cuts: Thresholds = (usual) =>
  fine([...[0.5, 0.9, 0.999].map((share) => quantileOf(usual, share)), 3 * quantileOf(usual, 0.99)])

const latencyOnly = (minutes: number, alpha: number): Service =>
  replayedService(minutes, { signals: { errors: 'off', throttles: 'off', cost: 'off' }, policy: { alpha } })

/** Our own engine at any thresholds. */
const tidegate = (name: string, about: string, thresholds: Thresholds): LatencyRule => ({
  name,
  about,
  judge(release, alpha) {
    const at = thresholds(release.usual)
    const recorded = recordedDurations(release, at, knownDurations(release, at))
    return replayVerdicts(latencyOnly(recorded.minutes, alpha), recorded).map(({ kind }) => kind)
  },
})

const tolerance = 1.2
const warmUpMinutes = 3

const plain: LatencyRule = {
  name: 'e2',
  about: 'the plain formula E2: the mean at p50, p90 and p99, tolerance 1.2, the first three minutes left out',
  judge(release, alpha) {
    const at = slowMinutes(release, usualThresholds(release.usual)).map((minutes) =>
      plainEvidence(7, tolerance, minutes.slice(warmUpMinutes)),
    )
    return release.minutes.map((_, minute) => {
      const logE = logSum(at.map((values) => values[minute - warmUpMinutes] ?? 0)) - Math.log(at.length)
      return logE >= Math.log(1 / alpha) ? 'fail' : 'pass'
    })
  },
}

const quantilesSeen = [0.5, 0.9, 0.99]

const kayenta: LatencyRule = {
  name: 'kayenta',
  about: 'Kayenta on p50, p90 and p99 of each minute, every 5 minutes; one that is high fails',
  judge({ minutes }) {
    const series = (arm: keyof DurationMinute, share: number): number[] =>
      minutes.map((minute) => quantileOf(minute[arm], share))
    const arms = quantilesSeen.map((share) => [series('candidate', share), series('stable', share)] as const)
    return minutes.map((_, minute) => {
      const seen = minute + 1
      if (seen % 5 !== 0) return 'unknown'
      const isHigh = arms.some(
        ([candidate, stable]) => classify(candidate.slice(0, seen), stable.slice(0, seen)) === 'high',
      )
      return isHigh ? 'fail' : 'pass'
    })
  },
}

/** A rule that fails at the `failures`th minute in which p99 is above a limit. */
const flagger: LatencyRule = {
  name: 'flagger',
  about: 'p99 of at most 500 ms in each minute, rolled back at the fifth failed check',
  judge({ minutes }) {
    let failed = 0
    return minutes.map(({ candidate }) => {
      if (quantileOf(candidate, 0.99) > 500) failed++
      return failed >= 5 ? 'fail' : 'pass'
    })
  },
}

const alarm: LatencyRule = {
  name: 'alarm-2x',
  about: 'p99 above twice the usual one in 3 of 5 minutes',
  judge({ minutes, usual }) {
    const limitMs = 2 * quantileOf(usual, 0.99)
    const isOver = minutes.map(({ candidate }) => quantileOf(candidate, 0.99) > limitMs)
    return minutes.map((_, minute) => {
      const over = isOver.slice(Math.max(0, minute - 4), minute + 1).filter(Boolean).length
      return over >= 3 ? 'fail' : 'pass'
    })
  },
}

export const latencyRules: readonly LatencyRule[] = [
  tidegate('ours', "Tidegate, latency alone, at stable's p50, p90, p99.9 and three times its p99", cuts),
  plain,
  kayenta,
  flagger,
  alarm,
]
