// Gates on the error budget and on a full concurrency group.
import { afterEach, describe, expect, it } from 'vitest'
import { slotMs } from '../../../core/budget/budget.ts'
import { minute, startMs } from '../../../local/sandbox.ts'
import { requested } from '../../contract/samples.ts'
import { hourMs } from '../../../core/time.ts'
import {
  sandbox,
  open,
  start,
  held,
  expectDenied,
  override,
  expectPasses,
  ledger,
  counted,
  close,
} from './gate-sandbox.ts'

afterEach(close)

describe('the error budget', () => {
  it('that is spent lets nothing begin; the rest is reported', async () => {
    await open(ledger)
    await counted(980, 20)
    const id = await start()
    await expectDenied(id, ['budget'], /^nothing of error budget available is left: 200 % is spent$/)
    await override(id)
    await sandbox.clock.settle()
    expect((await sandbox.release(id)).state.phase).toBe('baking')
  })

  it('that is unknown lets nothing begin until it is known', async () => {
    await open(ledger)
    const id = await start()
    await expectDenied(
      id,
      ['budget'],
      /^what is left of error budget available is not known: the budget available has not been counted yet$/,
    )
    await counted(1000, 0)
    await sandbox.minutes(1)
    expect((await sandbox.release(id)).state.phase).toBe('baking')
  })

  it('that was counted too long ago is unknown', async () => {
    await open(ledger)
    await counted(1000, 0, startMs - 30 * minute)
    await expectDenied(await start(), ['budget'], /not known: .*40m/)
  })

  it('that burns fast lets nothing begin', async () => {
    await open(ledger)
    const nowMs = Math.floor(sandbox.clock.nowMs() / slotMs) * slotMs
    await sandbox.world.budgets.putHour('checkout', 'available', startMs - 100 * hourMs, [
      { atMs: startMs - 100 * hourMs, good: 1_000_000, bad: 0 },
    ])
    const slots = [0, 1].map((index) => ({ atMs: startMs + index * slotMs, good: 800, bad: 200 }))
    await sandbox.world.budgets.putHour('checkout', 'available', startMs, slots)
    await sandbox.world.budgets.setMark('checkout', 'available', { readToMs: nowMs, told: [] })
    const id = await start()
    await expectDenied(id, ['burning'], /^an error budget burns fast: available$/)
    await override(id)
    await sandbox.clock.settle()
    expect((await sandbox.release(id)).state.phase).toBe('baking')
  })

  it('with enough left is in the log, and sets the pace', async () => {
    await open(ledger)
    await counted(1000, 2)
    const id = await start()
    const [passed] = (await sandbox.events(id)).filter((event) => event.type === 'gated')
    expect(passed).toMatchObject({ allowed: true })
    expect(passed?.type === 'gated' ? passed.because : '').toMatch(
      /^the gates are open; 80\.04 % of error budget available is left; the pace is bold$/,
    )
  })

  it('with little left makes the first step small, and never ends it early', async () => {
    await open(ledger)
    await counted(100_000, 850)
    const id = await start()
    const release = await sandbox.release(id)
    expect(release.service.plan.steps[0]?.weightBp).toBeLessThanOrEqual(100)
    expect(release.service.plan.steps.at(-1)?.weightBp).toBe(1000)
    expect(release.service.policy.early).toBeUndefined()
    expect(Object.values((await sandbox.alias()).weights)[0]).toBeLessThanOrEqual(0.01)
  })
})

describe('a full group', () => {
  it('holds a release until another has left its place, or it is overridden', async () => {
    const concurrency = { group: 'shop', max: 1 }
    await open({ gates: { concurrency } })
    await sandbox.world.journal.append('cart-1', requested('cart-1'))
    await sandbox.world.leases.take('#shop/1', 'cart-1')
    const id = await start()
    await expectDenied(id, ['full'], /^1 release of group shop is under way$/)
    await sandbox.world.leases.drop('#shop/1', 'cart-1')
    await sandbox.minutes(1)
    await expectPasses(id)
    expect(await sandbox.world.leases.holder('#shop/1')).toBeUndefined()
    await sandbox.world.leases.take('#shop/1', 'cart-1')
    const second = await sandbox.start({ version: await sandbox.publish('v1') })
    expect(await held(second)).toMatchObject({ gates: ['full'] })
    await override(second)
    await sandbox.clock.settle()
    expect((await sandbox.release(second)).state.phase).toBe('baking')
  })

  it('lets an urgent release through at its own pace, without a place on the waiting list', async () => {
    await open({ plan: 'Linear10PercentEvery10Minutes', gates: { concurrency: { group: 'shop', max: 1 } } })
    await sandbox.world.journal.append('cart-1', requested('cart-1'))
    await sandbox.world.leases.take('#shop/1', 'cart-1')
    const version = await sandbox.publish('v2')
    await sandbox.ask('start', { urgent: true, service: 'checkout', version, reason: 'CVE-1' })
    await sandbox.clock.settle()
    const [open1] = (await sandbox.world.openReleases.list('checkout')).items
    const release = await sandbox.release(open1?.releaseId ?? '')
    expect(release.state.phase).toBe('baking')
    expect(release.service.plan.steps.map(({ weightBp }) => weightBp)).toEqual([1000, 5000])
    expect(await sandbox.world.waitingLists.first('shop', 5)).toEqual([])
  })

  it('has a free place when a release ends, and the next one goes on at once', async () => {
    await open({ gates: { concurrency: { group: 'shop', max: 1 } } })
    const id = await start()
    expect(await sandbox.world.leases.holder('#shop/1')).toBe(id)
    await sandbox.ask('orderRollback', { verb: 'abort', releaseId: id, by: 'ann', reason: 'x' })
    await sandbox.finish(id)
    expect(await sandbox.world.leases.holder('#shop/1')).toBeUndefined()
  })
})
