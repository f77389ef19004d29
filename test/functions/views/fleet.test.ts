// The loaders of the pages of many services: each state is seen, what cannot be read is said to be unknown and stops nothing
// else, and aliases are read slowly.
import { beforeEach, describe, expect, it } from 'vitest'
import { fleetPage } from '../../../console/fleet/fleet-page.ts'
import { Problem } from '../../../core/problem.ts'
import type { FleetView, Tile } from '../../../core/view/fleet-view.ts'
import { loadFleet } from '../../../functions/views/fleet.ts'
import { loadOnCall } from '../../../functions/views/on-call.ts'
import type { PortMethod } from '../../memory/memory.ts'
import { busyTown, nowMs, openTown, type Town, townService } from './town.ts'

const tileOf = ({ tiles }: FleetView, name: string): Tile => tiles.find(({ service }) => service === name)!
const kindsOf = (view: FleetView, name: string): readonly string[] => tileOf(view, name).needs.map(({ kind }) => kind)
const frame = { path: '/', where: 'here', who: 'ann', nowMs, formToken: 't' }

describe('a busy town', () => {
  let town: Town
  beforeEach(async () => {
    town = await busyTown()
  })
  /** Aliases are read a few at a time. */
  const looked = async (): Promise<FleetView> => {
    await loadFleet(town)
    return loadFleet({ ...town, clock: { nowMs: () => nowMs + 60_000 } })
  }

  it('is seen as it is, those that need a person first', async () => {
    const view = await looked()
    expect(view.unchecked).toBe(0)
    expect(view.tiles.map(({ service, standing }) => [service, standing])).toEqual([
      ['ledger', 'person'],
      ['checkout', 'person'],
      ['payments', 'person'],
      ['unproven', 'person'],
      ['search', 'person'],
      ['tax', 'person'],
      ['orders', 'person'],
      ['images', 'person'],
      ['broken', 'unknown'],
      ['shop-web', 'unknown'],
      ['slow', 'unknown'],
      ['accounts', 'quiet'],
      ['basket', 'quiet'],
      ['catalogue', 'quiet'],
      ['invoices', 'quiet'],
      ['mail', 'quiet'],
    ])
    expect(kindsOf(view, 'ledger')).toEqual(['lost'])
    expect(kindsOf(view, 'checkout')).toEqual(['burning'])
    expect(kindsOf(view, 'payments')).toEqual(['approval'])
    expect(kindsOf(view, 'unproven')).toEqual(['held'])
    expect(kindsOf(view, 'search')).toEqual(['paused'])
    expect(kindsOf(view, 'tax')).toEqual(['drift'])
    expect(kindsOf(view, 'orders')).toEqual(['spent'])
    expect(kindsOf(view, 'images')).toEqual(['stopped'])
    expect(tileOf(view, 'checkout')).toMatchObject({
      waiting: 1,
      live: { weightBp: 1000, standing: 'moving', step: 1 },
    })
    expect(tileOf(view, 'slow').live).toMatchObject({ standing: 'held' })
    expect(tileOf(view, 'accounts').runs).toMatchObject({ versions: '12' })
    expect(tileOf(view, 'tax').runs).toEqual({ versions: '13' })
    expect(tileOf(view, 'orders').failed).toMatchObject({ outcome: 'rolledBack', releaseId: 'orders-2' })
    expect(view.groups).toEqual([{ group: 'shop', max: 2, holders: ['checkout-2'], waiting: 0 }])
    expect(view.outages).toHaveLength(1)
  })

  it('says of a service that others move that it is observed', async () => {
    const view = await looked()
    expect(tileOf(view, 'invoices').isObserved).toBe(true)
    expect(tileOf(view, 'accounts').isObserved).toBeUndefined()
    expect(tileOf(view, 'invoices').runs).toEqual({ versions: '11' })
    expect(fleetPage(view, frame)).toMatch(/href="\/service\/invoices">invoices<\/a>observed · 11<\/li>/)
    town.faults.next('observations.seen', 'deny')
    const less = tileOf(await loadFleet(town), 'invoices')
    expect([less.runs, less.unknown[0]]).toEqual([
      undefined,
      expect.stringMatching(/^What its aliases have is not known/),
    ])
  })

  it('gives each need its first action, and says who may approve', async () => {
    const { needs } = await loadOnCall(town)
    const approval = needs.find(({ kind }) => kind === 'approval')
    expect(approval?.sentence).toMatch(/0 of 2 given\. May approve: bob or carol, but not ann, who asked for it\./)
    expect(approval?.actions.map((one) => one.kind === 'order' && [one.route, one.says])).toEqual([
      ['approve', { releaseId: 'payments-2', before: '50' }],
      ['decline', { releaseId: 'payments-2', before: '50' }],
    ])
    const back = needs.find(({ kind }) => kind === 'burning')?.actions[0]
    expect(back).toMatchObject({
      route: 'roll-back',
      label: 'Put back: checkout 12 → 11',
      says: { releaseId: 'checkout-2' },
    })
    const drift = needs.find(({ kind }) => kind === 'drift')?.actions[0]
    expect(drift).toMatchObject({ command: expect.stringContaining('--function-version 12') as string })
    expect(needs.every(({ actions }) => actions.length > 0)).toBe(true)
  })

  it.each<[PortMethod, RegExp]>([
    ['leases.list', /Which releases are live is not known/],
    ['queues.list', /Which releases wait is not known/],
    ['line.list', /Which lines are stopped is not known/],
    ['outages.list', /Which parts of AWS are away is not known/],
  ])('says that something is not known when %s fails, and shows the rest', async (method, words) => {
    town.faults.next(method, 'deny')
    const view = await loadFleet(town)
    expect(view.unknown.join()).toMatch(words)
    expect(view.tiles).toHaveLength(16)
    const calm = { ...view, tiles: view.tiles.filter(({ standing }) => standing === 'quiet') }
    expect(fleetPage(calm, frame)).not.toContain('state good')
  })

  it('takes no service for quiet of which a part cannot be read', async () => {
    town.faults.observe(({ method, args }) =>
      ['history.list', 'budgets.mark', 'aliases.read'].includes(method) && JSON.stringify(args).includes('mail')
        ? 'throttle'
        : undefined,
    )
    const view = await looked()
    expect(tileOf(view, 'mail').standing).toBe('unknown')
    expect(tileOf(view, 'mail').unknown).toHaveLength(3)
    expect(tileOf(view, 'accounts').standing).toBe('quiet')
  })

  it('does not take an alias whose history cannot be read for one without drift', async () => {
    town.faults.observe(({ method, args }) => (method === 'history.list' && args[0] === 'tax' ? 'throttle' : undefined))
    const { unknown } = tileOf(await looked(), 'tax')
    expect(unknown.join()).toMatch(/Whether alias tax-api:live has drifted is not known/)
    expect(unknown.join(' ')).not.toContain('..')
  })

  it.each([
    ['is gone', 'alias_missing', 'Drift: alias tax-api:live: it does not exist.'],
    ['cannot be read', 'permission_denied', 'Whether alias tax-api:live has drifted is not known: AWS says no.'],
  ] as const)('says of an alias that %s what it is, in a sentence with one end', async (_, code, sentence) => {
    const read: Town['aliases']['read'] = () => Promise.reject(new Problem(code, 'AWS says no.'))
    town = { ...town, aliases: { ...town.aliases, read } }
    const { needs, unknown } = tileOf(await looked(), 'tax')
    expect([...needs.map((need) => need.sentence), ...unknown]).toContain(sentence)
  })

  it('shows a stopped line of all once, and not at each service', async () => {
    await town.line.stop(undefined, { by: 'zoe', reason: 'a storm', sinceMs: nowMs })
    const view = await looked()
    expect(view.stopped?.by).toBe('zoe')
    expect(kindsOf(view, 'accounts')).toEqual([])
    expect(fleetPage(view, frame)).toContain('action="/order/start-every-line"')
  })
})

