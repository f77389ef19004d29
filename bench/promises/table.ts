// `node bench/promises/table.ts [--runs N] [--seed N]` writes cli/promise/promises.json: what `tidegate init` promises of a
// plan at each level of traffic. With `--months N` it writes nothing, and asks how the promises hold: N services, each with a
// simulated month.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { perMinuteClasses, planFitFor, rateClasses } from '../../cli/promise/plan.ts'
import { simulatedPromise } from '../../cli/promise/simulated.ts'
import { monthOf } from './month.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    months: { type: 'string' },
  },
})
const chance = { runs: Number(values.runs), seed: Number(values.seed) }

if (values.months === undefined) writeTable()
else askMonths(Number(values.months))

function writeTable(): void {
  const rows = perMinuteClasses.flatMap((perMinute) =>
    rateClasses.flatMap((rate) => {
      const fit = planFitFor({ perMinute, rate })
      if (fit === undefined) return []
      const row = simulatedPromise({ perMinute, rate }, fit, chance)
      console.log(JSON.stringify(row))
      return [row]
    }),
  )
  const file = join(import.meta.dirname, '../../cli/promise/promises.json')
  writeFileSync(file, `${JSON.stringify({ ...chance, rows }, undefined, 2)}\n`)
}

function askMonths(services: number): void {
  let [kept, asked, without] = [0, 0, 0]
  for (let index = 0; index < services; index++) {
    const month = monthOf(index, chance)
    if (month === undefined) {
      without++
      continue
    }
    const broken = month.promises.filter(({ isKept }) => !isKept)
    asked++
    if (broken.length === 0) kept++
    console.log(
      `${month.perMinute.toPrecision(3).padStart(8)} a minute, ${(month.rate * 100).toPrecision(2).padStart(7)} % fail: ${month.promises.length} promises, broken: ${broken.map(({ what, seen }) => `${what} (${seen})`).join(', ') || 'none'}`,
    )
  }
  console.log(
    `${kept} of ${asked} services kept every promise; of ${without} more, a canary is said to prove nothing. ${chance.runs} releases of each kind in a month, seed ${chance.seed}`,
  )
}
