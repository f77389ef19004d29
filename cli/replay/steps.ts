// What `tidegate simulate` says of each step: which fault it finds at this traffic, and how long a release without a fault has to
// stay in it.
import { formatDuration } from '../../core/duration.ts'
import type { Service } from '../../core/service/service.ts'
import { minutesNeeded, slowSteps, slowWords } from '../../core/verdict/judge/foresight.ts'
import { signalSpecs, type SignalSpec } from '../../core/verdict/evidence/questions.ts'
import type { Rival } from '../../bench/rivals/rival.ts'
import { replayedTarget } from '../../bench/rivals/recorded.ts'
import type { Situation } from '../../bench/trials/noise.ts'
import { smallestFound } from './power.ts'

type Step = {
  readonly weightBp: number
  readonly bakeMinutes: number
  /** Added points that are found in nine of ten releases by the end of this step; null: not even a total failure. */
  readonly foundPoints: number | null
  /** Until a release without a fault may pass; null: more than a week. */
  readonly minutesNeeded: number | null
}

type Chance = { readonly runs: number; readonly seed: number }
type Traffic = Pick<Situation, 'perMinute' | 'rate' | 'minutes' | 'weightBp'>

export function stepsOf(service: Service, rule: Rival, traffic: Traffic, chance: Chance): readonly Step[] {
  const bakes = service.plan.steps.map(({ bakeSeconds }) => Math.max(1, Math.round(bakeSeconds / 60)))
  const ends = bakes.map((_, index) => bakes.slice(0, index + 1).reduce((sum, one) => sum + one, 0))
  const situation: Situation = { ...traffic, name: 'power', noise: { kind: 'independent' } }
  const found = smallestFound(rule, service, situation, ends, chance)
  const spec = errorsOf(service)
  return service.plan.steps.map(({ weightBp, bakeSeconds }, index) => {
    const size = found[index] ?? Infinity
    const needed = spec === undefined ? 0 : minutesNeeded(spec, service, index, { ...traffic, dispersion: 1 })
    return {
      weightBp,
      bakeMinutes: bakeSeconds / 60,
      foundPoints: Number.isFinite(size) ? size * 100 : null,
      minutesNeeded: Number.isFinite(needed) ? needed : null,
    }
  })
}

const errorsOf = (service: Service): SignalSpec | undefined =>
  signalSpecs(service, [replayedTarget({ thresholdsMs: [] })]).find(({ name }) => name === 'errors')

const time = (minutes: number | null): string =>
  minutes === null ? 'more than a week' : formatDuration(Math.max(1, Math.ceil(minutes)) * 60)

export function stepLines(
  steps: readonly Step[],
  service: Service,
  { perMinute, rate }: Pick<Traffic, 'perMinute' | 'rate'>,
): readonly string[] {
  const spec = errorsOf(service)
  const slow = spec === undefined ? [] : slowSteps(service, [{ spec, perMinute, rate }])
  const words = slowWords(slow, perMinute, service.policy.hold.unknownSeconds)
  return [
    'By the end of step   a fault is found in 9 of 10 releases from   without a fault it may pass after',
    ...steps.map(
      ({ weightBp, bakeMinutes, foundPoints, minutesNeeded: needed }) =>
        `  ${`${weightBp / 100} %, ${time(bakeMinutes)}`.padEnd(19)} ${(foundPoints === null ? 'nothing is found' : `${Number(foundPoints.toPrecision(2))} points`).padStart(40)}   ${time(needed).padStart(33)}`,
    ),
    ...(words === undefined ? [] : [words]),
  ]
}
