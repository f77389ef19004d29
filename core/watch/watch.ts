// The watch of one release after its promotion: what is kept of it from look to look, and what a look makes of it. Pure. The
// evidence of minutes that may still change is computed at every look from what is kept, and kept once they are settled.
import * as z from 'zod'
import { RoleArn, TargetFunction } from '../location.ts'
import type { WatchEnd } from '../definition/watch-end.ts'
import { isWayBack, takenTargets } from '../release/head.ts'
import { promotedAtMs, type Release } from '../release/release.ts'
import { minuteMs } from '../time.ts'
import { onFaultWords } from '../definition/watch-policy.ts'
import { Evidence, isFault, type Minute, noEvidence, see } from './evidence.ts'
import { Past, slotMs } from './past.ts'

const epochMs = z.int().min(0)
const version = z.string().max(20)

const WatchedTarget = z.strictObject({
  functionName: TargetFunction,
  roleArn: RoleArn.optional(),
  alias: z.string().max(128),
  stable: version,
  candidate: version,
  /** Absent until it has been read; `unknown`: there were too few requests. */
  past: z.union([Past, z.literal('unknown')]).optional(),
  evidence: Evidence,
})
type WatchedTarget = z.output<typeof WatchedTarget>

export const Watch = z.strictObject({
  v: z.literal(1),
  /** Counts the writes: of two that look at once, one goes on. */
  rev: z.int().min(1),
  service: z.string().max(40),
  releaseId: z.string().max(64),
  promotedAtMs: epochMs,
  requestedAtMs: epochMs,
  fromMs: epochMs,
  untilMs: epochMs,
  onFault: z.enum(onFaultWords),
  targets: z.array(WatchedTarget).min(1).max(20),
  /** The minutes before this are in the evidence, or never will be. */
  settledMs: epochMs,
  /** Five minutes each, of which every target had data. */
  seenSlots: z.int().min(0),
  /**
   * How it ends. It is written before anything is done about it, so that it is done once and in full. `charging` (late.ts) is a
   * word here, and no field of its own, because functions of before read it as an end that they have finished already.
   */
  ending: z
    .strictObject({ atMs: epochMs, how: z.string().max(40), because: z.string().max(1000), seenSlots: z.int().min(0) })
    .optional(),
})
export type Watch = z.output<typeof Watch>

/** New environments may fail more often for so long. */
const coldMs = 3 * minuteMs
/** Points may come this late. What has not come by then stays out, and is not seen. */
const lateMs = 10 * minuteMs
/** A minute is there two minutes after it began (verdict/evidence/window.ts). */
const completeMs = minuteMs

const slotFrom = (atMs: number): number => Math.ceil(atMs / slotMs) * slotMs
const slotBefore = (atMs: number): number => Math.floor(atMs / slotMs) * slotMs

/** @returns undefined where the definition asks for none, and for a way back: what ran before has been watched */
export function watchOf(release: Release): Watch | undefined {
  const { service, ending, drill } = release
  const { watch } = service
  const taken = takenTargets(release)
  const isMeant = ending?.outcome === 'promoted' && drill === undefined && !isWayBack(release)
  if (watch === undefined || !isMeant || release.watched !== undefined || taken.length === 0) return undefined
  const promotedAt = promotedAtMs(release)
  const fromMs = slotFrom(promotedAt + coldMs)
  return {
    ...{ v: 1, rev: 1, service: service.name, releaseId: release.id, onFault: watch.onFault },
    ...{ requestedAtMs: release.requestedAtMs, promotedAtMs: promotedAt, fromMs, settledMs: fromMs, seenSlots: 0 },
    untilMs: fromMs + slotFrom(watch.seconds * 1000),
    targets: taken.map(({ functionName, roleArn, alias, stable, candidate }) => ({
      ...{ functionName, ...(roleArn === undefined ? {} : { roleArn }), alias, stable, candidate },
      evidence: noEvidence,
    })),
  }
}

const watchMinutes = ({ fromMs, untilMs }: Watch): number => (untilMs - fromMs) / minuteMs
export const slotsOfWatch = ({ fromMs, untilMs }: Pick<Watch, 'fromMs' | 'untilMs'>): number =>
  (untilMs - fromMs) / slotMs

/** The minutes to read at a look; empty when there is none yet. */
export const windowAt = ({ settledMs, untilMs }: Watch, nowMs: number) => ({
  startMs: settledMs,
  endMs: Math.max(settledMs, Math.min(untilMs, Math.floor((nowMs - completeMs) / minuteMs) * minuteMs)),
})

