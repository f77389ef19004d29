// `tidegate post-mortem`: the sheet of a release, as Markdown.
import { Problem } from '../../core/problem.ts'
import { loadPostMortem } from '../../functions/views/post-mortem.ts'
import { postMortemMarkdown } from '../../console/release/post-mortem-markdown.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'
import { releaseOf } from './verbs.ts'

/**
 * @param which a release, or a service, which means its live release, or else its latest
 * @throws Problem `release_missing`, `item_unreadable`
 */
export async function showPostMortem({ backend, screen }: Cli, which: string): Promise<number> {
  const { id } = await releaseOf(backend, which)
  const sheet = await loadPostMortem(backend, id)
  if (sheet === undefined) throw new Problem('release_missing', `There is no release ${id}.`)
  screen.say(postMortemMarkdown(sheet).trimEnd().split('\n'), sheet)
  return exitCodes.done
}
