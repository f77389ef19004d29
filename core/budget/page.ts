// The page about an error budget that burns: how fast, over which windows, and which release may have done it.
import { type Page, pageOf, runbookLines } from '../page.ts'
import type { Service } from '../service/service.ts'
import type { Burning } from './budget.ts'

/** The release that had traffic in that time, if any; or that nobody knows. */
type Suspect = { readonly releaseId: string | undefined } | 'unknown'

export const burnPage = (
  service: Pick<Service, 'name' | 'runbook'>,
  slo: string,
  { rule, rate, factor }: Burning,
  suspect: Suspect,
): Page =>
  pageOf(
    rule.severity === 'page' ? 'budgetBurnsFast' : 'budgetBurnsSlowly',
    `The error budget ${slo} of ${service.name} burns ${rate.toFixed(1)} times as fast as it may.`,
    `Over ${rule.hours} h and over ${rule.shortMinutes} min it is above ${factor.toFixed(1)}: ${rule.share * 100} % of the budget in ${rule.hours} h.`,
    suspectWords(suspect),
    ...runbookLines(service),
  )

function suspectWords(suspect: Suspect): string {
  if (suspect === 'unknown') return 'Whether a release was live in that time is not known.'
  const { releaseId } = suspect
  return releaseId === undefined ? 'No release was live in that time.' : `Release ${releaseId} was live in that time.`
}
