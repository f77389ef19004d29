// `npm run bench:budget`: months of 60 releases, 6 of them bad, with the fixed plan 10 %, 50 %, 100 %, and with the budget
// setting the pace. Seeded: `--months N` sets the number of months (default 20), `--seed` the first seed.
import { parseArgs } from 'node:util'
import { faults } from './trials/month.ts'
import { type Account, comparePaces, waysOf } from './trials/pace-trial.ts'
import { table } from './table.ts'

const { values: options } = parseArgs({
  options: { months: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
})
const seeds = Array.from({ length: Number(options.months) }, (_, index) => Number(options.seed) + index)

const short = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
const percent = (share: number): string => (100 * share).toFixed(2)

const row = (one: Account): readonly (string | number)[] => [
  one.name,
  short(one.bad),
  short(one.badAfter),
  short(one.bad / faults.length),
  percent(one.burned),
  percent(one.falseShare),
  percent(one.notBegunShare),
  `${one.medianMinutes} / ${one.p90Minutes}`,
  `${short(one.ratio.all)} / ${short(one.ratio.median)} / ${short(one.ratio.worst)}`,
]

const head = [
  'way',
  'bad served',
  'after promotion',
  'a bad release',
  'budget %',
  'false %',
  'not begun %',
  'minutes p50 / p90',
  'ratio all / median / worst',
]

console.log(
  `Months ${seeds.at(0)} to ${seeds.at(-1)}: 30 days, 60 releases, 6 of them bad, 99.9 % in 28 days. A minute is known two minutes after it began, to everybody.`,
)
for (const stepMinutes of [30, 10]) {
  for (const mean of [100, 1000, 20_000]) {
    const accounts = comparePaces(Object.values(waysOf(stepMinutes)), mean, seeds)
    const title = `${mean} requests a minute, ${2 * stepMinutes} minutes to all traffic`
    table(title, head, accounts.map(row))
    table(
      'Bad requests served, by fault',
      ['way', ...faults.map(({ name }) => name)],
      accounts.map(({ name, byFault }) => [name, ...faults.map((fault) => short(byFault.get(fault.name) ?? 0))]),
    )
  }
}
