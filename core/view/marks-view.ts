// Releases as marks on a line of time, for the time that the viewer of a dashboard has chosen. They stand under its graphs:
// CloudWatch's own annotations are part of a dashboard's text, and nobody rewrites that during a release (decision 79).
import { type Head, movedVersions } from '../release/head.ts'
import { moveWords } from './live-view.ts'

export type Span = { readonly fromMs: number; readonly toMs: number }

/** Traffic was moved: from then on the candidate has this share. */
export type MarkedMove = { readonly atMs: number; readonly weightBp: number }

export type MarkedRelease = {
  readonly head: Head
  /** Such as `11 → 12`. */
  readonly versions: string
  /** Until now, while it is under way. */
  readonly untilMs: number
  /** `undefined`: not read, because there are too many releases, or its log cannot be read. */
  readonly moves: readonly MarkedMove[] | undefined
}

export type MarksView = Span & {
  readonly nowMs: number
  /** The latest first. */
  readonly releases: readonly MarkedRelease[]
  /** Releases of this time that are not among them. */
  readonly more: number
  /** What could not be read, in sentences. */
  readonly unknown: readonly string[]
}

/** More lines than these nobody tells apart. */
const releasesMost = 40
/** The logs of more releases than these are not read: in a long time, a step is narrower than a pixel. */
const movesMost = 20

/** Which releases are marked, and of which of them the moves are asked for. @param heads of all services */
export function markedOf(heads: readonly Head[], { fromMs, toMs }: Span, nowMs: number) {
  const found = heads
    .filter(({ requestedAtMs, settledAtMs = nowMs }) => requestedAtMs <= toMs && settledAtMs >= fromMs)
    .toSorted((a, b) => b.requestedAtMs - a.requestedAtMs)
  const shown = found.slice(0, releasesMost)
  return { shown, more: found.length - shown.length, isDetailed: found.length <= movesMost }
}

export const markedRelease = (head: Head, moves: readonly MarkedMove[] | undefined, nowMs: number): MarkedRelease => ({
  ...{ head, moves, versions: moveWords(movedVersions(head)) },
  untilMs: head.settledAtMs ?? nowMs,
})
