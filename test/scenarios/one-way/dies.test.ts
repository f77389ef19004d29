// A process of the controller that dies after any one of its effects, from the one-way step over the freeze to the forward fix:
// at no moment does the version of before get more traffic, and the fix is promoted all the same.
import { afterEach, expect, it } from 'vitest'
import { areAll } from '../../repeats.ts'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { authorize } from '../least-privilege.ts'
import { policyRules as rules, setAlarm } from './firing.ts'

const effects = new Set([
  'PutItem',
  'DeleteItem',
  'UpdateItem',
  'UpdateAlias',
  'StartExecution',
  'SendTaskSuccess',
  'Publish',
])
const killable = /tidegate-(shift|rollBack|alarm|admit|prepare|settle)/

let sandbox: Sandbox
let made: string[] = []
let dieAfter = Number.POSITIVE_INFINITY
const onRequest = ({ phase, operation, caller }: RequestInfo): void => {
  if (phase !== 'after' || !effects.has(operation) || !killable.test(caller.arn)) return
  made.push(`${operation} by ${killable.exec(caller.arn)?.[1] ?? ''}`)
  if (made.length === dieAfter) throw new Error('the process dies, and hears no answer')
}
afterEach(() => sandbox.close())

const reason = 'the old column is dropped'
const fire = async (value: 'ALARM' | 'OK') => {
  await setAlarm(sandbox, value)
  await sandbox.minutes(3)
}
const shareOfOld = async (): Promise<number> => {
  const { version, weights } = await sandbox.alias()
  return version === '1' ? 1 - Object.values(weights).reduce((sum, weight) => sum + weight, 0) : 0
}

async function story(after: number): Promise<readonly string[]> {
  dieAfter = Number.POSITIVE_INFINITY
  sandbox = await openSandbox({ authorize, sweepMinutes: 1, perMinute: 240, onRequest })
  const plan = { steps: [{ weight: 50, bake: '5m', oneWay: { reason, yes: 'policy' } }] }
  const signals = { alarms: ['checkout-errors'], errors: { minimumSamples: 20 }, latency: 'off' }
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], plan, gates: { rules }, signals }))
  made = []
  dieAfter = after
  const id = await sandbox.start({ version: await sandbox.publish('v2'), requestId: 'r' })
  await sandbox.minutes(2)
  const where = `killed after effect ${after}: ${made[after - 1] ?? 'none'}`
  const passed = (await sandbox.release(id)).oneWay !== undefined
  await fire('ALARM')
  // Whoever died before the step had its release put back, or not begun.
  const first = await sandbox.release(id)
  if (!passed && first.frozen === undefined) {
    expect((await sandbox.finish(id, 30)).ending?.outcome, where).not.toBe('promoted')
    expect(await sandbox.alias(), where).toMatchObject({ version: '1', weights: {} })
    return made
  }
  await sandbox.minutes(3)
  expect(await sandbox.release(id), where).toMatchObject({ frozen: { told: true } })
  expect(await shareOfOld(), where).toBe(0.5)
  expect(await sandbox.world.line.stopped('checkout'), where).toMatchObject({ release: id })
  await fire('OK')
  const fix = await sandbox.start({ version: await sandbox.publish('v4'), requestId: 'fix', fixes: id })
  await sandbox.minutes(5)
  expect(await shareOfOld(), where).toBeLessThanOrEqual(0.5)
  const ended = await fixed(fix)
  expect(ended, where).toBe('promoted')
  expect(await sandbox.alias(), where).toMatchObject({ version: '3', weights: {} })
  expect(await sandbox.world.line.stopped('checkout'), where).toBeUndefined()
  expect((await sandbox.world.openReleases.list()).items, where).toEqual([])
  return made
}

/** A fix whose execution was lost freezes as well: a person lets it go on. */
async function fixed(fix: string): Promise<string | undefined> {
  for (let minutes = 0; minutes < 60; minutes++) {
    const release = await sandbox.release(fix)
    expect(await shareOfOld()).toBeLessThanOrEqual(0.5)
    if (release.state.phase === 'settled') {
      await sandbox.minutes(2)
      return release.ending?.outcome
    }
    if (release.frozen?.told === true) await sandbox.orderAs('ann')('resume', 'checkout', {})
    await sandbox.minutes(1)
  }
  return undefined
}

it('nothing goes back, and the fix is promoted, whatever dies', async () => {
  const all = await story(Number.POSITIVE_INFINITY)
  sandbox.close()
  const some = ['PutItem by shift', 'PutItem by rollBack']
  const kills = areAll ? all.map((_, index) => index + 1) : some.map((what) => all.lastIndexOf(what) + 1)
  for (const after of kills) {
    expect(after).toBeGreaterThan(0)
    await story(after)
    sandbox.close()
  }
})
