// A release as it was at some event of its log, so that whoever reads on need not begin at the first. A cache and nothing
// else: it is kept in the memory of a warm function and beside the log, and may be thrown away at any time.
import * as z from 'zod'
import type { Release } from './release.ts'
import type { Readings } from '../verdict/evidence/evidence.ts'
import type { Carry } from '../verdict/judge/judge.ts'

export type Snapshot = {
  /** Without the readings before `readFromMs`. */
  readonly release: Release
  /** 0 when all readings are there. */
  readonly readFromMs: number
  /** What a look had made of the minutes before its `uptoMs`. */
  readonly carry?: Carry
}

/** The same without readings that ended at or before `fromMs`. */
export function withoutReadings({ release, readFromMs, carry }: Snapshot, fromMs: number): Snapshot {
  const isNeeded = ({ toMs }: Readings): boolean => toMs > fromMs
  const gone = release.readings.filter((one) => !isNeeded(one))
  if (gone.length === 0) return { release, readFromMs, ...(carry === undefined ? {} : { carry }) }
  return {
    release: { ...release, readings: release.readings.filter(isNeeded) },
    readFromMs: Math.max(readFromMs, ...gone.map(({ toMs }) => toMs)),
    ...(carry === undefined ? {} : { carry }),
  }
}

// What is inside was written by the very code that reads it (`by`); this only tells it from what a hand has left there.
const Stored = z.strictObject({
  by: z.string(),
  readFromMs: z.int().min(0),
  release: z.looseObject({ id: z.string(), seq: z.int().min(1), state: z.looseObject({ phase: z.string() }) }),
  carry: z.looseObject({ uptoMs: z.int().min(0) }).optional(),
})

/** @param by which code folds: another one's state would be another */
export const snapshotText = (by: string, snapshot: Snapshot): string => JSON.stringify({ by, ...snapshot })

/** @returns `undefined` for what this code has not written, or not of this release */
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
