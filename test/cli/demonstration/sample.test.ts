// The sample's row of a release: buttons while it is live, a word while it waits, and nothing once it has settled, although its
// entry stays open for minutes where the sweep has provisioned concurrency to look after.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Backend } from '../../../cli/backend/backend.ts'
import { samplePanel } from '../../../cli/demonstration/sample.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [] }))
})
afterEach(() => sandbox.close())

async function shown(): Promise<string> {
  const backend: Backend = { ...sandbox.world, order: sandbox.orderAs('ann') }
  const ann = { name: 'ann', who: 'arn:aws:iam::000000000000:user/ann', backend }
  const panel = samplePanel({ people: [ann], isReady: () => true, publish: () => Promise.resolve('2') })
  const frame = { path: '/', where: 'the sandbox', who: ann.who, nowMs: sandbox.clock.nowMs(), formToken: 'token' }
  return (await panel.show(ann, frame)).html
}

it('has buttons while the release is live, says that the next one waits, and has no row of one that has settled', async () => {
  const live = await sandbox.start({ version: await sandbox.publish('v2') })
  const waits = await sandbox.start({ version: await sandbox.publish('v2') })
  const both = await shown()
  expect(both).toMatch(new RegExp(`/release/${live}">Release of checkout<[^]+Put back checkout[^]+/release/${waits}"`))
  expect(both.split(`/release/${waits}`)[1]).toMatch(/^">Release of checkout<[^]+?waits for its turn/)
  const entry = await sandbox.world.openReleases.get({ service: 'checkout', releaseId: live })
  await sandbox.ask('orderRollback', { service: 'checkout', by: 'ann', reason: 'x', releaseId: live })
  await sandbox.ask('orderRollback', { service: 'checkout', by: 'ann', reason: 'x', releaseId: waits })
  await sandbox.clock.settle()
  if (entry === undefined) throw new Error('it was not open')
  await sandbox.world.openReleases.add(entry)
  expect((await sandbox.world.openReleases.keys()).map(({ releaseId }) => releaseId)).toContain(live)
  expect(await shown()).not.toMatch(/Release of checkout|waits for its turn/)
})
