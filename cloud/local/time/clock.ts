// The embedded cloud's time: accelerated, or stepped by the owner of the clock. Code in cloud/local never uses the wall clock or
// sleeps except through this port. Time passes only while nobody works: everything that happens at a moment finishes before the
// next one, so a slow machine produces the same run as a fast one, only later.

export type LocalClock = {
  /** Epoch milliseconds of the cloud's own time. */
  nowMs(): number
  /** Runs `task` at that time; the returned function cancels it. A time in the past means as soon as possible. */
  at(atMs: number, task: () => void | Promise<void>): () => void
  /**
   * Stops time while somebody works; call the returned function when the work is done, or only waits. Anything that runs by
   * itself must call this: a function while it computes or reads, a state machine between its states. Waiting is not work: for a
   * timer, for an answer from outside, or for another worker.
   */
  work(): () => void
  /** Works for as long as a promise is pending. */
  hold<T>(work: Promise<T>): Promise<T>
}

export type SteppedClock = LocalClock & {
  /** Waits until nobody works, then runs the timers due up to `atMs`, one at a time, each to its end. */
  advanceTo(atMs: number): Promise<void>
  /** Waits until nobody works; time does not move. */
  settle(): Promise<void>
  /** The time of the next timer, if there is one. */
  nextAtMs(): number | undefined
}

type Timer = { readonly atMs: number; readonly task: () => void | Promise<void> }

/** Resolves at that time of the cloud. Call it only while not working, or time never gets there. */
export const until = (clock: LocalClock, atMs: number): Promise<void> =>
  new Promise((resolve) => clock.at(atMs, () => resolve()))

/**
 * The part that both clocks share. Calls `changed` when a timer is added or removed, when work starts, and when the last work
 * ends.
 */
function timeline(changed: () => void) {
  let workers = 0
  const timers = new Set<Timer>()

  const first = (): Timer | undefined => {
    let found: Timer | undefined
    // Timers for the same moment run in the order in which they were set, which is the order of the set.
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
        // Jitter and rates produce fractions; the cloud's time is in whole milliseconds.
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

/** setTimeout waits at least a millisecond, so shorter delays use setImmediate. */
function inAWhile(ms: number, then: () => void): () => void {
  if (ms < 1) {
    const soon = setImmediate(then)
    return () => clearImmediate(soon)
  }
  const later = setTimeout(then, ms)
  return () => clearTimeout(later)
}

/** Waits a full turn of the event loop, so that work which starts more work has started it. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Time that passes by itself from `originMs`, at most `rate` times as fast as real time. It stands still while somebody works,
 * and never passes a timer that has not run.
 */
export function runningClock(options: {
  readonly rate: number
  readonly originMs?: number
}): LocalClock & { stop(): void } {
  let stoodMs = options.originMs ?? Date.now()
  /** The real time since which it runs; undefined while it stands still. */
  let runsSince: number | undefined
  let cancel = (): void => undefined
  let isLooking = false
  let isStopped = false
  const { first, isQuiet, take, port } = timeline(changed)

  /** With its fraction: it stands still thousands of times a second, and would lose half a millisecond each time. */
  function exactMs(): number {
    if (runsSince === undefined) return stoodMs
    const passedMs = (performance.now() - runsSince) * options.rate
    return Math.max(stoodMs, Math.min(stoodMs + passedMs, first()?.atMs ?? Infinity))
  }
  function stand(): void {
    stoodMs = exactMs()
    runsSince = undefined
    cancel()
  }
  function changed(): void {
    // Keep the time that has passed, even if a different timer is next now.
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
    // setTimeout fires at once for delays beyond 2^31 - 1 ms, so a long wait is split.
    const delayMs = Math.min(2 ** 31 - 1, Math.max(0, (next.atMs - stoodMs) / options.rate))
    cancel = inAWhile(delayMs, () => void arrive(next))
  }
  async function arrive(timer: Timer): Promise<void> {
    if (exactMs() < timer.atMs) {
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
    nowMs: () => Math.floor(exactMs()),
    ...port,
    stop: () => {
      stand()
      isStopped = true
    },
  }
}

/** Time that moves only when the caller advances it. */
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
      // Several callers may wait at once.
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
