// What a person is told with: which fact, how urgent it is, a sentence that says what has happened, and lines that say why and
// what to do. docs/messages.md has the table of them for users.

import { oneLine } from './foreign-text.ts'

/** `page`: somebody gets up. `ticket`: somebody reads it in the morning. */
export type Severity = 'page' | 'ticket'

/** Each kind has a section of its own in the runbook (runbook.ts). Kept messages name them: add to them, rename none. */
export const pageKinds = [
  'rolledBack',
  'interrupted',
  'aborted',
  'rejected',
  'notBack',
  'notBackWithoutLog',
  'endedWithoutLog',
  'alsoFiring',
  'logChanged',
  'away',
  'answersAgain',
  'budgetBurnsFast',
  'budgetBurnsSlowly',
  'quietEnded',
] as const
export type PageKind = (typeof pageKinds)[number]

const severityOfKind: Readonly<Record<PageKind, Severity>> = {
  rolledBack: 'page',
  interrupted: 'page',
  aborted: 'page',
  rejected: 'ticket',
  notBack: 'page',
  notBackWithoutLog: 'page',
  endedWithoutLog: 'page',
  alsoFiring: 'ticket',
  logChanged: 'page',
  away: 'page',
  answersAgain: 'ticket',
  budgetBurnsFast: 'page',
  budgetBurnsSlowly: 'ticket',
  quietEnded: 'ticket',
}
export const severityOf = (kind: PageKind): Severity => severityOfKind[kind]

export type Page = { readonly kind: PageKind; readonly subject: string; readonly text: string }

// SNS takes less than 100.
const subjectMax = 99

// A command that puts an alias back fits many times over.
const lineMax = 2000

/** Each line of it is one line, whatever the words of others in it are. */
export const pageOf = (kind: PageKind, sentence: string, ...lines: readonly string[]): Page => ({
  kind,
  subject: oneLine(sentence, subjectMax),
  text: [sentence, ...lines].map((line) => oneLine(line, lineMax)).join('\n'),
})

export const runbookLines = ({ runbook }: { readonly runbook?: string | undefined }): readonly string[] =>
  runbook === undefined ? [] : [`Runbook: ${runbook}`]
