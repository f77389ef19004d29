// A sample: an event that stable was called with, redacted, for hours. It has a fixed number of slots for each function, so that
// what is kept is bounded whatever the traffic is: a new sample takes the slot of an old one.
import { redacted } from './redact.ts'
import type { Path } from './path.ts'

const slots = 200
const samplePrefix = 'SHADOW#'

/** As it is stored. */
export type SampleItem = {
  readonly pk: string
  readonly sk: string
  readonly v: 1
  readonly atMs: number
  /** In seconds: DynamoDB deletes it after that, and nobody reads it. */
  readonly expiresAt: number
  /** JSON. */
  readonly event: string
}

export type Keeping = {
  readonly functionName: string
  readonly redact: readonly Path[]
  readonly hours: number
  readonly maxBytes: number
}

export const partitionOf = (functionName: string): string => `${samplePrefix}${functionName}`
/** Of who tries versions of a function under load. */
export const claimPartitionOf = (functionName: string): string => `SHADOW-CLAIM#${functionName}`

/** @returns nothing for an event that is too large: one that is cut would be another event */
export function sampleOf(
  event: unknown,
  { functionName, redact, hours, maxBytes }: Keeping,
  nowMs: number,
  random: number,
): SampleItem | undefined {
  // Of `undefined` there is no JSON.
  const kept = JSON.stringify(redacted(event, redact)) as string | undefined
  // In UTF-8 no character takes more than three times its length.
  if (kept === undefined || kept.length > maxBytes || Buffer.byteLength(kept) > maxBytes) return undefined
  return {
    pk: partitionOf(functionName),
    sk: `slot#${String(Math.floor(random * slots)).padStart(3, '0')}`,
    v: 1,
    atMs: nowMs,
    expiresAt: Math.ceil(nowMs / 1000) + hours * 3600,
    event: kept,
  }
}

export type Sample = { readonly slot: string; readonly event: unknown }
/** What cannot be used, and why. */
type Unusable = 'expired' | 'of another version' | 'damaged'

/** A sample is what a function wrote that is not ours: all of it is looked at. Times of the future are damage. */
export function readSample(item: unknown, functionName: string, nowMs: number): Sample | Unusable {
  if (typeof item !== 'object' || item === null) return 'damaged'
  const { pk, sk, v, atMs, expiresAt, event } = item as Readonly<Record<string, unknown>>
  if (v !== 1) return typeof v === 'number' && v > 1 ? 'of another version' : 'damaged'
  if (pk !== partitionOf(functionName) || typeof sk !== 'string' || typeof event !== 'string') return 'damaged'
  if (!isTime(atMs) || !isTime(expiresAt) || atMs > nowMs + 5 * 60_000) return 'damaged'
  if (expiresAt * 1000 <= nowMs) return 'expired'
  try {
    return { slot: sk, event: JSON.parse(event) as unknown }
  } catch {
    return 'damaged'
  }
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0
