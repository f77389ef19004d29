// The HTML report: it shows what the measures say, loads nothing external, and escapes text from people.
import { describe, expect, it } from 'vitest'
import { reportPage as made } from '../../../console/delivery/report-page.ts'
import { html } from '../../../console/html.ts'
import { definitions } from '../../../core/measures/measures.ts'
import { type DeliveryView, deliveryView } from '../../../core/view/delivery-view.ts'
import { week } from '../../core/measures/week.ts'

const viewOf = (material: typeof week, names: readonly string[] = [], title = 'checkout'): DeliveryView =>
  deliveryView({ title, material, names, budgets: [], without: [] })
// Ignores whitespace between elements.
const reportPage = (view: DeliveryView): string => made(view).replaceAll(/>\s+</g, '><')
const report = viewOf(week)
const empty = { ...week, releases: [], incidents: [], ledgers: [] }
const nothing = viewOf(empty).measures

describe('the page', () => {
  it('has a card for each measure with its value, its target and its definition', () => {
    const page = reportPage(report)
    for (const { id, sentence } of definitions) {
      expect(page).toContain(`<span class="soft">${id}</span>`)
      expect(page).toContain(html`${sentence}`.html)
    }
    expect(page).toContain('<span class="value">66.7 %</span>')
    expect(page).toMatch(/<span class="value">60 %<\/span><span class="aimed missed"\s*>missed: at least 95 %/)
    expect(page).toMatch(/<span class="value">9m6s<\/span><span class="aimed met"\s*>met: below 10m/)
    expect(page).toMatch(/Missed<\/span> canary pass rate/)
    expect(page).toContain('5 left out: without flags told')
  })

  it('draws a missing value as a gap, and a zero as a bar', () => {
    // Lead time: only days 0, 1 and 6 have a value. Frequency: every day has one.
    const pictures = reportPage(report).split('<section').slice(1)
    const count = (id: string, what: string): number =>
      (pictures.find((text) => text.includes(`<span class="soft">${id}</span>`)) ?? '').split(what).length - 1
    const [bar, gap] = ['<rect x=', '<rect class="gap"']
    expect([count('M1', bar), count('M1', gap)]).toEqual([7, 0])
    expect([count('M2', bar), count('M2', gap)]).toEqual([3, 4])
  })

  it('has axes with amounts and dates, and calls p50 and p90 so', () => {
    const page = reportPage(report)
    expect(page).toMatch(/text-anchor="end"\s*>2h8m<\/text/)
    expect(page).toContain('>2026-01-01</text>')
    expect(page).toContain('least 18m · ● p50 20m · ○ p90 1h46m · most 2h8m')
    expect(page).not.toMatch(/nine of ten within|half within|9 of 10/)
  })

  it('lists the releases, with what became of them', () => {
    const page = reportPage(report)
    expect(page).toContain('Releases (9)')
    expect(page).toMatch(/No drill in this time:\s+<code>tidegate drill SERVICE<\/code>/)
    expect(page).toContain('>1 → 7</td>')
    expect(page).toMatch(/promoted<\/span> \(undone later\)/)
    expect(page).toMatch(/promoted<\/span> \(a way back\)/)
    expect(page).toMatch(/>live<\/td>/)
    expect(page).toMatch(/rolled back<\/span> \(1 incident\)/)
  })

  it('says that an unknown value is unknown, and why, and draws nothing', () => {
    const page = reportPage({ ...report, measures: nothing })
    expect(page).toMatch(/Not known<\/span> canary pass rate/)
    expect(page).toContain('no canary was promoted or rolled back')
    expect(page.split('<svg').length - 1).toBe(1)
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('has every service in a table, those that miss most targets first', () => {
    const services = [
      { name: 'quiet', measures: nothing },
      { name: 'checkout', measures: report.measures },
    ]
    const page = reportPage({ ...report, services })
    expect(page).toMatch(/<td class="first">checkout<\/td><td class="number ">0.57 a day<\/td>/)
    expect(page).toMatch(
      /<td class="first">quiet<\/td>.*<td class="number soft" title="nothing was promoted">unknown<\/td>/s,
    )
    expect(page.indexOf('>checkout</td>')).toBeLessThan(page.indexOf('>quiet</td>'))
  })

  it('loads nothing external and runs no script', () => {
    const page = reportPage(report)
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:/)
  })

  it('shows names from people as text', () => {
    const title = `<script>alert("x")</script> & 'more'`
    const page = reportPage({ ...report, title, services: [{ name: '<b>', measures: nothing }] })
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;more&#39;')
    expect(page).toContain('<td class="first">&lt;b&gt;</td>')
  })

  it('is HTML only where it was marked as HTML', () => {
    expect(html`<i>${'<b>'}</i>${html`<u>${1}</u>`}${[html`<s></s>`]}`.html).toBe('<i>&lt;b&gt;</i><u>1</u><s></s>')
  })
})
