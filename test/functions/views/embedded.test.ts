// The pages on the embedded cloud, after a good release, a bad one, and a way back: they say what the controller did.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { onCallPage } from '../../../console/on-call/on-call-page.ts'
import { servicePage } from '../../../console/service/service-page.ts'
import { loadDelivery } from '../../../functions/views/delivery.ts'
import { loadFleet } from '../../../functions/views/fleet.ts'
import { loadOnCall } from '../../../functions/views/on-call.ts'
import { loadService } from '../../../functions/views/service.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { openSandbox, type Sandbox, startMs } from '../../../local/sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await openSandbox({ budgetMinutes: 5 })
  await sandbox.world.services.put(sampleService({ hooks: [] }))
  // Until the error budget is counted, its gate is closed.
  await sandbox.minutes(6)
})
afterAll(() => sandbox.close())

const frame = () => ({ path: '/', where: 'here', who: 'ann', nowMs: sandbox.clock.nowMs(), formToken: 't' })

it('follows a release from its bake to its end, and the way back after it', async () => {
  const good = await sandbox.publish('v2')
  const id = await sandbox.start({ version: good })
  await sandbox.minutes(2)
  const live = (await loadFleet(sandbox.world)).tiles[0]
  expect(live).toMatchObject({
    service: 'checkout',
    live: { releaseId: id, versions: `1 → ${good}`, standing: 'moving' },
  })
  expect(live?.live?.weightBp).toBeGreaterThan(0)
  await sandbox.finish(id)
  await sandbox.minutes(1)
  expect((await loadFleet(sandbox.world)).tiles[0]?.runs).toMatchObject({ versions: good })
  await sandbox.orderAs('bob')('roll-back', 'checkout', { reason: 'it is too sweet' })
  await sandbox.minutes(5)
  const view = await loadService(sandbox.world, 'checkout')
  expect(view?.history.map(({ outcome, undid, undoneBy }) => ({ outcome, undid, undoneBy }))).toEqual([
    { outcome: 'promoted', undid: id, undoneBy: undefined },
    { outcome: 'promoted', undid: undefined, undoneBy: view?.history[0]?.releaseId },
  ])
  expect(view?.history[0]?.by).toMatch(/bob/)
  expect(view?.tile.runs).toMatchObject({ versions: '1' })
  expect(servicePage(view!, frame())).toContain('it is too sweet')
})

it('says who failed, what drifted and what is stopped, and forgets it when it is over', async () => {
  const bad = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v3') }))
  await sandbox.minutes(1)
  await sandbox.moveByHand('2')
  await sandbox.orderAs('bob')('stop-line', 'checkout', { reason: 'until we know more' })
  await sandbox.minutes(1)
  const { needs, failed, messages } = await loadOnCall(sandbox.world)
  expect(needs.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['drift', 'stopped']))
  expect(failed).toMatchObject([{ service: 'checkout', releaseId: bad.id, outcome: 'rolledBack' }])
  expect(messages).toMatchObject([{ kind: 'rolledBack', service: 'checkout', releaseId: bad.id }])
  const made = onCallPage(await loadOnCall(sandbox.world), frame())
  expect(made).toContain('action="/order/start-line/checkout"')
  expect(made).toContain('href="/runbook#rolledBack"')
  expect(made).toContain(`<a href="/release/${bad.id}">`)
  await sandbox.orderAs('bob')('start-line', 'checkout', {})
  await sandbox.moveByHand('1')
  await sandbox.minutes(1)
  expect((await loadOnCall(sandbox.world)).needs.map(({ kind }) => kind)).not.toContain('drift')
})

it('lists in the report of the period what was released in it', async () => {
  const view = await loadDelivery(sandbox.world, { fromMs: startMs, toMs: sandbox.clock.nowMs() })
  expect(view.releases.map(({ outcome, isWayBack }) => [outcome, isWayBack])).toEqual([
    ['rolledBack', false],
    ['promoted', true],
    ['promoted', false],
  ])
  expect(view.measures.find(({ id }) => id === 'M3')?.value?.number).toBe(1)
})

it('offers orders that the controller takes', async () => {
  const carol = sandbox.orderAs('carol')
  const approvals = { gates: { approvals: [{ before: 'begin' }, { before: 10 }] } }
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [], ...approvals }))
  const view = await loadService(sandbox.world, 'checkout')
  expect(servicePage(view!, frame())).toMatch(/action="\/order\/start\/checkout"[^]*name="version"/)
  const version = await sandbox.publish('v2')
  await sandbox.orderAs('ann')('start', 'checkout', { version, reason: 'asked for on the page' })
  await sandbox.minutes(1)
  for (const before of ['begin', 10]) {
    const [need] = (await loadOnCall(sandbox.world)).needs
    const [approve, decline] = need?.actions ?? []
    if (approve?.kind !== 'order' || decline?.kind !== 'order') throw new Error('an approval is missed')
    expect([need?.kind, approve.route, approve.says['before'], decline.route]).toEqual([
      'approval',
      'approve',
      String(before),
      'decline',
    ])
    await carol(approve.route, 'checkout', { ...approve.says, before, reason: 'looks good' })
    await sandbox.minutes(2)
  }
  const live = await loadService(sandbox.world, 'checkout')
  expect(live?.tile.live?.weightBp).toBeGreaterThan(0)
  await sandbox.orderAs('ann')('pause', 'checkout', { reason: 'one moment' })
  const [paused] = (await loadOnCall(sandbox.world)).needs
  const [resume] = paused?.actions ?? []
  if (resume?.kind !== 'order' || live?.putBack?.kind !== 'order') throw new Error('it is paused, and can be put back')
  await carol(resume.route, 'checkout', resume.says)
  expect((await loadOnCall(sandbox.world)).needs).toEqual([])
  await carol(live.putBack.route, 'checkout', { ...live.putBack.says, reason: live.putBack.reason })
  expect((await sandbox.release(live.putBack.says['releaseId'] ?? '')).ending?.outcome).toBe('rolledBack')
})
