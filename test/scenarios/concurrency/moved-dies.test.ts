// A process that dies after any one of its effects while what scales the old version is moved to the new one: at every moment one
// of the two has all of it, and soon after the end of the release one has it and the other has nothing.
import { afterEach, expect, it } from 'vitest'
import type { Verb } from '../../../functions/handlers.ts'
import type { Sandbox } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { areAll } from '../../repeats.ts'
import { dying } from './dying.ts'
import { scalable, scale, whole } from './scalable.ts'
import { give, having, openMoved, promised } from './warm.ts'

usesItsRights()

let sandbox: Sandbox
const mortal = dying()
afterEach(() => sandbox.close())

const changes = { plan: { steps: [{ weight: 50, bake: '2m' }] } }
const warm = { wanted: promised, available: promised }

/** @returns the effects that were made */
async function story(more: object, after: number): Promise<readonly string[]> {
  mortal.begin()
  sandbox = await openMoved(mortal.options, { ...changes, ...more })
  await give(sandbox, '1')
  await scale(sandbox, '1')
  await sandbox.minutes(2)
  mortal.begin(after)
  const id = await sandbox.start({ version: await sandbox.publish('v2'), requestId: 'r' })
  const where = () => `killed after effect ${after}: ${mortal.made()[after - 1] ?? 'none'}`
  for (let minutes = 0; (await sandbox.release(id)).state.phase !== 'settled'; minutes++) {
    expect(minutes, where()).toBeLessThan(60)
    expect(await scalable(sandbox), where()).toMatchObject({ 1: whole })
    await sandbox.minutes(1)
  }
  expect(Object.values(await scalable(sandbox)), where()).toContainEqual(whole)
  await sandbox.minutes(1)
  expect(await scalable(sandbox), where()).toEqual({ 2: whole })
  await sandbox.minutes(1)
  expect(await having(sandbox), where()).toMatchObject({ 2: warm })
  await sandbox.minutes(9)
  expect(await scalable(sandbox), where()).toEqual({ 2: whole })
  expect(await having(sandbox), where()).toEqual({ 2: warm })
  expect(await sandbox.world.openReleases.all(), where()).toEqual({ open: [], warm: [] })
  return mortal.made()
}

it.each([
  ['by itself', {}],
  ['with a version that is kept warm', { watch: { for: '1h', keepWarm: '5m' } }],
])('all of it is on one version soon after the end, %s', async (_, more) => {
  const all = await story(more, Number.POSITIVE_INFINITY)
  sandbox.close()
  const moving = ['RegisterScalableTarget', 'PutScalingPolicy', 'PutScheduledAction', 'DeregisterScalableTarget']
  const moves = moving.map((name) => all.indexOf(`${name} by settle`) + 1)
  expect(moves).toEqual([0, 1, 2, 3].map((more) => (moves[0] ?? 0) + more))
  expect(moves[0]).toBeGreaterThan(0)
  // What dies before the end of the release is in dies.test.ts.
  const begin = all.findIndex((what) => what.endsWith('by settle'))
  const kills = areAll ? all.map((__, index) => index + 1).slice(begin) : moves
  for (const after of kills) {
    await story(more, after)
    sandbox.close()
  }
})

it('where no settle ever answers, the sweep moves it', async () => {
  const around = (verb: Verb, _event: unknown, run: () => Promise<unknown>): Promise<unknown> =>
    verb === 'settle' ? Promise.reject(new Error('it cannot answer')) : run()
  sandbox = await openMoved({ around, perMinute: 60 }, changes)
  await give(sandbox, '1')
  await scale(sandbox, '1')
  await sandbox.minutes(2)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.finish(id)
  await sandbox.minutes(1)
  expect(await scalable(sandbox)).toEqual({ 2: whole })
})
