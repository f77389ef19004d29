// The row about little traffic: bad releases that go on although they are clearly bad, and healthy ones that are held.
import {
  bakeMinutes,
  clearlyBad,
  enoughRequests,
  fewRequests,
  longBakeMinutes,
  patienceMinutes,
  type PassOutcome,
  runPasses,
} from '../trials/low-traffic.ts'
import type { Situation } from '../trials/noise.ts'
import { minutes, percent, type Row, type Setting, type Table } from './row.ts'

function passTable(
  title: string,
  { rules, runs, seed, alpha }: Setting,
  situations: readonly Situation[],
  cell: (outcome: PassOutcome) => string,
  bake?: number,
): Table {
  return {
    title,
    head: ['situation', ...rules.map(({ name }) => name)],
    rows: situations.map((one) => [one.name, ...runPasses(rules, one, runs, seed, alpha, bake).map(cell)]),
  }
}

export const lowTrafficRow: Row = {
  name: 'low-traffic',
  tables: (setting) => [
    passTable(
      `Clearly bad at 50 %: % that go on after ${bakeMinutes} minutes / within ${patienceMinutes}`,
      setting,
      clearlyBad,
      ({ runs, atOnce, later }) => `${percent(atOnce, runs)}/${percent(atOnce + later, runs)}`,
    ),
    passTable(
      `Healthy at 50 %: % held longer than ${bakeMinutes} minutes / put back / median and 90 % of the minutes until they go on`,
      setting,
      fewRequests,
      healthyCell,
    ),
    passTable(
      `Healthy with more requests, or a longer bake: the same for ${longBakeMinutes} minutes`,
      setting,
      enoughRequests,
      healthyCell,
      longBakeMinutes,
    ),
  ],
}

const healthyCell = ({ runs, atOnce, back, medianMinutes, mostMinutes }: PassOutcome): string =>
  `${percent(runs - atOnce - back, runs)}/${percent(back, runs)}/${minutes(medianMinutes)}/${minutes(mostMinutes)}`
