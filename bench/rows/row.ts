// A row of the benchmark: one question about the verdict, answered by tables in which every rule sees the same releases.
import type { Rival } from '../rivals/rival.ts'
import type { Situation } from '../trials/noise.ts'
import { type History, type Outcome, runTrial } from '../trials/trial.ts'

export type Setting = {
  readonly rules: readonly Rival[]
  /** How many releases in each situation. The seeds are `seed`, `seed` + 1, ... */
  readonly runs: number
  readonly seed: number
  readonly alpha: number
  readonly history: History
}

export type Table = {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

export type Row = {
  readonly name: string
  readonly tables: (setting: Setting) => readonly Table[]
}

/** Of each situation, the outcome of every rule. */
export type Outcomes = readonly (readonly Outcome[])[]

export const outcomesOf = (
  situations: readonly Situation[],
  { rules, runs, seed, alpha, history }: Setting,
): Outcomes => situations.map((one) => runTrial(rules, one, runs, seed, alpha, history))

export const percent = (count: number, of: number): string => String(Math.round((1000 * count) / of) / 10)
export const minutes = (value: number): string => (Number.isFinite(value) ? String(value) : '-')

/** How many healthy releases are rolled back, in per cent. */
export const early = ({ early: count, runs }: Outcome): string => percent(count, runs)

/** Detected in per cent, median minutes, mean bad requests served. */
export const found = ({ detected, runs, medianMinutes, badServed }: Outcome): string =>
  `${Math.round((100 * detected) / runs)}/${minutes(medianMinutes)}/${badServed.toFixed(badServed < 10 ? 1 : 0)}`

/** A line for each rule and a column for each situation. */
export const byRule = (
  title: string,
  { rules }: Setting,
  situations: readonly string[],
  outcomes: Outcomes,
  cell: (outcome: Outcome) => string,
): Table => ({
  title,
  head: ['rule', ...situations],
  rows: rules.map(({ name }, rule) => [name, ...outcomes.map((of) => cellOf(of[rule], cell))]),
})

/** A line for each situation and a column for each rule. */
export const bySituation = (
  title: string,
  { rules }: Setting,
  situations: readonly string[],
  outcomes: Outcomes,
  cell: (outcome: Outcome) => string,
): Table => ({
  title,
  head: ['situation', ...rules.map(({ name }) => name)],
  rows: situations.map((name, index) => [name, ...rules.map((_, rule) => cellOf(outcomes[index]?.[rule], cell))]),
})

const cellOf = (outcome: Outcome | undefined, cell: (outcome: Outcome) => string): string =>
  outcome === undefined ? '' : cell(outcome)
