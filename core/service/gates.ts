// A service's conditions for a release to begin, and to start each step. Policies (policy/release.cedar) decide whether they
// hold, from facts that are looked up at that moment (core/gate/facts.ts).
import * as z from 'zod'
import {
  Approval,
  approvalFields,
  approvalOf,
  ApprovalPoint,
  approvalsMost,
  beforeBpOf,
  usualApproval,
  type WaveApproval,
} from '../definition/approval.ts'
import type { OneWay } from '../definition/one-way.ts'
import { wavesMost } from '../definition/waves.ts'
import { plain } from '../plain-name.ts'
import { Timetable } from './timetable.ts'
import { ownPoliciesMaxChars } from './own-policies.ts'

const findings = z.int().min(0).max(10_000)
/** The service's own Cedar policies; they are checked when the definition is applied (docs/policy.md). */
const rules = z.string().max(ownPoliciesMaxChars)

const Provenance = z.strictObject({
  commit: z.boolean().default(false).describe('The release must name a commit.'),
  tests: z.boolean().default(false).describe('Its tests must be attested, and none of them failed.'),
  signed: z
    .union([
      z.boolean(),
      z.strictObject({
        by: z
          .array(
            z
              .string()
              .regex(
                /^arn:aws[a-z-]*:signer:[a-z0-9-]+:\d{12}:\/signing-profiles\/\w{2,64}(\/\w{10})?$/,
                'the ARN of a signing profile, with or without its version',
              ),
          )
          .min(1)
          .max(20)
          .describe('By one of these signing profiles of AWS Signer.'),
      }),
    ])
    .default(false)
    .describe("The candidate's code must be signed, as Lambda says."),
  verified: z
    .boolean()
    .default(false)
    .describe('A statement about exactly this code must be signed by one of `attestations.signers`.'),
  builders: z
    .array(plain(z.string().min(1).max(500)))
    .max(20)
    .default([])
    .describe('Signed provenance must name one of these as its builder (`builder.id` of SLSA).'),
  scan: z
    .strictObject({
      critical: findings.default(0).describe('So many critical findings are let through.'),
      high: findings.default(0).describe('So many high findings.'),
    })
    .optional()
    .describe('The candidate must have been scanned, with no more findings than these.'),
})

const Concurrency = z.strictObject({
  group: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'use lower-case letters, digits and -, at most 40')
    .describe('Releases of services of one group count together.'),
  max: z.int().min(1).max(50).describe('So many of them may be under way at a time.'),
})

const freePercent = (what: string) =>
  z
    .union([z.literal('off'), z.int().min(1).max(90)], {
      error: 'write off, or how many percent must be free, as a whole number from 1 to 90',
    })
    .default(20)
    .describe(what)

const Headroom = z
  .strictObject({
    account: freePercent(
      "Percent of the account's concurrency that must be unclaimed, for functions that reserve none; or off.",
    ),
    reserved: freePercent(
      'Percent of its reserved concurrency that must be free, for functions that reserve some; or off.',
    ),
  })
  .refine(({ account, reserved }) => account !== 'off' || reserved !== 'off', {
    message: 'with both off nothing is asked: leave headroom out',
  })
export type Headroom = z.output<typeof Headroom>

const shared = {
  freezes: Timetable.default([]).describe('Times in which nothing begins and nothing goes on.'),
  provenance: Provenance.prefault({}).describe('What must be known of a candidate.'),
  concurrency: Concurrency.optional(),
  quietAlarms: z
    .array(z.string().min(1).max(255))
    .max(20)
    .optional()
    .describe(
      'Alarms of what it depends on, such as a database: while one is not OK, no release begins and none takes a step (docs/around.md).',
    ),
  headroom: Headroom.optional().describe(
    'How much concurrency must be free: while it is less, no release begins and none takes a step (docs/concurrency.md). Absent: it is not asked for.',
  ),
  rules: rules.optional().describe('Cedar policies of your own: they may forbid more (docs/policy.md).'),
}
const windows = Timetable.describe('Releases begin only in these times; without any, at all times.')

/** The normal form. */
export const Gates = z.strictObject({
  ...shared,
  windows: windows.default([]),
  /** One more for a one-way step (one-way.ts), and those of waves (waves.ts). */
  approvals: z
    .array(Approval)
    .max(approvalsMost + 1 + wavesMost)
    .default([]),
})
export type Gates = z.output<typeof Gates>

const ApprovalDefinition = z.strictObject({
  before: ApprovalPoint.describe('begin, or the percent of traffic that is not given before.'),
  ...approvalFields,
})

/** Gates as people write them. */
export const GatesDefinition = z
  .strictObject({
    ...shared,
    windows: windows.default([]),
    approvals: z.array(ApprovalDefinition).max(approvalsMost).default([]),
  })
  .transform(({ approvals, ...rest }): Gates => ({
    ...rest,
    approvals: approvals.map(({ before, ...one }) => approvalOf({ beforeBp: beforeBpOf(before) }, one)),
  }))

/** The gates with the approval that a one-way step asks for, unless they have one before that weight. */
export function withYes(gates: Gates, oneWay: OneWay | undefined): Gates {
  if (oneWay?.yes !== 'person' || gates.approvals.some(({ beforeBp }) => beforeBp === oneWay.beforeBp)) return gates
  return { ...gates, approvals: [...gates.approvals, usualApproval({ beforeBp: oneWay.beforeBp })] }
}

/** The gates with those of waves: an approval before a wave is one more approval. */
export function withWaves(
  gates: Gates,
  waves: readonly { readonly name: string; readonly approval?: WaveApproval | undefined }[],
): Gates {
  const own = waves.flatMap(({ name, approval = false }) => {
    if (approval === false) return []
    const guarded = { beforeBp: 0, wave: name }
    return [approval === true ? usualApproval(guarded) : approvalOf(guarded, approval)]
  })
  return own.length === 0 ? gates : { ...gates, approvals: [...gates.approvals, ...own] }
}

/**
 * The gates of a release: those of the definition of today, with the approvals that its own plan and waves ask for. A wave that
 * has another name by now keeps its approval.
 */
export function gatesOfRelease(
  { gates, waves = [] }: Gated,
  { gates: begun, waves: taken = [], plan }: Gated & { readonly plan: { readonly oneWay?: OneWay | undefined } },
): Gates {
  const known = waves.map(({ name }) => name)
  const renamed = taken.filter(({ name }) => !known.includes(name)).map(({ name }) => name)
  const kept = begun.approvals.filter(({ wave }) => wave !== undefined && renamed.includes(wave))
  return withYes({ ...gates, approvals: [...gates.approvals, ...kept] }, plan.oneWay)
}
type Gated = { readonly gates: Gates; readonly waves?: readonly { readonly name: string }[] | undefined }
