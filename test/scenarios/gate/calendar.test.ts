// Gates: windows, freezes, and the stopped line.
import { afterEach, describe, expect, it } from 'vitest'
import { sampleService } from '../../../local/sample-service.ts'
import {
  sandbox,
  type Changes,
  base,
  open,
  span,
  start,
  held,
  types,
  expectDenied,
  override,
  expectPasses,
  close,
} from './gate-sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'

usesItsRights()

afterEach(close)

describe('outside the windows', () => {
  const windows = { gates: { windows: span(30, 600) } }

  it('a release waits, says until when, and begins when the window opens', async () => {
    await open(windows)
    const id = await start()
    await expectDenied(
      id,
      ['window'],
      /^it is outside the times in which releases begin \(the next is at 2026-01-01T00:30Z\)$/,
    )
    await sandbox.minutes(19)
    await expectDenied(id, ['window'], /00:30Z/)
    await sandbox.minutes(1)
    await expectPasses(id)
  })

  it('an override opens them, and is in the log with who and why', async () => {
    await open(windows)
    const id = await start()
    await override(id)
    await expectPasses(id)
    expect(await sandbox.events(id)).toContainEqual(
      expect.objectContaining({ type: 'overridden', by: 'user/ann', reason: 'the shop is down' }),
    )
    const passed = (await sandbox.events(id)).find((event) => event.type === 'gated' && event.allowed)
    expect(passed).toMatchObject({ because: 'the gates are open; overridden by user/ann: "the shop is down"' })
  })

  it('a live release goes on', async () => {
    await open({ gates: { windows: span(0, 12) } })
    await expectPasses(await start())
  })
})

describe('a freeze', () => {
  it('stops a release from beginning, and ends by itself', async () => {
    await open({ gates: { freezes: span(0, 20) } })
    const id = await start()
    await expectDenied(id, ['freeze'], /^there is a freeze until 2026-01-01T00:20Z$/)
    await sandbox.minutes(10)
    await expectPasses(id)
  })

  it('that begins today holds a live release where it is, watched, and lets it go on afterwards', async () => {
    await open()
    const id = await start()
    await sandbox.minutes(2)
    await sandbox.world.services.put(sampleService({ ...base, gates: { freezes: span(11, 40) } }))
    await sandbox.minutes(10)
    const release = await sandbox.release(id)
    expect(release).toMatchObject({ state: { phase: 'shifting', step: 1 }, held: { gates: ['freeze'] } })
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
    const looks = (await types(id)).filter((type) => type === 'judged').length
    await sandbox.minutes(8)
    expect((await types(id)).filter((type) => type === 'judged').length).toBeGreaterThan(looks)
    await sandbox.minutes(12)
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('does not keep a candidate that turns bad while it is held', async () => {
    await open({ gates: { freezes: span(14, 600) } }, { functions: { ageing: () => ageing() } })
    let failing = false
    const ageing = (): unknown => {
      if (failing) throw new Error('worn out')
      return { total: 2 }
    }
    const id = await sandbox.start({ version: await sandbox.publish('ageing') })
    await sandbox.minutes(12)
    expect(await held(id)).toMatchObject({ gates: ['freeze'] })
    failing = true
    const release = await sandbox.finish(id, 30)
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('can be overridden', async () => {
    await open({ gates: { freezes: span(0, 600) } })
    const id = await start()
    await override(id)
    await expectPasses(id)
  })

  it('longer than policy.hold.gated ends the release', async () => {
    await open({ gates: { freezes: span(0, 6000) }, policy: { hold: { gated: '1h' } } })
    const id = await start()
    const release = await sandbox.finish(id, 90)
    expect(release.ending).toMatchObject({ outcome: 'rejected', by: 'policy' })
    expect(release.ending?.because).toMatch(/^held for 1h.*longer than policy.hold.gated: there is a freeze/)
  })
})

describe('the stopped line', () => {
  const stop = (which: Changes) => sandbox.ask('stopLine', { ...which, by: 'ben', reason: 'database is being moved' })

  it.each([
    ['of all', { all: true }, 'every release is'],
    ['of the service', { service: 'checkout' }, 'releases of checkout are'],
  ])('%s holds releases until it is started again, which takes effect at once', async (_, which, words) => {
    await open()
    await stop(which)
    const id = await start()
    await expectDenied(id, ['stop'], new RegExp(`^${words} stopped by user/ben: "database is being moved"$`))
    expect(await sandbox.ask('startLine', { ...which, by: 'ben' })).toEqual({ stopped: false, reopened: [id] })
    await expectPasses(id)
  })

  it('cannot be overridden, not even by an urgent release', async () => {
    await open()
    await stop({ all: true })
    const id = await start()
    await override(id)
    await sandbox.clock.settle()
    await expectDenied(id, ['stop'], /stopped by user\/ben/)
    const urgent = (await sandbox.ask('start', {
      urgent: true,
      service: 'checkout',
      version: '2',
      requestId: 'r2',
      reason: 'CVE',
    })) as { releases: { releaseId: string }[] }
    await sandbox.minutes(1)
    await expectDenied(urgent.releases[0]?.releaseId ?? '', ['stop'], /stopped by user\/ben/)
  })

  it('of another service has no effect', async () => {
    await open()
    await sandbox.world.line.stop('cart', { by: 'ben', reason: 'x', sinceMs: 0 })
    await expectPasses(await start())
  })

  it('does not hold the way back', async () => {
    await open()
    await sandbox.finish(await start())
    await stop({ all: true })
    const { releaseId } = (await sandbox.ask('orderRollback', {
      verb: 'rollBack',
      service: 'checkout',
      by: 'ann',
      reason: 'orders drop',
    })) as { releaseId: string }
    expect((await sandbox.finish(releaseId)).ending?.outcome).toBe('promoted')
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })
})
