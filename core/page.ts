// What a person is paged with: a sentence that says what has happened, and lines that say why and what to do.

import { oneLine } from './foreign-text.ts'

export type Page = { readonly subject: string; readonly text: string }

// SNS takes less than 100.
const subjectMax = 99

// A command that puts an alias back fits many times over.
const lineMax = 2000

/** Each line of it is one line, whatever the words of others in it are. */
export const pageOf = (sentence: string, ...lines: readonly string[]): Page => ({
  subject: oneLine(sentence, subjectMax),
  text: [sentence, ...lines].map((line) => oneLine(line, lineMax)).join('\n'),
})

export const runbookLines = ({ runbook }: { readonly runbook?: string | undefined }): readonly string[] =>
  runbook === undefined ? [] : [`Runbook: ${runbook}`]
