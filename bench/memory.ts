// `npm run bench:memory`: how the memory of the embedded cloud grows, with the controller in it and a release every ten minutes.
// Ten hours of its time take a few minutes of real time.
import { setFlagsFromString } from 'node:v8'
import { paginateScan } from '@aws-sdk/client-dynamodb'
import { runInNewContext } from 'node:vm'
import { minute, openSandbox } from '../local/sandbox.ts'
import { environment } from '../local/installation.ts'
import { sampleService } from '../local/sample-service.ts'
import { table } from './table.ts'

const hours = Number(process.argv[2] ?? 10)
const everyMinutes = 10

setFlagsFromString('--expose_gc')
const collect = runInNewContext('gc') as () => void

/** Bytes in use after a full collection: heap, and buffers outside it. */
async function inUse(): Promise<number> {
  // Recently settled promises still hold objects; one turn of the event loop releases them.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The size of the table in bytes: logs are kept, as on AWS. */
async function stored(): Promise<number> {
  let bytes = 0
  const pages = paginateScan({ client: sandbox.clients.dynamodb }, { TableName: environment.TIDEGATE_TABLE })
  for await (const { Items = [] } of pages) bytes += Items.reduce((sum, item) => sum + JSON.stringify(item).length, 0)
  return bytes
}

const sandbox = await openSandbox({ perMinute: 100, budgetMinutes: 5 })
await sandbox.world.services.put(sampleService({ hooks: [], plan: { steps: [{ weight: 50, bake: '1m' }] } }))
const outcomes = new Map<string, number>()
const rows: (readonly (string | number)[])[] = []
for (let hour = 1; hour <= hours; hour++) {
  for (let nth = 0; nth < 60 / everyMinutes; nth++) {
    const endMs = sandbox.clock.nowMs() + everyMinutes * minute
    const id = await sandbox.start({ version: await sandbox.publish(nth % 2 === 0 ? 'v2' : 'v1') })
    await sandbox.clock.advanceTo(endMs)
    const { ending } = await sandbox.release(id)
    const outcome = ending?.outcome ?? 'under way'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  const megabytes = (await inUse()) / 2 ** 20
  const counts = [...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')
  rows.push([hour, megabytes.toFixed(1), ((await stored()) / 2 ** 20).toFixed(1), counts])
  console.error(`${hour} h: ${megabytes.toFixed(1)} MB, ${counts}`)
}
sandbox.close()
table('Memory in use after each hour', ['hour', 'MB', 'MB in the table', 'releases so far'], rows)
