// How long a promoted version is watched, and what becomes of a fault that is found late (docs/watch.md). Nothing is watched
// where a definition does not ask for it.
import * as z from 'zod'
import { duration } from '../duration.ts'

const [hour, day] = [3600, 86_400]
const limits = { minSeconds: hour, maxSeconds: 14 * day }

export const onFaultWords = ['page', 'rollBack'] as const
const onFault = z.enum(onFaultWords, { error: 'write page or rollBack' })

/** The normal form. */
export const WatchPolicy = z.strictObject({ seconds: z.int().min(hour).max(limits.maxSeconds), onFault })
export type WatchPolicy = z.output<typeof WatchPolicy>

export const WatchPolicyDefinition = z
  .strictObject({
    for: duration(limits)
      .prefault('24h')
      .describe('How long after its promotion a version is watched: from an hour to 14 days.'),
    onFault: onFault
      .default('page')
      .describe(
        'What happens when it fails more than the weeks before explain. page: a person is told, with the command that puts it back. rollBack: it goes back to the version before, and a person is told.',
      ),
  })
  .transform((watch): WatchPolicy => ({ seconds: watch.for, onFault: watch.onFault }))
