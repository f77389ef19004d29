// Once a release that has passed its one-way step is promoted, the version of before comes back in no way, however its function
// is called meanwhile. What is promoted after it goes back to it as ever.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { authorize } from '../least-privilege.ts'
import { setAlarm } from './firing.ts'

const reason = 'the old column is dropped'
const step = { weight: 10, bake: '3m' }
const oneWay = { steps: [step, { weight: 50, bake: '5m', oneWay: { reason } }] }
const usual = {
  slos: [],
  hooks: [],
  triggers: {},
  signals: { alarms: ['checkout-errors'], errors: {}, latency: 'off' },
}
const arn = 'arn:aws:lambda:us-east-1:000000000000:function:checkout'

let sandbox: Sandbox
const define = (plan: unknown, changes: object = {}) =>
  sandbox.world.services.put(sampleService({ ...usual, plan, ...changes }))
const approve = () => sandbox.ask('approve', { service: 'checkout', by: 'ben', before: 50 })
const start = async (code: string, call: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  sandbox.start({ version: await sandbox.publish(code), requestId: code, ...call })
const outcomeOf = async (id: string) => (await sandbox.finish(id)).ending
const order = (call: object) => sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'orders drop', ...call })
const refused = { name: 'Tidegate.one_way_passed', message: expect.stringContaining(reason) as string }
const all = async (version: string) => expect(await sandbox.alias()).toMatchObject({ version, weights: {} })

beforeEach(async () => {
  sandbox = await openSandbox({ authorize, sweepMinutes: 5, perMinute: 120 })
})
afterEach(() => sandbox.close())

/** Version 2 has all traffic, usually, and then version 3, past its one-way step. @returns both releases */
async function past(): Promise<readonly [before: string, passed: string]> {
  await define('AllAtOnce')
  const before = await start('v2')
  expect((await outcomeOf(before))?.outcome).toBe('promoted')
  await sandbox.minutes(1)
  await define(oneWay)
  const passed = await start('v4')
  await sandbox.minutes(8)
  await approve()
  expect((await outcomeOf(passed))?.outcome).toBe('promoted')
  await all('3')
  return [before, passed]
}

async function nothingGoesBack(releases: readonly string[]): Promise<void> {
  const calls = [{}, { to: '1' }, { to: '2' }, ...releases.map((releaseId) => ({ releaseId }))]
  for (const call of calls) await expect(order(call)).rejects.toMatchObject(refused)
  for (const [nth, version] of ['1', '2', '1', '2'].entries()) {
    const drill = nth < 2 ? {} : { drill: true, weight: 0 }
    const { releases: asked } = (await sandbox.ask('start', {
      ...{ service: 'checkout', version, requestId: `old-${nth}`, ...drill },
    })) as { readonly releases: readonly { readonly releaseId: string }[] }
    expect(await outcomeOf(asked[0]?.releaseId ?? '')).toMatchObject({ outcome: 'rejected', code: 'one_way_passed' })
  }
  await all('3')
}

it('no order, release or drill brings an older version back, whatever the definition says now', async () => {
  const releases = await past()
  await nothingGoesBack(releases)
  await define('AllAtOnce')
  const old = await sandbox.start({ version: '2', requestId: 'all-at-once' })
  expect(await outcomeOf(old)).toMatchObject({ outcome: 'rejected', code: 'one_way_passed' })
  await sandbox.ask('apply', { service: 'checkout', by: 'ann', remove: true })
  await define('AllAtOnce')
  const again = await sandbox.start({ version: '2', requestId: 'removed' })
  expect(await outcomeOf(again)).toMatchObject({ outcome: 'rejected', code: 'one_way_passed' })
  await all('3')
})

it('nor where the definition names the function by its ARN, which had its name before', async () => {
  const releases = await past()
  await define(oneWay, { targets: [{ function: arn, alias: 'live' }] })
  await nothingGoesBack(releases)
})

it('what waited while a forward fix overtook it goes back to the fix', async () => {
  await define(oneWay)
  const frozen = await start('v4')
  await sandbox.minutes(8)
  await approve()
  await sandbox.clock.settle()
  await setAlarm(sandbox, 'ALARM')
  await sandbox.clock.settle()
  await define({ steps: [step] })
  const waited = await start('v1')
  await sandbox.minutes(1)
  const fix = await start('v2', { fixes: frozen })
  await setAlarm(sandbox, 'OK')
  expect((await outcomeOf(fix))?.outcome).toBe('promoted')
  expect((await outcomeOf(waited))?.outcome).toBe('promoted')
  await all('3')
  await order({})
  await sandbox.minutes(1)
  await all('4')
  await expect(order({ to: '1' })).rejects.toMatchObject(refused)
})
