// Links of the packed pages. What they lead to is in the package, or the link becomes its words: pictures of the console,
// sources and tests stay in the repository.
import { dirname, join } from 'node:path/posix'

// In code, brackets are no link.
const linkOrCode = /^ *```[\s\S]*?^ *```$|`[^`\n]*`|(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s#]+)(?:#[^)\s]*)?\)/gm

/**
 * @param page its path in the package
 * @param isThere whether a file or folder of that path is in the package
 */
export function withLiveLinks(page: string, text: string, isThere: (path: string) => boolean): string {
  return text.replaceAll(linkOrCode, (all: string, mark?: string, words: string = '', path: string = '') => {
    if (path === '' || isThere(join(dirname(page), path))) return all
    return mark === '!' ? `_Picture, in the repository: ${words}_` : words
  })
}

/** @returns where the relative links of a page lead, as paths in the package */
export function linkedFrom(page: string, text: string): readonly string[] {
  const found: string[] = []
  withLiveLinks(page, text, (path) => {
    found.push(path)
    return true
  })
  return found
}
