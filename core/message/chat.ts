// A message for Slack or Teams, through Amazon Q Developer in chat applications: its custom notification (docs/aws.md §14). What
// is not exactly of this form does not come through, and nobody says so; so every part is cut to what it takes.
import { oneLine } from '../foreign-text.ts'
import { ownerWords } from '../owner.ts'
import { linkOf, type Page, severityOf } from '../page.ts'
import { releaseIdForm } from '../release/log-key.ts'
import { runbookSection } from '../runbook.ts'

const titleMax = 250
const descriptionMax = 8000
const stepMax = 350
const stepsMost = 10
const keywordMax = 75

/** Slack reads `<!channel>` and `<address|words>`, Teams `[words](address)`: the words of others can be neither. */
const inert = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('](', '] (')

/** Cut before it is made inert, so that nothing is cut in the middle of an entity. */
function inertLine(text: string, max: number): string {
  let room = max
  for (;;) {
    const line = inert(oneLine(text, room))
    if (line.length <= max) return line
    room -= line.length - max
  }
}

/** @param consoleUrl if there is one */
export function chatMessageOf(page: Page, consoleUrl?: string) {
  const { kind, service, releaseId, owner, runbook, subject } = page
  const read = [
    ...(consoleUrl === undefined ? [] : [`See it: ${linkOf(page, consoleUrl)}`]),
    ...(runbook === undefined ? [] : [`Runbook: ${runbook}`]),
    `What to do: ${runbookSection(kind)}`,
  ].map((line) => inertLine(line, stepMax))
  // Half a command is worse than none: what is too long for a step stands with the rest, or in the e-mail.
  const isStep = (line: string): boolean => line !== '' && inert(line).length <= stepMax
  const steps = page.next.filter(isStep).map(inert).slice(0, stepsMost)
  const rest = [...page.lines.slice(1), ...page.next.filter((line) => line !== '' && !isStep(line))]
  const owned = owner === undefined ? [] : [`Owner: ${ownerWords(owner)}`]
  const id = releaseId !== undefined && releaseIdForm.test(releaseId) ? releaseId : undefined
  return {
    version: '1.0',
    source: 'custom',
    id: inertLine(page.key, 300),
    content: {
      textType: 'client-markdown',
      title: inertLine(`${severityOf(kind) === 'page' ? 'Page' : 'Ticket'}: ${subject}`, titleMax),
      description: describe([...owned, ...rest], inertLine(page.lines[0] ?? subject, descriptionMax / 2)),
      nextSteps: [...steps, ...read],
      keywords: [kind, ...(service === undefined ? [] : [service]), ...(owner === undefined ? [] : [owner.name])].map(
        (word) => inertLine(word, keywordMax),
      ),
    },
    metadata: {
      threadId: id ?? service ?? kind,
      summary: inertLine(subject, titleMax),
      eventType: kind,
      relatedResources: [...(id === undefined ? [] : [id]), ...(service === undefined ? [] : [service])],
      // A custom action puts these into a command: only names of our own form, never the words of others.
      additionalContext: {
        kind,
        ...(id === undefined ? {} : { releaseId: id }),
        ...(service === undefined ? {} : { service }),
      },
      enableCustomActions: service !== undefined,
    },
  } as const
}

/** As many lines as fit: a line is there as a whole, or not at all. */
function describe(lines: readonly string[], sentence: string): string {
  const more = '\n... the e-mail has more.'
  let text = sentence
  for (const line of lines.map(inert)) {
    if (text.length + 1 + line.length > descriptionMax - more.length) return text + more
    text += `\n${line}`
  }
  return text
}
