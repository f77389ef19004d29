// The fast path: an alarm that guards a live release fires, and the traffic is put back here, at once. The state machine
// is told afterwards.
import * as z from 'zod'
import { issuesSentence, Problem } from '../core/problem.ts'
import type { Release } from '../core/release.ts'
import { each, orThrow } from './each.ts'
import { load } from './ledger.ts'
import { returnNow } from './return.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'executions' | 'alarmWatch' | 'log' | 'trouble'>

// Read loosely: CloudWatch adds fields (docs/aws.md §2.5).
const AlarmEvent = z.looseObject({
  source: z.literal('aws.cloudwatch'),
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  detail: z.looseObject({
    alarmName: z.string().min(1).max(255),
    state: z.looseObject({
      value: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
      reason: z.string().max(2000).default('no reason was given'),
      timestamp: z
        .string()
        .max(40)
        .transform((text, context) => {
          // CloudWatch writes +0000 without a colon, which Date understands.
          const ms = Date.parse(text)
          if (!Number.isNaN(ms)) return ms
          context.addIssue({ code: 'custom', message: 'not a time' })
          return z.NEVER
        }),
    }),
  }),
})

export function alarmHandler(deps: Deps) {
  return async (event: unknown): Promise<{ readonly returned: readonly string[] }> => {
    const parsed = AlarmEvent.safeParse(event)
    if (!parsed.success) {
      throw new Problem('event_invalid', `Not an alarm event: ${issuesSentence(parsed.error.issues)}.`)
    }
    const { alarmName, state } = parsed.data.detail
    const releases = state.value === 'ALARM' ? await deps.alarmWatch.releases(alarmName) : []
    const reason = `alarm ${alarmName} fired: ${state.reason}`.slice(0, 900)
    const turned = await each(
      deps,
      releases,
      (releaseId) => ({ releaseId, alarm: alarmName }),
      async (releaseId) =>
        (await turnBack(deps, releaseId, { alarmName, reason, sinceMs: state.timestamp })) ? [releaseId] : [],
    )
    // The event comes again for those that could not be put back.
    return { returned: orThrow(turned).flat() }
  }
}

type Fired = { readonly alarmName: string; readonly reason: string; readonly sinceMs: number }

async function turnBack(deps: Deps, releaseId: string, { alarmName, reason, sinceMs }: Fired): Promise<boolean> {
  const loaded = await load(deps, releaseId)
  if (!concerns(loaded.release, alarmName, sinceMs)) return false
  await returnNow(deps, loaded, { by: `alarm ${alarmName}`, reason, outcome: 'rolledBack' })
  deps.log({ message: reason, releaseId })
  return true
}

/** An alarm that fired before the release, or an event about that which arrives late, says nothing about the candidate. */
function concerns(release: Release, alarmName: string, sinceMs: number): boolean {
  return (
    !release.excludedAlarms.includes(alarmName) && release.admittedAtMs !== undefined && sinceMs >= release.admittedAtMs
  )
}
