// Everything at once: throttled and lost calls, lost, late and duplicated events, stopped executions, people who give orders, a
// stranger who moves the alias. When the storm is over, every release has ended and the alias is consistent.
import type { Verb } from '../../functions/handlers.ts'
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { expect, it } from 'vitest'
import { areAll } from '../repeats.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import type { RequestInfo } from '../../cloud/local/protocol/service.ts'
import type { Release } from '../../core/release/release.ts'
import { type Sandbox, minute, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from './least-privilege.ts'

type Storm = { readonly random: () => number; readonly bad: Set<string>; raging: boolean; strangers: number }

async function openInStorm(seed: number): Promise<{ sandbox: Sandbox; storm: Storm }> {
  const storm: Storm = { random: chance(seed, 'storm'), bad: new Set(), raging: false, strangers: 0 }
  const luck = (share: number): boolean => storm.raging && storm.random() < share
  const sandbox = await openSandbox({
    authorize,
    seed,
    perMinute: 60,
    onRequest: ({ caller }: RequestInfo) => {
      // Before: refused. After: performed, but the answer is lost.
      if (caller.arn.includes('/tidegate-') && luck(0.03)) throw new Error('the connection broke')
    },
    delivery: {
      copies: () => (luck(0.15) ? 0 : luck(0.2) ? 2 : 1),
      delayMs: () => (luck(0.3) ? storm.random() * 3 * minute : 0),
    },
  })
  const hooks = storm.random() < 0.3 ? [{ at: 'beforeTraffic', function: 'checkout-smoke' }] : []
  const whileLive = ['queue', 'supersede', 'refuse'][Math.floor(storm.random() * 3)]
  await sandbox.world.services.put(
    sampleService({ slos: [], hooks, policy: { whileLive, hold: { unknown: '20m', quiet: '1h', paused: '1h' } } }),
  )
  return { sandbox, storm }
}

/** What may happen in a minute. Refusals are ignored. */
async function meddle(sandbox: Sandbox, storm: Storm): Promise<void> {
  const { random } = storm
  const who = { service: 'checkout', by: 'ann', reason: 'storm' }
  const steer = (verb: Verb, words: object) => sandbox.ask(verb, { ...who, ...words }).catch(() => undefined)
  if (random() < 0.05) {
    const isBad = random() < 0.5
    const version = await sandbox.publish(isBad ? 'v3' : 'v2')
    if (isBad) storm.bad.add(version)
    await sandbox.ask('start', { service: 'checkout', version }).catch(() => undefined)
  }
  if (random() < 0.04) await steer('pause', { verb: 'pause' })
  if (random() < 0.06)
    await sandbox.ask('pause', { verb: 'resume', service: 'checkout', by: 'ann' }).catch(() => undefined)
  if (random() < 0.01) await steer('promote', {})
  if (random() < 0.02) await steer('orderRollback', { verb: 'rollBack' })
  if (random() < 0.02) await steer('orderRollback', { verb: 'abort' })
  if (random() < 0.02) {
    const live = sandbox.cloud.states.executions().find((one) => one.status === 'RUNNING')
    if (live !== undefined) await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: live.arn }))
  }
  if (random() < 0.005) {
    storm.strangers++
    await sandbox.moveByHand('1', {})
  }
}

async function releasesOf(sandbox: Sandbox): Promise<readonly Release[]> {
  const heads = (await sandbox.world.history.list('checkout', 1000)).items
  return Promise.all(heads.map((head) => sandbox.release(head.releaseId)))
}

const storms = Array.from({ length: 40 }, (_, index) => index + 1)
// Storm 7 once found that two sweeps at once could leave an outage without a beginning. Storm 1 is the shortest by far.
const ofEachRun = [1, 7]

it.each(areAll ? storms : ofEachRun)('storm %d passes, and leaves everything consistent', async (seed) => {
  const { sandbox, storm } = await openInStorm(seed)
  const replay = `replay with: npx vitest run test/scenarios/storm.test.ts -t "storm ${seed} "`
  storm.raging = true
  await sandbox.ask('start', { service: 'checkout', version: await sandbox.publish('v2') }).catch(() => undefined)
  for (let passed = 0; passed < 60; passed++) {
    await meddle(sandbox, storm)
    await sandbox.minutes(1)
  }
  storm.raging = false
  for (let passed = 0; passed < 400 && (await sandbox.world.openReleases.list()).items.length > 0; passed += 5)
    await sandbox.minutes(5)
  expect((await sandbox.world.openReleases.list()).items, replay).toEqual([])
  expect(await sandbox.world.leases.holder('checkout'), replay).toBeUndefined()

  const releases = await releasesOf(sandbox)
  for (const release of releases) {
    const logged = (await sandbox.events(release.id)).map((event) => event.type)
    expect(release.state.phase, replay).toBe('settled')
    expect(
      logged.filter((type) => type === 'settled'),
      replay,
    ).toHaveLength(1)
    expect(logged.filter((type) => type === 'prepared').length, replay).toBeLessThanOrEqual(1)
    // Only a person can promote against the evidence.
    const isBad = storm.bad.has(release.targets[0]?.candidate ?? '')
    if (isBad && !logged.includes('promoteOrdered')) expect(release.ending?.outcome, replay).not.toBe('promoted')
  }
  const { version, weights } = await sandbox.alias()
  if (storm.strangers === 0) {
    expect(weights, replay).toEqual({})
    const promoted = releases.filter((release) => release.ending?.outcome === 'promoted')
    const last = promoted.toSorted((a, b) => settledAt(a) - settledAt(b)).at(-1)
    expect(version, replay).toBe(last?.targets[0]?.candidate ?? '1')
  }
  sandbox.close()
})

const settledAt = ({ state }: Release): number => (state.phase === 'settled' ? state.atMs : 0)
