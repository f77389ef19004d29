// A version that Application Auto Scaling scales by load: its successor is never promised less than it has, and so takes over the
// load. The definition, which promises 50, is that of docs/concurrency.md.
import {
  DeregisterScalableTargetCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling'
import { afterEach, expect, it } from 'vitest'
import type { Sandbox } from '../../../local/sandbox.ts'
import { tell } from '../../../core/view/release/told.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { give, having, openWarm, promised } from './warm.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

const dimension = { ServiceNamespace: 'lambda', ScalableDimension: 'lambda:function:ProvisionedConcurrency' } as const
const scalable = (qualifier: string) => ({ ...dimension, ResourceId: `function:checkout:${qualifier}` })
const register = (qualifier: string) =>
  sandbox.clients.scaling.send(
    new RegisterScalableTargetCommand({ ...scalable(qualifier), MinCapacity: 20, MaxCapacity: 200 }),
  )

/** What each version has had at least while it had the share of traffic, as often as it is looked at. */
async function least(id: string): Promise<Readonly<Record<string, number>>> {
  const seen: Record<string, number> = {}
  while ((await sandbox.release(id)).state.phase !== 'settled') {
    await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 30_000)
    const { version = '', weights } = await sandbox.alias()
    if (Object.keys(weights).length > 0) continue
    const { available = 0 } = (await having(sandbox))[version] ?? {}
    seen[version] = Math.min(seen[version] ?? Infinity, available)
  }
  return seen
}

async function scaledTo(environments: number): Promise<void> {
  sandbox = await openWarm()
  await give(sandbox, '1', environments)
  await register('1')
  await sandbox.minutes(3)
}

it('the version that takes all traffic has what stable has been scaled to, and the log says so', async () => {
  await scaledTo(80)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect(await least(id)).toEqual({ '1': 80, '2': 80 })
  expect((await sandbox.release(id)).ending?.outcome).toBe('promoted')
  expect(await having(sandbox)).toEqual({ '2': { wanted: 80, available: 80 } })
  const events = await sandbox.events(id)
  const asked = events.flatMap((event) => (event.type === 'concurrencyAsked' ? event.targets : []))
  expect(asked).toMatchObject([8, 40, 80].map((environments) => ({ version: '2', environments })))
  const prepared = events.find(({ type }) => type === 'prepared')
  expect(prepared === undefined ? '' : tell(prepared, await sandbox.release(id)).words).toContain(
    'checkout:1 is scaled by load and has 80 environments, so no fewer are promised',
  )
})

it('what it is scaled to in the middle of the release counts from the next step on', async () => {
  await scaledTo(60)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(3)
  expect((await having(sandbox))['2']?.wanted).toBe(6)
  await give(sandbox, '1', 120)
  await sandbox.finish(id)
  expect(await having(sandbox)).toEqual({ '2': { wanted: 120, available: 120 } })
})

it('what it is scaled in to while its share shrinks is given back before the next step; a bad release leaves it all', async () => {
  await scaledTo(80)
  const id = await sandbox.start({ version: await sandbox.publish('v3') })
  await sandbox.minutes(3)
  await give(sandbox, '1', 20)
  const { ending } = await sandbox.finish(id)
  expect(ending?.outcome).toBe('rolledBack')
  await sandbox.minutes(4)
  expect(await having(sandbox)).toEqual({ '1': { wanted: 80, available: 80 } })
})

it('without a scalable target a definition that promises less than there was is kept to', async () => {
  await scaledTo(80)
  await sandbox.clients.scaling.send(new DeregisterScalableTargetCommand(scalable('1')))
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.finish(id)
  expect(await having(sandbox)).toEqual({ '2': { wanted: promised, available: promised } })
})

it('scaled to less than the definition promises, the definition is kept to', async () => {
  await scaledTo(30)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.finish(id)
  expect(await having(sandbox)).toEqual({ '2': { wanted: promised, available: promised } })
})

it('a scalable target of the alias is refused by name, but not on the way back', async () => {
  sandbox = await openWarm()
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  await register('live')
  const next = await sandbox.start({ version: await sandbox.publish('v4') })
  const { ending } = await sandbox.finish(next)
  expect(ending).toMatchObject({ outcome: 'rejected', code: 'alias_scaled' })
  expect(ending?.because).toContain('Application Auto Scaling scales alias checkout:live. Deregister')
  const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'to see' }
  const { releaseId } = (await sandbox.ask('orderRollback', order)) as { releaseId: string }
  expect((await sandbox.finish(releaseId)).ending?.outcome).toBe('promoted')
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})
