// A message that is kept until it is sent, and when that is. What is over before, and what is told already, is not sent.
import * as z from 'zod'
import { habitOf, Page } from '../page.ts'
import { dayMs } from '../time.ts'
import { isPlanned, plannedUntilMs, type Timetable } from '../service/timetable.ts'

/** `topic`: e-mail and everybody else who subscribes to pages or tickets. `chat`: a channel in Slack or Teams. */
export const channels = ['topic', 'chat'] as const
export type Channel = (typeof channels)[number]

const epochMs = z.int().min(0)

export const Kept = z.strictObject({
  page: Page,
  keptAtMs: epochMs,
  /** From then on the sweep sends it. */
  dueAtMs: epochMs,
  /**
   * What it waits for. `sending`: nothing; it is sent at once, and by the sweep where that fails. `transient`: whether it is over
   * soon. `cause`: others of the same cause. `quiet`: the end of a quiet window.
   */
  waits: z.enum(['sending', 'transient', 'cause', 'quiet']),
  /** Those of one group that are due are one message. */
  group: z.string().min(1).max(400),
  /** The channels that have it already. */
  sent: z.array(z.enum(channels)).max(channels.length),
  /** When what it tells was over. */
  overAtMs: epochMs.optional(),
})
export type Kept = z.output<typeof Kept>

/** That a fact was told, and whether it was over since. */
export const Told = z.strictObject({ atMs: epochMs, overAtMs: epochMs.optional() })
export type Told = z.output<typeof Told>

const minuteMs = 60_000
/** What comes back within this time after it was over is the same fact. */
const flapMs = 30 * minuteMs
/** Others of the cause of a message that was sent are told together, as long as they come within this time. */
export const causeMs = 10 * minuteMs

export function isTold({ kind }: Page, { atMs, overAtMs }: Told, nowMs: number): boolean {
  if (overAtMs !== undefined) return nowMs < overAtMs + flapMs
  const { againMinutes } = habitOf(kind)
  return againMinutes === undefined || nowMs < atMs + againMinutes * minuteMs
}

/** @param windows in which messages wait: the service's and the installation's */
export function keptOf(page: Page, nowMs: number, windows: Timetable): Kept {
  const { inQuiet, waitMinutes = 0 } = habitOf(page.kind)
  const kept = { page, keptAtMs: nowMs, sent: [] }
  const untilMs = inQuiet === true ? undefined : quietUntilMs(windows, nowMs)
  if (untilMs !== undefined) return { ...kept, waits: 'quiet', dueAtMs: untilMs, group: `quiet/${untilMs}` }
  const group = page.cause === undefined ? `one/${page.key}` : `cause/${page.kind}/${page.cause}`
  return waitMinutes > 0
    ? { ...kept, waits: 'transient', dueAtMs: nowMs + waitMinutes * minuteMs, group }
    : // If whoever sends it dies, the sweep does.
      { ...kept, waits: 'sending', dueAtMs: nowMs + minuteMs, group: `one/${page.key}` }
}

/** One of the same cause was sent a short time ago: this one is told with the others that come. */
export const withOthers = (kept: Kept): Kept => ({
  ...kept,
  waits: 'cause',
  dueAtMs: kept.keptAtMs + minuteMs,
  group: `cause/${kept.page.kind}/${kept.page.cause ?? ''}`,
})

/** A window without an end is summed up once a day. */
function quietUntilMs(windows: Timetable, nowMs: number): number | undefined {
  try {
    return isPlanned(windows, nowMs) ? (plannedUntilMs(windows, nowMs) ?? nowMs + dayMs) : undefined
  } catch (error) {
    // A time zone that nobody knows: one message too many is better than one too few.
    if (error instanceof RangeError) return undefined
    throw error
  }
}
