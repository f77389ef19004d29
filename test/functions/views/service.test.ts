// The loader of one service's page: its history goes on and says what undid what, budgets and orders are those of the service.
import { expect, it } from 'vitest'
import { servicePage } from '../../../console/service/service-page.ts'
import type { ServiceView } from '../../../core/view/service-view.ts'
import { loadService } from '../../../functions/views/service.ts'
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
