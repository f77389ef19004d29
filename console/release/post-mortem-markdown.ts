// The post-mortem sheet as Markdown. Text from outside is text: each character that Markdown could read as markup is escaped.
import { oneLine } from '../../core/foreign-text.ts'
import { clockWords, dateWords } from '../../core/view/release/moment.ts'
import type { PostMortem } from '../../core/view/release/post-mortem.ts'
import type { TimelineRow } from '../../core/view/release/timeline.ts'

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  // Nobody is notified.
  ['@', '&#64;'],
])

/** CommonMark takes a backslash before any ASCII punctuation. Signs that mean nothing within a line stay as they are. */
const text = (words: string): string =>
  oneLine(words)
    .replaceAll(/[\\`*_{}[\]()#+!|~$^]/g, String.raw`\$&`)
    .replaceAll(/[&<>@]/g, (char) => entities.get(char) ?? char)
    // No address becomes a link.
    .replaceAll(/:(?=\/\/)|(?<=mailto|xmpp):/gi, '&#58;')
    .replaceAll(/(?<=\bwww)\./gi, String.raw`\.`)
    // At the beginning of a line: no list, no heading.
    .replace(/^[-=]/, String.raw`\$&`)
    .replace(/^(\d+)\.(?=\s|$)/, String.raw`$1\.`)
    .trim()

const row = (cells: readonly string[]): string => `| ${cells.map(text).join(' | ')} |`
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  row(heads),
  `| ${heads.map(() => '---').join(' | ')} |`,
  ...rows.map(row),
  '',
]
const list = (lines: readonly string[], otherwise: string): readonly string[] =>
  lines.length === 0 ? [otherwise, ''] : [...lines.map((line) => `- ${text(line)}`), '']

const blank: readonly (readonly string[])[] = [
  ['1', '', '', ''],
  ['2', '', '', ''],
  ['3', '', '', ''],
]

/** @returns a document that ends with a line break */
export function postMortemMarkdown(sheet: PostMortem): string {
  const { title, id, service, dayMs, sentence, facts, timeline, evidence, missing, harm } = sheet
  const when = ({ fromMs, toMs, times }: TimelineRow): string =>
    `${clockWords(fromMs, dayMs)}${toMs === undefined ? '' : ` to ${clockWords(toMs, dayMs)}, ${times} times`}`
  return [
    `# Post-mortem: ${text(title)}`,
    '',
    text(sentence),
    '',
    `Release ${text(id)} of ${text(service)}, on ${dateWords(dayMs)}. Times are UTC, and of that day where no other is named.`,
    '',
    '## Facts',
    '',
    ...table(
      ['what', ''],
      facts.map(({ name, words }) => [name, words]),
    ),
    '## Harm',
    '',
    text(harm.soFar),
    '',
    ...(harm.shares.length === 0 ? [] : list(harm.shares, '')),
    '## Evidence and thresholds',
    '',
    text(evidence.sentence),
    '',
    text(evidence.thresholds),
    '',
    ...table(
      ['signal', 'verdict', 'candidate', 'stable', 'compared', 'evidence', 'in words'],
      evidence.signals.map((one) => [
        one.signal,
        `${one.kind}${one.advisory ? ' (never decides)' : ''}`,
        one.candidate ?? '',
        one.stable ?? '',
        [one.times, one.tolerance].filter((part) => part !== undefined).join('; '),
        one.toRollBack?.words ?? '',
        one.because,
      ]),
    ),
    '## What was missing',
    '',
    ...list(missing, 'Nothing that the log knows of.'),
    '## Timeline',
    '',
    ...table(
      ['when', 'what', 'who', 'why'],
      timeline.map((one) => [when(one), one.what, one.by ?? '', one.words]),
    ),
    '## What went well, and what did not',
    '',
    '## Actions',
    '',
    ...table(['no.', 'action', 'owner', 'until'], blank),
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}
