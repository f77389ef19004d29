// Releases whose versions differ in more than their code, on the embedded cloud: the log, the page and the release's page say it,
// and never the value of a variable.
import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda'
import { afterEach, expect, it } from 'vitest'
import { tell } from '../../../core/view/release/told.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { authorize } from '../least-privilege.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

const layer = (version: number): string => `arn:aws:lambda:eu-west-1:111122223333:layer:shared:${version}`

async function released(sample: 'v2' | 'v3') {
  sandbox = await openSandbox({ authorize, sweepMinutes: 5 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  const change = (input: object) =>
    sandbox.clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'checkout', ...input }))
  await change({ Environment: { Variables: { DB_PASSWORD: 'hunter2' } }, Layers: [layer(4)], MemorySize: 512 })
  const id = await sandbox.start({ version: await sandbox.publish(sample) })
  return { release: await sandbox.finish(id), events: await sandbox.events(id) }
}

const words =
  'Besides the code, this changed of checkout: layer 111122223333:shared is new: 4, memory from 128 MB to 512 MB, environment variable DB_PASSWORD is new.'

it('a bad release says on its page what changed besides the code, and no value', async () => {
  const { release, events } = await released('v3')
  expect(release.ending).toMatchObject({ outcome: 'rolledBack' })
  expect(sandbox.pages()[0]?.message).toContain(words)
  const everything = JSON.stringify([events, sandbox.pages(), release])
  expect(everything).not.toMatch(/hunter2|[0-9a-f]{64}"/)
})

it('a good release says it in its log, and pages nobody', async () => {
  const { release, events } = await released('v2')
  expect(release.ending).toMatchObject({ outcome: 'promoted' })
  const prepared = events.find(({ type }) => type === 'prepared')
  expect(prepared === undefined ? '' : tell(prepared, release).words).toContain(words)
  expect(sandbox.pages()).toEqual([])
})
