// Own policies, the fast lane, waiting versions, and asking in advance.
import { afterEach, describe, expect, it } from 'vitest'
import { sampleService } from '../../../local/sample-service.ts'
import { refusing } from '../refusing.ts'
import {
  sandbox,
  type Changes,
  base,
  open,
  span,
  start,
  held,
  expectDenied,
  override,
  expectPasses,
  ledger,
  close,
} from './gate-sandbox.ts'

afterEach(close)

describe('policies', () => {
  it('of the service forbid more, and say why', async () => {
    const rules = `@id("no-cli") @says("Releases of checkout come from the pipeline.")
      forbid (principal, action == Action::"begin", resource) when { context.source == "api" };`
    await open({ gates: { rules } })
    const id = await start()
    await expectDenied(id, ['own/no-cli'], /^own\/no-cli: Releases of checkout come from the pipeline\.$/)
  })

  it('that cannot be read or fail deny, and say so', async () => {
    await open({
      gates: { rules: '@id("x") forbid (principal, action == Action::"begin", resource) when { context.nonesuch };' },
    })
    const id = await start()
    await expectDenied(id, [], /^Policy own\/x: attribute `nonesuch` in context for Action::"begin" not found/)
    await expect(override(id)).rejects.toMatchObject({ name: 'Tidegate.override_refused' })
    // A mended policy takes effect, although the release was requested under the broken one.
    await sandbox.world.services.put(sampleService({ ...base, gates: { freezes: span(0, 600) } }))
    await override(id)
    await expectPasses(id)
  })

  it('are asked again if a fact cannot be looked up: a live release stays where it is', async () => {
    let refuse = false
    await open(
      {},
      refusing('GetItem', () => refuse, 'tidegate-gate'),
    )
    const id = await start()
    await sandbox.minutes(2)
    refuse = true
    await sandbox.minutes(10)
    expect(await held(id)).toMatchObject({ point: 1, gates: ['unknown'] })
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
    refuse = false
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })
})

describe('the fast lane', () => {
  const urgent = async (version: string, more: Changes = {}): Promise<string> => {
    const accepted = (await sandbox.ask('start', {
      urgent: true,
      service: 'checkout',
      version,
      reason: 'CVE-1',
      ...more,
    })) as {
      releases: { releaseId: string }[]
    }
    await sandbox.clock.settle()
    return accepted.releases[0]?.releaseId ?? ''
  }

  it('skips calendar, budget and group, has its own plan, and needs a reason', async () => {
    await open({ ...ledger, plan: 'Linear10PercentEvery10Minutes', gates: { freezes: span(0, 600) } })
    const version = await sandbox.publish('v2')
    await expect(sandbox.ask('start', { urgent: true, service: 'checkout', version })).rejects.toMatchObject({
      name: 'Tidegate.call_invalid',
    })
    const id = await urgent(version)
    const release = await sandbox.release(id)
    expect(release).toMatchObject({ urgent: true, reason: 'CVE-1', state: { phase: 'baking' } })
    expect(release.service.plan.steps).toEqual([
      { weightBp: 1000, bakeSeconds: 300 },
      { weightBp: 5000, bakeSeconds: 300 },
    ])
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('waits for nobody: live and held releases give way, and nothing takes its place', async () => {
    await open({ policy: { whileLive: 'supersede' } })
    const usual = await start()
    const id = await urgent(await sandbox.publish('v1'))
    expect((await sandbox.release(usual)).ending?.outcome).toBe('superseded')
    const later = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(1)
    expect((await sandbox.release(id)).ending).toBeUndefined()
    expect((await sandbox.release(later)).state).toMatchObject({ phase: 'queued', behind: id })
  })
})

describe('waiting versions', () => {
  it('coalesce into the newest, and the live one goes on', async () => {
    await open({ policy: { whileLive: 'coalesce' } })
    const live = await start()
    const waiting = await sandbox.start({ version: await sandbox.publish('v1') })
    // For two requests at the same moment, the id would decide.
    await sandbox.minutes(1)
    const newest = await sandbox.start({ version: await sandbox.publish('v2') })
    expect((await sandbox.release(waiting)).ending).toMatchObject({ outcome: 'superseded' })
    expect((await sandbox.release(live)).state.phase).toBe('baking')
    expect((await sandbox.finish(live)).ending?.outcome).toBe('promoted')
    expect((await sandbox.finish(newest)).ending?.outcome).toBe('promoted')
  })

  it('coalesce at a gate, too: a held release has changed nothing', async () => {
    await open({ policy: { whileLive: 'coalesce' }, gates: { freezes: span(0, 30) } })
    const first = await start()
    const second = await sandbox.start({ version: await sandbox.publish('v1') })
    await sandbox.minutes(1)
    expect((await sandbox.release(first)).ending).toMatchObject({ outcome: 'superseded' })
    expect(await held(second)).toMatchObject({ gates: ['freeze'] })
  })
})

describe('asking in advance', () => {
  it('returns what the gates would say', async () => {
    await open({ gates: { freezes: span(0, 20), approvals: [{ before: 'begin' }] } })
    const ask = () => sandbox.ask('ask', { service: 'checkout' })
    expect(await ask()).toEqual({ may: false, because: 'there is a freeze until 2026-01-01T00:20Z' })
    await sandbox.minutes(10)
    expect(await ask()).toMatchObject({ may: true })
    await sandbox.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'x' })
    expect(await ask()).toMatchObject({ may: false, because: 'releases of checkout are stopped by user/ben: "x"' })
  })
})
