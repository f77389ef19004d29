// The pages of the documentation, as their readers find their way in them.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** Paths from the root: `docs/operate.md`. */
export const pages: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].toSorted()

export const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')

const headingOf = (line: string): string | undefined => /^#{1,6} (.*)$/.exec(line)?.[1]
const withoutFences = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')

/** As GitHub makes them of headings; and those that a page sets itself. */
export function anchorsOf(text: string): readonly string[] {
  const headings = withoutFences(text)
    .split('\n')
    .flatMap((line) => headingOf(line) ?? [])
  const slugs = headings.map((heading) =>
    heading
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
  const again = slugs.map((slug, index) => {
    const before = slugs.slice(0, index).filter((other) => other === slug).length
    return before === 0 ? slug : `${slug}-${before}`
  })
  return [...again, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)]
}

/** @returns each link that leads nowhere, such as `docs/gates.md: operate.md#nowhere` */
export function deadLinks(page: string): readonly string[] {
  const text = withoutFences(textOf(page)).replaceAll(/`[^`\n]*`/g, '')
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => !leadsSomewhere(page, link))
    .map((link) => `${page}: ${link}`)
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const wanted = path === '' ? page : relative(root, resolve(root, dirname(page), path))
  if (anchor !== undefined) return pages.includes(wanted) && anchorsOf(textOf(wanted)).includes(anchor)
  const parent = join(root, dirname(wanted))
  return readdirSync(parent).includes(wanted.slice(wanted.lastIndexOf('/') + 1))
}

/** What a page tells people to type, without the name of the program: `rollback SERVICE --reason "..."`. */
export function typedIn(text: string): readonly string[] {
  const inText = [...text.matchAll(/`(?:npm run -s )?tidegate (?:-- )?([^`]+)`/g)]
  const indented = [...text.matchAll(/^ {4,}(?:npm run -s )?tidegate (?:-- )?(\S.*)$/gm)]
  // Behind two spaces a comment begins.
  return [...inText, ...indented].map(([, typed = '']) => typed.replaceAll('\n', ' ').split(/ {2,}/)[0] ?? '')
}
