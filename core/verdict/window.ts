// Which minutes a look may speak about: whole ones, begun after the shift, and old enough for CloudWatch to have them.
import type { Evidence } from './evidence.ts'

const minuteMs = 60_000
// A point carries the time at which the invocation began and appears when it has ended and been collected: minute t is
// complete at t + 2 at the earliest (facts: verdict.md §1; aws.md §2.1).
const lateMs = minuteMs

/** `startMs` inclusive, `endMs` exclusive; empty when `endMs <= startMs`. */
export type Window = { readonly startMs: number; readonly endMs: number }

/** The minutes since the present weight. The minute that contains the shift mixes two weights: left out. */
export function lookWindow(evidence: Pick<Evidence, 'shiftedAtMs' | 'atMs'>): Window {
  const startMs = Math.ceil(evidence.shiftedAtMs / minuteMs) * minuteMs
  return { startMs, endMs: Math.max(startMs, settledEndMs(evidence.atMs)) }
}

/** The minutes since the candidate first had traffic: what has to be asked of CloudWatch. */
export function askedWindow(firstShiftedAtMs: number, atMs: number): Window {
  const startMs = Math.ceil(firstShiftedAtMs / minuteMs) * minuteMs
  return { startMs, endMs: Math.max(startMs, settledEndMs(atMs)) }
}

const settledEndMs = (atMs: number): number => Math.floor((atMs - lateMs) / minuteMs) * minuteMs
