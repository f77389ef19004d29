// A service's conditions for a release to begin, and to start each step. Policies (policy/release.cedar) decide whether they
// hold, from facts that are looked up at that moment (core/gate/facts.ts).
import * as z from 'zod'
import { duration } from '../duration.ts'
import type { OneWay } from '../definition/one-way.ts'
import { plain } from '../plain-name.ts'
import { Timetable } from './timetable.ts'
import { ownPoliciesMaxChars } from './own-policies.ts'

const person = z.string().min(1).max(200)
const weightBp = z.int().min(0).max(10_000)
const daySeconds = 86_400
const expiryMax = 14 * daySeconds
const countMax = 5
export const approvalsMost = 10
const findings = z.int().min(0).max(10_000)
/** The service's own Cedar policies; they are checked when the definition is applied (docs/policy.md). */
const rules = z.string().max(ownPoliciesMaxChars)

/** People who must agree before a weight is set; 0 is the beginning, before prepare. */
const Approval = z.strictObject({
  beforeBp: weightBp,
  count: z.int().min(1).max(countMax),
  by: z.array(person).max(50).optional(),
  fourEyes: z.boolean(),
  expiresSeconds: z.int().min(60).max(expiryMax),
  whenExpired: z.enum(['reject', 'approve']),
})
export type Approval = z.output<typeof Approval>

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

const shared = {
  freezes: Timetable.default([]).describe('Times in which nothing begins and nothing goes on.'),
  provenance: Provenance.prefault({}).describe('What must be known of a candidate.'),
  concurrency: Concurrency.optional(),
  rules: rules.optional().describe('Cedar policies of your own: they may forbid more (docs/policy.md).'),
}
const windows = Timetable.describe('Releases begin only in these times; without any, at all times.')

/** The normal form. */
export const Gates = z.strictObject({
  ...shared,
  windows: windows.default([]),
  /** One more for a one-way step (one-way.ts). */
  approvals: z
    .array(Approval)
    .max(approvalsMost + 1)
    .default([]),
})
export type Gates = z.output<typeof Gates>

const percent = z.number().min(0.01).max(100).multipleOf(0.01)

/** The point that an approval guards, as people write it. */
export const ApprovalPoint = z.union([z.literal('begin'), percent], {
  error: 'write begin, or the percent of traffic that is not given before, such as 50',
})
export const beforeBpOf = (before: z.output<typeof ApprovalPoint>): number =>
  before === 'begin' ? 0 : Math.round(before * 100)
export const beforeWords = (beforeBp: number): string =>
  beforeBp === 0 ? 'before it begins' : `before ${beforeBp / 100} %`

const ApprovalDefinition = z.strictObject({
  before: ApprovalPoint.describe('begin, or the percent of traffic that is not given before.'),
  count: z.int().min(1).max(countMax).default(1).describe('How many people.'),
  by: z.array(plain(person)).min(1).max(50).optional().describe('Only these may.'),
  fourEyes: z.boolean().default(true).describe('Who asked for the release may not.'),
  expires: duration({ minSeconds: 60, maxSeconds: expiryMax })
    .prefault('1d')
    .describe('How long it is waited for, from when it is first missed.'),
  whenExpired: z.enum(['reject', 'approve']).default('reject').describe('What silence then means.'),
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
    approvals: approvals.map(({ before, count, by, fourEyes, expires, whenExpired }): Approval => ({
      beforeBp: beforeBpOf(before),
      count,
      ...(by === undefined ? {} : { by }),
      fourEyes,
      expiresSeconds: expires,
      whenExpired,
    })),
  }))

/** Silence is no yes, and whoever asked for a release does not say yes to it. */
const implied = (beforeBp: number): Approval => ({
  beforeBp,
  count: 1,
  fourEyes: true,
  expiresSeconds: daySeconds,
  whenExpired: 'reject',
})

/** The gates with the approval that a one-way step asks for, unless they have one before that weight. */
export function withYes(gates: Gates, oneWay: OneWay | undefined): Gates {
  if (oneWay?.yes !== 'person' || gates.approvals.some(({ beforeBp }) => beforeBp === oneWay.beforeBp)) return gates
  return { ...gates, approvals: [...gates.approvals, implied(oneWay.beforeBp)] }
}
