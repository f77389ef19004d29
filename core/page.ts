// What a person is told: which fact, how urgent it is, a sentence that says what has happened, and lines that say why and what to
// do. A message is kept in the table until it is sent, so it is data until then. docs/messages.md has all of them.
import * as z from 'zod'
import { oneLine } from './foreign-text.ts'
import { Owner, ownerWords } from './owner.ts'
import { runbookSection } from './runbook.ts'

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
  'frozen',
  'failHeld',
  'logChanged',
  'away',
  'answersAgain',
  'budgetBurnsFast',
  'budgetBurnsSlowly',
  'quietEnded',
  'lateFault',
  'putBackAlone',
] as const
export type PageKind = (typeof pageKinds)[number]

type Habit = {
  readonly severity: Severity
  /** Told also in a quiet window: customers may be hurt now and nothing else mends it, or somebody covers their tracks. */
  readonly inQuiet?: true
  /** How long it waits before it is sent. If it is over by then, it was transient, and nobody is told. */
  readonly waitMinutes?: number
  /** Told once more after this time, as long as it goes on. Otherwise a fact is told once. */
  readonly againMinutes?: number
}
const habits: Readonly<Record<PageKind, Habit>> = {
  rolledBack: { severity: 'page' },
  interrupted: { severity: 'page' },
  aborted: { severity: 'page' },
  rejected: { severity: 'ticket' },
  notBack: { severity: 'page', inQuiet: true, againMinutes: 60 },
  notBackWithoutLog: { severity: 'page', inQuiet: true, againMinutes: 60 },
  endedWithoutLog: { severity: 'page' },
  alsoFiring: { severity: 'ticket', waitMinutes: 2 },
  frozen: { severity: 'page', inQuiet: true },
  failHeld: { severity: 'page', inQuiet: true },
  logChanged: { severity: 'page', inQuiet: true, againMinutes: 60 },
  away: { severity: 'page', inQuiet: true },
  answersAgain: { severity: 'ticket', inQuiet: true },
  budgetBurnsFast: { severity: 'page' },
  budgetBurnsSlowly: { severity: 'ticket', waitMinutes: 10 },
  quietEnded: { severity: 'ticket' },
  lateFault: { severity: 'page' },
  putBackAlone: { severity: 'page' },
}
export const habitOf = (kind: PageKind): Habit => habits[kind]
export const severityOf = (kind: PageKind): Severity => habits[kind].severity

// SNS takes less than 100.
const subjectMax = 99
// A command that puts an alias back fits many times over.
const lineMax = 2000
const linesMax = 200
const line = z.string().max(lineMax)

const About = z.strictObject({
  /** One fact, one key: it is told once. */
  key: z.string().min(1).max(300),
  service: z.string().max(40).optional(),
  owner: Owner.optional(),
  /** The service's own runbook. */
  runbook: z.string().max(2000).optional(),
  releaseId: z.string().max(110).optional(),
  /** Messages of one cause that come together are told together. */
  cause: z.string().max(300).optional(),
})

export const Page = z.strictObject({
  ...About.shape,
  kind: z.enum(pageKinds),
  subject: z.string().max(subjectMax),
  /** The first is the sentence. */
  lines: z.array(line).min(1).max(linesMax),
  /** What to do, and commands that do it. */
  next: z.array(line).max(linesMax),
})
export type Page = z.output<typeof Page>

type Words = {
  readonly sentence: string
  readonly lines?: readonly string[]
  readonly next?: readonly string[]
}

// SNS takes 256 KiB, an item of the table 400.
const bytesMax = 120_000
const bytesOf = (lines: readonly string[]): number => new TextEncoder().encode(lines.join('\n')).length

/** As many of the lines as fit: a line is there as a whole, or not at all. */
function fitting(lines: readonly string[], bytes: number): string[] {
  const fit = lines.slice(0, linesMax - 1).map((one) => oneLine(one, lineMax))
  while (bytesOf(fit) > bytes) fit.pop()
  const left = lines.length - fit.length
  return left === 0 ? fit : [...fit, `... and ${left} more lines, for which there is no room here.`]
}

/** Each line of it is one line, whatever the words of others in it are. */
export const pageOf = (
  kind: PageKind,
  about: z.input<typeof About>,
  { sentence, lines = [], next = [] }: Words,
): Page => ({
  ...about,
  key: oneLine(about.key, 300),
  ...(about.cause === undefined ? {} : { cause: oneLine(about.cause, 300) }),
  // Whoever forges an item of a log may call its release what they want, and must be heard of all the same.
  ...(about.releaseId === undefined ? {} : { releaseId: oneLine(about.releaseId, 110) }),
  kind,
  subject: oneLine(sentence, subjectMax),
  lines: fitting([sentence, ...lines], bytesMax / 2),
  next: fitting(next, bytesMax / 2),
})

/** Of whoever has an owner and a runbook, such as a service. */
export const aboutOwner = ({
  owner,
  runbook,
}: {
  readonly owner?: Owner | undefined
  readonly runbook?: string | undefined
}) => ({ ...(owner === undefined ? {} : { owner }), ...(runbook === undefined ? {} : { runbook }) })

/** Where the page of what it is about is. @param consoleUrl without a slash at its end */
export function linkOf({ releaseId, service }: Pick<Page, 'releaseId' | 'service'>, consoleUrl: string): string {
  if (releaseId !== undefined) return `${consoleUrl}/release/${encodeURIComponent(releaseId)}`
  return service === undefined ? `${consoleUrl}/on-call` : `${consoleUrl}/service/${encodeURIComponent(service)}`
}

/** What an e-mail says. @param consoleUrl if there is one */
export function textOf(page: Page, consoleUrl?: string): string {
  const { lines, next, owner, runbook, kind } = page
  return [
    ...lines,
    ...next,
    ...(owner === undefined ? [] : [`Owner: ${ownerWords(owner)}`]),
    ...(runbook === undefined ? [] : [`Runbook: ${oneLine(runbook)}`]),
    ...(consoleUrl === undefined ? [] : [`See it: ${linkOf(page, consoleUrl)}`]),
    `What to do: ${runbookSection(kind)}`,
  ].join('\n')
}
