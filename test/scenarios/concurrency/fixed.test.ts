// Provisioned concurrency past a one-way step: a frozen version keeps what its share needs, its forward fix gets its own before
// it takes over, and in the end one version is paid for.
import { afterEach, expect, it } from 'vitest'
import type { Sandbox } from '../../../local/sandbox.ts'
import { areAll } from '../../repeats.ts'
import { policyRules as rules, setAlarm } from '../one-way/firing.ts'
import { broken, give, having, openWarm, promised } from './warm.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

const fire = async (value: 'ALARM' | 'OK') => {
  await setAlarm(sandbox, value)
  await sandbox.minutes(3)
}
const changes = {
  plan: { steps: [{ weight: 50, bake: '5m', oneWay: { reason: 'the column goes', yes: 'policy' } }] },
  signals: { alarms: ['checkout-errors'], errors: { minimumSamples: 5 }, latency: 'off' },
  gates: { rules },
}

// It takes seconds, and each part of it has a test of its own.
it.runIf(areAll)('a frozen version keeps its share, and once its fix is promoted the fix alone has all', async () => {
  const id = await frozen()
  await fire('OK')
  await sandbox.minutes(10)
  expect((await sandbox.release(id)).frozen).toMatchObject({ kind: 'oneWay' })
  expect(await having(sandbox)).toMatchObject({ '1': { available: promised }, '2': { available: promised / 2 } })
  const fix = await sandbox.start({ version: await sandbox.publish('v4'), requestId: 'fix', fixes: id })
  const seen: string[] = []
  for (let minutes = 0; minutes < 60 && (await sandbox.release(fix)).state.phase !== 'settled'; minutes++) {
    await sandbox.minutes(1)
    seen.push(...(await broken(sandbox)))
  }
  expect((await sandbox.release(fix)).ending?.outcome).toBe('promoted')
  expect(seen).toEqual([])
  await sandbox.minutes(8)
  expect(await having(sandbox)).toEqual({ '3': { wanted: promised, available: promised } })
  expect((await sandbox.world.openReleases.list()).items).toEqual([])
})

/** A release that is frozen at 50 %, both versions warm. */
async function frozen(): Promise<string> {
  sandbox = await openWarm({}, changes)
  await give(sandbox, '1')
  await sandbox.minutes(2)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(4)
  await fire('ALARM')
  expect((await sandbox.release(id)).frozen).toMatchObject({ kind: 'oneWay' })
  return id
}
const warm = { wanted: promised, available: promised }
const half = { wanted: promised / 2, available: promised / 2 }

it('of what the frozen version has nothing is left, although the next release begins as soon as the fix has ended', async () => {
  const id = await frozen()
  await fire('OK')
  const fix = await sandbox.start({ version: await sandbox.publish('v4'), requestId: 'fix', fixes: id })
  await sandbox.minutes(4)
  const next = await sandbox.start({ version: await sandbox.publish('v2'), requestId: 'next' })
  await sandbox.orderAs('ann')('promote', 'checkout', { reason: 'it is good' })
  await sandbox.finish(fix, 10)
  await sandbox.minutes(1)
  expect((await sandbox.release(next)).admittedAtMs).toBeDefined()
  expect(await having(sandbox)).toMatchObject({ '3': warm })
  expect(Object.keys(await having(sandbox))).not.toContain('2')
  expect(Object.keys(await having(sandbox))).not.toContain('1')
})

it.each([
  ['is refused by the checks', '99', () => Promise.resolve(), { '1': warm, '2': half }],
  ['is interrupted by hand', undefined, () => sandbox.moveByHand('2'), { '2': warm }],
] as const)('has what it had, or what serves has all, when the fix %s', async (_, named, end, left) => {
  const id = await frozen()
  const version = named ?? (await sandbox.publish('v4'))
  const fix = await sandbox.start({ version, requestId: 'fix', fixes: id })
  await sandbox.minutes(1)
  await end()
  await sandbox.finish(fix, 10)
  await sandbox.minutes(3)
  expect(await having(sandbox)).toEqual(left)
})
