// `node bench/promises/table.ts [--runs N] [--seed N]` writes cli/promise/promises.json: what `tidegate init` promises of a plan
// at each level of traffic. Whether that holds for functions that the table has not seen, fleet.ts asks.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { perMinuteClasses, planFitFor, rateClasses } from '../../cli/promise/plan.ts'
import { simulatedPromise } from '../../cli/promise/simulated.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
})
const chance = { runs: Number(values.runs), seed: Number(values.seed) }

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
