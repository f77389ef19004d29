// The loader of one service's page: its history goes on and says what undid what, budgets and orders are those of the service.
import { expect, it } from 'vitest'
import { servicePage } from '../../../console/service/service-page.ts'
import type { ServiceView } from '../../../core/view/service-view.ts'
import { loadAnyRelease } from '../../../functions/views/lost.ts'
import { loadRelease } from '../../../functions/views/release.ts'
import { loadService } from '../../../functions/views/service.ts'
import { shiftOf, shiftsOfAllKinds } from '../../core/observe/shifts.ts'
import { shiftsKey, timeKey } from '../../memory/observations.ts'
import { busyTown, nowMs, openTown, story, townService } from './town.ts'

const frame = { path: '/service/checkout', where: 'here', who: 'ann', nowMs, formToken: 't' }
const minute = 60_000

it('does not know a service that never was', async () => {
  expect(await loadService(openTown(), 'nobody')).toBeUndefined()
})

it('shows the whole history in parts, each release once, with who asked for it and what was undone', async () => {
  const town = openTown()
  const service = townService('checkout', { slos: [] })
  await town.settle(service, '11')
  for (let index = 0; index < 58; index++) {
    const atMs = nowMs - (100 - index) * 60 * minute
    await town.keep(
      story(service, { id: `r${index}`, atMs, reason: `wish ${index}` })
        .prepare(atMs)
        .promote(atMs + 1),
    )
  }
  const atMs = nowMs - 60 * minute
  const back = { ...service, plan: { steps: [] } }
  const way = story(back, {
    id: 'r58',
    atMs,
    from: '12',
    to: '11',
    key: 'back/r57',
    provenance: { requestedBy: 'bob' },
  })
  await town.keep(way.prepare(atMs).promote(atMs + 1))
  const seen: string[] = []
  let view: ServiceView | undefined
  let parts = 0
  do {
    view = await loadService(town, 'checkout', view?.next === undefined ? {} : { next: view.next })
    seen.push(...(view?.history ?? []).map(({ releaseId }) => releaseId))
    parts++
  } while (view?.next !== undefined)
  expect(seen).toEqual(Array.from({ length: 59 }, (_, index) => `r${58 - index}`))
  expect(parts).toBe(3)
  const first = await loadService(town, 'checkout')
  expect(first?.history[0]).toMatchObject({ undid: 'r57', by: 'bob', versions: '12 → 11' })
  expect(first?.history[1]).toMatchObject({ undoneBy: 'r58', by: 'ann', reason: '"wish 57"' })
  expect(first?.noPutBack).toMatch(/r58 has put it back already/)
  const page = servicePage(first!, frame)
  expect(page).toMatch(/Put back<\/b>: undid <a href="\/release\/r57">/)
  expect(page).toMatch(/href="\/service\/checkout\?next=/)
  expect(page).not.toContain('>Newest<')
  expect(servicePage(view!, frame)).toMatch(/href="\/service\/checkout">Newest</)
})

it('begins at the newest when somebody makes up where it goes on', async () => {
  const town = await busyTown()
  const expected = await loadService(town, 'orders')
  for (const next of ['', 'x', '1.', '-1.a', `1.${'a'.repeat(65)}`, '../..', '9'.repeat(99)])
    expect(await loadService(town, 'orders', { next })).toEqual(expected)
})

it('offers to put back what is live, or the last promoted one, naming the versions', async () => {
  const town = await busyTown()
  const label = async (name: string) => (await loadService(town, name))?.putBack?.label
  expect(await label('checkout')).toBe('Put back: checkout 12 → 11')
  expect(await label('accounts')).toBe('Put back: accounts 12 → 11')
  expect(await label('ledger')).toBe('Put back: ledger, without its log')
  expect(await label('orders')).toBeUndefined()
})

it('offers nothing of a service without a definition that would be refused, and says why', async () => {
  const town = openTown()
  const service = townService('checkout')
  const [id, atMs] = [`checkout-${'a'.repeat(20)}`, nowMs - 60 * minute]
  await town.settle(service, '12')
  await town.keep(story(service, { id, atMs }).prepare(atMs).promote(atMs))
  expect((await loadService(town, 'checkout'))?.putBack).toBeDefined()
  expect(await town.services.remove('checkout', 1)).toBe(true)
  const view = await loadService(town, 'checkout')
  expect(view?.putBack).toBeUndefined()
  expect(view?.noPutBack).toMatch(/^The service has no definition any more/)
  expect(servicePage(view!, frame)).not.toContain('Put back')
  const { back } = (await loadRelease(town, id))!
  expect(back).toEqual({ sentence: view?.noPutBack, commands: [expect.stringContaining('--function-version 11')] })
  town.lose(id)
  expect(await loadAnyRelease(town, id)).toMatchObject({ view: { back: { sentence: view?.noPutBack } } })
})

it('has a line for what is kept warm: how much, until when, and how to end it', async () => {
  const town = openTown()
  const targets = [{ function: 'checkout-api', alias: 'live', provisionedConcurrency: 20 }]
  const service = await town.quiet('checkout', 3 * 60 * minute, { targets, watch: { for: '8h', keepWarm: '6h' } })
  expect((await loadService(town, 'checkout'))?.warm).toEqual([])
  const told = story(service, { id: 'checkout-1', atMs: nowMs - 3 * 60 * minute })
  const requested = told.events[0]!
  if (requested.type !== 'requested') throw new Error('unreachable')
  const kept = { functionName: 'checkout-api', alias: 'live', stable: '11', candidate: '12', environments: 20 }
  const about = { service: 'checkout', releaseId: 'checkout-1' }
  await town.openReleases.add({ ...about, requestedAtMs: nowMs, requested })
  await town.openReleases.keepWarm({
    ...{ v: 1, ...about, targets: [kept], untilMs: nowMs + 3 * 60 * minute },
    ...{ promotedAtMs: nowMs - 3 * 60 * minute, settledAtMs: nowMs - 3 * 60 * minute },
  })
  const view = await loadService(town, 'checkout')
  expect(view?.warm).toEqual([
    expect.stringMatching(
      /^Kept warm since release checkout-1, until .* at the latest: 20 environments of checkout-api:11\. .*without watch\.keepWarm\.$/,
    ),
  ])
  expect(servicePage(view!, frame)).toContain('20 environments of checkout-api:11')
  const away = { ...town.openReleases, all: () => Promise.reject(new Error('throttled')) }
  expect((await loadService({ ...town, openReleases: away }, 'checkout'))?.warm).toEqual([
    'What is kept warm after the last promotion is not known: throttled',
  ])
})

it('draws what was left of a budget, down to what gates see', async () => {
  const town = await busyTown()
  const view = await loadService(town, 'orders')
  const [budget] = view?.budgets ?? []
  if (budget === undefined || 'because' in budget) throw new Error('it is known')
  const last = budget.line.at(-1)?.leftShare ?? NaN
  expect(last).toBeCloseTo(view?.tile.budget?.leftShare ?? NaN, 6)
  expect(budget.line.length).toBeLessThan(150)
  expect(
    budget.line.every(({ leftShare }, index) => index === 0 || leftShare <= (budget.line[index - 1]?.leftShare ?? 0)),
  ).toBe(true)
  expect(budget.marks).toEqual([{ releaseId: 'orders-2', atMs: expect.any(Number) as number, isBad: true }])
  expect(budget.spending.unknown).toHaveLength(1)
})

it('says of a service that others move what Tidegate would have done, and offers nothing that it would refuse', async () => {
  const town = await busyTown()
  const { observed, noPutBack } = (await loadService(town, 'invoices'))!
  expect(observed).toMatchObject({ days: 30, unnoticed: 1, goesOn: 1, left: 0, unknown: [] })
  expect(observed?.shifts.map(({ finding }) => finding)).toEqual(
    ['caught', 'caught', 'missed', 'passed', 'unknown', 'goesOn'].toReversed(),
  )
  expect(observed?.shifts.map(({ saves }) => saves)).toEqual([
    ...[undefined, undefined, undefined, undefined],
    'nobody put it back; how many requests that saves is not known',
    '8 minutes earlier; about 24 failed requests fewer, without 1 minute that could not be read',
  ])
  expect(observed?.totals).toEqual([
    '6 shifts by others. Tidegate would have put back 2, and let 1 through.',
    'Others put 1 of those 2 back too, 8 minutes later. Look at 1 that nobody put back: bad and unnoticed, or a mistake of Tidegate.',
    'About 24 failed requests would not have been; of 1 shift it is not known, or not yet.',
    'Others put back 1 that Tidegate would not have.',
    'Of 1 it is not known.',
    '1 goes on, or was not watched to the end.',
  ])
  expect(noPutBack).toMatch(/use the tool that moves it/)
  const page = servicePage((await loadService(town, 'invoices'))!, frame)
  expect(page).toContain('1 shift under way')
  expect(page).not.toMatch(/<form|What runs is not known/)
  // One that is long past is in no number; one that cannot be read is said; and so is a table that does not answer.
  await town.observations.putShift(shiftOf('invoices', nowMs - 31 * 24 * 60 * minute))
  const [last] = shiftsOfAllKinds('invoices', nowMs - 420 * minute)
  town.inspect.corrupt(shiftsKey('invoices'), timeKey(last?.beganAtMs ?? 0, last?.id ?? ''), '{')
  const less = (await loadService(town, 'invoices'))?.observed
  expect([less?.shifts.length, less?.unknown[0]]).toEqual([
    5,
    expect.stringMatching(/^1 cannot be read, and are in none/),
  ])
  town.faults.next('observations.latest', 'throttle')
  expect((await loadService(town, 'invoices'))?.observed?.unknown[0]).toMatch(/^What others moved is not known: /)
  expect((await loadService(town, 'accounts'))?.observed).toBeUndefined()
})

it('reads the shifts of all days again only if the newest have changed, or after ten minutes', async () => {
  const town = await busyTown()
  const totals = async () => (await loadService(town, 'invoices'))?.observed?.totals[0]
  expect(await totals()).toMatch(/^6 shifts/)
  town.faults.next('observations.shifts', 'throttle')
  expect(await totals()).toMatch(/^6 shifts/)
  await town.observations.putShift(shiftOf('invoices', nowMs - minute))
  expect(await totals()).toBeUndefined()
  expect(await totals()).toMatch(/^7 shifts/)
  town.faults.next('observations.shifts', 'throttle')
  const later = { ...town, clock: { nowMs: () => nowMs + 11 * minute } }
  expect((await loadService(later, 'invoices'))?.observed?.totals).toEqual([])
})

it('has no more shifts on the page than can be looked through, and says how many there are', async () => {
  const town = await busyTown()
  for (let one = 0; one < 40; one++)
    await town.observations.putShift(shiftOf('invoices', nowMs - 30 * minute - one, { id: `a:live@${one}` }))
  const view = (await loadService(town, 'invoices'))!
  expect([view.observed?.shifts.length, view.observed?.left]).toEqual([25, 21])
  expect(servicePage(view, frame)).toContain('And 21 older shifts')
})

it('shows a service whose definition, history item or budget is damaged, and says so', async () => {
  const town = await busyTown()
  const broken = await loadService(town, 'broken')
  expect(broken?.tile.unknown.join()).toMatch(/cannot be read/)
  expect(servicePage(broken!, frame)).toContain('something is not known')
  town.faults.next('budgets.mark', 'deny')
  town.faults.next('budgets.mark', 'deny')
  const orders = await loadService(town, 'orders')
  expect(orders?.budgets[0]).toMatchObject({ because: expect.any(String) as string })
  expect(orders?.history).toHaveLength(1)
})
