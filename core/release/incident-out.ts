// What an incident platform is told of a release. EventBridge puts these words into a JSON document of the platform's form and
// escapes nothing (docs/aws.md §14), so they hold nothing that could end a JSON string, or name a variable of the template.
import * as z from 'zod'
import { oneLine } from '../foreign-text.ts'
import { ownerWords } from '../owner.ts'
import { drillWord, sentenceOf, whyWords } from './head.ts'
import type { Release } from './release.ts'
import { commandBack } from './return-record.ts'

const words = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^"\\<>\p{Cc}]*$/u)

/** Every field is always there: a variable of a template that finds nothing leaves a hole in the JSON. */
export const IncidentWords = z.strictObject({
  title: words(130),
  summary: words(1000),
  why: words(1000),
  decidedBy: words(300),
  owner: words(500).describe('`nobody is named` without one'),
  runbook: words(1000).describe('`none` without one'),
  back: words(1000).describe('what puts the traffic back, or that it is back'),
  severity: z.enum(['critical', 'error']).describe("PagerDuty's"),
  priority: z.enum(['P1', 'P2']).describe("Jira Service Management's"),
  opsSeverity: z.enum(['1', '2']).describe("OpsCenter's"),
})
type IncidentWords = z.output<typeof IncidentWords>

const plain = (text: string, max: number): string => {
  const line = text.replaceAll('"', "'").replaceAll('\\', '/').replaceAll('<', '(').replaceAll('>', ')')
  const safe = oneLine(line).replaceAll('\\', '/')
  return safe === '' ? '-' : oneLine(safe, max)
}

/** @param notBack why the traffic could not be put back, if it could not */
export function incidentWords(release: Release, notBack?: string): IncidentWords {
  const { id, service, ending, targets, drill } = release
  const hasFailed = notBack !== undefined
  const sentence = hasFailed
    ? `${drill === undefined ? '' : drillWord}Release ${id} of ${service.name} could not be put back: ${notBack}`
    : sentenceOf(release)
  const commands = targets.filter(({ lost }) => !lost).map(commandBack)
  return {
    title: plain(sentence, 130),
    summary: plain(sentence, 1000),
    why: plain(ending === undefined ? 'not known' : whyWords(ending), 1000),
    decidedBy: plain(ending?.by ?? 'not known', 300),
    owner: plain(service.owner === undefined ? 'nobody is named' : ownerWords(service.owner), 500),
    runbook: plain(service.runbook ?? 'none', 1000),
    back: plain(hasFailed ? commands.join('; ') : 'It is back, or was moved by somebody else.', 1000),
    ...(hasFailed
      ? { severity: 'critical' as const, priority: 'P1' as const, opsSeverity: '1' as const }
      : { severity: 'error' as const, priority: 'P2' as const, opsSeverity: '2' as const }),
  }
}
