// The e-value of one cut: how many requests of each version were slower than it, minute by minute. E is the likelihood of the
// mixture of all alternatives over that of the best null (universal inference, like split-process.ts). See docs/verdict.md.
import { outageBegin, type OutageState, outageStep } from '../processes/outage.ts'
import { type Believed, type Cell, cellsOf, mostBelieved } from './cells.ts'
import { age, type Bank, forget, jump, loosen, merge, see, suppose, width, worseBy } from './filter.ts'
import type { Cut } from './members.ts'
import { logAdd, logSum } from '../processes/log-space.ts'
import { type CountMinute, nothing } from '../processes/split-process.ts'

/** Survives JSON without loss. */
export type CutState = {
  readonly minute: number
  /** The candidate has just begun, or its traffic has just jumped. */
  readonly isCold: boolean
  readonly believed: readonly Believed[]
  readonly outage: OutageState
  /** One filter for each cell, rounded. */
  readonly bank: readonly number[]
}

export type CutRule = {
  /**
   * @param filters of all members, after stable's past
   * @param past stable's requests in it
   */
  readonly begin: (beliefs: readonly number[], filters: readonly Bank[], past: readonly number[]) => CutState
  readonly step: (state: CutState, data: CountMinute) => CutState
  /** ln E. It is above 0 only while the candidate is slower than allowed now, whatever it was before. */
  readonly logE: (state: CutState) => number
}

// A pause or a burst of slow requests is no trend: a count of the candidate may be out of line.
const outlier = { share: 0.03, sd: 1.5 }

// The carried state is stored, so it keeps as many digits as matter. A state from the first minute is rounded just the same. JSON
// has no -0, so there is none here either.
const digits = 1e7
const rounded = (value: number): number => Math.round(value * digits) / digits + 0

/** @param allowed by how much higher the candidate's log odds may be */
export function cutRule({ slope, past: slow }: Cut, allowed: number, horizonMinutes: number): CutRule {
  return {
    begin(beliefs, filters, past) {
      const believed = mostBelieved(beliefs)
      const cells = cellsOf(believed, slope, allowed)
      const bank = new Float64Array(width * cells.length)
      cells.forEach(({ position, excess, independentSd }, index) => {
        bank.set(filters[position] ?? [], index * width)
        if (independentSd !== undefined) forget(bank, index * width, independentSd)
        suppose(bank, index * width, excess)
      })
      const outage = outageBegin(usualOf(slow, past))
      return { minute: 0, isCold: true, believed, outage, bank: Array.from(bank, rounded) }
    },
    step(state, data) {
      const cells = cellsOf(state.believed, slope, allowed)
      const bank = Float64Array.from(state.bank)
      const { state: outage, is } = outageStep(state.outage, inOdds(data))
      const seen = is === 'recovery' ? nothing : data
      const jumps = is === 'outage' || is === 'recovered'
      if (isBeginning(state.minute, horizonMinutes)) beginLate(bank, cells, state.minute, horizonMinutes)
      cells.forEach((cell, index) => {
        if (!isLate(cell) || hasBegun(state.minute, horizonMinutes))
          stepCell(bank, index * width, cell, { isCold: state.isCold, jumps, data: seen }, allowed)
      })
      return { ...state, minute: state.minute + 1, isCold: false, outage, bank: Array.from(bank, rounded) }
    },
    logE: ({ minute, believed, bank }) =>
      logEvidence(Float64Array.from(bank), cellsOf(believed, slope, allowed), minute - 1, horizonMinutes),
  }
}

const isLate = ({ kind }: Cell): boolean => kind === 'late' || kind === 'returned'

/** What is late begins at each minute but the first, each with the same probability. */
const isBeginning = (minute: number, horizonMinutes: number): boolean => minute > 0 && minute < horizonMinutes
const hasBegun = (minute: number, horizonMinutes: number): boolean => minute > 0 && horizonMinutes > 1

function beginLate(bank: Bank, cells: readonly Cell[], minute: number, horizonMinutes: number): void {
  const both = new Float64Array(2 * width)
  cells.forEach((cell, index) => {
    if (!isLate(cell)) return
    const first = index * width
    both.set(bank.subarray(first, first + width))
    both.set(bank.subarray(cell.base * width, (cell.base + 1) * width), width)
    both[width] = (both[width] ?? 0) - Math.log(horizonMinutes)
    suppose(both, width, cell.excess)
    if (minute > 1) merge(both, 0, width)
    bank.set(both.subarray(minute > 1 ? 0 : width, minute > 1 ? width : 2 * width), first)
  })
}

/** An outage shows in the odds of being slow, because many requests may be slow usually: so compared with those that are not. */
const inOdds = ({ stableBad, stableInvocations }: CountMinute) => ({
  stableBad,
  stableInvocations: Math.max(0, stableInvocations - stableBad),
})

function usualOf(slow: readonly number[], requests: readonly number[]): Parameters<typeof outageBegin>[0] {
  const bad = slow.reduce((sum, value) => sum + value, 0)
  const invocations = requests.reduce((sum, value) => sum + value, 0) - bad
  return { minutes: requests.length, usual: { bad, invocations } }
}

type Minute = { readonly isCold: boolean; readonly jumps: boolean; readonly data: CountMinute }

function stepCell(bank: Bank, first: number, cell: Cell, { isCold, jumps, data }: Minute, allowed: number): void {
  const { stableInvocations, stableBad, candidateInvocations, candidateBad } = data
  if (isCold && cell.warmSd > 0) loosen(bank, first, cell.warmSd)
  age(bank, first, cell.course)
  if (jumps) jump(bank, first)
  if (stableInvocations === 0) return
  see(bank, first, 'stable', { slow: stableBad, all: stableInvocations })
  see(bank, first, 'candidate', { slow: candidateBad, all: candidateInvocations }, { offset: allowed, outlier })
}

/** @param last the minute that was seen last */
function logEvidence(bank: Bank, cells: readonly Cell[], last: number, horizonMinutes: number): number {
  const at = (index: number): number => bank[index * width] ?? 0
  let best = -Infinity
  let numerator = -Infinity
  const begun: (readonly [logMass: number, worse: number])[] = []
  // The mass of regressions that have not begun yet.
  const waiting = Math.log1p(-Math.min(horizonMinutes - 1, Math.max(0, last)) / horizonMinutes)
  cells.forEach(({ kind, mass, base }, index) => {
    const isThere = (kind !== 'late' && kind !== 'returned') || hasBegun(last, horizonMinutes)
    if ((kind === 'null' || kind === 'returned') && isThere) best = Math.max(best, mass + at(index))
    if (kind === 'late') numerator = logAdd(numerator, mass + at(base) + waiting)
    if (kind === 'null' || kind === 'returned' || !isThere) return
    numerator = logAdd(numerator, mass + at(index))
    begun.push([mass + at(index), worseBy(bank, index * width)])
  })
  const all = logSum(begun.map(([logMass]) => logMass))
  const worse = begun.reduce((sum, [logMass, by]) => sum + Math.exp(logMass - all) * by, 0)
  return worse > 0 ? numerator - best : Math.min(0, numerator - best)
}
