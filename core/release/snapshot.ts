// A release as it was at some event of its log, so that a reader can continue from there instead of the first event. It is only a
// cache, kept in a warm function's memory and next to the log, and may be discarded at any time.
import * as z from 'zod'
import type { Release } from './release.ts'
import type { Readings } from '../verdict/evidence/evidence.ts'
import type { Carry } from '../verdict/judge/judge.ts'

export type Snapshot = {
  /** Without readings that ended at or before `readFromMs`. */
  readonly release: Release
  /** 0 when all readings are included. */
  readonly readFromMs: number
  /** The carried verdict state, which covers the minutes before its `uptoMs`. */
  readonly carry?: Carry
  /** The link of the release's last event (chain.ts). Not known to who adds nothing to the log. */
  readonly link?: string
}

/** Drops the readings that ended at or before `fromMs`. */
export function withoutReadings(snapshot: Snapshot, fromMs: number): Snapshot {
  const { release, readFromMs } = snapshot
  const isNeeded = ({ toMs }: Readings): boolean => toMs > fromMs
  const gone = release.readings.filter((one) => !isNeeded(one))
  if (gone.length === 0) return snapshot
  return {
    ...snapshot,
    release: { ...release, readings: release.readings.filter(isNeeded) },
    readFromMs: Math.max(readFromMs, ...gone.map(({ toMs }) => toMs)),
  }
}

// The content was written by the same code that reads it (`by`). This check only guards against an item that somebody edited by
// hand.
const Stored = z.strictObject({
  by: z.string(),
  readFromMs: z.int().min(0),
  release: z.looseObject({ id: z.string(), seq: z.int().min(1), state: z.looseObject({ phase: z.string() }) }),
  carry: z.looseObject({ uptoMs: z.int().min(0) }).optional(),
  link: z.string().min(1).max(100).optional(),
})

/** @param by identifies the code that folds. Other code may fold the same log into a different state. */
export const snapshotText = (by: string, snapshot: Snapshot): string => JSON.stringify({ by, ...snapshot })

/** @returns `undefined` if other code wrote it, or it belongs to another release */
export function readSnapshot(by: string, releaseId: string, text: string): Snapshot | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = Stored.safeParse(value)
  if (!parsed.success || parsed.data.by !== by || parsed.data.release.id !== releaseId) return undefined
  const { by: _, ...snapshot } = value as Snapshot & { readonly by: string }
  return snapshot
}
