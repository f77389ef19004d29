// What an incident platform is told of a release. EventBridge puts these words into a JSON document of the platform's form and
// escapes nothing (docs/aws.md §14), so they hold nothing that could end a JSON string, or name a variable of the template.
import * as z from 'zod'
import { oneLine } from '../foreign-text.ts'
import { type Owner, ownerWords } from '../owner.ts'

const wordsOut = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^"\\<>\p{Cc}]*$/u)

/** Every field is always there: a variable of a template that finds nothing leaves a hole in the JSON. */
export const IncidentWords = z.strictObject({
  title: wordsOut(130),
  summary: wordsOut(1000),
  why: wordsOut(1000),
  decidedBy: wordsOut(300),
  owner: wordsOut(500).describe('`nobody is named` without one'),
  runbook: wordsOut(1000).describe('`none` without one'),
  back: wordsOut(1000).describe('what puts the traffic back, or that it is back'),
  severity: z.enum(['critical', 'error']).describe("PagerDuty's"),
  priority: z.enum(['P1', 'P2']).describe("Jira Service Management's"),
  opsSeverity: z.enum(['1', '2']).describe("OpsCenter's"),
})

export type IncidentWords = z.output<typeof IncidentWords>

const unescaped = (text: string, max: number): string => {
  const line = text.replaceAll('"', "'").replaceAll('\\', '/').replaceAll('<', '(').replaceAll('>', ')')
  const safe = oneLine(line).replaceAll('\\', '/')
  return safe === '' ? '-' : oneLine(safe, max)
}

type Told = {
  readonly sentence: string
  readonly why: string
  readonly by: string | undefined
  readonly service: { readonly owner?: Owner | undefined; readonly runbook?: string | undefined }
  readonly back: string
  /** The traffic is not back: somebody has to get up. */
  readonly isOpen: boolean
}

export function incidentOf({ sentence, why, by, service, back, isOpen }: Told): IncidentWords {
  return {
    title: unescaped(sentence, 130),
    summary: unescaped(sentence, 1000),
    why: unescaped(why, 1000),
    decidedBy: unescaped(by ?? 'not known', 300),
    owner: unescaped(service.owner === undefined ? 'nobody is named' : ownerWords(service.owner), 500),
    runbook: unescaped(service.runbook ?? 'none', 1000),
    back: unescaped(back, 1000),
    ...(isOpen
      ? { severity: 'critical', priority: 'P1', opsSeverity: '1' }
      : { severity: 'error', priority: 'P2', opsSeverity: '2' }),
  }
}
