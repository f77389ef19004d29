// `npm run bench:verdict`: runs every rule on the same healthy and faulty releases, plots delay against false roll backs, and
// measures what a look costs. Seeded. `--only delay,noise` runs those rows alone, each situation `--runs` times; without it the
// row `usual` is run so often, and every other row a tenth of it. `--rules ours,e2` leaves the other rules out. `--past false`
// withholds stable's hours before the release, and `--releases 10` gives so many earlier ones.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { evidencePicture } from './evidence-picture.ts'
import { measureLook } from './look.ts'
import { rivals } from './rivals/rivals.ts'
import { earlyRow } from './rows/early.ts'
import { environmentsRow } from './rows/environments.ts'
import { faultRows } from './rows/faults.ts'
import { healthyRows } from './rows/healthy.ts'
import { lateErrorsRow } from './rows/late-errors.ts'
import { latencyRow } from './rows/latency.ts'
import { lowTrafficRow } from './rows/low-traffic.ts'
import type { Row, Setting } from './rows/row.ts'
import { usualRow } from './rows/usual.ts'
import { table } from './table.ts'
import { faulty, healthy } from './trials/situations.ts'
import { verdictPicture } from './verdict-picture.ts'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    rules: { type: 'string', default: '' },
    past: { type: 'string', default: 'true' },
    releases: { type: 'string', default: '0' },
    pictures: { type: 'string', default: 'docs' },
  },
})

const listed = (names: string): readonly string[] => names.split(',').filter((name) => name !== '')
const [only, ruleNames] = [listed(options.only), listed(options.rules)]
const setting: Setting = {
  rules: rivals.filter(({ name }) => ruleNames.length === 0 || ruleNames.includes(name)),
  runs: Number(options.runs),
  seed: Number(options.seed),
  alpha: 0.05,
  history: { past: options.past !== 'false', releases: Number(options.releases) },
}

function showUsual(): void {
  const { tables, places } = usualRow(setting)
  for (const one of tables) table(one.title, one.head, one.rows)
  writeFileSync(join(options.pictures, 'verdict.svg'), verdictPicture(places))
  const [bursts, regression] = [
    healthy.find(({ name }) => name === 'clus10'),
    faulty.find(({ name }) => name === '1k 1%+5pp, onset 30'),
  ]
  if (bursts === undefined || regression === undefined) throw new Error('bug: a situation of the picture is gone')
  const picture = evidencePicture([
    { title: 'Healthy, with errors in bursts', situation: bursts, seed: setting.seed },
    { title: 'A fault from minute 30 on: 5 % more fail', situation: regression, seed: setting.seed },
  ])
  writeFileSync(join(options.pictures, 'evidence.svg'), picture)
  console.log(`\nThe pictures are in ${options.pictures}: verdict.svg, evidence.svg.`)
}

function showLook(): void {
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
}

const showRow =
  ({ name, tables }: Row) =>
  (): void => {
    const runs = only.length === 0 ? Math.ceil(setting.runs / 10) : setting.runs
    const startMs = performance.now()
    for (const one of tables({ ...setting, runs })) table(one.title, one.head, one.rows)
    const seconds = Math.round((performance.now() - startMs) / 1000)
    console.log(
      `  (${name}: ${runs} releases in each situation, seeds ${setting.seed} to ${setting.seed + runs - 1}, ${seconds} s)`,
    )
  }

const shows = new Map([
  ['usual', showUsual],
  ...[...faultRows, ...healthyRows, lowTrafficRow, latencyRow, lateErrorsRow, earlyRow, environmentsRow].map(
    (row) => [row.name, showRow(row)] as const,
  ),
  ['look', showLook],
])
const unknown = only.filter((name) => !shows.has(name))
if (unknown.length > 0)
  throw new Error(`no row is called ${unknown.join(', ')}; the rows: ${[...shows.keys()].join(', ')}`)

const { past, releases } = setting.history
console.log(
  `Seed ${setting.seed}, alpha ${setting.alpha}. CloudWatch's lag is added to nobody. Known before a release: ${past ? "stable's 240 minutes" : 'nothing of stable'}, ${releases} earlier releases.`,
)
table(
  'The rules',
  ['rule', 'what it is'],
  setting.rules.map(({ name, about }) => [name, about]),
)
for (const [name, show] of shows) if (only.length === 0 || only.includes(name)) show()
