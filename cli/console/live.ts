// Tells pages that something has happened, so that they ask again. One poller looks for all of them, and only while somebody
// listens: it lists the open releases and reads what each log has that it has not seen.
import type { ServerResponse } from 'node:http'
import { Problem } from '../../core/problem.ts'
import type { Backend } from '../backend/backend.ts'
import { everyAnswer, plain, send } from './answer.ts'
import { inTime } from './in-time.ts'

type Looked = Pick<Backend, 'openReleases' | 'journal'>

const listenersMax = 50
/** Of one round; the rest is looked at in the next. */
const logsMax = 100
/** Without news, pages ask again this often, in rounds: ages and countdowns go on. */
const quietRounds = 15
/** A listener that does not read is let go. It connects again when it does. */
const unreadBytesMax = 16_384

type Live = {
  /** Answers with a stream of events. */
  listen(response: ServerResponse): void
  /** Looks now: an order has changed something. */
  soon(): void
  close(): void
  readonly listeners: () => number
}

/**
 * @param backend who reads for all listeners
 * @param later calls a function after a pause, until the returned function is called; real time, or that of a test
 * @param patienceMs how long it may take to answer; after that it is away
 */
export function liveEvents(backend: Looked, later: (task: () => void) => () => void, patienceMs?: number): Live {
  const listening = new Set<ServerResponse>()
  const hasChanged = changesOf(backend, patienceMs)
  let cancel: (() => void) | undefined
  let isLooking = false
  let quiet = 0

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    cancel?.()
    quiet++
    if ((await hasChanged()) || quiet >= quietRounds) tell()
    isLooking = false
    cancel = listening.size === 0 ? undefined : later(() => void look())
  }
  function tell(): void {
    quiet = 0
    for (const listener of listening) {
      if (listener.writableLength > unreadBytesMax) listener.destroy()
      else listener.write('data: changed\n\n')
    }
  }
  return {
    listen(response) {
      if (listening.size >= listenersMax) {
        send(response, 'GET', plain(503, 'Too many pages are open.'))
        return
      }
      response.writeHead(200, { ...everyAnswer, 'content-type': 'text/event-stream' })
      response.write('retry: 2000\n\n')
      listening.add(response)
      response.once('close', () => {
        listening.delete(response)
        if (listening.size > 0) return
        cancel?.()
        cancel = undefined
      })
      if (cancel === undefined && !isLooking) void look()
    },
    soon: () => {
      if (listening.size > 0) void look()
    },
    close() {
      cancel?.()
      for (const listener of listening) listener.destroy()
    },
    listeners: () => listening.size,
  }
}

/** Whether there is anything that the last call had not seen. A backend that falls silent, or answers again, is news too. */
function changesOf({ openReleases, journal }: Looked, patienceMs: number | undefined): () => Promise<boolean> {
  let seen: ReadonlyMap<string, number> = new Map()
  let wasAway = false
  let from = 0

  async function news(): Promise<boolean> {
    const open = (await openReleases.keys()).map(({ releaseId }) => releaseId)
    const next = new Map(open.map((id) => [id, seen.get(id) ?? 0]))
    let isNew = open.some((id) => !seen.has(id)) || [...seen.keys()].some((id) => !next.has(id))
    // Where there are more than a round looks at, the next round begins elsewhere.
    const round = open.length <= logsMax ? open : [...open.slice(from), ...open.slice(0, from)].slice(0, logsMax)
    from = open.length <= logsMax ? 0 : (from + logsMax) % open.length
    const parts = await Promise.all(
      round.map(async (id) => ({ id, part: await journal.read(id, { afterSeq: next.get(id) ?? 0, atMost: 100 }) })),
    )
    for (const { id, part } of parts) {
      const last = part.events.at(-1)
      if (last === undefined) continue
      next.set(id, last.seq)
      isNew = true
    }
    seen = next
    return isNew
  }
  return async () => {
    try {
      const isNew = await inTime(patienceMs, news)
      const isBack = wasAway
      wasAway = false
      return isNew || isBack
    } catch (error) {
      // One log that cannot be read is shown on its page; here it is like a backend that is away.
      if (!(error instanceof Problem)) throw error
      const isFirst = !wasAway
      wasAway = true
      return isFirst
    }
  }
}
