// The embedded cloud's time: real, accelerated, or stepped by whoever owns the clock. Nothing in cloud/local looks at
// the wall clock or sleeps except through this port.

export type LocalClock = {
  /** Epoch milliseconds of the cloud's own time. */
  nowMs(): number
  /** How many milliseconds pass here while one passes on the wall; 0 when time is stepped. */
  readonly rate: number
  /** Runs `task` when the time has come; the returned function cancels it. A time in the past means as soon as possible. */
  at(atMs: number, task: () => void | Promise<void>): () => void
  /**
   * Tells the clock that work is going on, so that stepped time stands still until it is done. All work that the cloud
   * starts by itself (deliveries, invocations, state machine tasks) goes through here; waiting for a timer or for an
   * answer from outside is not work.
   */
  hold<T>(work: Promise<T>): Promise<T>
}

export type SteppedClock = LocalClock & {
  /** Waits until all held work is done, then runs every timer due up to `atMs`, one at a time, each to its end. */
  advanceTo(atMs: number): Promise<void>
  /** Waits until all held work is done; time does not move. */
  settle(): Promise<void>
  /** The time of the next timer, if there is one. */
  nextAtMs(): number | undefined
}

type Timer = { readonly atMs: number; readonly order: number; readonly task: () => void | Promise<void> }

/** Time that passes by itself, `rate` times as fast as the wall, starting at `originMs`. */
export function runningClock(options: {
  readonly rate: number
  readonly originMs?: number
}): LocalClock & { stop(): void } {
  const startedAt = performance.now()
  const originMs = options.originMs ?? Date.now()
  const timers = new Set<NodeJS.Timeout>()
  let stopped = false
  const nowMs = (): number => Math.floor(originMs + (performance.now() - startedAt) * options.rate)
  // setTimeout fires at once for delays beyond 2^31 - 1 ms, so a long wait is taken in several.
  const longestDelayMs = 2 ** 31 - 1

  function at(atMs: number, task: () => void | Promise<void>): () => void {
    if (stopped) return () => undefined
    let handle: NodeJS.Timeout
    const arm = (): void => {
      const delayMs = Math.max(0, (atMs - nowMs()) / options.rate)
      handle = setTimeout(
        () => {
          timers.delete(handle)
          if (nowMs() < atMs) arm()
          else void task()
        },
        Math.min(Math.ceil(delayMs), longestDelayMs),
      )
      timers.add(handle)
    }
    arm()
    return () => {
      clearTimeout(handle)
      timers.delete(handle)
    }
  }

  return {
    nowMs,
    rate: options.rate,
    at,
    hold: (work) => work,
    stop: () => {
      stopped = true
      for (const handle of timers) clearTimeout(handle)
      timers.clear()
    },
  }
}

/** Time that moves only when told to. Two timers for the same moment run in the order in which they were set. */
export function steppedClock(startMs: number): SteppedClock {
  let nowMs = startMs
  let order = 0
  let timers: Timer[] = []
  const held = new Set<Promise<unknown>>()

  async function settle(): Promise<void> {
    // Held work may start more work, also after an await of its own; a full turn of the event loop lets it say so.
    do {
      await Promise.allSettled([...held])
      await new Promise((resolve) => setImmediate(resolve))
    } while (held.size > 0)
  }

  return {
    nowMs: () => nowMs,
    rate: 0,
    at(atMs, task) {
      const timer: Timer = { atMs, order: order++, task }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    hold(work) {
      held.add(work)
      const release = (): void => void held.delete(work)
      work.then(release, release)
      return work
    },
    settle,
    nextAtMs: () => (timers.length === 0 ? undefined : Math.min(...timers.map((timer) => timer.atMs))),
    async advanceTo(atMs) {
      for (;;) {
        await settle()
        const due = timers.filter((timer) => timer.atMs <= atMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
        if (due === undefined) break
        timers = timers.filter((timer) => timer !== due)
        nowMs = Math.max(nowMs, due.atMs)
        await due.task()
      }
      nowMs = Math.max(nowMs, atMs)
    },
  }
}
