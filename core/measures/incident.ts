// Incidents of services: when they were opened and resolved. The two notices are stored separately because they arrive in any
// order, and more than once. An incident is the fold of both.
import * as z from 'zod'

const atMs = z.int().min(0)
const text = z.string().min(1).max(500)

/** Part of a DynamoDB key. */
export const IncidentId = z.string().min(1).max(300)
export const IncidentSource = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a source is lower-case letters, digits and -')

/** One report about an incident of a service. A repeated report replaces the earlier one. */
export const IncidentNotice = z.strictObject({
  service: z.string().max(40),
  source: IncidentSource,
  id: IncidentId,
  kind: z.enum(['opened', 'resolved']),
  atMs,
  severity: text.optional(),
  title: text.optional(),
  url: z.string().max(1000).optional(),
})
export type IncidentNotice = z.output<typeof IncidentNotice>

export type Incident = {
  readonly service: string
  readonly source: string
  readonly id: string
  readonly openedAtMs: number
  /** Absent while the incident is open, as far as we were told. */
  readonly resolvedAtMs?: number
  readonly severity?: string
  readonly title?: string
  readonly url?: string
}

/**
 * Ordered by opening time. An incident whose opening was never reported is left out, because nobody knows when it began. A
 * resolution before the opening is ignored.
 */
export function incidentsOf(notices: readonly IncidentNotice[]): readonly Incident[] {
  const all = Map.groupBy(notices, ({ service, source, id }) => JSON.stringify([service, source, id]))
  const incidents = [...all.values()].flatMap((about): readonly Incident[] => {
    const opened = about.find(({ kind }) => kind === 'opened')
    if (opened === undefined) return []
    const { kind: _, atMs: openedAtMs, ...rest } = opened
    const resolved = about.find((one) => one.kind === 'resolved' && one.atMs >= openedAtMs)
    return [{ ...rest, openedAtMs, ...(resolved === undefined ? {} : { resolvedAtMs: resolved.atMs }) }] as Incident[]
  })
  return incidents.toSorted(
    (a, b) =>
      a.openedAtMs - b.openedAtMs ||
      Number(a.source + a.id > b.source + b.id) - Number(a.source + a.id < b.source + b.id),
  )
}
