// The runbook as the console shows it: every place that a message or a problem leads to is there, and what it says is text.
import { expect, it } from 'vitest'
import { documentAt, documents } from '../../../cli/console/runbook.ts'
import { framed } from '../../../console/frame.ts'
import { pageKinds } from '../../../core/page.ts'
import { problems } from '../../../core/problem.ts'

const shown = new Map([...documents()].map(([name, document]) => [name, document().body.html]))
const idsIn = (html: string): ReadonlySet<string> =>
  new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => id))
const runbook = shown.get('operate.md') ?? ''

it('has a section for each problem and each kind of page', () => {
  const ids = idsIn(runbook)
  expect([...Object.keys(problems), ...pageKinds].filter((anchor) => !ids.has(anchor))).toEqual([])
})

it('leads only to places that are there', () => {
  const dead = [...shown].flatMap(([name, html]) =>
    [...html.matchAll(/href="([^"]*)"/g)]
      .map(([, href = '']) => href)
      .filter((href) => {
        if (href.startsWith('https://')) return false
        const [path = '', anchor] = href.split('#')
        const target = path === '' ? name : documentAt(path)
        const html = shown.get(target ?? '')
        return html === undefined || (anchor !== undefined && !idsIn(html).has(anchor))
      })
      .map((href) => `${name}: ${href}`),
  )
  expect(dead).toEqual([])
})

it('has no tag but those of Markdown, each id once, and stays below 100 kB', () => {
  for (const [name, html] of shown) {
    const tags = new Set([...html.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, tag = '']) => tag.toLowerCase()))
    const known = [
      'a',
      'article',
      'p',
      'h1',
      'h2',
      'h3',
      'h4',
      'ul',
      'ol',
      'li',
      'pre',
      'code',
      'div',
      'table',
      'thead',
      'tbody',
      'tr',
      'th',
      'td',
      'strong',
      'em',
      'br',
      'blockquote',
      'hr',
      'del',
      // The box of a line to tick off.
      'input',
    ]
    expect([name, [...tags].filter((tag) => !known.includes(tag))]).toEqual([name, []])
    const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id)
    expect([name, ids.filter((id, at) => ids.indexOf(id) !== at)]).toEqual([name, []])
    const frame = { path: '/runbook', where: '', who: undefined, nowMs: 0, formToken: '', isDocument: true }
    // The sample's panel has 7 kB.
    expect(Buffer.byteLength(framed(frame, name, { html }))).toBeLessThan(93_000)
  }
})
