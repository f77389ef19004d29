// A release that was promoted without a function that went back alone: every page says so, in the same words.
import { beforeAll, describe, expect, it } from 'vitest'
import { deliveryPage } from '../../../console/delivery/delivery-page.ts'
import { fleetPage } from '../../../console/fleet/fleet-page.ts'
import { onCallPage } from '../../../console/on-call/on-call-page.ts'
import { releasePage } from '../../../console/release/release-page.ts'
import { servicePage } from '../../../console/service/service-page.ts'
import { minuteMs } from '../../../core/time.ts'
import { versionsWords } from '../../../core/view/live-view.ts'
import { traceOf } from '../../../core/view/release/trace.ts'
import { widgetHandler } from '../../../functions/reading/widget.ts'
import { loadDelivery } from '../../../functions/views/delivery.ts'
import { loadFleet } from '../../../functions/views/fleet.ts'
import { loadOnCall } from '../../../functions/views/on-call.ts'
import { loadRelease } from '../../../functions/views/release.ts'
import { loadService } from '../../../functions/views/service.ts'
import { nowMs, openTown, story, type Town, townService } from './town.ts'

const targets = ['cart', 'pay', 'web'].map((name) => ({ function: name, alias: 'live' }))
const service = townService('shop', { targets, slos: [], policy: { whenBlamed: 'function' } })
const frame = { path: '/', where: 'here', who: 'ann', nowMs, formToken: 't' }

/** Up to where pay is back, and the others go on. */
function begun(id: string, minutesAgo: number) {
  const atMs = nowMs - minutesAgo * minuteMs
  const window = { startMs: atMs, endMs: atMs }
  const signals = [{ signal: 'errors:pay', kind: 'fail' as const, because: 'it fails' }]
  return story(service, { id, atMs })
    .prepare(atMs)
    .shift(atMs)
    .write({
      ...{ type: 'judged', atMs: atMs + minuteMs },
      verdict: { kind: 'fail', quiet: false, because: 'pay fails', window, signals, blamed: ['pay'] },
    })
    .shift(atMs + 2 * minuteMs)
}
const ended = (id: string, minutesAgo: number) => {
  const atMs = nowMs - minutesAgo * minuteMs
  return begun(id, minutesAgo)
    .look(atMs + 30 * minuteMs, 'pass')
    .promote(atMs + 30 * minuteMs)
}

describe('promoted without a function', () => {
  let town: Town
  const told = ended('shop-1', 200)
  beforeAll(async () => {
    town = openTown()
    await town.settle(service, '12')
    town.inspect.moveByHand({ functionName: 'pay', alias: 'live' }, { version: '11' })
    await town.keep(told)
  })
  const without = 'promoted without pay'

  it('is on the page of all services and of who is on call, as the last one that failed', async () => {
    expect(told.release().ending?.outcome).toBe('promoted')
    const fleet = await loadFleet(town)
    expect(fleet.tiles[0]?.failed).toMatchObject({ releaseId: 'shop-1', outcome: 'promoted', putBack: ['pay'] })
    expect(fleetPage(fleet, frame)).toContain(without)
    expect(onCallPage(await loadOnCall(town), frame)).toMatch(/>promoted without pay<br/)
    const later = { ...town, clock: { nowMs: () => nowMs + 25 * 60 * minuteMs } }
    expect((await loadFleet(later)).tiles[0]?.failed).toBeUndefined()
  })

  it('is on the page about delivery, and counts as missed there', async () => {
    const view = await loadDelivery(town, { fromMs: nowMs - 24 * 60 * minuteMs, toMs: nowMs })
    expect(deliveryPage(view, frame)).toMatch(/<span class="missed">promoted without pay<\/span>/)
  })

  it('is in the widgets, whose rows have only the versions that were moved', async () => {
    const timeRange = { start: nowMs - 240 * minuteMs, end: nowMs }
    const widgetContext = { timeRange, width: 588, height: 369, theme: 'light', title: 'x', params: {} }
    const show = async (one: string): Promise<string> => String(await widgetHandler(town)({ show: one, widgetContext }))
    const releases = await show('releases')
    expect(releases).toContain(without)
    expect(releases).toContain('cart 11 → 12')
    expect(releases).not.toContain('pay 11 → 12')
    const timeline = await show('timeline')
    expect(timeline).toMatch(/◐ without pay\s*<\/text/)
    expect(timeline).toContain('◐ promoted without pay after')
  })

  it('has a title without that function, and its row of the history has only the versions that were moved', async () => {
    const view = await loadRelease(town, 'shop-1')
    expect(view?.title).toBe('cart 11 → 12, web 11 → 12, without pay')
    expect(releasePage(view!, frame)).toContain('<title>cart 11 → 12, web 11 → 12, without pay')
    const page = await loadService(town, 'shop')
    expect(page?.history[0]).toMatchObject({ versions: '11 → 12', putBack: ['pay'] })
    expect(servicePage(page!, frame)).toMatch(/<span class="state hold"\s*>promoted without pay<\/span/)
  })

  it('is an error in its trace', () => {
    expect(traceOf(told.events, told.release())[0]).toMatchObject({ isError: true })
  })
})

it('a release that goes on without a function says so, and its button does not name it', async () => {
  const town = openTown()
  await town.settle(service, '11')
  await town.live(service, begun('shop-2', 5))
  const [tile] = (await loadFleet(town)).tiles
  expect(tile?.live?.versions).toBe('11 → 12, without pay')
  const { candidate, targets: all } = begun('shop-2', 5).release()
  const versions = all.map((one) => (one.functionName === 'pay' ? { ...one, stable: '7' } : one))
  expect(versionsWords({ candidate, targets: versions })).toBe('11 → 12, without pay')
  const view = await loadService(town, 'shop')
  expect(view?.putBack?.label).toBe('Put back: shop 12 → 11')
  expect((await loadRelease(town, 'shop-2'))?.title).toBe('cart 11 → 12, web 11 → 12, without pay')
})

it('one that went back as a whole in the end is about all of its functions', async () => {
  const town = openTown()
  await town.settle(service, '11')
  const told = begun('shop-3', 60)
  await town.keep(told.rollBack(nowMs - 40 * minuteMs, 'ann', 'enough'))
  expect((await loadRelease(town, 'shop-3'))?.title).toBe('cart 11 → 12, pay 11 → 12, web 11 → 12')
  expect((await loadService(town, 'shop'))?.history[0]).toMatchObject({ outcome: 'rolledBack', versions: '11 → 12' })
  expect(fleetPage(await loadFleet(town), frame)).toContain('rolled back')
})
