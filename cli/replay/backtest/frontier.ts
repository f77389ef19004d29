// How a policy did on the past, and which policies are on the frontier: none of the others is at least as good in everything and
// better in something.
import type { Service } from '../../../core/service/service.ts'

export type Policy = { readonly name: string; readonly service: Service }

/** How often a fault was found, how soon, and at what cost until then. The median is Infinity if most missed it. */
export type Finding = {
  readonly of: number
  readonly found: number
  readonly medianMinutes: number
  /** Mean of the failed requests until the roll back, or until the end. */
  readonly badServed: number
}
type Share = { readonly of: number; readonly rolledBack: number }

export type Measured = {
  readonly policy: Policy
  readonly healthy: { readonly log: Share; readonly pretended: Share }
  readonly faulty: { readonly log: Finding; readonly pretended: readonly (Finding & { readonly added: number })[] }
}

/** By minutes until the roll back (Infinity: never) and failed requests of each release. */
export function findingOf(delays: readonly number[], bad: readonly number[]): Finding {
  const sorted = delays.toSorted((a, b) => a - b)
  return {
    of: delays.length,
    found: delays.filter((one) => one < Infinity).length,
    medianMinutes: sorted[Math.floor(sorted.length / 2)] ?? Infinity,
    badServed: bad.reduce((sum, one) => sum + one, 0) / Math.max(1, bad.length),
  }
}

/** Less is better in each. */
const costs = ({ healthy, faulty }: Measured): readonly number[] => [
  healthy.log.rolledBack,
  healthy.pretended.rolledBack,
  ...[faulty.log, ...faulty.pretended].flatMap(({ of, found, medianMinutes, badServed }) => [
    of - found,
    medianMinutes,
    badServed,
  ]),
]

/** The first policy that makes `one` needless; `undefined`: it is on the frontier. */
export function beatenBy(one: Measured, all: readonly Measured[]): Policy | undefined {
  const own = costs(one)
  return all.find((other) => {
    const its = costs(other)
    return its.every((cost, index) => cost <= (own[index] ?? 0)) && its.some((cost, index) => cost < (own[index] ?? 0))
  })?.policy
}
