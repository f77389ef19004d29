// A message for Slack or Teams, through Amazon Q Developer in chat applications: its custom notification (docs/aws.md §14). What
// is not exactly of this form does not come through, and nobody says so; so every part is cut to what it takes.
import { oneLine } from '../foreign-text.ts'
import { ownerWords } from '../owner.ts'
import { linkOf, type Page, severityOf } from '../page.ts'
import { releaseIdForm } from '../release/log-key.ts'
import { runbookSection } from '../runbook.ts'

const titleMax = 250
const stepMax = 350
const stepsMost = 10
/**
 * Title, description and steps together. AWS takes more (a description of 8,000), but Slack advises against more than 4,000 and
 * gives a block 3,000, and who cuts what is not documented (docs/aws.md §14): so we cut, and what matters most is in front.
 */
const wholeMax = 3900
const descriptionMax = 3000
const sentenceMax = 1000
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
  const title = inertLine(`${severityOf(kind) === 'page' ? 'Page' : 'Ticket'}: ${subject}`, titleMax)
  const room = wholeMax - title.length - lengthOf(read)
  const { steps, others } = stepsOf(page.next, room / 2)
  const rest = [...page.lines.slice(1), ...others]
  const owned = owner === undefined ? [] : [`Owner: ${ownerWords(owner)}`]
  const id = releaseId !== undefined && releaseIdForm.test(releaseId) ? releaseId : undefined
  return {
    version: '1.0',
    source: 'custom',
    id: inertLine(page.key, 300),
    content: {
      textType: 'client-markdown',
      title,
      description: describe(
        [...owned, ...rest],
        inertLine(page.lines[0] ?? subject, sentenceMax),
        Math.min(descriptionMax, room - lengthOf(steps)),
      ),
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

const lengthOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length, 0)

/** The first lines that are short enough for a step, as long as there is room; the others, as they were. */
function stepsOf(next: readonly string[], room: number) {
  const steps: string[] = []
  const others: string[] = []
  for (const line of next.filter((one) => one !== '')) {
    const step = inert(line)
    const fits = step.length <= stepMax && steps.length < stepsMost && lengthOf(steps) + step.length <= room
    if (fits) steps.push(step)
    else others.push(line)
  }
  return { steps, others }
}

/** As many lines as fit: a line is there as a whole, or not at all. */
function describe(lines: readonly string[], sentence: string, most: number): string {
  const more = '\n... the e-mail has more.'
  let text = sentence
  for (const line of lines.map(inert)) {
    if (text.length + 1 + line.length > most - more.length) return text + more
    text += `\n${line}`
  }
  return text
}
