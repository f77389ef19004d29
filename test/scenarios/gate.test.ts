// Gates in the way of a release, on the embedded cloud in virtual time: each of them closed, open and overridden, what a person is
// told, and that a release which was denied changes nothing and goes on later without being sent again.
import { afterEach, describe, expect, it } from 'vitest'
import { hourAt, slotMs } from '../../core/budget/budget.ts'
import { gatePoint } from '../../core/release/clearance.ts'
import { sampleService } from '../../local/sample-service.ts'
import { type House, type HouseOptions, minute, openHouse, startMs } from '../../local/house.ts'
import { authorize } from './least-privilege.ts'
import { refusing } from './refusing.ts'
import { requested } from '../contract/samples.ts'
import { hourMs } from '../../core/time.ts'

let house: House
type Changes = Readonly<Record<string, unknown>>
const plan = 'Canary10Percent5Minutes'
const base = { slos: [], hooks: [], plan, signals: { errors: { minimumSamples: 20 }, latency: 'off' } }

async function open(service: Changes = {}, options: HouseOptions = {}): Promise<House> {
  house = await openHouse({ authorize, sweepMinutes: 5, perMinute: 120, ...options })
  await house.world.services.put(sampleService({ ...base, ...service }))
  return house
}
afterEach(() => house.close())

const iso = (minutes: number): string => new Date(startMs + minutes * minute).toISOString()
/** From and to in minutes after the house's first moment; it is opened at 10. */
const span = (from: number, to: number) => [{ from: iso(from), to: iso(to) }]

const start = async (call: Changes = {}): Promise<string> =>
  house.start({ version: await house.publish('v2'), requestId: 'r1', ...call })
const held = async (id: string) => (await house.release(id)).held
const types = async (id: string): Promise<string[]> => (await house.events(id)).map(({ type }) => type)

/** Denied, and nothing of it has happened to the world. */
async function expectDenied(id: string, gates: readonly string[], sentence: RegExp): Promise<void> {
  const release = await house.release(id)
  expect(release).toMatchObject({ state: { phase: 'preparing' }, held: { gates } })
  expect(release.held?.because).toMatch(sentence)
  expect(release.ending).toBeUndefined()
  expect(await types(id)).not.toContain('prepared')
  expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
}

const override = (id: string): Promise<unknown> =>
  house.ask('override', { releaseId: id, by: 'ann', reason: 'the shop is down' })

/** Goes on at once and to its end, in the same log. */
async function expectPasses(id: string): Promise<void> {
  await house.clock.settle()
  expect((await house.alias()).weights).toEqual({ '2': 0.1 })
  const release = await house.finish(id)
  expect(release.ending?.outcome).toBe('promoted')
  expect((await types(id)).filter((type) => type === 'requested')).toHaveLength(1)
}

const ledger = { slos: [{ name: 'available', objective: 99 }] }
/** An hour of requests in the ledger, counted up to now, and one at the beginning of the window: it has been seen in full. */
async function counted(good: number, bad: number, toMs = Math.floor(house.clock.nowMs() / slotMs) * slotMs) {
  const firstMs = hourAt(toMs - hourMs)
  const slots = Array.from({ length: 12 }, (_, index) => ({ atMs: firstMs + index * slotMs, good, bad }))
  await house.world.budgets.putHour('checkout', 'available', firstMs, slots)
  const longAgoMs = hourAt(toMs - 28 * 24 * hourMs)
  await house.world.budgets.putHour('checkout', 'available', longAgoMs, [{ atMs: longAgoMs, good: 1, bad: 0 }])
  await house.world.budgets.setMark('checkout', 'available', { readToMs: toMs, told: [] })
}

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
    await house.minutes(19)
    await expectDenied(id, ['window'], /00:30Z/)
    await house.minutes(1)
    await expectPasses(id)
  })

  it('an override opens them, and is in the log with who and why', async () => {
    await open(windows)
    const id = await start()
    await override(id)
    await expectPasses(id)
    expect(await house.events(id)).toContainEqual(
      expect.objectContaining({ type: 'overridden', by: 'ann', reason: 'the shop is down' }),
    )
    const passed = (await house.events(id)).find((event) => event.type === 'gated' && event.allowed)
    expect(passed).toMatchObject({ because: 'the gates are open; overridden by ann: the shop is down' })
  })

  it('a live release goes on', async () => {
    await open({ gates: { windows: span(0, 12) } })
    await expectPasses(await start())
  })
})

