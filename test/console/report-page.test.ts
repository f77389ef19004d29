// The HTML report: it shows what the measures say, loads nothing external, and escapes text from people.
import { describe, expect, it } from 'vitest'
import { type Report, reportPage as made } from '../../console/report-page.ts'
import { html } from '../../console/html.ts'
import { definitions, measure } from '../../core/measures/measures.ts'
import { week } from '../core/measures/week.ts'

// Ignores whitespace between elements.
const reportPage = (report: Report): string => made(report).replaceAll(/>\s+</g, '><')
const report: Report = { period: week.period, title: 'checkout', overall: measure(week), services: [] }
const nothing = measure({ ...week, releases: [], incidents: [], ledgers: [] })

describe('the page', () => {
  it('has a card for each measure with its value, its target and its definition', () => {
    const page = reportPage(report)
    for (const { id, sentence } of definitions) {
      expect(page).toContain(`<b>${id}</b>`)
      expect(page).toContain(html`${sentence}`.html)
    }
    expect(page).toContain('<span class="value">66.7 %</span>')
    expect(page).toMatch(/<span class="value">60 %<\/span><span class="aimed missed">missed: at least 95 %/)
    expect(page).toMatch(/<span class="value">9m6s<\/span><span class="aimed met">met: below 10m/)
    expect(page).toContain('Missed: canary pass rate')
    expect(page).toContain('5 left out: without flags told')
  })

  it('draws a missing value as a gap, and a zero as a bar', () => {
    // Lead time: only days 0, 1 and 6 have a value. Frequency: every day has one.
    const pictures = reportPage(report).split('<section').slice(1)
    const count = (id: string, what: string): number =>
      (pictures.find((text) => text.includes(`<b>${id}</b>`)) ?? '').split(`class="${what}"`).length - 1
    expect([count('M1', 'bar'), count('M1', 'gap')]).toEqual([7, 0])
    expect([count('M2', 'bar'), count('M2', 'gap')]).toEqual([3, 4])
  })

  it('says that an unknown value is unknown, and why, and draws nothing', () => {
    const page = reportPage({ ...report, overall: nothing })
    expect(page).toContain('Not known: canary pass rate')
    expect(page).toContain('no canary was promoted or rolled back')
    expect(page.split('<svg').length - 1).toBe(1)
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('has every service in a table', () => {
    const services = [
      { name: 'checkout', measured: report.overall },
      { name: 'quiet', measured: nothing },
    ]
    const page = reportPage({ ...report, title: 'All services', services })
    expect(page).toMatch(/<td>checkout<\/td><td class="" title="[^"]*">0.57 a day<\/td>/)
    expect(page).toMatch(/<td>quiet<\/td>.*<td class="none" title="nothing was promoted">–<\/td>/)
  })

  it('loads nothing external and runs no script', () => {
    const page = reportPage(report)
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(|https?:/)
  })

  it('shows names from people as text', () => {
    const title = `<script>alert("x")</script> & 'more'`
    const page = reportPage({ ...report, title, services: [{ name: '<b>', measured: nothing }] })
    expect(page).not.toContain('<script')
    expect(page).not.toContain('<b>\n')
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;more&#39;')
    expect(page).toContain('<td>&lt;b&gt;</td>')
  })

  it('is HTML only where it was marked as HTML', () => {
    expect(html`<i>${'<b>'}</i>${html`<u>${1}</u>`}${[html`<s></s>`]}`.html).toBe('<i>&lt;b&gt;</i><u>1</u><s></s>')
  })
})
