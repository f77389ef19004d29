// How an alias routes traffic, without AWS types: one version, and optionally a share for a second one.
import * as z from 'zod'

/** All traffic, in basis points, as every weight is. */
export const wholeBp = 10_000

export const Version = z.string().regex(/^[1-9][0-9]{0,9}$/, 'a published version is a whole number')

/** `version` gets whatever `additional` leaves. Weights are basis points. */
export const Routing = z.strictObject({
  version: z.string().max(20),
  additional: z.strictObject({ version: z.string().max(20), weightBp: z.int().min(1).max(wholeBp) }).optional(),
})
export type Routing = z.output<typeof Routing>

export function only(version: string): Routing {
  return { version }
}

export function split(stable: string, candidate: string, weightBp: number): Routing {
  return { version: stable, additional: { version: candidate, weightBp } }
}

export function sameRouting(a: Routing, b: Routing): boolean {
  return (
    a.version === b.version &&
    a.additional?.version === b.additional?.version &&
    a.additional?.weightBp === b.additional?.weightBp
  )
}

/** `version 7 at 90 %, version 8 at 10 %`, for people. */
export function routingWords(routing: Routing): string {
  if (routing.additional === undefined) return `version ${routing.version} at 100 %`
  const { version, weightBp } = routing.additional
  return `version ${routing.version} at ${(wholeBp - weightBp) / 100} %, version ${version} at ${weightBp / 100} %`
}

/** The share of traffic that `version` gets, in basis points. */
export function shareBp(routing: Routing, version: string): number {
  if (routing.additional?.version === version) return routing.additional.weightBp
  return routing.version === version ? wholeBp - (routing.additional?.weightBp ?? 0) : 0
}
