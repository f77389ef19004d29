// The releases of a service's log, sorted by how they turned out. A promoted release counts as healthy, unless it was undone
// later; one that was rolled back counts as faulty. What is neither is left out, with the reason.
import { replay } from '../../../core/release/advance.ts'
import type { Head } from '../../../core/release/head.ts'
import type { Release } from '../../../core/release/release.ts'
import { eachShown, sentenceOf } from '../../../functions/steps/each.ts'
import { replayedRelease } from '../evidence.ts'
import type { Backend } from '../../backend/backend.ts'

export type Past = { readonly release: Release; readonly isHealthy: boolean }
export type Left = { readonly release: string; readonly because: string }
export type Span = { readonly fromMs: number; readonly toMs: number }
export type Log = {
  readonly past: readonly Past[]
  readonly left: readonly Left[]
  /** When a release was under way, whatever became of it. */
  readonly busy: readonly Span[]
}

/** @throws Problem that the backend throws when the history cannot be read at all */
export async function pastReleases(
  backend: Pick<Backend, 'history' | 'journal'>,
  service: string,
  limit: number,
): Promise<Log> {
  const { items, unreadable } = await backend.history.list(service, limit)
  const undone = new Set(items.map(({ backFrom }) => backFrom).filter((one) => one !== undefined))
  const left: Left[] = unreadable.map(({ about, problem }) => ({ release: about.releaseId, because: problem.message }))
  const wanted = items.filter((head) => {
    const because = unusable(head)
    if (because !== undefined) left.push({ release: head.releaseId, because })
    return because === undefined
  })
  const { done, failed } = await eachShown(wanted, async ({ releaseId }) => {
    const release = replay((await backend.journal.read(releaseId)).events)
    return { releaseId, release }
  })
  for (const { item, error } of failed) left.push({ release: item.releaseId, because: sentenceOf(error) })
  const past = done.flatMap(({ releaseId, release }): Past[] => {
    if (release === undefined || replayedRelease(release, undefined).recorded.minutes === 0) {
      left.push({ release: releaseId, because: 'no whole minute of it was read' })
      return []
    }
    return [{ release, isHealthy: release.ending?.outcome === 'promoted' && !undone.has(releaseId) }]
  })
  return { past, left, busy: items.map(spanOf) }
}

function unusable({ backFrom, outcome, settledAtMs, putBack }: Head): string | undefined {
  if (putBack !== undefined) return 'a part of it was put back alone'
  if (backFrom !== undefined) return `it is the way back from ${backFrom}`
  if (settledAtMs === undefined) return 'it is not over'
  return outcome === 'promoted' || outcome === 'rolledBack' ? undefined : `it ended as ${outcome ?? 'nothing'}`
}

const spanOf = ({ requestedAtMs, settledAtMs = Infinity }: Head): Span => ({ fromMs: requestedAtMs, toMs: settledAtMs })
