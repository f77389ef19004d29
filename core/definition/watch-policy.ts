// How long a promoted version is watched, and what becomes of a fault that is found late (docs/watch.md). Nothing is watched
// where a definition does not ask for it.
import * as z from 'zod'
import { duration, formatDuration } from '../duration.ts'

const [hour, day] = [3600, 86_400]
const limits = { minSeconds: hour, maxSeconds: 14 * day }
/** A late call of a gate may give a version environments for five minutes anyway (functions/concurrency/leave.ts). */
const warmLimits = { ...limits, minSeconds: 300 }

export const onFaultWords = ['page', 'rollBack'] as const
const onFault = z.enum(onFaultWords, { error: 'write page or rollBack' })

/** The normal form. */
export const WatchPolicy = z.strictObject({
  seconds: z.int().min(hour).max(limits.maxSeconds),
  onFault,
  /** Absent: the version before loses its provisioned concurrency when the release ends. */
  warmSeconds: z.int().min(warmLimits.minSeconds).max(limits.maxSeconds).optional(),
})
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
    keepWarm: duration(warmLimits)
      .optional()
      .describe(
        'How long after its promotion the version before keeps its provisioned concurrency, so that a way back finds it warm: from 5 minutes to as long as `for`. It is paid for twice for so long (docs/watch.md). Absent: until the release ends.',
      ),
  })
  .refine((watch) => watch.keepWarm === undefined || watch.keepWarm <= watch.for, {
    path: ['keepWarm'],
    message: 'must not be longer than the watch: `for`',
  })
  .transform(({ for: seconds, onFault: then, keepWarm }): WatchPolicy => ({
    ...{ seconds, onFault: then },
    ...(keepWarm === undefined ? {} : { warmSeconds: keepWarm }),
  }))

/** `for 24h after a promotion; a late fault is paged`: what a definition has watched, for whoever writes it. */
export function watchPolicyWords({ seconds, onFault: then }: WatchPolicy): string {
  const fault = then === 'page' ? 'a late fault is paged' : 'a late fault goes back, and is paged'
  return `for ${formatDuration(seconds)} after a promotion; ${fault}`
}
