// How much error budget a release burned: the bad requests of its candidate beyond those that stable would have had in its place.
// If data is missing for either version, the charge is unknown. It is never zero, and never estimated, for lack of data.
import * as z from 'zod'
import { SloName } from '../service/slo.ts'

export type Counts = { readonly all: number; readonly bad: number }

/** Counts of both versions of one target in the same minute. */
export type SharedMinute = { readonly candidate: Counts; readonly stable: Counts }

/**
 * One target: its minutes from the first shift until the traffic was back or promoted, in any order, and its alias in the hour
 * before.
 */
export type TargetMinutes = { readonly minutes: readonly SharedMinute[]; readonly before: Counts }

/** All counts are requests. */
type Burned = {
  /** The candidate's requests. */
  readonly all: number
  /**
   * How many of them were compared with stable's ratio in other minutes, because stable had too few requests in the same minute.
   */
  readonly elsewhen: number
  /** Bad requests beyond what stable would have had; below zero when the candidate was better. */
  readonly bad: number
  /** The standard error of `bad`. */
  readonly error: number
}

export const Charge = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('counted'),
    slo: SloName,
    all: z.number().min(0).describe("the candidate's requests"),
    elsewhen: z.number().min(0).describe("of them compared with stable's ratio of other minutes"),
    bad: z.number().describe('bad requests beyond what stable would have had; below zero when it had fewer'),
    error: z.number().min(0).describe('the standard error of `bad`: chance alone, requests independent of each other'),
    budgetPpm: z
      .int()
      .optional()
      .describe('`bad` in millionths of the budget of the whole window in which it was charged'),
  }),
  z.strictObject({ kind: z.literal('unknown'), slo: SloName, because: z.string().min(1).max(300) }),
])
export type Charge = z.output<typeof Charge>
export const Charges = z.array(Charge).max(10).readonly()
/** Of a history: what came after the promotion may be a charge of its own (`chargesWith`). */
export const AllCharges = z.array(Charge).max(20).readonly()

const epochMs = z.int().min(0)

/** What a promoted version failed beyond what is usual at the hours of the week, as its watch knows them (core/watch/late.ts). */
export const LateCharge = z.strictObject({
  excess: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('counted'),
      /** The minute in which it began. */
      fromMs: epochMs,
      all: z.number().min(0),
      failed: z.number().min(0),
      bad: z.number(),
      error: z.number().min(0),
    }),
    /** There was data, and it shows no fault. */
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('unknown'), because: z.string().min(1).max(300) }),
  ]),
  toMs: epochMs,
  /** back: a release went back from it; release: a newer one had traffic, and was promoted; time: neither, for a day. */
  until: z.enum(['back', 'release', 'time']),
  /** That release. */
  by: z.string().max(64).optional(),
  charges: Charges,
})
export type LateCharge = z.output<typeof LateCharge>

// With fewer requests of stable in a minute, each of them would stand for hundreds of the candidate's, and the ratio would be
// noise.
const requestsFewest = 10
// From this many requests of stable on, the release's other minutes are enough for a pooled ratio. With fewer, the hour before is
// added.
const pooledFewest = 100

const none: Counts = { all: 0, bad: 0 }
const plus = (a: Counts, b: Counts): Counts => ({ all: a.all + b.all, bad: a.bad + b.bad })

/** Agresti and Caffo (2000): adding one good and one bad request keeps a ratio of few requests from feigning certainty. */
function variance({ all, bad }: Counts): number {
  const ratio = (bad + 1) / (all + 2)
  return ratio * (1 - ratio)
}

/**
 * Observed minus expected: sum over minutes of bad_c - all_c * bad_s / all_s. This is epidemiology's excess among the exposed
 * (the risk difference, standardised to the exposed), with minutes as strata. An outage that hits both versions is in both ratios
 * of its minute, so it cancels. The result does not depend on the split, whether it was one to ten or even.
 *
 * Minutes in which stable had fewer than ten requests (its share was small, or zero) are compared with stable's ratio over all
 * minutes of the release. If those have fewer than a hundred requests, the hour before is added.
 *
 * The variance assumes independent requests: all_c * p_c (1 - p_c) for the candidate, and w^2 p_s (1 - p_s) for each request of
 * stable, where w is how many of the candidate's requests it stands for. Failures that come in bursts vary more.
 * @returns the result, or why it is unknown; more data may still make it known
 */
