// A release as one region on a graph: from when it was asked for until it had settled. The same log gives the same annotation,
// and one of its tags is the release, by which it is found again.
import { oneLine } from '../../foreign-text.ts'
import type { ReleaseEvent } from '../../release/event.ts'
import { sentenceOf } from '../../release/head.ts'
import type { Release } from '../../release/release.ts'

export type Annotation = {
  readonly startMs: number
  readonly endMs: number
  readonly text: string
  readonly tags: readonly string[]
  /** The tags that no other annotation has together. */
  readonly found: readonly string[]
}

const textMost = 500

/** @returns `undefined` before the release has settled: the region has no end yet */
export function annotationOf(events: readonly ReleaseEvent[], release: Release): Annotation | undefined {
  const endMs = events.find(({ type }) => type === 'settled')?.atMs
  if (endMs === undefined) return undefined
  const found = ['tidegate', `release:${release.id}`]
  return {
    ...{ startMs: release.requestedAtMs, endMs, text: oneLine(sentenceOf(release), textMost), found },
    tags: [
      ...found,
      `service:${release.service.name}`,
      ...(release.ending === undefined ? [] : [`outcome:${release.ending.outcome}`]),
      ...(release.drill === true ? ['drill'] : []),
    ],
  }
}
