// The example of a promotion through stages, on the embedded cloud: one of the approvers says yes, says no, or nobody says
// anything.
import { readFileSync } from 'node:fs'
import { CreateAliasCommand, CreateFunctionCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parse } from 'yaml'
import { chance } from '../../cloud/local/time/chance.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { startTraffic, type Traffic } from '../../local/traffic.ts'

const written = parse(
  readFileSync(new URL('../../examples/promotion/service.yaml', import.meta.url), 'utf8'),
) as Readonly<Record<'waves', readonly Readonly<Record<string, unknown>>[]>>
const stages = ['dev', 'staging', 'production'] as const
const nameOf = (stage: string): string => `orders-${stage}`
const zip = (text: string) => ({ ZipFile: new TextEncoder().encode(text) })

let sandbox: Sandbox
let customers: readonly Traffic[] = []
let id = ''

beforeEach(async () => {
  const functions = Object.fromEntries(stages.flatMap((stage) => [1, 2].map((n) => [`${stage} ${n}`, () => ({})])))
  sandbox = await openSandbox({ perMinute: 1, functions })
  for (const stage of stages) {
    const FunctionName = nameOf(stage)
    const Role = 'arn:aws:iam::000000000000:role/orders'
    await sandbox.clients.lambda.send(
      new CreateFunctionCommand({ FunctionName, Role, Code: zip(`${stage} 1`), Publish: true }),
    )
    await sandbox.clients.lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }))
  }
  customers = stages.map((stage) =>
    startTraffic(sandbox.cloud, sandbox.clock, chance(7, stage), 60, { functionName: nameOf(stage), alias: 'live' }),
  )
  await sandbox.minutes(3)
})
afterEach(() => {
  for (const one of customers) one.stop()
  sandbox.close()
})

/** @param approval instead of that of the example */
async function begin(approval = written.waves[2]?.['approval'], call: object = {}): Promise<void> {
  const waves = written.waves.with(2, { ...written.waves[2], approval })
  await sandbox.world.services.put(parseDefinition({ ...written, waves }))
  const versions: Record<string, string> = {}
  for (const stage of stages) versions[nameOf(stage)] = await sandbox.publish(`${stage} 2`, nameOf(stage))
  id = await sandbox.start({ service: 'orders', versions, requestId: 'r1', author: 'ann', ...call })
}

/** The candidate's share in percent; 100 once the alias points at it. */
const shares = () =>
  Promise.all(
    stages.map(async (stage) => {
      const { version, weights } = await sandbox.alias(nameOf(stage))
      return version === '1' ? Math.round((weights['2'] ?? 0) * 100) : 100
    }),
  )

/** Until production waits for its approval. */
async function atTheGate(): Promise<void> {
  for (let passed = 0; passed < 30 && (await sandbox.release(id)).held === undefined; passed++) await sandbox.minutes(1)
}
const answer = (by: string, call: Readonly<Record<string, unknown>>) =>
  sandbox.ask('approve', { service: 'orders', by, ...call })

it('takes dev and staging by steps of their own, and production once one of the approvers has said yes', async () => {
  await begin()
  await expect(answer('ben', {})).rejects.toMatchObject({ name: 'Tidegate.verb_not_now' })
  await atTheGate()
  const { held, service } = await sandbox.release(id)
  expect(service.plan.steps.map(({ weightBp, wave }) => [weightBp, wave])).toEqual([
    ...[
      [5000, 0],
      [2500, 1],
    ],
    ...[
      [500, 2],
      [5000, 2],
    ],
  ])
  expect(held?.because).toBe('0 of 1 approvals before wave production begins, by ben or cem; rejected in 4h')
  expect(await shares()).toEqual([90, 25, 0])
  await expect(answer('dan', {})).rejects.toMatchObject({ name: 'Tidegate.approval_refused' })
  await expect(answer('ben', { wave: 'staging' })).rejects.toMatchObject({ name: 'Tidegate.verb_not_now' })
  await expect(answer('ben', { wave: 'prodution' })).rejects.toMatchObject({
    ...{
      name: 'Tidegate.verb_not_now',
      message: expect.stringContaining('has no wave prodution; its waves are dev, ') as unknown,
    },
  })
  await answer('ben', {})
  await expect(answer('cem', { wave: 'production' })).rejects.toMatchObject({ name: 'Tidegate.verb_not_now' })
  await sandbox.minutes(2)
  expect(await shares()).toEqual([90, 90, 5])
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
  expect(await shares()).toEqual([100, 100, 100])
})

it('goes back everywhere when one of them says no', async () => {
  await begin()
  await atTheGate()
  const no = { wave: 'production', reason: 'not before the holidays' }
  await sandbox.orderAs('cem')('decline', 'orders', no)
  expect((await sandbox.finish(id, 5)).ending).toMatchObject({
    ...{ outcome: 'rolledBack', because: 'user/cem has declined', by: 'gate' },
  })
  expect(await shares()).toEqual([0, 0, 0])
})

it('goes back when nobody says anything in time, and a promotion that is ordered meanwhile waits for the yes, too', async () => {
  await begin({ by: ['ben'], expires: '20m' })
  await atTheGate()
  await sandbox.minutes(5)
  await sandbox.ask('promote', { service: 'orders', by: 'ann', reason: 'a fix' })
  await sandbox.minutes(5)
  expect(await shares()).toEqual([90, 25, 0])
  expect((await sandbox.release(id)).held).toMatchObject({ point: 4, gates: ['approvals'] })
  expect((await sandbox.finish(id, 20)).ending).toMatchObject({ outcome: 'rolledBack', by: 'gate' })
  expect(await shares()).toEqual([0, 0, 0])
})

it('takes a plan of a call everywhere, and only one that is bolder than the plan of no wave', async () => {
  const versions = { 'orders-dev': '2', 'orders-staging': '2', 'orders-production': '2' }
  const plan = { steps: [5, 50].map((weight) => ({ weight, bake: '10m' })) }
  const foreseen = (release: object) => sandbox.orderAs('ann')('ask', 'orders', { release: { versions, ...release } })
  await begin(true, { plan })
  expect((await sandbox.release(id)).service.plan.steps.map(({ weightBp, wave }) => [weightBp, wave])).toEqual(
    [0, 1, 2].flatMap((wave) => [
      [500, wave],
      [5000, wave],
    ]),
  )
  const waves =
    'in 3 waves, one after the other: dev (1 target), staging (1 target), an approval, production (1 target)'
  expect(await foreseen({ plan })).toMatchObject({ plan: expect.stringContaining(waves) as unknown })
  expect(await foreseen({})).toMatchObject({
    plan: expect.stringContaining('staging (1 target: 25 % for 5m)') as unknown,
  })
  const slow = { ...written.waves[1], plan: { steps: [{ weight: 1, bake: '30m' }] } }
  await sandbox.world.services.put(parseDefinition({ ...written, waves: written.waves.with(1, slow) }))
  expect(await foreseen({ plan })).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining({ what: 'plan', isOk: false })]) as unknown,
  })
  const call = { versions, plan, requestId: 'r2' }
  await expect(sandbox.orderAs('ann')('start', 'orders', call)).rejects.toMatchObject({ code: 'plan_bolder' })
})