it('says of nothing what to do first', async () => {
  expect(fleetPage(await loadFleet(openTown()), frame)).toContain('tidegate apply')
})

it('finds a release whose service has no definition any more', async () => {
  const town = openTown()
  await town.leases.take('gone', 'gone-1')
  await town.queues.add('gone', { releaseId: 'gone-2', requestedAtMs: nowMs, lane: 'usual', whileLive: 'queue' })
  const view = await loadFleet(town)
  expect(tileOf(view, 'gone')).toMatchObject({
    standing: 'unknown',
    unknown: ['There is no definition of it.'],
    waiting: 1,
  })
})

describe('aliases', () => {
  it('are read ten at a time and two a second, each in its turn, and what is not read yet is said', async () => {
    const town = openTown()
    for (let index = 0; index < 30; index++) await town.quiet(`s${index}`, 86_400_000, { slos: [] })
    let seconds = 0
    const ports = { ...town, clock: { nowMs: () => nowMs + seconds * 1000 } }
    const reads = async (): Promise<readonly number[]> => {
      const before = town.faults.count('aliases.read')
      const { unchecked } = await loadFleet(ports)
      return [town.faults.count('aliases.read') - before, unchecked]
    }
    expect(await reads()).toEqual([10, 20])
    expect(await reads()).toEqual([0, 20])
    seconds = 2
    expect(await reads()).toEqual([4, 16])
    seconds = 60
    expect(await reads()).toEqual([10, 6])
    const view = await loadFleet(ports)
    expect(view.tiles.every(({ runs }) => runs?.versions === '12')).toBe(true)
    expect(fleetPage(view, frame)).toContain('Drift of 6 services is not checked yet')
    expect(fleetPage(view, frame)).not.toContain('state good')
  })
})

