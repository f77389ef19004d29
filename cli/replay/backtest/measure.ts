// Judges every past and every pretended release by one policy.
import type { Service } from '../../../core/service/service.ts'
import { type Recorded, replayVerdicts } from '../../../core/verdict/judge/replayed-verdicts.ts'
import { recordedCounts } from '../../../bench/rivals/recorded.ts'
import { errorsAlone, faultSizes, weightsByMinute } from '../errors-alone.ts'
import { countsOf, replayedRelease } from '../evidence.ts'
import { findingOf, type Measured, type Policy } from './frontier.ts'
import type { Past } from './past.ts'
import { pretend, windowOfRun } from './pretended.ts'
import type { Stretch } from './stretches.ts'

export type Trial = {
  readonly past: readonly Past[]
  readonly windows: readonly Stretch[]
  readonly runs: number
  readonly seed: number
}

export function measured(policy: Policy, { past, windows, runs, seed }: Trial): Measured {
  const judged = past.map(({ release, isHealthy }) => {
    const replayed = replayedRelease(release, policy.service)
    const minute = failedAt(replayed.service, replayed.recorded)
    const bad = countsOf(replayed)
      .slice(0, minute)
      .reduce((sum, { candidateBad }) => sum + candidateBad, 0)
    return { isHealthy, minute, bad }
  })
  const healthy = judged.filter((one) => one.isHealthy)
  const faulty = judged.filter((one) => !one.isHealthy)
  const alone = errorsAlone(policy.service)
  const weights = weightsByMinute(policy.service)
  const trial = (added: number) => {
    const results = Array.from({ length: windows.length === 0 ? 0 : runs }, (_, run) => {
      const { minutes, spoiled } = pretend(windowOfRun(windows, run, runs), weights, seed + run, added)
      const minute = failedSoon(alone, recordedCounts(minutes.slice(0, weights.length)), added)
      return { minute, bad: spoiled.slice(0, minute).reduce((sum, one) => sum + one, 0) }
    })
    return findingOf(
      results.map((one) => one.minute),
      results.map((one) => one.bad),
    )
  }
  const quiet = trial(0)
  return {
    policy,
    healthy: {
      log: { of: healthy.length, rolledBack: healthy.filter(({ minute }) => minute < Infinity).length },
      pretended: { of: quiet.of, rolledBack: quiet.found },
    },
    faulty: {
      log: findingOf(
        faulty.map((one) => one.minute),
        faulty.map((one) => one.bad),
      ),
      pretended: faultSizes.map((added) => ({ added, ...trial(added) })),
    },
  }
}

// Large faults are found in the first minutes, and the others need not be judged then.
const large = 0.05
const soonMinutes = 10

function failedSoon(service: Service, recorded: Recorded, added: number): number {
  const soon = { ...recorded, minutes: Math.min(soonMinutes, recorded.minutes) }
  const minute = added < large ? Infinity : failedAt(service, soon)
  return minute < Infinity ? minute : failedAt(service, recorded)
}

/** After how many minutes the policy rolls it back; Infinity: never. */
function failedAt(service: Service, recorded: Recorded): number {
  const index = replayVerdicts(service, recorded).findIndex(({ kind }) => kind === 'fail')
  return index < 0 ? Infinity : index + 1
}
