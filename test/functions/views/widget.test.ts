// The custom widgets of the dashboards: parts of the pages, in which nothing can be pressed, whatever the call says.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { widgetViews } from '../../../core/view/widget-call.ts'
import { widgetHandler } from '../../../functions/reading/widget.ts'
import { busyTown, nowMs, openTown, story, type Town, townService } from './town.ts'

// As CloudWatch calls it (CloudWatch user guide, "Details about custom widgets").
const widgetContext = {
  dashboardName: 'tidegate-on-call',
  widgetId: 'widget-16',
  accountId: '012345678901',
  locale: 'en',
  timezone: { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 },
  period: 300,
  isAutoPeriod: true,
  timeRange: { mode: 'relative', start: 1627236199729, end: 1627322599729, relativeStart: 86400012 },
  theme: 'light',
  linkCharts: true,
  title: 'Live releases',
  forms: { all: {} },
  params: {},
  width: 588,
  height: 369,
}

describe('of a busy town', () => {
  let town: Town
  beforeEach(async () => {
    town = await busyTown()
  })
  const show = async (call: object): Promise<string> => {
    const answer: unknown = await widgetHandler(town)({ ...call, widgetContext })
    if (typeof answer !== 'string') throw new Error('no HTML')
    return answer
  }

  it('the live releases are there, with what needs a person first', async () => {
    const html = await show({ show: 'live' })
    expect(html).toMatch(/things? needs? you now/)
    expect(html).toContain('0 of 2 approvals before 50 %')
    expect(html).toContain('ledger')
  })

  it('the last releases of all services are there, newest first', async () => {
    const html = await show({ show: 'releases' })
    expect(html).toContain('rolled back')
    expect(html.indexOf('alarm orders-errors fires')).toBeGreaterThan(0)
    const times = [...html.matchAll(/datetime="([^"]+)"/g)].map(([, time]) => time ?? '')
    expect(times).toEqual(times.toSorted().toReversed())
    expect(html).toContain('not everything of')
  })

  it('the error budgets are there, the least first', async () => {
    const html = await show({ show: 'budgets' })
    const left = [...html.matchAll(/([\d.]+) % (?:is )?left/g)].map(([, percent]) => Number(percent))
    expect(left.length).toBeGreaterThan(3)
    expect(left).toEqual(left.toSorted((a, b) => a - b))
  })

  it('the latest release of a function is there, with its evidence and what CI said', async () => {
    expect(await show({ show: 'release', function: 'checkout-api' })).toContain('tidegate log checkout-2')
    expect(await show({ show: 'release', function: 'orders-api' })).toContain('tidegate log orders-2')
    expect(await show({ show: 'release', function: 'orders-api' })).toContain(
      'not known: nobody who may say it has reported any',
    )
    expect(await show({ show: 'release', function: 'nothing' })).toContain('No service has released nothing.')
    expect(await show({ show: 'release' })).toContain('No service has released')
  })

  /** What the timeline says of the time that a viewer has chosen. */
  const timeline = async (timeRange: object, more: object = {}): Promise<string> => {
    const answer: unknown = await widgetHandler(town)({
      ...{ show: 'timeline', ...more },
      widgetContext: { ...widgetContext, timeRange: { ...widgetContext.timeRange, ...timeRange } },
    })
    return String(answer)
  }
  const minutesAgo = (minutes: number): number => nowMs - minutes * 60_000
  const lately = { start: minutesAgo(240), end: nowMs, zoom: undefined }

  it('the releases of the time that is looked at are there, with when their traffic was moved and how they ended', async () => {
    const html = await timeline(lately)
    expect(html).toContain('orders 11 → 12')
    expect(html).toContain(`10 % at ${new Date(minutesAgo(198)).toISOString().slice(0, 19)}`)
    expect(html).toMatch(/↩ rolled back after \d+m/)
    expect(html).toContain('alarm orders-errors fires')
    expect(html).toContain('checkout 11 → 12')
    expect(html).toContain('under way')
    // It is days old.
    expect(html).not.toContain('accounts')
    // Its log is lost.
    expect(html).toMatch(/<b>Not known:<\/b> When traffic of ledger-2 was moved is not known/)
    // Its definition is damaged.
    expect(html).toContain('broken')
  })

  it('a part of the time that is looked at alone has its releases alone', async () => {
    const zoom = { start: minutesAgo(200), end: minutesAgo(195) }
    const html = await timeline({ ...lately, zoom })
    expect(html).toContain('orders')
    expect(html).toContain('goes on')
    expect(html).not.toContain('checkout')
    expect(await timeline({ ...lately, start: minutesAgo(2), end: minutesAgo(1) })).not.toContain('orders')
  })

  it('the releases of one function are there alone, and a function that nobody releases is said to be one', async () => {
    const html = await timeline(lately, { function: 'orders-api' })
    expect(html).toContain('orders 11 → 12')
    expect(html).not.toContain('checkout')
    expect(await timeline(lately, { function: 'nothing' })).toContain('No service has released nothing.')
  })

  it('of a long time the steps are left out, and what is not shown is counted', async () => {
    const service = townService('busy')
    await town.settle(service, '12')
    for (let index = 0; index < 45; index++) {
      const atMs = nowMs - (index + 1) * 3_600_000
      await town.keep(
        story(service, { id: `busy-${index}`, atMs })
          .prepare(atMs)
          .promote(atMs),
      )
    }
    const html = await timeline({ ...lately, start: nowMs - 44.5 * 3_600_000 }, { function: 'busy-api' })
    expect(html).toContain('When traffic was moved is shown for a time with fewer releases.')
    expect(html).toContain('not read')
    expect(html).toContain('And 5 earlier releases in this time.')
    expect(Buffer.byteLength(html)).toBeLessThan(100_000)
  })

  it('a time that is none is the last hours', async () => {
    for (const timeRange of [
      { start: 1e300, end: 1e301 },
      { start: 2, end: 1 },
    ])
      expect(await timeline({ ...lately, ...timeRange })).toContain('checkout')
  })

  it('a log that is lost is said to be', async () => {
    expect(await show({ show: 'release', function: 'ledger-api' })).toMatch(/Not known|No service has released/)
  })

  it.each(widgetViews)('%s has no form, no script and no link that leads nowhere', async (one) => {
    const html = await show({ show: one, function: 'payments-api' })
    expect(html).not.toMatch(/<form|<script|<button|<input|href="\/|<iframe|<use\b| on\w+=/)
    expect(Buffer.byteLength(html)).toBeLessThan(100_000)
  })

  it('whatever a call says, it is text, or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
        const html = await show({ show: 'release', function: `<b onclick="x">${text}`.slice(0, 200) })
        expect(html).not.toContain('<b onclick')
      }),
      { numRuns: 50 },
    )
  })
})

it('says what it is for, and refuses everything else', async () => {
  const widget = widgetHandler(openTown())
  expect(JSON.stringify(await widget({ describe: true, widgetContext }))).toMatch(/^\{"markdown":.*show: live/)
  for (const event of [undefined, null, {}, { show: 'live' }, { show: 'everything', widgetContext }, [], 'live'])
    await expect(widget(event)).rejects.toMatchObject({ code: 'call_invalid' })
})

it('a table that is away is said to be', async () => {
  const town = openTown()
  town.faults.next('services.list', 'throttle')
  const answer = await widgetHandler(town)({ show: 'live', widgetContext })
  expect(answer).toContain('<b>Not known:</b>')
})
