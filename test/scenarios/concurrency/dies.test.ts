// A process that dies after any one of its effects, while it gives provisioned concurrency or takes it: the release ends, and
// soon after its end one version has what is promised, and no other has any.
import { DeleteProvisionedConcurrencyConfigCommand } from '@aws-sdk/client-lambda'
import { afterEach, expect, it } from 'vitest'
import type { Sandbox } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { areAll } from '../../repeats.ts'
import { dying } from './dying.ts'
import { broken, give, having, openWarm, promised } from './warm.ts'

usesItsRights()

let sandbox: Sandbox
const mortal = dying()
afterEach(() => sandbox.close())

const plan = { steps: [{ weight: 50, bake: '2m' }] }

/** @returns the effects that were made */
async function story(code: 'v2' | 'v3', after: number): Promise<readonly string[]> {
  mortal.begin()
  sandbox = await openWarm(mortal.options, { plan })
  await give(sandbox, '1')
  await sandbox.minutes(2)
  mortal.begin(after)
  const id = await sandbox.start({ version: await sandbox.publish(code), requestId: 'r' })
  const where = `${code}, killed after effect ${after}: ${mortal.made()[after - 1] ?? 'none'}`
  for (let minutes = 0; (await sandbox.release(id)).state.phase !== 'settled'; minutes++) {
    expect(minutes, where).toBeLessThan(120)
    expect(await broken(sandbox), where).toEqual([])
    await sandbox.minutes(1)
  }
  // The sweep comes every minute, and for what comes late it comes for five.
  await sandbox.minutes(2)
  const { version = '', weights } = await sandbox.alias()
  expect(weights, where).toEqual({})
  expect(await having(sandbox), where).toEqual({ [version]: { wanted: promised, available: promised } })
  await sandbox.minutes(6)
  expect((await sandbox.world.openReleases.list()).items, where).toEqual([])
  return mortal.made()
}

it.each(['v2', 'v3'] as const)('one version is paid for soon after the end of %s, whatever dies', async (code) => {
  const all = await story(code, Number.POSITIVE_INFINITY)
  sandbox.close()
  const some = ['PutProvisionedConcurrencyConfig by gate', 'DeleteProvisionedConcurrencyConfig by settle']
  expect(all).toEqual(expect.arrayContaining(some))
  const kills = areAll ? all.map((_, index) => index + 1) : some.map((what) => all.indexOf(what) + 1)
  for (const after of kills) {
    await story(code, after)
    sandbox.close()
  }
})

it('what a dead gate still asks for after the end is taken back by the sweep, and what is missing is given back', async () => {
  mortal.begin()
  sandbox = await openWarm(mortal.options, { plan })
  await give(sandbox, '1')
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.orderAs('ann')('abort', 'checkout', { reason: 'not today' })
  await sandbox.finish(id)
  expect(Object.keys(await having(sandbox))).toEqual(['1'])
  await give(sandbox, '2', 25)
  const gone = new DeleteProvisionedConcurrencyConfigCommand({ FunctionName: 'checkout', Qualifier: '1' })
  await sandbox.clients.lambda.send(gone)
  await sandbox.minutes(2)
  expect(await having(sandbox)).toMatchObject({ 1: { wanted: promised } })
  expect(await having(sandbox)).not.toHaveProperty('2')
  await sandbox.minutes(6)
  expect((await sandbox.world.openReleases.list()).items).toEqual([])
})
