// Which old versions of a service's functions may be deleted (docs/versions.md). Nothing is deleted where a definition does not
// ask for it.
import * as z from 'zod'
import { duration } from '../duration.ts'

const day = 86_400
const keep = z.int().min(3).max(1000)
// An alias that has moved is not seen to have moved everywhere at once (docs/aws.md §1.1), so a version that has just lost its
// traffic stays for a day at least.
const keepSeconds = z
  .int()
  .min(day)
  .max(3650 * day)

/** The normal form. */
export const VersionPolicy = z.strictObject({ keep, keepSeconds })
export type VersionPolicy = z.output<typeof VersionPolicy>

export const VersionPolicyDefinition = z
  .strictObject({
    keep: keep.default(10).describe('How many of the newest versions of each function stay.'),
    keepFor: duration({ minSeconds: day, maxSeconds: 3650 * day })
      .prefault('30d')
      .describe('How long a version stays after it was published, and after a release last named it.'),
  })
  .transform(({ keep, keepFor }): VersionPolicy => ({ keep, keepSeconds: keepFor }))

/** What a question about a service without a policy is answered with. */
export const usualVersionPolicy = VersionPolicyDefinition.parse({})
