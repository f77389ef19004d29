// The page about an error budget that burns: how fast, over which windows, and which release may have done it.
import { aboutOwner, type Page, pageOf } from '../page.ts'
import type { Service } from '../service/service.ts'
import type { Burning } from './budget.ts'

/** The release that had traffic in that time, if any; or that nobody knows. */
type Suspect = { readonly releaseId: string | undefined } | 'unknown'

/** The key of the fact that a budget burns, as long as it does. */
export const burnKey = (service: string, slo: string, severity: Burning['rule']['severity']): string =>
  `burn/${service}/${slo}/${severity}`

export function burnPage(
  service: Pick<Service, 'name' | 'runbook' | 'owner'>,
  slo: string,
  { rule, rate, factor }: Burning,
  suspect: Suspect,
): Page {
  const releaseId = suspect === 'unknown' ? undefined : suspect.releaseId
  return pageOf(
    rule.severity === 'page' ? 'budgetBurnsFast' : 'budgetBurnsSlowly',
    {
      key: burnKey(service.name, slo, rule.severity),
      service: service.name,
      ...(releaseId === undefined ? {} : { releaseId }),
      ...aboutOwner(service),
    },
    {
      sentence: `The error budget ${slo} of ${service.name} burns ${rate.toFixed(1)} times as fast as it may.`,
      lines: [
        `Over ${rule.hours} h and over ${rule.shortMinutes} min it is above ${factor.toFixed(1)}: ${rule.share * 100} % of the budget in ${rule.hours} h.`,
        suspectWords(suspect),
      ],
      next: releaseId === undefined ? [] : [`If it is that release: tidegate rollback ${service.name}`],
    },
  )
}

function suspectWords(suspect: Suspect): string {
  if (suspect === 'unknown') return 'Whether a release was live in that time is not known.'
  const { releaseId } = suspect
  return releaseId === undefined ? 'No release was live in that time.' : `Release ${releaseId} was live in that time.`
}
