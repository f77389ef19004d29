// Fails that wait for a person, and what else may happen past a one-way step: a hook that fails, a log that is lost, a table that
// is away. Nothing of it brings the version before back.
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import { logKey } from '../../../core/release/log-key.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../local/sandbox.ts'
import { authorize } from '../least-privilege.ts'
import { policyRules } from './firing.ts'

let sandbox: Sandbox
const opened = async (changes: Readonly<Record<string, unknown>>, options: SandboxOptions = {}) => {
  sandbox = await openSandbox({ authorize, sweepMinutes: 1, perMinute: 240, ...options })
  const signals = { alarms: ['checkout-errors'], errors: { minimumSamples: 20 }, latency: 'off' }
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], signals, ...changes }))
}
afterEach(() => sandbox.close())
const begin = async (code: string) => sandbox.start({ version: await sandbox.publish(code), requestId: code })
const log = async (id: string) => (await sandbox.events(id)).map(({ type }) => type)
const frozen = async (id: string) => {
  for (let minutes = 0; minutes < 30 && (await sandbox.release(id)).frozen?.told !== true; minutes++)
    await sandbox.minutes(1)
  return sandbox.release(id)
}

const announced = () =>
  sandbox.cloud.events
    .recorded()
    .filter((event) => event['detail-type'] === 'Release Frozen')
    .map(({ detail }) => detail)

describe('a fail with onFail: hold', () => {
  const held = {
    plan: 'Canary50Percent10Minutes',
    signals: { errors: { minimumSamples: 20, onFail: 'hold' }, latency: 'off' },
  }

  it.each(['rollback', 'resume'] as const)('pages, and a person decides: %s', async (choice) => {
    await opened(held)
    const id = await begin('v3')
    const release = await frozen(id)
    expect(release).toMatchObject({ frozen: { kind: 'hold' }, state: { phase: 'baking' } })
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.5 })
    expect(sandbox.pages()[0]?.subject).toBe(`Release ${id} of checkout is frozen at 50 %, and a person decides.`)
    expect(announced()).toMatchObject([{ metadata: { releaseId: id }, kind: 'hold', by: 'verdict', weightPercent: 50 }])
    expect(await sandbox.world.line.stopped('checkout')).toBeUndefined()
    await sandbox.minutes(30)
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.5 })
    if (choice === 'rollback') {
      await sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'no' })
      expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'rolledBack', by: 'user/ann' })
      return
    }
    await sandbox.orderAs('ann')('resume', 'checkout', {})
    await sandbox.minutes(2)
    expect(await sandbox.release(id)).not.toHaveProperty('frozen')
    await sandbox.orderAs('ann')('promote', 'checkout', { reason: 'known' })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    expect(await log(id)).toEqual(expect.arrayContaining(['frozenTold', 'resumed', 'promoteOrdered']))
  })
})

const reason = 'the old column is dropped'
const plan = { steps: [{ weight: 50, bake: '10m', oneWay: { reason, yes: 'policy' } }] }
const gates = { rules: policyRules }

describe('past a one-way step', () => {
  it('a hook that fails freezes the release where it is, and a person has it called again', async () => {
    let answer = 'fail'
    const hooks = [{ at: 'beforeStep', function: 'checkout-smoke' }]
    await opened({ plan, gates, hooks }, { functions: { smoke: () => ({ result: answer }) } })
    const id = await begin('v2')
    const release = await frozen(id)
    expect(release).toMatchObject({ frozen: { kind: 'oneWay', by: 'hook' }, state: { phase: 'hooks' } })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    const types = await log(id)
    expect(types.indexOf('oneWayPassed')).toBeLessThan(types.indexOf('hookCalled'))
    answer = 'pass'
    await sandbox.orderAs('ann')('resume', 'checkout', {})
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    expect(await sandbox.world.line.stopped('checkout')).toBeUndefined()
  })

  it('a release whose log is lost is ended, and its aliases are left where they are', async () => {
    await opened({ plan, gates })
    const id = await begin('v2')
    await sandbox.minutes(1)
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.5 })
    // What a warm function still remembers of a log, it reads on.
    const { seq } = await sandbox.release(id)
    const { pk, sk } = logKey(id, seq + 1)
    const Item = { pk: { S: pk }, sk: { S: sk }, body: { S: 'not JSON' } }
    await sandbox.clients.dynamodb.send(new PutItemCommand({ TableName: 'tidegate', Item }))
    await expect(sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'no' })).rejects.toMatchObject({
      name: 'Tidegate.one_way_passed',
    })
    await sandbox.minutes(3)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.5 } })
    const told = sandbox.pages().find(({ subject }) => subject?.includes('was ended without its log'))
    expect(told?.message).toContain('is left at version 1 at 50 %, version 2 at 50 %')
  })
})
