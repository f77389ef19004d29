// `npm run bench:verdict`: runs every rule on the same healthy and faulty releases, plots delay against false rollbacks, and
// measures what a look costs. Seeded; `--runs N` sets the number of healthy releases per situation (default 2000).
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { evidencePicture } from './evidence-picture.ts'
import { measureLatency } from './latency.ts'
import { measureLook } from './look.ts'
import type { Situation } from './trials/noise.ts'
import { rivals } from './rivals/rivals.ts'
import { failing, faulty, faultyInSteps, healthy, healthyInSteps, otherDrifts } from './trials/situations.ts'
import { table } from './table.ts'
import { type Outcome, runTrial } from './trials/trial.ts'
import { type Place, verdictPicture } from './verdict-picture.ts'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    pictures: { type: 'string', default: 'docs' },
  },
})
const runs = Number(options.runs)
const faultyRuns = Math.ceil(runs * 0.3)
const seed = Number(options.seed)
const alpha = 0.05

/** Indexed by rule, then by situation. */
function outcomes(situations: readonly Situation[], times: number): readonly (readonly Outcome[])[] {
  const columns = situations.map((one) => runTrial(rivals, one, times, seed, alpha))
  return rivals.map((_, row) => columns.flatMap((column) => column[row] ?? []))
}

const percent = (count: number, of: number): string => String(Math.round((1000 * count) / of) / 10)
const minutes = (value: number): string => (Number.isFinite(value) ? String(value) : '-')
const early = ({ early: count, runs: of }: Outcome): string => percent(count, of)
const found = ({ detected, runs: of, medianMinutes, badServed }: Outcome): string =>
  `${Math.round((100 * detected) / of)}/${minutes(medianMinutes)}/${badServed.toFixed(badServed < 10 ? 1 : 0)}`

function show(
  title: string,
  situations: readonly Situation[],
  times: number,
  cell: (outcome: Outcome) => string,
): readonly (readonly Outcome[])[] {
  const rows = outcomes(situations, times)
  table(
    title,
    ['rule', ...situations.map(({ name }) => name.replace(', in steps', ''))],
    rivals.map(({ name }, row) => [name, ...(rows[row] ?? []).map(cell)]),
  )
  return rows
}

console.log(`Seed ${seed}, alpha ${alpha}, 60 minutes, candidate 10 %. CloudWatch's lag is added to nobody.`)
table(
  'The rules',
  ['rule', 'what it is'],
  rivals.map(({ name, about }) => [name, about]),
)
const harmless = show(`False roll backs, % of ${runs} healthy releases`, healthy, runs, early)
const caught = show(
  `Detected % / median minutes to the roll back / mean extra bad requests served, ${faultyRuns} faulty releases`,
  faulty,
  faultyRuns,
  found,
)
show('Total failure: detected % / median minutes / bad requests', failing, faultyRuns, found)
show(`In steps of 5, 10, 25, 50 %: false roll backs, % of ${faultyRuns}`, healthyInSteps, faultyRuns, early)
show('In steps: detected % / minutes / bad requests', faultyInSteps, faultyRuns, found)
show(`Where it ends: drift of other kinds, false roll backs, % of ${faultyRuns}`, otherDrifts, faultyRuns, early)

const latency = measureLatency(Math.ceil(runs / 10), seed)
table(
  `Latency alone at 1k a minute (p50, p90, p99 of stable, tolerance 1.2; minutes count from the first traffic, the three of cold starts too), ${Math.ceil(runs / 10)} releases`,
  ['situation', 'alpha .05: % rolled back', 'median minutes', 'alpha .01: %', 'median minutes'],
  latency.map(({ name, at }) => [name, ...at.flatMap((one) => [percent(one.fired, one.runs), minutes(one.median)])]),
)

const look = measureLook()
table(
  `A look at ${look.signals} signals after ${look.hours} hours`,
  ['how', 'ms', 'aim'],
  [
    ['carried from the look before', look.carriedMs.toFixed(1), 'under 50'],
    ['from the first minute', look.scratchMs.toFixed(0), 'under 3000'],
    ['same verdict to the last digit', String(look.isSame), 'true'],
  ],
)

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const places = rivals.map(({ name }, row): Place => ({
  name,
  falsePercent: mean((harmless[row] ?? []).map((one) => (100 * one.early) / one.runs)),
  // A fault that is never found counts as found at the end of the hour.
  delayMinutes: mean((caught[row] ?? []).map((one) => Math.min(60, one.medianMinutes))),
}))
writeFileSync(join(options.pictures, 'verdict.svg'), verdictPicture(places))
const named = (name: string): Situation | undefined => [...healthy, ...faulty].find((one) => one.name === name)
const [bursts, regression] = [named('clus10'), named('1k 1%+5pp, onset 30')]
if (bursts !== undefined && regression !== undefined) {
  const picture = evidencePicture([
    { title: 'Healthy, with errors in bursts', situation: bursts, seed },
    { title: 'A fault from minute 30 on: 5 % more fail', situation: regression, seed },
  ])
  writeFileSync(join(options.pictures, 'evidence.svg'), picture)
}
console.log(`\nThe pictures are in ${options.pictures}: verdict.svg, evidence.svg.`)
