// Provisioned concurrency: combinations that a release cannot handle are refused before anything moves. What Lambda itself does
// to an alias while it moves the concurrency is neither mistaken for a person nor disturbed.
import { PutProvisionedConcurrencyConfigCommand } from '@aws-sdk/client-lambda'
import { afterEach, expect, it } from 'vitest'
import { isOurs } from '../../core/release/move.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from './least-privilege.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

async function open(): Promise<void> {
  sandbox = await openSandbox({ authorize, perMinute: 60, sweepMinutes: 5 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
}

const provision = (Qualifier: string) =>
  sandbox.clients.lambda.send(
    new PutProvisionedConcurrencyConfigCommand({
      FunctionName: 'checkout',
      Qualifier,
      ProvisionedConcurrentExecutions: 5,
    }),
  )

it('an alias with it is refused by name, and nothing has moved', async () => {
  await open()
  await provision('live')
  const before = await sandbox.alias()
  const { ending } = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
  expect(ending).toMatchObject({ outcome: 'rejected', code: 'alias_provisioned' })
  expect(ending?.because).toContain('Alias checkout:live has provisioned concurrency. Move')
  expect(await sandbox.alias()).toEqual(before)
})

it("versions may have it: the release waits until the candidate's is ready", async () => {
  await open()
  await provision('1')
  const version = await sandbox.publish('v2')
  await provision(version)
  const id = await sandbox.start({ version })
  expect((await sandbox.release(id)).state.phase).toBe('preparing')
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  expect(await sandbox.alias()).toMatchObject({ version, weights: {} })
})

/** A release is promoted, then the alias gets provisioned concurrency, and a person rolls back. */
async function wayBack(): Promise<string> {
  await open()
  const version = await sandbox.publish('v2')
  expect((await sandbox.finish(await sandbox.start({ version }))).ending?.outcome).toBe('promoted')
  await provision('live')
  const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'to see' }
  const { releaseId } = (await sandbox.ask('orderRollback', order)) as { releaseId: string }
  await sandbox.clock.settle()
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { [version]: 1 } })
  return releaseId
}

it('a way back is not refused, and ends when Lambda has moved the traffic', async () => {
  const id = await wayBack()
  await sandbox.minutes(1)
  expect((await sandbox.release(id)).state.phase).toBe('shifting')
  const { revision } = await sandbox.alias()
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  const after = await sandbox.alias()
  expect(after).toMatchObject({ version: '1', weights: {} })
  expect(after.revision).not.toBe(revision)
  expect((await sandbox.release(id)).targets[0]).toMatchObject({ revision: after.revision })
})

it('a person who moves the alias meanwhile is still noticed', async () => {
  const id = await wayBack()
  await sandbox.moveByHand('1', { '2': 0.5 })
  expect((await sandbox.finish(id)).ending?.outcome).toBe('interrupted')
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.5 } })
})

it('before a way back has announced a write, all traffic on the other version means a person', async () => {
  const id = await wayBack()
  const release = await sandbox.release(id)
  const found = { version: '2', additional: { version: '1', weightBp: 10_000 } }
  expect(isOurs(release, 'checkout', { version: '1', additional: { version: '2', weightBp: 10_000 } })).toBe(true)
  expect(isOurs(release, 'checkout', found)).toBe(false)
  expect(isOurs(release, 'checkout', { version: '1', additional: { version: '2', weightBp: 9_999 } })).toBe(false)
})

it('a way back over a move that Lambda has not finished waits for it', async () => {
  await open()
  const version = await sandbox.publish('v2')
  expect((await sandbox.finish(await sandbox.start({ version }))).ending?.outcome).toBe('promoted')
  await provision('live')
  await sandbox.moveByHand('1')
  const { revision } = await sandbox.alias()
  const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'to see' }
  const { releaseId } = (await sandbox.ask('orderRollback', order)) as { releaseId: string }
  await sandbox.clock.settle()
  expect(await sandbox.alias()).toMatchObject({ weights: { '2': 1 }, revision })
  expect((await sandbox.finish(releaseId)).ending?.outcome).toBe('alreadyReleased')
})

it("without it, weights that look like Lambda's mean a person", async () => {
  await open()
  const version = await sandbox.publish('v2')
  await sandbox.moveByHand(version, { '1': 1 })
  const { ending } = await sandbox.finish(await sandbox.start({ version }))
  expect(ending).toMatchObject({ outcome: 'rejected', code: 'alias_split' })
})
