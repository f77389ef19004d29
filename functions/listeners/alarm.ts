// The fast path: when an alarm that guards a live release fires, this function puts the traffic back at once. The state machine
// is told afterwards.
import * as z from 'zod'
import { origin } from '../../core/origin.ts'
import { quoted } from '../../core/foreign-text.ts'
import { issuesSentence, Problem } from '../../core/problem.ts'
import { alsoFiringPage } from '../../core/release/pages.ts'
import { isReturning, type Release } from '../../core/release/release.ts'
import { type ByRecord, isLogLost, returnByRecord } from '../steps/by-record.ts'
import { each, orThrow } from '../steps/each.ts'
import { load } from '../steps/log.ts'
import { isFromHere, isOfNow } from '../events/believed.ts'
import { alarmAuthor, doubted } from '../events/doubt.ts'
import { returnNow } from '../steps/return.ts'
import type { World } from '../steps/world.ts'

type Deps = ByRecord & Pick<World, 'home' | 'telemetry'>

// Parsed loosely, because CloudWatch adds fields (docs/aws.md §2.5).
const AlarmEvent = z.looseObject({
  source: z.literal('aws.cloudwatch'),
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  ...origin,
  detail: z.looseObject({
    alarmName: z.string().min(1).max(255),
    state: z.looseObject({
      value: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
      reason: z.string().max(2000).default('no reason was given'),
      timestamp: z
        .string()
        .max(40)
        .transform((text, context) => {
          // CloudWatch writes +0000 without a colon; Date.parse accepts that.
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
    // Alarms are the controller's own: a definition names them without an account.
    const what = `alarm ${alarmName}`
    if (!isFromHere(deps, parsed.data, what) || !isOfNow(deps, state.timestamp, what)) return { returned: [] }
    const releases = state.value === 'ALARM' ? await deps.alarmWatch.releases(alarmName) : []
    const reason = `alarm ${alarmName} fired: ${quoted(state.reason)}`
    const turned = await each(
      deps,
      releases,
      (releaseId) => ({ releaseId, alarm: alarmName }),
      async (releaseId) =>
        (await turnBack(deps, releaseId, { alarmName, reason, sinceMs: state.timestamp })) ? [releaseId] : [],
    )
    // Throw, so that AWS delivers the event again for the releases that could not be put back.
    return { returned: orThrow(turned).flat() }
  }
}

type Fired = { readonly alarmName: string; readonly reason: string; readonly sinceMs: number }

async function turnBack(deps: Deps, releaseId: string, fired: Fired): Promise<boolean> {
  const order = { by: alarmAuthor(fired.alarmName), reason: fired.reason, outcome: 'rolledBack' } as const
  try {
    const loaded = await load(deps, releaseId)
    if (!concerns(loaded.release, fired)) return false
    // It goes back already, and whoever is told why is told of this one too.
    if (isReturning(loaded.release) && loaded.release.ending?.by !== order.by) {
      const { alarmName } = fired
      await deps.pager.page(alsoFiringPage(loaded.release, [alarmName], alarmName), loaded.release.service.planned)
    }
    await returnNow(deps, loaded, order, (after) => doubted(deps, after, fired.alarmName))
  } catch (error) {
    if (!isLogLost(error)) throw error
    const record = await deps.returns.get(releaseId)
    if (record !== undefined && !concerns(record, fired)) return false
    await returnByRecord(deps, releaseId, error, order)
  }
  deps.log({ message: fired.reason, releaseId })
  return true
}

/** False for an alarm that already fired before the release, or a late event about that: it says nothing about the candidate. */
const concerns = (
  { excludedAlarms, admittedAtMs }: Pick<Release, 'excludedAlarms' | 'admittedAtMs'>,
  { alarmName, sinceMs }: Fired,
): boolean => !excludedAlarms.includes(alarmName) && admittedAtMs !== undefined && sinceMs >= admittedAtMs
