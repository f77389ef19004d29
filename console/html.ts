// Builds HTML from values. Every value put into a page is escaped, unless it is HTML made by this file.
import { oneLine } from '../core/foreign-text.ts'

/** Made only by `html`. */
export type Html = { readonly html: string }

export type Part = string | number | Html | readonly Html[]

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])

const escaped = (text: string): string => oneLine(text).replaceAll(/[&<>"']/g, (char) => entities.get(char) ?? char)

const partText = (part: Part): string => {
  if (typeof part === 'string') return escaped(part)
  if (typeof part === 'number') return String(part)
  return 'html' in part ? part.html : part.map(({ html: text }) => text).join('\n')
}

// The indentation of a template is a third of a page, and nobody sees it. Each template is looked at once.
const slim = new WeakMap<TemplateStringsArray, readonly string[]>()
function slimmed(texts: TemplateStringsArray): readonly string[] {
  const known = slim.get(texts) ?? texts.map((text) => text.replaceAll(/\s*\n\s*/g, '\n'))
  slim.set(texts, known)
  return known
}

/** A template tag: the template's own text is HTML, its values are escaped text. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: slimmed(texts)
    .map((text, index) => text + (index < parts.length ? partText(parts[index] ?? '') : ''))
    .join(''),
})

export const nothing: Html = { html: '' }

/** A name as a part of an address. A lone surrogate, which no name has, must not break the page. */
export const inPath = (name: string): string => encodeURIComponent(name.toWellFormed())
