// The rows about durations: slow candidates and healthy ones, latency being the only signal.
import { type LatencyRule, latencyRules } from '../rivals/latency.ts'
import type { TimedSituation } from '../trials/durations.ts'
import { slowOnes, unchangedOnes } from '../trials/timed-situations.ts'
import { runTimedTrial, type TimedOutcome } from '../trials/timed-trial.ts'
import { minutes, percent, type Row, type Setting, type Table } from './row.ts'

const alpha01 = 0.01

function timedTable(
  title: string,
  rules: readonly LatencyRule[],
  situations: readonly TimedSituation[],
  { runs, seed, alpha }: Setting,
  cell: (outcome: TimedOutcome) => string,
): Table {
  return {
    title,
    head: ['situation', ...rules.map(({ name }) => name)],
    rows: situations.map((one) => [one.name, ...runTimedTrial(rules, one, runs, seed, alpha).map(cell)]),
  }
}

const found = ({ runs, early, fired, median }: TimedOutcome): string =>
  `${percent(fired, runs)}/${minutes(median)}${early === 0 ? '' : `, early ${percent(early, runs)}`}`
const back = ({ runs, fired }: TimedOutcome): string => percent(fired, runs)

const strict: LatencyRule[] = latencyRules
  .filter(({ name }) => name === 'ours')
  .map((rule) => ({ ...rule, name: 'ours, alpha .01', judge: (release) => rule.judge(release, alpha01) }))
const rules = [...latencyRules.slice(0, 1), ...strict, ...latencyRules.slice(1)]

export const latencyRow: Row = {
  name: 'latency',
  tables: (setting) => [
    {
      title: 'The rules about durations',
      head: ['rule', 'what it is'],
      rows: latencyRules.map((one) => [one.name, one.about]),
    },
    timedTable(
      'Latency alone at 1k a minute, 10 %; minutes count from the first traffic. Slow candidates: found % / median minutes',
      rules,
      slowOnes,
      setting,
      found,
    ),
    timedTable('Latency alone, healthy candidates put back, %', rules, unchangedOnes, setting, back),
  ],
}
