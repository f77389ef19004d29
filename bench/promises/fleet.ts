// `npm run bench:promises`: an account with 300 seeded functions on the embedded cloud, a definition for each by `tidegate
// adopt`, and then the months of each function, with releases by its definition: whether what the comment in it promises holds.
// `--functions N`; `--runs N`: releases of each kind for each function; `--seed N`; `--only NAME,NAME`: of these alone.
import { parseArgs } from 'node:util'
import { table } from '../table.ts'
import { defined } from './defined.ts'
import { monthsOf } from './month.ts'
import { lineOf, type Row, summaryOf } from './shown.ts'

const { values } = parseArgs({
  options: {
    functions: { type: 'string', default: '300' },
    runs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '300' },
    only: { type: 'string', default: '' },
  },
})
const [count, runs, seed] = [Number(values.functions), Number(values.runs), Number(values.seed)]
const only = values.only.split(',').filter((name) => name !== '')

const rows: Row[] = []
let without = 0
for (const { said, truth } of await defined(count, seed)) {
  if (only.length > 0 && !only.includes(truth.name)) continue
  if (said === undefined) {
    without++
    continue
  }
  const row = { said, truth, months: monthsOf(said, truth, { runs, seed }) }
  rows.push(row)
  console.log(lineOf(row))
}
const { all, worst } = summaryOf(rows)
console.log(
  `\n${without} of ${count} functions: the definition says that a canary proves nothing, and promises nothing.`,
)
table(`Promises of ${rows.length} definitions, ${runs} releases of each kind, seed ${seed}`, all.head, all.rows)
table('The worst', worst.head, worst.rows)