export const isOver = ({ untilMs }: Pick<Watch, 'untilMs'>, nowMs: number): boolean =>
  nowMs >= untilMs + lateMs + completeMs

/** The minutes of each target that have come, by its place; oldest first. */
export type Read = readonly (readonly Minute[])[]

const known = (past: WatchedTarget['past']): Past | undefined => (past === 'unknown' ? undefined : past)

function withMinutes(watch: Watch, read: Read, fromMs: number, toMs: number): Watch['targets'] {
  return watch.targets.map((target, place) => {
    const past = known(target.past)
    if (past === undefined) return target
    const minutes = (read[place] ?? []).filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
    const evidence = minutes.reduce((so, minute) => see(so, minute, past, watchMinutes(watch)), target.evidence)
    return { ...target, evidence }
  })
}

/** How many slots have a minute of every target whose past is known. */
function seenIn({ targets }: Watch, read: Read, fromMs: number, toMs: number): number {
  const judged = targets.flatMap(({ past }, place) => (known(past) === undefined ? [] : [read[place] ?? []]))
  if (judged.length === 0) return 0
  const slots = judged.map(
    (minutes) =>
      new Set(minutes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ atMs }) => slotBefore(atMs))),
  )
  const [first = new Set<number>(), ...rest] = slots
  return [...first].filter((slot) => rest.every((some) => some.has(slot))).length
}

type Look = {
  /** What is to be kept; the same as before when nothing has been settled. */
  readonly kept: Watch
  /** With the minutes that may still change. */
  readonly now: Watch
  readonly isFault: boolean
}

/** @param read of `windowAt` */
export function look(watch: Watch, read: Read, nowMs: number): Look {
  const { startMs, endMs } = windowAt(watch, nowMs)
  const settledMs = Math.max(startMs, isOver(watch, nowMs) ? endMs : slotBefore(endMs - lateMs))
  const upTo = (toMs: number): Watch => ({
    ...watch,
    targets: withMinutes(watch, read, startMs, toMs),
    seenSlots: watch.seenSlots + seenIn(watch, read, startMs, toMs),
  })
  const kept = settledMs === startMs ? watch : { ...upTo(settledMs), settledMs }
  const now = upTo(endMs)
  return { kept, now, isFault: isFault(judgedOf(now)) }
}

const judgedOf = ({ targets }: Watch): readonly Evidence[] =>
  targets.filter(({ past }) => known(past) !== undefined).map(({ evidence }) => evidence)

/** A newer release has a part of the traffic: these minutes say nothing of this version. */
export function skipped(watch: Watch, nowMs: number): Watch {
  const settledMs = Math.min(watch.untilMs, slotFrom(nowMs) + slotMs)
  return settledMs > watch.settledMs ? { ...watch, settledMs } : watch
}

export const isPastRead = ({ targets }: Watch): boolean => targets.every(({ past }) => past !== undefined)
/** Nothing can be said of any target. */
export const isHopeless = ({ targets }: Watch): boolean => targets.every(({ past }) => past === 'unknown')

/** The event that ends it, from what is kept. */
export function endOf(watch: Watch): WatchEnd | undefined {
  const { ending, onFault } = watch
  if (ending === undefined) return undefined
  const counts = judgedOf(watch)
  const sum = (of: 'invocations' | 'bad' | 'expected'): number => counts.reduce((all, one) => all + one[of], 0)
  return {
    how: ending.how as WatchEnd['how'],
    because: ending.because,
    seenMinutes: (ending.seenSlots * slotMs) / minuteMs,
    minutes: watchMinutes(watch),
    ...(ending.how === 'fault' ? { onFault } : {}),
    ...{ invocations: sum('invocations'), bad: sum('bad'), expected: Math.round(sum('expected') * 10) / 10 },
  }
}

const charging = 'charging'
/** All that follows from its end is done, but what the version failed is not counted yet. */
export const isCharging = ({ ending }: Watch): boolean => ending?.how === charging
/** @returns what is kept of it until that is counted; undefined where nobody says that the version failed */
export const toCharge = ({ ending, ...watch }: Watch): Watch | undefined =>
  ending !== undefined && ['fault', 'rolledBack'].includes(ending.how)
    ? { ...watch, rev: watch.rev + 1, ending: { ...ending, how: charging } }
    : undefined

/** @param now with everything that was seen */
export const ended = (now: Watch, atMs: number, how: WatchEnd['how'], because: string): Watch => ({
  ...now,
  rev: now.rev + 1,
  ending: { atMs, how, because: because.slice(0, 1000), seenSlots: now.seenSlots },
})
