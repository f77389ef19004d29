// What a person is paged with: a sentence that says what has happened, and lines that say why and what to do.

export type Page = { readonly subject: string; readonly text: string }

// As much as SNS takes.
const subjectMax = 100

export const pageOf = (sentence: string, ...lines: readonly string[]): Page => ({
  subject: sentence.slice(0, subjectMax),
  text: [sentence, ...lines].join('\n'),
})

export const runbookLines = ({ runbook }: { readonly runbook?: string | undefined }): readonly string[] =>
  runbook === undefined ? [] : [`Runbook: ${runbook}`]