it('reads the hours of a budget once a minute, and asks again for one that is not known', async () => {
  const town = await busyTown()
  let seconds = 0
  const ports = { ...town, clock: { nowMs: () => nowMs + seconds * 1000 } }
  const reads = async (): Promise<readonly number[]> => {
    const count = () => [town.faults.count('budgets.read'), town.faults.count('budgets.mark')]
    const before = count()
    const view = await loadFleet(ports)
    expect(tileOf(view, 'orders').budget?.leftShare).toBeLessThan(0)
    return count().map((now, index) => now - (before[index] ?? 0))
  }
  expect(await reads()).toEqual([7, 14])
  // Seven have not been counted yet.
  expect(await reads()).toEqual([0, 7])
  seconds = 61
  expect(await reads()).toEqual([7, 14])
})

describe('three hundred services', () => {
  it('are one page of less than 100 KB, also when each of them needs a person', async () => {
    const town = openTown()
    const stop = { by: 'somebody-with-a-long-name', reason: 'x'.repeat(500), sinceMs: nowMs - 1 }
    for (let index = 0; index < 300; index++) {
      const name = `a-service-with-quite-a-long-name-${index}`
      await town.services.put(townService(name, { slos: [] }))
      await town.line.stop(name, stop)
    }
    const view = await loadFleet(town)
    for (const path of ['/', '/?show=person']) expect(fleetPage(view, { ...frame, path }).length).toBeLessThan(100_000)
  })

  it('are filtered without a script', async () => {
    const town = await busyTown()
    const page = fleetPage(await loadFleet(town), { ...frame, path: '/?show=unknown' })
    expect(page).toContain('href="/service/broken"')
    expect(page).not.toContain('href="/service/ledger"')
    expect(page).toMatch(/href="\/\?show=unknown" aria-current="true"/)
    const moving = fleetPage(await loadFleet(town), { ...frame, path: '/?show=moving' })
    for (const name of ['checkout', 'payments', 'slow']) expect(moving).toContain(`href="/service/${name}"`)
    expect(moving).not.toContain('href="/service/accounts"')
  })
})
