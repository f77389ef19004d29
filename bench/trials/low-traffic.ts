// Releases of little traffic at the end of a short bake: bad ones that should not go on, and healthy ones that should not be
// held. A release that is held goes on at the first pass.
import type { Rival } from '../rivals/rival.ts'
import { minutesOf, type Situation } from './noise.ts'

export const bakeMinutes = 5
/** The bake of the default plan. */
export const longBakeMinutes = 20
/** A release that is held is looked at for this long. */
export const patienceMinutes = 60
const halfBp = 5000

const one = (perMinute: number, rate: number, weightBp = halfBp): Situation => ({
  name: `${perMinute}/min ${100 * rate} %`,
  perMinute,
  rate,
  noise: { kind: 'independent' },
  minutes: patienceMinutes,
  weightBp: () => weightBp,
})

const worse = (perMinute: number, rate: number, to: number): Situation => ({
  ...one(perMinute, rate),
  name: `${perMinute}/min ${100 * rate} -> ${100 * to} %`,
  fault: { added: to - rate, fromMinute: 0 },
})

export const clearlyBad: readonly Situation[] = [
  worse(100, 0, 0.2),
  worse(100, 0, 0.4),
  worse(100, 0.2, 0.6),
  worse(100, 0, 0.1),
  worse(100, 0.05, 0.2),
  worse(30, 0, 0.1),
  worse(10, 0, 0.1),
]

export const fewRequests: readonly Situation[] = [100, 30, 10].flatMap((perMinute) =>
  [0.001, 0.01, 0.05].map((rate) => one(perMinute, rate)),
)

const usual = [100, 300, 1000]
/** As many requests as nobody should wait for: at 10 and at 50 %. */
export const enoughRequests: readonly Situation[] = usual.flatMap((perMinute) =>
  [1000, halfBp].flatMap((weightBp) =>
    [0.001, 0.01, 0.05, 0.1, 0.3].map((rate) => ({
      ...one(perMinute, rate, weightBp),
      name: `${perMinute}/min ${100 * rate} % at ${weightBp / 100} %`,
    })),
  ),
)

export type PassOutcome = {
  readonly runs: number
  readonly back: number
  /** How many go on as soon as the bake is over, and how many later. */
  readonly atOnce: number
  readonly later: number
  /** Minutes until half and nine tenths of the releases go on; Infinity where fewer do. */
  readonly medianMinutes: number
  readonly mostMinutes: number
}

export function runPasses(
  rules: readonly Rival[],
  situation: Situation,
  runs: number,
  seed: number,
  alpha: number,
  bake: number = bakeMinutes,
): readonly PassOutcome[] {
  // The step that is judged, and those after it.
  const steps = [1000, halfBp].filter((weightBp) => weightBp >= situation.weightBp(0))
  const plan = { steps: steps.map((weightBp) => ({ weightBp, bakeSeconds: bake * 60 })) }
  const releases = Array.from({ length: runs }, (_, run) => minutesOf(situation, seed + run))
  return rules.map((rule) => {
    let back = 0
    const passes = releases.map((minutes) => {
      const said = rule.judge(minutes, { alpha, stableRate: situation.rate, plan }).map((each) => each.said)
      const pass = said.findIndex((word, minute) => word === 'pass' && minute + 1 >= bake)
      const fail = said.indexOf('fail')
      const isBack = fail >= 0 && (pass < 0 || fail < pass)
      if (isBack) back++
      return isBack || pass < 0 ? Infinity : pass + 1
    })
    passes.sort((a, b) => a - b)
    const after = (share: number): number => passes[Math.ceil(share * runs) - 1] ?? Infinity
    const atOnce = passes.filter((minutes) => minutes === bake).length
    return {
      runs,
      back,
      atOnce,
      later: passes.filter(Number.isFinite).length - atOnce,
      medianMinutes: after(0.5),
      mostMinutes: after(0.9),
    }
  })
}
