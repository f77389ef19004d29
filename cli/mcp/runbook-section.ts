// A section of the runbook (docs/operate.md) by its anchor: our own text, and so no data of others.
import { readFileSync } from 'node:fs'
import { Problem } from '../../core/problem.ts'
import { quoted } from '../../core/foreign-text.ts'
import { runbookSection } from '../../core/runbook.ts'
import type { Answer } from './tool.ts'

const file = new URL('../../docs/operate.md', import.meta.url)

type Section = { readonly anchors: readonly string[]; readonly text: string }

/** Each up to the next heading, with the names that it is found by. */
const sectionsOf = (text: string): readonly Section[] =>
  text.split(/^(?=#{2,4} )/m).map((section) => ({
    text: section.replaceAll(/ ?<a id="[^"]*"><\/a>/g, '').trim(),
    anchors: [
      ...[...section.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id),
      /^#{2,4} `?(\w+)`?$/m.exec(section)?.[1] ?? '',
    ].filter((one) => one !== ''),
  }))

/** @param section an anchor; without one, the names of all @throws Problem `problem_missing` */
export function runbookOf(section: string | undefined): Answer {
  const sections = sectionsOf(readFileSync(file, 'utf8')).filter(({ text }) => text.includes('\n- First: '))
  if (section === undefined) return { says: [`Sections: ${sections.flatMap(({ anchors }) => anchors).join(', ')}.`] }
  const found = sections.find(({ anchors }) => anchors.includes(section))
  if (found === undefined)
    throw new Problem('problem_missing', `The runbook has no section ${quoted(section, undefined, 100)}.`)
  return { says: [found.text, `It is ${runbookSection(section)}.`] }
}
