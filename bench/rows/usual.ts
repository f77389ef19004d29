// The row of docs/verdict.md: healthy and faulty releases of the usual kinds, and each rule's place in the picture.
import type { Situation } from '../trials/noise.ts'
import { failing, faulty, faultyInSteps, healthy, healthyInSteps, otherDrifts } from '../trials/situations.ts'
import type { Outcome } from '../trials/trial.ts'
import { byRule, early, found, type Outcomes, outcomesOf, type Setting, type Table } from './row.ts'

export type Place = { readonly name: string; readonly falsePercent: number; readonly delayMinutes: number }

const faultyShare = 0.3
const longestMinutes = 60

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

export function usualRow(setting: Setting): { readonly tables: readonly Table[]; readonly places: readonly Place[] } {
  const { runs } = setting
  const faultyRuns = Math.ceil(runs * faultyShare)
  const run = (
    title: string,
    situations: readonly Situation[],
    times: number,
    cell: (outcome: Outcome) => string,
  ): { readonly table: Table; readonly outcomes: Outcomes } => {
    const outcomes = outcomesOf(situations, { ...setting, runs: times })
    const names = situations.map(({ name }) => name.replace(', in steps', ''))
    return { outcomes, table: byRule(title, setting, names, outcomes, cell) }
  }
  const harmless = run(`False roll backs, % of ${runs} healthy releases`, healthy, runs, early)
  const caught = run(
    `Detected % / median minutes to the roll back / mean extra bad requests served, ${faultyRuns} faulty releases`,
    faulty,
    faultyRuns,
    found,
  )
  const steps = 'In steps of 5, 10, 25, 50 %'
  const rest = [
    run('Total failure: detected % / median minutes / bad requests', failing, faultyRuns, found),
    run(`${steps}: false roll backs, % of ${faultyRuns}`, healthyInSteps, faultyRuns, early),
    run(`${steps}: detected % / minutes / bad requests`, faultyInSteps, faultyRuns, found),
    run(`Where it ends: drift of other kinds, false roll backs, % of ${faultyRuns}`, otherDrifts, faultyRuns, early),
  ]
  const places = setting.rules.map(({ name }, rule): Place => ({
    name,
    falsePercent: mean(harmless.outcomes.map((of) => (100 * (of[rule]?.early ?? 0)) / runs)),
    // A fault that is never found counts as found at the end of the hour.
    delayMinutes: mean(
      caught.outcomes.map((of) => Math.min(longestMinutes, of[rule]?.medianMinutes ?? longestMinutes)),
    ),
  }))
  return { tables: [harmless, caught, ...rest].map(({ table }) => table), places }
}
