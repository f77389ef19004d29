// Whoever names a promoted release undoes that one and no other: it is refused when another one is live or was promoted since.
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keys } from '../../../cloud/aws/dynamodb/table.ts'
import { type Sandbox, openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { authorize } from '../least-privilege.ts'

let sandbox: Sandbox
const back = (releaseId: string, service = 'checkout') =>
  sandbox.orderAs('ann')('roll-back', service, { releaseId, reason: 'orders drop' }) as Promise<{ releaseId: string }>
const settle = () => sandbox.clock.settle()
const promote = async (code: string): Promise<string> => {
  const id = await sandbox.start({ version: await sandbox.publish(code), plan: 'AllAtOnce' })
  await sandbox.finish(id)
  return id
}

beforeEach(async () => {
  sandbox = await openSandbox({ authorize, perMinute: 0 })
  await sandbox.world.services.put(
    sampleService({ slos: [], hooks: [], gates: {}, signals: { alarms: [], errors: {} } }),
  )
})
afterEach(() => sandbox.close())

it('undoes the promoted release that is named, once', async () => {
  const id = await promote('v2')
  const { releaseId } = await back(id)
  expect((await back(id)).releaseId).toBe(releaseId)
  await settle()
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  await expect(back(id)).rejects.toMatchObject({ code: 'nothing_to_return_to' })
  await expect(back(releaseId)).rejects.toMatchObject({ code: 'nothing_to_return_to' })
})

it('moves nothing when another was promoted since, or is live', async () => {
  const first = await promote('v2')
  const second = await promote('v2b')
  await expect(back(first)).rejects.toMatchObject({
    code: 'not_in_charge',
    message: `Release ${second} of checkout was promoted since: release ${first} was not put back.`,
  })
  const live = await sandbox.start({ version: await sandbox.publish('v2c') })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 5_000)
  const before = await sandbox.alias()
  expect(before.weights).toEqual({ '4': 0.1 })
  await expect(back(second)).rejects.toMatchObject({
    code: 'not_in_charge',
    message: `Release ${live} of checkout is live: release ${second} was not put back.`,
  })
  expect(await sandbox.alias()).toEqual(before)
  expect((await sandbox.release(live)).ending).toBeUndefined()
})

it('of a release that has just gone back says so when nothing is named, and leaves the good version where it is', async () => {
  const good = await promote('v2')
  const bad = await sandbox.start({ version: await sandbox.publish('v3') })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 5_000)
  const rollBack = () => sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'orders drop' })
  await rollBack()
  for (const minutes of [0, 1, 14]) {
    await sandbox.minutes(minutes)
    const note = `This release had gone back already. Nothing was moved. To undo the release before it as well, name it: ${good}.`
    expect(await rollBack()).toEqual({ releaseId: bad, phase: 'settled', outcome: 'rolledBack', note })
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  }
  await sandbox.minutes(2)
  await rollBack()
  await settle()
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

it('goes back from the promoted release when what has just come back was a drill', async () => {
  await promote('v2')
  await sandbox.start({ version: await sandbox.publish('v3') })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 5_000)
  const rollBack = () => sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'orders drop' })
  await rollBack()
  await settle()
  const [back] = (await sandbox.world.history.list('checkout', 1)).items
  if (back === undefined) throw new Error('it is not in the history')
  await sandbox.world.history.put({ ...back, drill: true })
  await rollBack()
  await settle()
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

it('puts back a release that was promoted while the button was on the screen', async () => {
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 5_000)
  await sandbox.ask('promote', { releaseId: id, by: 'ben', reason: 'good' })
  await sandbox.finish(id)
  await back(id)
  await settle()
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

it('refuses what was never promoted, and a release of another service', async () => {
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 5_000)
  await back(id)
  await settle()
  await expect(back(id)).rejects.toMatchObject({ code: 'verb_not_now' })
  await expect(back('checkout-none')).rejects.toMatchObject({ code: 'release_missing' })
  const promoted = await promote('v2b')
  await sandbox.world.services.put(sampleService({ name: 'cart', slos: [], hooks: [], gates: {} }))
  await expect(back(promoted, 'cart')).rejects.toMatchObject({ code: 'release_missing' })
  expect(await sandbox.alias()).toMatchObject({ version: '3' })
})

it('goes back from a promoted release whose log is lost, because its history says what ran before', async () => {
  const id = await promote('v2')
  const { length } = await sandbox.events(id)
  for (let seq = 1; seq <= length; seq++)
    await sandbox.clients.dynamodb.send(
      new DeleteItemCommand({
        TableName: 'tidegate',
        Key: Object.fromEntries(Object.entries(keys.event(id, seq)).map(([name, S]) => [name, { S }])),
      }),
    )
  await back(id)
  await settle()
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})
