// The embedded cloud's time: accelerated, or stepped by whoever owns the clock. Nothing in cloud/local looks at the wall
// clock or sleeps except through this port. Time passes only while nobody works: what happens at a moment is done before
// the next one, so that a slow machine tells the same story as a fast one, later.

export type LocalClock = {
  /** Epoch milliseconds of the cloud's own time. */
  nowMs(): number
  /** Runs `task` when the time has come; the returned function cancels it. A time in the past means as soon as possible. */
  at(atMs: number, task: () => void | Promise<void>): () => void
  /**
   * Somebody begins to work, and time stands still; the returned function says that they are done, or wait. Whoever works
   * by themselves says so: a function while it computes or reads, a state machine between its states. Waiting is not
   * work: for a timer, for an answer from outside, or for another who works.
   */
  work(): () => void
  /** The same for as long as a promise takes. */
  hold<T>(work: Promise<T>): Promise<T>
}

export type SteppedClock = LocalClock & {
  /** Waits until nobody works, then runs every timer due up to `atMs`, one at a time, each to its end. */
  advanceTo(atMs: number): Promise<void>
  /** Waits until nobody works; time does not move. */
  settle(): Promise<void>
  /** The time of the next timer, if there is one. */
  nextAtMs(): number | undefined
}

type Timer = { readonly atMs: number; readonly task: () => void | Promise<void> }

/** Resolves in the cloud's time. To be called by whoever does not work meanwhile. */
export const until = (clock: LocalClock, atMs: number): Promise<void> =>
  new Promise((resolve) => clock.at(atMs, () => resolve()))

/** What both clocks are made of. `changed` is called when a timer came or went, when work began, and when none is left. */
function timeline(changed: () => void) {
  let workers = 0
  const timers = new Set<Timer>()

  const first = (): Timer | undefined => {
    let found: Timer | undefined
    // Two timers for the same moment run in the order in which they were set, which is the order of the set.
    for (const timer of timers) if (found === undefined || timer.atMs < found.atMs) found = timer
    return found
  }
  function work(): () => void {
    workers++
    if (workers === 1) changed()
    let isDone = false
    return () => {
      if (isDone) return
      isDone = true
      workers--
      if (workers === 0) changed()
    }
  }
  return {
    first,
    isQuiet: () => workers === 0,
    take: (timer: Timer) => timers.delete(timer),
    port: {
      at(atMs: number, task: Timer['task']): () => void {
        // Jitter and rates make fractions; the cloud's time has whole milliseconds.
        const timer: Timer = { atMs: Math.ceil(atMs), task }
        timers.add(timer)
        changed()
        return () => {
          if (timers.delete(timer)) changed()
        }
      },
      work,
      hold<T>(promise: Promise<T>): Promise<T> {
        const done = work()
        promise.then(done, done)
        return promise
      },
    },
  }
}

/** setTimeout takes a millisecond at least. */
function inAWhile(ms: number, then: () => void): () => void {
  if (ms < 1) {
    const soon = setImmediate(then)
    return () => clearImmediate(soon)
  }
  const later = setTimeout(then, ms)
  return () => clearTimeout(later)
}

/** A full turn of the event loop: whoever is done, and starts others by it, has done so. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Time that passes by itself, from `originMs` on, at most `rate` times as fast as the wall. It stands still while somebody
 * works, and never passes a timer that has not run.
 */
export function runningClock(options: {
  readonly rate: number
  readonly originMs?: number
}): LocalClock & { stop(): void } {
  let stoodMs = options.originMs ?? Date.now()
  /** Since when on the wall it has been running; while it stands, undefined. */
  let runsSince: number | undefined
  let cancel = (): void => undefined
  let isLooking = false
  let isStopped = false
  const { first, isQuiet, take, port } = timeline(changed)

  function nowMs(): number {
    if (runsSince === undefined) return stoodMs
    const passedMs = (performance.now() - runsSince) * options.rate
    return Math.max(stoodMs, Math.min(Math.floor(stoodMs + passedMs), first()?.atMs ?? Infinity))
  }
  function stand(): void {
    stoodMs = nowMs()
    runsSince = undefined
    cancel()
  }
  function changed(): void {
    // What has passed has passed, also if the next timer is now another one.
    if (runsSince !== undefined) stand()
    if (isLooking || isStopped || !isQuiet()) return
    isLooking = true
    void turn().then(() => {
      isLooking = false
      if (isQuiet() && !isStopped) run()
    })
  }
  function run(): void {
    runsSince = performance.now()
    const next = first()
    if (next === undefined) return
    // setTimeout fires at once for delays beyond 2^31 - 1 ms, so a long wait is taken in several.
    const delayMs = Math.min(2 ** 31 - 1, Math.max(0, (next.atMs - stoodMs) / options.rate))
    cancel = inAWhile(delayMs, () => void arrive(next))
  }
  async function arrive(timer: Timer): Promise<void> {
    if (nowMs() < timer.atMs) {
      changed()
      return
    }
    stand()
    take(timer)
    const done = port.work()
    try {
      await timer.task()
    } finally {
      done()
    }
  }
  changed()

  return {
    nowMs,
    ...port,
    stop: () => {
      stand()
      isStopped = true
    },
  }
}

/** Time that moves only when told to. */
export function steppedClock(startMs: number): SteppedClock {
  let nowMs = startMs
  const waiting = new Set<() => void>()
  const { first, isQuiet, take, port } = timeline(() => {
    if (isQuiet()) for (const resume of [...waiting]) resume()
  })

  async function settle(): Promise<void> {
    for (;;) {
      await turn()
      if (isQuiet()) return
      // Several may wait at once.
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          waiting.delete(resume)
          resolve()
        }
        waiting.add(resume)
      })
    }
  }

  return {
    nowMs: () => nowMs,
    ...port,
    settle,
    nextAtMs: () => first()?.atMs,
    async advanceTo(atMs) {
      for (;;) {
        await settle()
        const due = first()
        if (due === undefined || due.atMs > atMs) break
        take(due)
        nowMs = Math.max(nowMs, due.atMs)
        await due.task()
      }
      nowMs = Math.max(nowMs, atMs)
    },
  }
}
