// The custom widgets of the dashboards: parts of the pages, in which nothing can be pressed, whatever the call says.
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { widgetViews } from '../../../core/view/widget-call.ts'
import { widgetHandler } from '../../../functions/reading/widget.ts'
import { busyTown, openTown, type Town } from './town.ts'

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