describe('a freeze', () => {
  it('keeps a release from beginning, and ends by itself', async () => {
    await open({ gates: { freezes: span(0, 20) } })
    const id = await start()
    await expectDenied(id, ['freeze'], /^there is a freeze until 2026-01-01T00:20Z$/)
    await house.minutes(10)
    await expectPasses(id)
  })

  it('that begins today holds a live release where it is, watched, and lets it go on afterwards', async () => {
    await open()
    const id = await start()
    await house.minutes(2)
    await house.world.services.put(sampleService({ ...base, gates: { freezes: span(11, 40) } }))
    await house.minutes(10)
    const release = await house.release(id)
    expect(release).toMatchObject({ state: { phase: 'shifting', step: 1 }, held: { gates: ['freeze'] } })
    expect((await house.alias()).weights).toEqual({ '2': 0.1 })
    const looks = (await types(id)).filter((type) => type === 'judged').length
    await house.minutes(8)
    expect((await types(id)).filter((type) => type === 'judged').length).toBeGreaterThan(looks)
    await house.minutes(12)
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('does not keep a candidate that turns bad while it is held', async () => {
    await open({ gates: { freezes: span(14, 600) } }, { functions: { ageing: () => ageing() } })
    let failing = false
    const ageing = (): unknown => {
      if (failing) throw new Error('worn out')
      return { total: 2 }
    }
    const id = await house.start({ version: await house.publish('ageing') })
    await house.minutes(12)
    expect(await held(id)).toMatchObject({ gates: ['freeze'] })
    failing = true
    const release = await house.finish(id, 30)
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('is overridden', async () => {
    await open({ gates: { freezes: span(0, 600) } })
    const id = await start()
    await override(id)
    await expectPasses(id)
  })

  it('longer than policy.hold.gated ends the release', async () => {
    await open({ gates: { freezes: span(0, 6000) }, policy: { hold: { gated: '1h' } } })
    const id = await start()
    const release = await house.finish(id, 90)
    expect(release.ending).toMatchObject({ outcome: 'rejected', by: 'policy' })
    expect(release.ending?.because).toMatch(/^held for 1h.*longer than policy.hold.gated: there is a freeze/)
  })
})

describe('the stopped line', () => {
  const stop = (which: Changes) => house.ask('stopLine', { ...which, by: 'ben', reason: 'database is being moved' })

  it.each([
    ['of all', { all: true }, 'every release is'],
    ['of the service', { service: 'checkout' }, 'releases of checkout are'],
  ])('%s holds releases until it is started again, at once', async (_, which, words) => {
    await open()
    await stop(which)
    const id = await start()
    await expectDenied(id, ['stop'], new RegExp(`^${words} stopped by ben: database is being moved$`))
    expect(await house.ask('startLine', { ...which, by: 'ben' })).toEqual({ stopped: false, reopened: [id] })
    await expectPasses(id)
  })

  it('is not for overriding, nor for hurrying past', async () => {
    await open()
    await stop({ all: true })
    const id = await start()
    await override(id)
    await house.clock.settle()
    await expectDenied(id, ['stop'], /stopped by ben/)
    const urgent = (await house.ask('urgent', {
      service: 'checkout',
      version: '2',
      requestId: 'r2',
      reason: 'CVE',
    })) as { releases: { releaseId: string }[] }
    await house.minutes(1)
    await expectDenied(urgent.releases[0]?.releaseId ?? '', ['stop'], /stopped by ben/)
  })

  it('of another service is none of its business', async () => {
    await open()
    await house.world.line.stop('cart', { by: 'ben', reason: 'x', sinceMs: 0 })
    await expectPasses(await start())
  })

  it('does not hold the way back', async () => {
    await open()
    await house.finish(await start())
    await stop({ all: true })
    const { releaseId } = (await house.ask('stop', {
      verb: 'rollBack',
      service: 'checkout',
      by: 'ann',
      reason: 'orders drop',
    })) as { releaseId: string }
    expect((await house.finish(releaseId)).ending?.outcome).toBe('promoted')
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
  })
})

describe('the error budget', () => {
  it('that is spent lets nothing begin; what is left is said', async () => {
    await open(ledger)
    await counted(980, 20)
    const id = await start()
    await expectDenied(id, ['budget'], /^-100 % of error budget available is left$/)
    await override(id)
    await house.clock.settle()
    expect((await house.release(id)).state.phase).toBe('baking')
  })

  it('that is not known lets nothing begin, until it is', async () => {
    await open(ledger)
    const id = await start()
    await expectDenied(
      id,
      ['budget'],
      /^what is left of error budget available is not known: the budget available has not been counted yet$/,
    )
    await counted(1000, 0)
    await house.minutes(1)
    expect((await house.release(id)).state.phase).toBe('baking')
  })

  it('that was counted too long ago is not known', async () => {
    await open(ledger)
    await counted(1000, 0, startMs - 30 * minute)
    await expectDenied(await start(), ['budget'], /not known: .*40m/)
  })

  it('that burns fast lets nothing begin', async () => {
    await open(ledger)
    const nowMs = Math.floor(house.clock.nowMs() / slotMs) * slotMs
    await house.world.budgets.putHour('checkout', 'available', startMs - 100 * hourMs, [
      { atMs: startMs - 100 * hourMs, good: 1_000_000, bad: 0 },
    ])
    const slots = [0, 1].map((index) => ({ atMs: startMs + index * slotMs, good: 800, bad: 200 }))
    await house.world.budgets.putHour('checkout', 'available', startMs, slots)
    await house.world.budgets.setMark('checkout', 'available', { readToMs: nowMs, told: [] })
    const id = await start()
    await expectDenied(id, ['burning'], /^an error budget burns fast: available$/)
    await override(id)
    await house.clock.settle()
    expect((await house.release(id)).state.phase).toBe('baking')
  })

  it('with enough left is said in the log, and sets the pace', async () => {
    await open(ledger)
    await counted(1000, 2)
    const id = await start()
    const [passed] = (await house.events(id)).filter((event) => event.type === 'gated')
    expect(passed).toMatchObject({ allowed: true })
    expect(passed?.type === 'gated' ? passed.because : '').toMatch(
      /^the gates are open; 80\.04 % of error budget available is left; the pace is bold$/,
    )
  })

  it('with little left gives the first step little, and never ends it early', async () => {
    await open(ledger)
    await counted(100_000, 850)
    const id = await start()
    const release = await house.release(id)
    expect(release.service.plan.steps[0]?.weightBp).toBeLessThanOrEqual(100)
    expect(release.service.plan.steps.at(-1)?.weightBp).toBe(1000)
    expect(release.service.policy.early).toBeUndefined()
    expect(Object.values((await house.alias()).weights)[0]).toBeLessThanOrEqual(0.01)
  })
})

describe('a full group', () => {
  it('holds a release until another has left its place, and is overridden', async () => {
    const concurrency = { group: 'shop', max: 1 }
    await open({ gates: { concurrency } })
    await house.world.journal.append('cart-1', requested('cart-1'))
    await house.world.leases.take('#shop/1', 'cart-1')
    const id = await start()
    await expectDenied(id, ['full'], /^1 releases of group shop are under way$/)
    await house.world.leases.drop('#shop/1', 'cart-1')
    await house.minutes(1)
    await expectPasses(id)
    expect(await house.world.leases.holder('#shop/1')).toBeUndefined()
    await house.world.leases.take('#shop/1', 'cart-1')
    const second = await house.start({ version: await house.publish('v1') })
    expect(await held(second)).toMatchObject({ gates: ['full'] })
    await override(second)
    await house.clock.settle()
    expect((await house.release(second)).state.phase).toBe('baking')
  })

  it('is left with the release, and the next goes on at once', async () => {
    await open({ gates: { concurrency: { group: 'shop', max: 1 } } })
    const id = await start()
    expect(await house.world.leases.holder('#shop/1')).toBe(id)
    await house.ask('stop', { verb: 'abort', releaseId: id, by: 'ann', reason: 'x' })
    await house.finish(id)
    expect(await house.world.leases.holder('#shop/1')).toBeUndefined()
  })
})

describe('an approval', () => {
  const begin = { gates: { approvals: [{ before: 'begin' }] } }
  const say = (by: string, more: Changes = {}) => house.ask('approve', { service: 'checkout', by, ...more })

  it('that is missing holds the release; whoever asked for it may not give it, another may', async () => {
    await open(begin)
    const id = await start({ author: 'ann' })
    await expectDenied(
      id,
      ['approvals'],
      /^0 of 1 approvals before it begins, not by whoever asked for it; rejected in 1d$/,
    )
    await expect(say('ann')).rejects.toMatchObject({
      name: 'Tidegate.approval_refused',
      message: `ann may not approve release ${id}: Who asked for a release does not approve it.`,
    })
    await expectDenied(id, ['approvals'], /0 of 1/)
    await say('ben', { reason: 'looked at it' })
    await expectPasses(id)
    expect(await house.events(id)).toContainEqual(
      expect.objectContaining({ type: 'approved', beforeBp: 0, by: 'ben', answer: 'approve', reason: 'looked at it' }),
    )
  })

  it('by two takes two people, and only those who are named', async () => {
    await open({ gates: { approvals: [{ before: 'begin', count: 2, by: ['ben', 'cem'], fourEyes: false }] } })
    const id = await start({ author: 'ben' })
    await say('ben')
    await expect(say('ben')).rejects.toMatchObject({
      message: expect.stringContaining('another one is needed') as string,
    })
    await expect(say('dan')).rejects.toMatchObject({ message: expect.stringContaining('names them') as string })
    await house.clock.settle()
    await expectDenied(id, ['approvals'], /^1 of 2 approvals before it begins, by ben or cem/)
    await say('cem')
    await expectPasses(id)
  })

  it('that is declined ends the release, and what had traffic goes back', async () => {
    await open({ gates: { approvals: [{ before: 50 }] } })
    const id = await start({ author: 'ann' })
    await house.minutes(12)
    const release = await house.release(id)
    expect(release).toMatchObject({ state: { phase: 'shifting', step: 1 }, held: { gates: ['approvals'] } })
    expect(release.held?.because).toMatch(/^0 of 1 approvals before 50 %/)
    await say('ben', { answer: 'decline', reason: 'not today' })
    expect((await house.finish(id, 5)).ending).toMatchObject({
      outcome: 'rolledBack',
      because: 'ben has declined',
      by: 'gate',
    })
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('belongs to the release and to the weight that it stands before', async () => {
    await open({ gates: { approvals: [{ before: 'begin' }, { before: 100 }] } })
    const id = await start({ author: 'ann' })
    await say('ben')
    await house.minutes(12)
    expect(await held(id)).toMatchObject({ point: 1, gates: ['approvals'] })
    await expect(say('ben', { before: 'begin' })).rejects.toMatchObject({ name: 'Tidegate.verb_not_now' })
    await say('ben', { before: 100 })
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
    const next = await house.start({ version: await house.publish('v1'), author: 'ann' })
    expect(await held(next)).toMatchObject({ gates: ['approvals'] })
  })

  it.each([
    ['reject', 'rejected'],
    ['approve', 'promoted'],
  ])('that nobody gives in its time means %s', async (whenExpired, outcome) => {
    await open({ gates: { approvals: [{ before: 'begin', expires: '30m', whenExpired }] } })
    const id = await start({ author: 'ann' })
    await house.minutes(29)
    await expectDenied(id, ['approvals'], /in 1m/)
    expect((await house.finish(id)).ending?.outcome).toBe(outcome)
  })

  it('is not for overriding', async () => {
    await open(begin)
    const id = await start({ author: 'ann' })
    await override(id)
    await house.clock.settle()
    await expectDenied(id, ['approvals'], /0 of 1/)
  })
})

describe('provenance', () => {
  const attest = (facts: Changes) => house.ask('attest', { subject: 'version/checkout:2', by: 'ci', ...facts })
  const cases: readonly [string, Changes, RegExp, Changes, Changes][] = [
    ['a commit', { commit: true }, /^it names no commit$/, { flags: ['x'] }, { commit: '4f2a91c' }],
    [
      'tests',
      { tests: true },
      /^no tests are attested$/,
      { tests: { passed: 10, failed: 1, skipped: 0 } },
      { tests: { passed: 11, failed: 0, skipped: 0 } },
    ],
    [
      'a scan',
      { scan: { critical: 0, high: 2 } },
      /^it has not been scanned$/,
      { scan: { critical: 0, high: 3, medium: 0, low: 0 } },
      { scan: { critical: 0, high: 2, medium: 9, low: 9 } },
    ],
  ]

  it.each(cases)(
    '%s that is asked for and not there holds the release until it is',
    async (_, provenance, sentence, bad, good) => {
      await open({ gates: { provenance } })
      const id = await start()
      await expectDenied(id, ['provenance'], sentence)
      await override(id)
      await attest(bad)
      await house.minutes(2)
      await expectDenied(
        id,
        ['provenance'],
        /^(it names no commit|1 tests failed|it was scanned with 0 critical and 3 high findings)$/,
      )
      await attest(good)
      await house.minutes(2)
      expect((await house.finish(id)).ending?.outcome).toBe('promoted')
    },
  )

  it('a signature is looked for at Lambda: of a version before it begins', async () => {
    await open({ gates: { provenance: { signed: true } } })
    const id = await start()
    await expectDenied(id, ['provenance'], /^its code is not signed$/)
  })

  it('... and of an artifact once it is a version, before the first step', async () => {
    await open({ gates: { provenance: { signed: true } } })
    await house.upload('v2')
    await house.minutes(2)
    const [{ releaseId } = { releaseId: '' }] = (await house.world.openReleases.list('checkout')).items
    const release = await house.release(releaseId)
    expect(release.held).toMatchObject({ point: 0, because: 'its code is not signed' })
    expect(gatePoint(release)).toBe(0)
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
  })
})

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
    // Whoever mends them is not held by what they were when the release was asked for.
    await house.world.services.put(sampleService({ ...base, gates: { freezes: span(0, 600) } }))
    await override(id)
    await expectPasses(id)
  })

  it('are asked again when what they need cannot be looked up: a live release stays where it is', async () => {
    let refuse = false
    await open(
      {},
      refusing('GetItem', () => refuse, 'tidegate-gate'),
    )
    const id = await start()
    await house.minutes(2)
    refuse = true
    await house.minutes(10)
    expect(await held(id)).toMatchObject({ point: 1, gates: ['unknown'] })
    expect((await house.alias()).weights).toEqual({ '2': 0.1 })
    refuse = false
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })
})

describe('the fast lane', () => {
  const urgent = async (version: string, more: Changes = {}): Promise<string> => {
    const accepted = (await house.ask('urgent', { service: 'checkout', version, reason: 'CVE-1', ...more })) as {
      releases: { releaseId: string }[]
    }
    await house.clock.settle()
    return accepted.releases[0]?.releaseId ?? ''
  }

  it('passes calendar, budget and group, by a plan of its own, with a reason', async () => {
    await open({ ...ledger, plan: 'Linear10PercentEvery10Minutes', gates: { freezes: span(0, 600) } })
    const version = await house.publish('v2')
    await expect(house.ask('urgent', { service: 'checkout', version })).rejects.toMatchObject({
      name: 'Tidegate.call_invalid',
    })
    const id = await urgent(version)
    const release = await house.release(id)
    expect(release).toMatchObject({ urgent: true, reason: 'CVE-1', state: { phase: 'baking' } })
    expect(release.service.plan.steps).toEqual([
      { weightBp: 1000, bakeSeconds: 300 },
      { weightBp: 5000, bakeSeconds: 300 },
    ])
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('waits for nobody: what is live or held gives way, and nothing takes its own place', async () => {
    await open({ policy: { whileLive: 'supersede' } })
    const usual = await start()
    const id = await urgent(await house.publish('v1'))
    expect((await house.release(usual)).ending?.outcome).toBe('superseded')
    const later = await house.start({ version: await house.publish('v2') })
    await house.minutes(1)
    expect((await house.release(id)).ending).toBeUndefined()
    expect((await house.release(later)).state).toMatchObject({ phase: 'queued', behind: id })
  })
})

describe('versions that wait', () => {
  it('coalesce into the newest, and the live one goes on', async () => {
    await open({ policy: { whileLive: 'coalesce' } })
    const live = await start()
    const waiting = await house.start({ version: await house.publish('v1') })
    // Of two that are asked for at the same moment, the id decides.
    await house.minutes(1)
    const newest = await house.start({ version: await house.publish('v2') })
    expect((await house.release(waiting)).ending).toMatchObject({ outcome: 'superseded' })
    expect((await house.release(live)).state.phase).toBe('baking')
    expect((await house.finish(live)).ending?.outcome).toBe('promoted')
    expect((await house.finish(newest)).ending?.outcome).toBe('promoted')
  })

  it('coalesce at a gate, too: what is held has changed nothing', async () => {
    await open({ policy: { whileLive: 'coalesce' }, gates: { freezes: span(0, 30) } })
    const first = await start()
    const second = await house.start({ version: await house.publish('v1') })
    await house.minutes(1)
    expect((await house.release(first)).ending).toMatchObject({ outcome: 'superseded' })
    expect(await held(second)).toMatchObject({ gates: ['freeze'] })
  })
})

describe('whoever asks before', () => {
  it('is told what the gates would say', async () => {
    await open({ gates: { freezes: span(0, 20), approvals: [{ before: 'begin' }] } })
    const ask = () => house.ask('ask', { service: 'checkout' })
    expect(await ask()).toEqual({ may: false, because: 'there is a freeze until 2026-01-01T00:20Z' })
    await house.minutes(10)
    expect(await ask()).toMatchObject({ may: true })
    await house.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'x' })
    expect(await ask()).toMatchObject({ may: false, because: 'releases of checkout are stopped by ben: x' })
  })
})
