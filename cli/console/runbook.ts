// The runbook and the pages that it leads to, from docs/, as HTML. marked reads the Markdown; what it makes is text, tags of
// its own and links within the console: HTML in a document is shown as text, but for the anchors of its headings.
import { readdirSync, readFileSync } from 'node:fs'
import { Marked, type Tokens } from 'marked'
import { html, type Html } from '../../console/html.ts'

const folder = new URL('../../docs/', import.meta.url)
const runbookFile = 'operate.md'
/** Longer ones are for reading at a desk. */
const charsMax = 70_000

type Document = { readonly title: string; readonly body: Html }

/** The documents that the console shows, by file name. */
export function documents(): ReadonlyMap<string, () => Document> {
  const names = readdirSync(folder).filter((name) => /^[a-z-]+\.md$/.test(name))
  const texts = names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const)
  const shown = new Map(texts.filter(([name, text]) => name === runbookFile || text.length <= charsMax))
  const isShown = (name: string): boolean => shown.has(name)
  return new Map([...shown].map(([name, text]) => [name, () => documentOf(text, isShown)]))
}

/** `undefined` for a path that is none of theirs. */
export const documentAt = (path: string): string | undefined =>
  path === '/runbook' ? runbookFile : /^\/runbook\/([a-z-]+\.md)$/.exec(path)?.[1]

const pathOfDocument = (name: string): string => (name === runbookFile ? '/runbook' : `/runbook/${name}`)

/** GitHub's: lower case, without punctuation, hyphens for spaces. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')

const escaped = (text: string): string =>
  text
    .split('\n')
    .map((line) => html`${line}`.html)
    .join('\n')
const anchor = /^<a id="([\w-]{1,100})">$/

function documentOf(text: string, isShown: (name: string) => boolean): Document {
  const seen = new Map<string, number>()
  let tables = 0
  const marked = new Marked({
    renderer: {
      html: ({ text: raw }: Tokens.HTML | Tokens.Tag) => {
        const id = anchor.exec(raw.trim())?.[1]
        if (id !== undefined) return `<a id="${id}">`
        return raw.trim() === '</a>' ? '</a>' : escaped(raw)
      },
      heading({ tokens, depth, text: words }) {
        const base = slug(words.replaceAll(/<[^>]*>/g, ''))
        const times = seen.get(base) ?? 0
        seen.set(base, times + 1)
        const id = times === 0 ? base : `${base}-${times}`
        return `<h${depth} id="${escaped(id)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      code: ({ text: code }) => `<pre tabindex="0"><code>${escaped(code)}</code></pre>\n`,
      link({ href, tokens }) {
        const words = this.parser.parseInline(tokens)
        const to = addressOf(href, isShown)
        return to === undefined ? words : `<a href="${escaped(to)}">${words}</a>`
      },
      image: ({ text: words }) => escaped(words),
      table(token) {
        const cells = (row: readonly Tokens.TableCell[], tag: string): string =>
          `<tr>${row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`
        const body = token.rows.map((row) => cells(row, 'td')).join('\n')
        return `<div class="wide" tabindex="0" role="region" aria-label="Table ${++tables}"><table><thead>${cells(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>\n`
      },
    },
  })
  const title = /^# (.+)$/m.exec(text)?.[1] ?? 'Runbook'
  return { title, body: { html: `<article class="document">${marked.parse(text, { async: false })}</article>` } }
}

/** Where a link of a document leads from the console; `undefined` if nowhere. */
function addressOf(href: string, isShown: (name: string) => boolean): string | undefined {
  if (href.startsWith('#')) return href
  if (/^https:\/\/[^\s"'<>]+$/.test(href)) return href
  const [, name = '', part = ''] = /^([a-z-]+\.md)(#[\w-]*)?$/.exec(href) ?? []
  return isShown(name) ? `${pathOfDocument(name)}${part}` : undefined
}
