// The row about errors of one version that come late: healthy releases put back, and how soon a fault is found all the same.
import { judgedLate, type Lateness, rivalLate } from '../trials/late-errors.ts'
import { minutesOf, type Situation } from '../trials/noise.ts'
import { flat } from '../trials/weights.ts'
import { minutes, percent, type Row, type Setting, type Table } from './row.ts'

const healthy: Situation = {
  name: '1k 1 %',
  perMinute: 1000,
  rate: 0.01,
  noise: { kind: 'independent' },
  minutes: 60,
  weightBp: flat,
}
const faulty: Situation = { ...healthy, name: '1k 1 % +5', fault: { added: 0.05, fromMinute: 0 } }
const latenesses = (['stable', 'candidate'] as const).flatMap((arm) =>
  [2, 4, 7, 10].map((late): Lateness => ({ arm, minutes: late })),
)

/** In which minute each release is put back, by rule. */
function failures(
  situation: Situation,
  late: Lateness,
  { rules, runs, seed, alpha }: Setting,
): readonly (readonly number[])[] {
  const releases = Array.from({ length: runs }, (_, run) => minutesOf(situation, seed + run))
  const settings = { alpha, stableRate: situation.rate }
  return rules.map((rule) =>
    releases.map((release) => {
      const said = rule.name === 'ours' ? judgedLate(release, late, alpha) : rivalLate(rule, release, late, settings)
      const fail = said.indexOf('fail')
      return fail < 0 ? Infinity : fail + 1
    }),
  )
}

function lateTable(
  title: string,
  situation: Situation,
  setting: Setting,
  cell: (fails: readonly number[]) => string,
): Table {
  return {
    title,
    head: ['what comes late', ...setting.rules.map(({ name }) => name)],
    rows: latenesses.map((late) => [
      `${late.arm}, ${late.minutes} minutes`,
      ...failures(situation, late, setting).map((fails) => cell(fails.toSorted((a, b) => a - b))),
    ]),
  }
}

const isBack = (fail: number): boolean => Number.isFinite(fail)

export const lateErrorsRow: Row = {
  name: 'late-errors',
  tables: (setting) => [
    lateTable(
      `Errors of one version come late, ${healthy.name}: healthy releases put back, %`,
      healthy,
      setting,
      (fails) => percent(fails.filter(isBack).length, fails.length),
    ),
    lateTable(
      `The same, ${faulty.name}: found % / median minutes`,
      faulty,
      setting,
      (fails) =>
        `${percent(fails.filter(isBack).length, fails.length)}/${minutes(fails[Math.floor(fails.length / 2)] ?? Infinity)}`,
    ),
  ],
}
