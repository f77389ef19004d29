// How often a function that is well is named (closure.ts), on e-values without slack: likelihood ratios of Poisson counts, whose
// rates are known. They are looked at each minute, and functions are named when the mean of all fails the release.
import { chance } from '../../cloud/local/time/chance.ts'
import { standOut } from '../../core/verdict/judge/closure.ts'
import { logSum } from '../../core/verdict/processes/log-space.ts'
import { drawFrom } from '../trials/draw.ts'

export type Case = {
  readonly functions: number
  /** How many have a fault: they fail three times as often. */
  readonly faulty: number
  /** `one large`: one has half of the errors of all. `as one`: those that are well fail at the same minutes. */
  readonly how: 'alike' | 'one large' | 'as one'
}

type Names = {
  /** Shares of all runs: those that fail; those that name a function that is well. */
  readonly failed: number
  readonly anyWrong: number
  /** The mean over all runs of the share of the named that is well: what the rule bounds. */
  readonly wrongShare: number
  /** Shares of the runs that fail: all with a fault are named and no other; somebody is named. */
  readonly exactly: number
  readonly named: number
}

const minutesMost = 60
const alpha = 0.05
/** Errors a minute of a candidate that is well. */
const usual = 1
const ratios = [2, 4]
const faultRatio = 3

export function falseNames({ functions, faulty, how }: Case, runs: number, seed: number): Names {
  let [failed, anyWrong, wrongShare, exactly, named] = [0, 0, 0, 0, 0]
  for (let run = 0; run < runs; run++) {
    const names = namedIn({ functions, faulty, how }, seed + run)
    if (names === undefined) continue
    const wrong = names.filter((index) => index >= faulty).length
    failed++
    if (names.length > 0) named++
    if (wrong > 0) anyWrong++
    wrongShare += wrong / Math.max(1, names.length)
    if (wrong === 0 && names.length === faulty) exactly++
  }
  const ofFailed = Math.max(1, failed)
  return {
    ...{ failed: failed / runs, anyWrong: anyWrong / runs, wrongShare: wrongShare / runs },
    ...{ exactly: exactly / ofFailed, named: named / ofFailed },
  }
}

/** Those that have a fault are the first. `undefined`: the release does not fail. */
function namedIn({ functions, faulty, how }: Case, seed: number): readonly number[] | undefined {
  const draw = drawFrom(chance(seed, `${functions} ${faulty} ${how}`))
  // The large one is well where there is a fault, and the first of all where there is none.
  const rates = Array.from({ length: functions }, (_, index) =>
    how === 'one large' && index === Math.min(faulty, functions - 1) ? usual * (functions - 1) : usual,
  )
  const cells = rates.map(() => ratios.map(() => -Math.log(ratios.length)))
  for (let minute = 0; minute < minutesMost; minute++) {
    const shared = draw.poisson(usual)
    for (const [index, rate] of rates.entries()) {
      const isWell = index >= faulty
      const errors = how === 'as one' && isWell ? shared : draw.poisson(rate * (isWell ? 1 : faultRatio))
      cells[index] = (cells[index] ?? []).map((value, place) => {
        const ratio = ratios[place] ?? 1
        return value + errors * Math.log(ratio) - rate * (ratio - 1)
      })
    }
    const values = cells.map(logSum)
    if (logSum(values) - Math.log(functions) < Math.log(1 / alpha)) continue
    return standOut(values.map((logE) => ({ logE, weight: 1 / functions })))
  }
  return undefined
}
