// `npm run bench:watch`: what the watch after a promotion saves in months with late faults, and how many healthy releases it
// takes for bad ones in a day. Seeded: `--months N` sets the number of months (default 20), `--seed` the first seed, `--days N`
// the healthy releases of each month (default 100).
import { parseArgs } from 'node:util'
import { table } from '../table.ts'
import { falseReturnsOf, lateFaults, lateFaultsOf } from './months.ts'

const { values: options } = parseArgs({
  options: {
    months: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '100' },
  },
})
const seeds = Array.from({ length: Number(options.months) }, (_, index) => Number(options.seed) + index)
const days = Number(options.days)

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const short = (value: number): string => value.toFixed(value < 10 ? 1 : 0)
const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

console.log(
  `Months ${seeds.at(0)} to ${seeds.at(-1)}: one release of each fault, which begins half an hour to ten hours after the promotion; ${days} healthy releases a month, each watched for 24 hours.`,
)
for (const mean of [10, 100, 1000, 20_000]) {
  const all = seeds.flatMap((seed) => lateFaultsOf(mean, seed))
  const healthy = seeds.length * days
  const mistakes = sum(seeds.map((seed) => falseReturnsOf(mean, seed, days)))
  const row = (name: string, some: typeof all) => {
    const [none, page, rollBack] = [
      some.map((one) => one.none),
      some.map((one) => one.page),
      some.map((one) => one.rollBack),
    ].map(sum)
    const found = some.flatMap(({ minutes }) => minutes ?? [])
    return [
      ...[name, `${found.length} of ${some.length}`, short(middle(found))],
      ...[none, page, rollBack].map((bad = 0) => short(bad / seeds.length)),
      `${short((none ?? 0) / (page || 1))} / ${short((none ?? 0) / (rollBack || 1))}`,
    ]
  }
  table(
    `${mean} requests a minute: ${mistakes} of ${healthy} healthy releases taken for bad ones (${((100 * mistakes) / healthy).toFixed(2)} %)`,
    ['fault', 'found', 'minutes p50', 'bad: no watch', 'page', 'rollBack', 'times fewer: page / rollBack'],
    [
      ...lateFaults.map(({ name }) =>
        row(
          name,
          all.filter((one) => one.name === name),
        ),
      ),
      row('all', all),
    ],
  )
}
