// The candidate's weight in each minute: as a column says it, or estimated from how the requests were split. A column in a unit
// that the requests contradict is refused: the verdict would say "the split is not the one that was set".
import { wholeBp } from '../../../core/service/routing.ts'
import type { WeightedMinute } from '../../../bench/rivals/recorded.ts'
import { numberIn, type Row, wrong } from './table.ts'

/** `bp`: basis points, 10000 are all traffic. */
export type WeightUnit = 'percent' | 'bp'

/** @throws Problem `replay_invalid` */
export function weightsOf(
  rows: readonly Row[],
  minutes: readonly WeightedMinute[],
  column: string,
  unit: WeightUnit,
): readonly number[] {
  const max = unit === 'percent' ? 100 : wholeBp
  const perUnit = wholeBp / max
  const weights = rows.map((row) => {
    const weight = numberIn(row, column)
    if (weight > max && unit === 'percent')
      throw wrong(
        row.place,
        `${column} is ${weight}, and a weight is a percentage: ${weight} basis points are written ${weight / 100}`,
      )
    if (weight <= 0 || weight > max)
      throw wrong(row.place, `${column} is ${weight}; it must be above 0 and at most ${max}`)
    if (Math.round(weight * perUnit) < 1)
      throw wrong(row.place, `${column} is ${weight}; the smallest weight is 0.01 %`)
    return Math.round(weight * perUnit)
  })
  if (unit === 'percent') checkUnit(rows[0]?.place ?? '', column, weights, minutes)
  return weights
}

/** Refuses fractions and basis points in a column of percentages, where the requests show that they are meant. */
function checkUnit(
  place: string,
  column: string,
  weightBps: readonly number[],
  minutes: readonly WeightedMinute[],
): void {
  let [all, candidate, expected] = [0, 0, 0]
  minutes.forEach(({ stableInvocations, candidateInvocations }, minute) => {
    all += stableInvocations + candidateInvocations
    candidate += candidateInvocations
    expected += ((stableInvocations + candidateInvocations) * (weightBps[minute] ?? 0)) / wholeBp
  })
  const said = (weightBps[0] ?? 0) / 100
  const seen = `the candidate had ${Number(((100 * candidate) / Math.max(1, all)).toPrecision(2))} % of the requests`
  const fits = (factor: number): boolean => candidate > (expected * factor) / 2 && candidate < expected * factor * 2
  if (candidate >= 3 && candidate > 10 * expected && fits(100))
    throw wrong(place, `${column} is ${said}, which is ${said} %, but ${seen}; write ${said * 100} for ${said * 100} %`)
  if (expected >= 30 && candidate > 0 && candidate < expected / 10 && fits(0.01))
    throw wrong(
      place,
      `${column} is ${said}, which is ${said} %, but ${seen}; call the column weight_bp if it is basis points`,
    )
}

// A minute begins another weight if its split is this many standard deviations from that of the minutes before ...
const deviations = 4.5
// ... and if the minutes after it agree. Splits vary a little more than chance alone would have it.
const inflation = 1.5

/** The weights in basis points that explain the split best: a step for each lasting change. */
export function estimatedWeights(minutes: readonly WeightedMinute[]): readonly number[] {
  const starts = [0]
  let [all, candidate] = [0, 0]
  minutes.forEach((minute, index) => {
    const later = minutes[index + 1] ?? minute
    if (all > 0 && isElsewhere(minute, all, candidate) && isElsewhere(later, all, candidate)) {
      starts.push(index)
      ;[all, candidate] = [0, 0]
    }
    all += minute.stableInvocations + minute.candidateInvocations
    candidate += minute.candidateInvocations
  })
  return starts.flatMap((start, place) => {
    const part = minutes.slice(start, starts[place + 1])
    const sum = (of: (minute: WeightedMinute) => number): number => part.reduce((total, one) => total + of(one), 0)
    const share =
      sum((one) => one.candidateInvocations) /
      Math.max(
        1,
        sum((one) => one.candidateInvocations + one.stableInvocations),
      )
    const bp = Math.min(wholeBp - 1, Math.max(1, Math.round(wholeBp * share)))
    return part.map(() => bp)
  })
}

function isElsewhere(minute: WeightedMinute, all: number, candidate: number): boolean {
  const requests = minute.stableInvocations + minute.candidateInvocations
  const share = (candidate + 0.5) / (all + 1)
  // The share before is itself uncertain.
  const variance = inflation * share * (1 - share) * requests * (1 + requests / (all + 1))
  return Math.abs(minute.candidateInvocations - requests * share) > deviations * Math.sqrt(variance)
}

export function weightsWords(weights: readonly number[]): string {
  const steps = weights.filter((bp, index) => index === 0 || bp !== weights[index - 1])
  const shown = steps.slice(0, 8).map((bp) => `${Number((bp / 100).toPrecision(2))} %`)
  return `Weights are estimated from the requests: ${shown.join(', ')}${steps.length > 8 ? ' and so on' : ''}.`
}
