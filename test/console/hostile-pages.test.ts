// Every page, with hostile text in every field that comes from outside: nothing of it is markup, and no page has what the
// server's Content-Security-Policy forbids.
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { deliveryPage } from '../../console/delivery/delivery-page.ts'
import { fleetPage } from '../../console/fleet/fleet-page.ts'
import { onCallPage } from '../../console/on-call/on-call-page.ts'
import { reportPage } from '../../console/delivery/report-page.ts'
import { servicePage } from '../../console/service/service-page.ts'
import { timelineWidget } from '../../console/widget/timeline.ts'
import { budgetsWidget, liveWidget, releasesWidget, releaseWidget, widgetOf } from '../../console/widget/widget.ts'
import { loadDelivery } from '../../functions/views/delivery.ts'
import { loadFleet } from '../../functions/views/fleet.ts'
import { loadMarks } from '../../functions/views/marks.ts'
import { loadOnCall } from '../../functions/views/on-call.ts'
import { loadService } from '../../functions/views/service.ts'
import { fleetNow } from '../../functions/views/now.ts'
import { loadRelease } from '../../functions/views/release.ts'
import { hostile, rawIn } from '../core/hostile.ts'
import { busyTown, nowMs } from '../functions/views/town.ts'

const frameOf = (path: string) => ({ path, where: 'tidegate in us-east-1', who: 'ann', nowMs, formToken: 'token' })

/** Words of our own, by which a page chooses. */
const fixed = ['kind', 'tone', 'standing', 'outcome', 'burning', 'route', 'section', 'unit', 'worse', 'finding']

/** The same value with another text in the place of every text. */
function withTexts<T>(value: T, text: string): T {
  if (Array.isArray(value)) return value.map((one: unknown) => withTexts(one, text)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]) => [
      key,
      typeof one !== 'string' ? withTexts(one, text) : fixed.includes(key) ? one : text,
    ]),
  ) as T
}

let pages: Readonly<Record<string, (text: string | undefined) => string>>
beforeAll(async () => {
  const town = await busyTown()
  const period = { fromMs: nowMs - 28 * 86_400_000, toMs: nowMs }
  const [fleet, onCall, delivery, calm] = [
    await loadFleet(town),
    await loadOnCall(town),
    await loadDelivery(town, period),
    await loadService(town, 'accounts'),
  ]
  const now = await fleetNow(town)
  const release = await loadRelease(town, 'orders-2')
  const marks = await loadMarks(town, { fromMs: nowMs - 6 * 3_600_000, toMs: nowMs }, undefined)
  // Where a message went is one of our words.
  const sent = {
    atMs: nowMs,
    key: 'x',
    kind: 'rolledBack',
    subject: 'x',
    service: 'x',
    releaseId: 'x',
    to: [],
  } as const
  const business = [{ service: 'a', signal: 'b', worse: 'lower', change: 0.1, releases: 2 } as const]
  const page =
    <V>(view: V, make: (view: V) => string) =>
    (text: string | undefined): string =>
      make(text === undefined ? view : withTexts(view, text))
  const ofService = async (name: string) =>
    page((await loadService(town, name))!, (view) => servicePage(view, frameOf(`/service/${name}`)))
  pages = {
    fleet: page(fleet, (view) => fleetPage(view, frameOf('/'))),
    onCall: page({ ...onCall, messages: [{ ...sent, to: [] }] }, (view) => onCallPage(view, frameOf('/on-call'))),
    delivery: page({ ...delivery, business }, (view) => deliveryPage(view, frameOf('/delivery'))),
    report: page({ ...delivery, business }, reportPage),
    checkout: await ofService('checkout'),
    payments: await ofService('payments'),
    broken: await ofService('broken'),
    observed: await ofService('invoices'),
    liveWidget: page(now, (view) => widgetOf(liveWidget(view))),
    releasesWidget: page(now, (view) => widgetOf(releasesWidget(view))),
    budgetsWidget: page(now, (view) => widgetOf(budgetsWidget(view))),
    releaseWidget: page({ view: release, name: 'x', because: 'x' }, ({ view, name, because }) =>
      widgetOf(releaseWidget(view, name, { because })),
    ),
    timelineWidget: page({ marks, functionName: 'x' }, ({ marks: view, functionName }) =>
      widgetOf(timelineWidget(view, { functionName, width: 800 })),
    ),
    unknownWidget: page({ name: 'x' }, ({ name }) => widgetOf(releaseWidget(undefined, name, {}))),
    owned: page({ ...calm!, owner: 'x', runbook: 'https://example.org', applied: { by: 'x', atMs: 0 } }, (view) =>
      servicePage(view, frameOf('/service/accounts')),
    ),
  }
})

const withoutOurs = (page: string): string => page.replace(/<style>[^]*?<\/style>|<script>[^]*?<\/script>/g, '')

/** The names of all elements and attributes, in order: hostile text must not add any. */
const markup = (page: string): readonly string[] =>
  [...withoutOurs(page).matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, ''))

it('keeps hostile text text on every page', () => {
  for (const [name, page] of Object.entries(pages)) {
    const plain = markup(page('x'))
    fc.assert(
      fc.property(hostile, (text) => {
        // Where nothing is said, an element may be left out.
        fc.pre(text !== '')
        const made = page(text)
        expect(markup(made), name).toEqual(plain)
        expect(rawIn(made.replaceAll('\n', '')), name).toEqual([])
        expect(made).not.toMatch(/href="(?!\/|#|https:)/)
      }),
      { numRuns: repeats(25, 8) },
    )
  }
})

it('has no style attribute, no handler and nothing from elsewhere', () => {
  for (const page of Object.values(pages)) {
    const made = page(undefined)
    expect(markup(made).filter((tag) => /\s(style|on[a-z]+)=/.test(tag))).toEqual([])
    expect(made).not.toMatch(/<link|<img|@import|url\(|src=/)
    expect(made.length).toBeLessThan(100_000)
    // The words of a validator, in a damaged item.
    expect(withoutOurs(made).replaceAll('received undefined', '')).not.toMatch(/NaN|undefined|Infinity|\[object/)
  }
})

it('has ids that are unique, a label for each field, and a name for each picture', () => {
  for (const page of Object.values(pages)) {
    const made = page(undefined)
    const ids = [...made.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, id] of made.matchAll(/<input id="([^"]*)"/g)) expect(made).toContain(`<label for="${id}"`)
    for (const [tag] of made.matchAll(/<svg[^>]*>/g)) expect(tag).toMatch(/aria-hidden="true"|aria-label="/)
  }
})

it('has no button where nobody can press it', async () => {
  const town = await busyTown()
  const { who: _, ...frame } = frameOf('/')
  const saved = { ...frame, who: undefined }
  const service = await loadService(town, 'checkout')
  for (const page of [
    fleetPage(await loadFleet(town), saved),
    onCallPage(await loadOnCall(town), saved),
    servicePage(service!, saved),
  ])
    expect(page).not.toMatch(/<form|<button/)
})
