// A shift of others as the fold of its log, and what is to be done about it next. Its verdicts come from the code that judges
// releases of our own; only who moves the traffic is another.
import { minuteMs } from '../time.ts'
import { wholeBp } from '../service/routing.ts'
import type { Service } from '../service/service.ts'
import type { Readings, Shift, Verdict } from '../verdict/evidence/evidence.ts'
import type { ObservedEvent } from './event.ts'

type EventOf<T extends ObservedEvent['type']> = Extract<ObservedEvent, { type: T }>

/** `fromMs`: when the weight was last seen to be another; absent once the time is known exactly, and for the first one. */
type SeenShift = Shift & { readonly fromMs?: number }

export type Observation = {
  readonly id: string
  readonly seq: number
  /** When it was first seen; its row is stored under this. */
  readonly beganAtMs: number
  readonly service: Service
  readonly targets: readonly [EventOf<'began'>['target']]
  readonly excludedAlarms: readonly string[]
  readonly seen: readonly SeenShift[]
  readonly readings: readonly Readings[]
  readonly looks: number
  readonly lookedAtMs: number
  readonly verdict?: Verdict
  /** The last one while both versions had traffic: on that, a release of our own would have gone on. */
  readonly splitVerdict?: Verdict
  readonly wouldPutBack?: { readonly atMs: number; readonly because: string }
  readonly end?: { readonly how: EventOf<'ended'>['how']; readonly atMs: number }
  readonly isCounted: boolean
  readonly undoneAtMs?: number
}

const begin = ({ id, seq, service, target, alarms, atMs, weightBp }: EventOf<'began'>): Observation => ({
  ...{ id, seq, service, targets: [target], readings: [], looks: 0, isCounted: false },
  ...{ beganAtMs: atMs, lookedAtMs: atMs },
  excludedAlarms: alarms.filter(({ state }) => state === 'alarm').map(({ name }) => name),
  seen: [{ sinceMs: atMs, weightBp }],
})

const advance = (before: Observation, event: ObservedEvent): Observation => ({
  ...follow(before, event),
  seq: event.seq,
})

function follow(before: Observation, event: ObservedEvent): Observation {
  switch (event.type) {
    case 'began':
      return before
    case 'shifted': {
      const { fromMs, atMs: sinceMs, weightBp } = event
      return { ...before, seen: [...before.seen, { fromMs, sinceMs, weightBp }] }
    }
    case 'timed':
      return {
        ...before,
        seen: before.seen.map(({ fromMs: _, ...shift }, index) =>
          index === event.shift ? { ...shift, sinceMs: event.sinceMs } : (before.seen[index] ?? shift),
        ),
      }
    case 'judged':
      return judged(before, event)
    case 'ended':
      return { ...before, end: { how: event.how, atMs: event.atMs } }
    case 'counted':
      return { ...withReadings(before, event.readings), isCounted: true }
    case 'undone':
      return { ...before, undoneAtMs: before.undoneAtMs ?? event.atMs }
  }
}

const withReadings = (before: Observation, readings: Readings | undefined): Observation =>
  readings === undefined ? before : { ...before, readings: [...before.readings, readings] }

function judged(before: Observation, { atMs, verdict }: EventOf<'judged'>): Observation {
  const { wouldPutBack = verdict.kind === 'fail' ? { atMs, because: verdict.because } : undefined } = before
  return {
    ...withReadings(before, verdict.readings),
    ...(wouldPutBack === undefined ? {} : { wouldPutBack }),
    looks: before.looks + 1,
    lookedAtMs: atMs,
    verdict,
    ...(weightNow(before) < wholeBp ? { splitVerdict: verdict } : {}),
  }
}

/** @param before what earlier events came to */
export function observed(events: readonly ObservedEvent[], before?: Observation): Observation | undefined {
  if (before !== undefined) return events.reduce(advance, before)
  const [first, ...rest] = events
  return first?.type === 'began' ? rest.reduce(advance, begin(first)) : undefined
}

/**
 * The weights that were in force, as a verdict takes them. A shift whose minute is not known is there twice, at both ends of the
 * time in which it was made, so that neither minute counts for one weight or the other.
 */
export const shiftsOf = ({ seen }: Pick<Observation, 'seen'>): readonly Shift[] =>
  seen.flatMap(({ fromMs, sinceMs, weightBp }) =>
    fromMs === undefined || Math.floor(fromMs / minuteMs) === Math.floor(sinceMs / minuteMs)
      ? [{ sinceMs, weightBp }]
      : [
          { sinceMs: fromMs + 1, weightBp },
          { sinceMs, weightBp },
        ],
  )

/** What the reading of evidence goes by, as it does for a release. */
export const lookedAt = (one: Observation) => ({ ...one, shifts: shiftsOf(one) })

export const weightNow = ({ seen }: Observation): number => seen.at(-1)?.weightBp ?? 0

/** How long the service's own plan would have watched. */
const planMs = ({ plan }: Service): number => plan.steps.reduce((sum, { bakeSeconds }) => sum + bakeSeconds * 1000, 0)

/** CloudWatch has a minute about two minutes after it began. The last ones are read once more when they are whole. */
const wholeAfterMs = 3 * minuteMs

type Next = 'judge' | 'end' | 'count' | 'rest'

/**
 * What a look has to do. A shift is watched while the alias is split, until the minutes of that are judged, and at least as
 * long as the service's own plan would have. The policy says how often.
 */
export function nextOf(one: Observation, nowMs: number): Next {
  if (one.end !== undefined) return !one.isCounted && nowMs >= one.end.atMs + wholeAfterMs ? 'count' : 'rest'
  const firstMs = one.seen[0]?.sinceMs ?? nowMs
  const lastMs = one.seen.at(-1)?.sinceMs ?? nowMs
  const untilMs = Math.max(firstMs + planMs(one.service), lastMs + wholeAfterMs)
  if (weightNow(one) === wholeBp && nowMs >= untilMs) return 'end'
  // The schedule is a little early or late.
  return nowMs - one.lookedAtMs >= one.service.policy.lookEverySeconds * 900 ? 'judge' : 'rest'
}
