// A process that dies after any one of its effects while the version before is kept warm: it is warm for as long as promised, so
// that a way back finds it, and it is let go of not much later than it should be.
import { afterEach, expect, it } from 'vitest'
import type { Verb } from '../../../functions/handlers.ts'
import type { Sandbox } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { areAll } from '../../repeats.ts'
import { dying } from './dying.ts'
import { broken, give, having, openWarm, promised } from './warm.ts'

usesItsRights()

let sandbox: Sandbox
const mortal = dying()
afterEach(() => sandbox.close())

const keepMinutes = 8
const changes = {
  plan: { steps: [{ weight: 50, bake: '2m' }] },
  watch: { for: '1h', keepWarm: `${keepMinutes}m` },
}
const warm = { wanted: promised, available: promised }
const nothing = { open: [], warm: [] }
const left = () => sandbox.world.openReleases.all()

/** Whoever dies costs one sweep, and one more comes before the sweep that is due. */
const sweeps = 2

async function settled(id: string, where: string): Promise<void> {
  for (let minutes = 0; (await sandbox.release(id)).state.phase !== 'settled'; minutes++) {
    expect(minutes, where).toBeLessThan(60)
    expect(await broken(sandbox), where).toEqual([])
    await sandbox.minutes(1)
  }
}

/** Until nothing is left, and the version before has none. @returns for how many minutes that was so */
async function minutesWarm(where: string): Promise<number> {
  for (let minutes = 0; ; minutes++) {
    expect(minutes, where).toBeLessThan(30)
    if (!('1' in (await having(sandbox)))) return minutes
    await sandbox.minutes(1)
  }
}

const ends = {
  async time(where: string, promotedAtMs: number): Promise<void> {
    await minutesWarm(where)
    const after = (sandbox.clock.nowMs() - promotedAtMs) / 60_000
    expect(after, where).toBeGreaterThanOrEqual(keepMinutes)
    expect(after, where).toBeLessThanOrEqual(keepMinutes + sweeps)
    await sandbox.minutes(2)
    expect(await having(sandbox), where).toEqual({ 2: warm })
  },
  async back(where: string): Promise<void> {
    await sandbox.minutes(2)
    const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'carts are lost' }
    const { releaseId } = (await sandbox.ask('orderRollback', order)) as { releaseId: string }
    await settled(releaseId, where)
    expect((await sandbox.release(releaseId)).ending?.outcome, where).toBe('promoted')
    await sandbox.minutes(sweeps)
    expect(await having(sandbox), where).toEqual({ 1: warm })
  },
  async next(where: string): Promise<void> {
    await sandbox.minutes(1)
    const id = await sandbox.start({ version: await sandbox.publish('v3'), requestId: 'next' })
    expect(await minutesWarm(where), where).toBeLessThanOrEqual(sweeps)
    await settled(id, where)
    expect((await sandbox.release(id)).ending?.outcome, where).toBe('rolledBack')
    await sandbox.minutes(sweeps)
    expect(await having(sandbox), where).toEqual({ 2: warm })
  },
} as const

/** @returns the effects that were made */
async function story(how: keyof typeof ends, after: number): Promise<readonly string[]> {
  mortal.begin()
  sandbox = await openWarm(mortal.options, changes)
  await give(sandbox, '1')
  await sandbox.minutes(2)
  mortal.begin(after)
  const id = await sandbox.start({ version: await sandbox.publish('v2'), requestId: 'r' })
  const where = `${how}, killed after effect ${after}`
  await settled(id, where)
  expect(await having(sandbox), where).toMatchObject({ 1: warm, 2: warm })
  await ends[how](where, (await sandbox.release(id)).shifts.at(-1)?.sinceMs ?? 0)
  await sandbox.minutes(10)
  expect(await left(), where).toEqual(nothing)
  return mortal.made()
}

it.each(['time', 'back', 'next'] as const)('one version is warm for as long as it should be: %s', async (how) => {
  const all = await story(how, Number.POSITIVE_INFINITY)
  sandbox.close()
  const some = ['UpdateItem by settle', 'DeleteProvisionedConcurrencyConfig by reconcile']
  expect(all).toContain('UpdateItem by settle')
  // What dies before the end of the release is in dies.test.ts.
  const begin = all.findIndex((what) => what.endsWith('by settle'))
  const kills = areAll
    ? all.map((_, index) => index + 1).slice(begin)
    : some.flatMap((what) => (all.includes(what) ? [all.indexOf(what) + 1] : []))
  for (const after of kills) {
    await story(how, after)
    sandbox.close()
  }
})

it('where no settle ever answers, the sweep keeps it warm, and lets go of it', async () => {
  const around = (verb: Verb, _event: unknown, run: () => Promise<unknown>): Promise<unknown> =>
    verb === 'settle' ? Promise.reject(new Error('it cannot answer')) : run()
  sandbox = await openWarm({ around, perMinute: 60 }, changes)
  await give(sandbox, '1')
  await sandbox.minutes(2)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await settled(id, 'without settle')
  await sandbox.minutes(1)
  expect(await left()).toMatchObject({ open: [], warm: [{ releaseId: id }] })
  expect(await having(sandbox)).toEqual({ 1: warm, 2: warm })
  await sandbox.minutes(keepMinutes)
  expect(await having(sandbox)).toEqual({ 2: warm })
})
