// Approvals: people who must agree before a weight is given, or before a wave begins. What one guards is what it is known by, so
// an answer to one never counts for another.
import * as z from 'zod'
import { personKey } from '../caller.ts'
import { duration } from '../duration.ts'
import { plain } from '../plain-name.ts'
import { WaveName } from './wave-name.ts'

const person = z.string().min(1).max(200)
const daySeconds = 86_400
const expiryMax = 14 * daySeconds
const countMax = 5
/** So many before weights; each wave may have one of its own. */
export const approvalsMost = 10

/** The normal form. */
export const Approval = z.strictObject({
  /** 0 is the beginning, before prepare. */
  beforeBp: z.int().min(0).max(10_000),
  /** It stands before this wave, whatever weight that begins with; `beforeBp` is 0 then. */
  wave: WaveName.optional(),
  count: z.int().min(1).max(countMax),
  by: z.array(person).max(50).optional(),
  fourEyes: z.boolean(),
  expiresSeconds: z.int().min(60).max(expiryMax),
  whenExpired: z.enum(['reject', 'approve']),
})
export type Approval = z.output<typeof Approval>

/** What an approval stands before. */
export type Guarded = Pick<Approval, 'beforeBp' | 'wave'>

/** No name of a wave is a number. */
export const guardedKey = ({ beforeBp, wave }: Guarded): string => wave ?? String(beforeBp)
export const isSameApproval = (one: Guarded, other: Guarded): boolean => guardedKey(one) === guardedKey(other)

/** The weight that an approval guards, as people write it. */
export const ApprovalPoint = z.union([z.literal('begin'), z.number().min(0.01).max(100).multipleOf(0.01)], {
  error: 'write begin, or the percent of traffic that is not given before, such as 50',
})
export const beforeBpOf = (before: z.output<typeof ApprovalPoint>): number =>
  before === 'begin' ? 0 : Math.round(before * 100)

/** Each person counts once, so where fewer may approve than have to, nobody ever gets through. */
export const tooFew = ({ by, count }: Pick<Approval, 'by' | 'count'>): string | undefined => {
  const may = new Set(by?.map(personKey)).size
  return by === undefined || may >= count ? undefined : `${count} people have to approve, and ${may} may: name more`
}

export const beforeWords = ({ beforeBp, wave }: Guarded): string => {
  if (wave !== undefined) return `before wave ${wave} begins`
  return beforeBp === 0 ? 'before it begins' : `before ${beforeBp / 100} %`
}

/** What a call says to answer it. */
export const guardedSaid = ({ beforeBp, wave }: Guarded): Readonly<Record<string, string>> => {
  if (wave !== undefined) return { wave }
  return { before: beforeBp === 0 ? 'begin' : String(beforeBp / 100) }
}

/** Of an approval, as people write it; what it guards is said beside it. */
export const approvalFields = {
  count: z.int().min(1).max(countMax).default(1).describe('How many people.'),
  by: z.array(plain(person)).min(1).max(50).optional().describe('Only these may.'),
  fourEyes: z.boolean().default(true).describe('Who asked for the release may not.'),
  expires: duration({ minSeconds: 60, maxSeconds: expiryMax })
    .prefault('1d')
    .describe('How long it is waited for, from when it is first missed.'),
  whenExpired: z.enum(['reject', 'approve']).default('reject').describe('What silence then means.'),
}
const Fields = z.strictObject(approvalFields)

export const approvalOf = (
  guarded: Guarded,
  { count, by, fourEyes, expires, whenExpired }: z.output<typeof Fields>,
): Approval => ({
  ...guarded,
  count,
  ...(by === undefined ? {} : { by }),
  fourEyes,
  expiresSeconds: expires,
  whenExpired,
})

/** Nothing but who may answer: silence is no yes, and who asked for a release does not say yes to it. */
export const usualApproval = (guarded: Guarded): Approval => approvalOf(guarded, Fields.parse({}))

/** Before a wave: `true`, or what differs from what is usual. */
export const WaveApproval = z.union([z.boolean(), Fields], {
  error: 'write true, or who may approve: count, by, fourEyes, expires, whenExpired',
})
export type WaveApproval = z.output<typeof WaveApproval>
