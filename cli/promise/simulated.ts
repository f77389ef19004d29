// Simulates releases by a plan with the verdict's own code, errors alone: how many without a fault are put back, and how soon
// faults are found. What `tidegate init` promises is the table promises.json, which bench/promises/table.ts writes with this.
import { errorsAlone, weightsByMinute } from '../replay/errors-alone.ts'
import { tidegate } from '../../bench/rivals/e-processes.ts'
import type { Rival } from '../../bench/rivals/rival.ts'
import { minutesOf, type Noise, pastOf, type Situation } from '../../bench/trials/noise.ts'
import { type Fit, serviceWith, type TrafficClass } from './plan.ts'
import { faultSizes, type Promised } from './promised.ts'

const noises: readonly Noise[] = [{ kind: 'independent' }, { kind: 'bursts', size: 3 }, { kind: 'outage' }]

type Chance = { readonly runs: number; readonly seed: number }

export function simulatedPromise(traffic: TrafficClass, fit: Fit, chance: Chance): Promised {
  const lab = labOf(traffic, fit)
  const healthy = noises.flatMap((noise) => lab.releases({ ...lab.base, noise }, chance))
  const calm = healthy.slice(0, chance.runs)
  const found = new Map<string, number>()
  for (const added of faultSizes) {
    const minutes = foundWithin(lab.releases(lab.faulty(added), chance), lab.base.minutes)
    if (minutes === undefined) break
    found.set(String(added), minutes)
  }
  return {
    ...traffic,
    runs: chance.runs,
    healthy: healthy.length,
    falseBacks: healthy.filter(({ failedAt }) => failedAt !== undefined).length,
    onTime: calm.filter(({ isOnTime }) => isOnTime).length,
    found: Object.fromEntries(found),
  }
}

type Course = {
  /** The minute after which the evidence puts the release back; `undefined` if it never does. */
  readonly failedAt?: number
  /** Whether each step could pass when its bake was over. */
  readonly isOnTime: boolean
}

/** All of them found it, and a fifth is added: so nine of ten of others do, too, with little doubt. */
function foundWithin(courses: readonly Course[], minutesMost: number): number | undefined {
  const latest = Math.max(...courses.map(({ failedAt = Infinity }) => failedAt))
  return Number.isFinite(latest) ? Math.min(minutesMost, Math.ceil(latest * 1.2)) : undefined
}

/** Releases by a plan at one level of traffic. */
export function labOf({ perMinute, rate }: TrafficClass, fit: Fit) {
  const service = errorsAlone(serviceWith(fit))
  const weights = weightsByMinute(service)
  const rule = tidegate('fitted', 'the plan of a definition', () => service)
  const ends = fit.steps.map((_, index) =>
    fit.steps.slice(0, index + 1).reduce((sum, { bakeMinutes }) => sum + bakeMinutes, 0),
  )
  const base: Situation = {
    ...{ name: 'promise', perMinute, rate, minutes: weights.length, noise: { kind: 'independent' } },
    weightBp: (minute) => weights[minute] ?? 0,
  }
  return {
    base,
    /** @param added the share of the candidate's good requests that fails, from the first minute on */
    faulty: (added: number): Situation => ({ ...base, fault: { added: added * (1 - rate), fromMinute: 0 } }),
    releases: (situation: Situation, { runs, seed }: Chance): readonly Course[] =>
      Array.from({ length: runs }, (_, run) => courseOf(rule, service.policy.alpha, situation, ends, seed + run)),
  }
}

function courseOf(rule: Rival, alpha: number, situation: Situation, ends: readonly number[], seed: number): Course {
  const settings = { alpha, stableRate: situation.rate, past: pastOf(situation, seed) }
  const said = rule.judge(minutesOf(situation, seed), settings).map((one) => one.said)
  const failed = said.indexOf('fail')
  return {
    ...(failed < 0 ? {} : { failedAt: failed + 1 }),
    isOnTime: failed < 0 && ends.every((end) => said[end - 1] === 'pass'),
  }
}
