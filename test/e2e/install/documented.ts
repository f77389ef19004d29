// The code that the documentation shows, so that an outside check can hold it against the schema of the tool that reads it.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { marked } from 'marked'
import { root } from '../../../package/code.ts'

type Block = { readonly page: string; readonly text: string }

/** Of README.md and docs/, without the decisions: those show what is not done as well. */
export function codeBlocks(): readonly Block[] {
  const pages = ['README.md', ...globSync('docs/*.md', { cwd: root }).sort()]
  return pages.flatMap((page) => {
    const blocks: Block[] = []
    // It returns what the callback does, and so a promise if that did.
    void marked.walkTokens(marked.lexer(readFileSync(join(root, page), 'utf8')), (token) => {
      if (token.type === 'code') blocks.push({ page, text: (token as { readonly text: string }).text })
    })
    return blocks
  })
}