export function burnedBeyond(targets: readonly TargetMinutes[]): Burned | { readonly unknown: string } {
  let sum = { all: 0, elsewhen: 0, bad: 0, square: 0 }
  for (const { minutes, before } of targets) {
    const exposed = minutes.reduce((total, { candidate }) => plus(total, candidate), none)
    if (exposed.all === 0) continue
    const stable = minutes.reduce((total, one) => plus(total, one.stable), none)
    const helped = stable.all < pooledFewest
    const pool = helped ? plus(stable, before) : stable
    const scarce = minutes.filter((one) => one.stable.all < requestsFewest)
    const elsewhen = scarce.reduce((total, { candidate }) => total + candidate.all, 0)
    if (elsewhen > 0 && pool.all === 0) return { unknown: 'there is no request of stable to compare with' }
    const share = elsewhen === 0 ? 0 : elsewhen / pool.all
    let expected = share * pool.bad
    let weights = helped ? share ** 2 * before.all : 0
    for (const one of minutes) {
      const own = one.stable.all < requestsFewest ? 0 : one.candidate.all / one.stable.all
      expected += own * one.stable.bad
      weights += (own + share) ** 2 * one.stable.all
    }
    sum = {
      all: sum.all + exposed.all,
      elsewhen: sum.elsewhen + elsewhen,
      bad: sum.bad + exposed.bad - expected,
      square: sum.square + exposed.all * variance(exposed) + weights * variance(pool),
    }
  }
  if (sum.all === 0) return { unknown: 'there is no request of the candidate' }
  const { all, elsewhen, bad, square } = sum
  return { all, elsewhen, bad, error: Math.sqrt(square) }
}

// One-sided, 95 %.
const sure = 1.645

/** Lower bound of what the release burned, at 95 % confidence. Above zero, it is hardly chance. */
export const atLeast = ({ bad, error }: Pick<Burned, 'bad' | 'error'>): number => bad - sure * error

const thousandths = (value: number): number => Math.round(value * 1000) / 1000

/** @param allowed how many requests may be bad in the window, if known */
export function chargeOf(slo: string, burned: Burned, allowed: number | undefined): Charge {
  const { all, elsewhen, bad, error } = burned
  return {
    kind: 'counted',
    slo,
    all: thousandths(all),
    elsewhen: thousandths(elsewhen),
    bad: thousandths(bad),
    error: thousandths(error),
    ...(allowed === undefined || allowed <= 0 ? {} : { budgetPpm: Math.round((bad / allowed) * 1_000_000) }),
  }
}

const rounded = (value: number): string => String(Math.round(value * 10) / 10)

/** Such as `available: 41.2 bad more than stable would have had (± 6.5 of 1200), 3.1 % of the budget`. */
export function chargeWords(charge: Charge): string {
  if (charge.kind === 'unknown') return `${charge.slo}: not known: ${charge.because}`
  const { slo, all, bad, error, elsewhen, budgetPpm } = charge
  const share = budgetPpm === undefined ? '' : `, ${Math.round(budgetPpm / 100) / 100} % of the budget`
  const apart = elsewhen === 0 ? '' : `; ${rounded(elsewhen)} compared with other minutes of stable`
  if (Math.abs(bad) <= sure * error)
    return `${slo}: no more than chance explains (${rounded(bad)} bad ± ${rounded(error)} of ${rounded(all)}${apart})`
  const more = bad < 0 ? `${rounded(-bad)} bad fewer` : `${rounded(bad)} bad more`
  return `${slo}: ${more} than stable would have had (± ${rounded(error)} of ${rounded(all)}${apart})${share}`
}

/**
 * What a release burned of each budget, with what it burned after its promotion: one charge where both are known, and else two.
 * They have the form that charges had before there were late ones, so that older code reads them in a history.
 */
export const chargesWith = (charges: readonly Charge[], late: readonly Charge[]): readonly Charge[] => [
  ...charges.flatMap((charge) =>
    together(
      charge,
      late.find(({ slo }) => slo === charge.slo),
    ),
  ),
  ...late.filter(({ slo }) => charges.every((one) => one.slo !== slo)),
]

function together(charge: Charge, late: Charge | undefined): readonly Charge[] {
  if (late === undefined) return [charge]
  if (late.kind === 'unknown')
    return [charge, { ...late, because: `after its promotion: ${late.because}`.slice(0, 300) }]
  if (charge.kind === 'unknown') return [charge, late]
  const budgetPpm =
    charge.budgetPpm === undefined || late.budgetPpm === undefined ? undefined : charge.budgetPpm + late.budgetPpm
  const sum = {
    ...{ kind: 'counted' as const, slo: charge.slo, all: thousandths(charge.all + late.all) },
    elsewhen: thousandths(charge.elsewhen + late.elsewhen),
    bad: thousandths(charge.bad + late.bad),
    error: thousandths(Math.hypot(charge.error, late.error)),
    ...(budgetPpm === undefined ? {} : { budgetPpm }),
  }
  return [sum]
}
