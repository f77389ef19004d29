// Tracks work done outside this process on the cloud's behalf. A process that waits for something other than the cloud, or never
// ends, looks the same as one that computes on a slow machine. So after a real-time limit it counts as waiting, for good.
import type { LocalClock } from '../time/clock.ts'

type Worker = {
  works(): void
  waits(): void
  /** It never works again. */
  leaves(): void
}

export function worker(clock: LocalClock, patienceMs: number): Worker {
  let mayWork = true
  let done = (): void => undefined
  let patience: NodeJS.Timeout | undefined
  function waits(): void {
    clearTimeout(patience)
    done()
  }
  function leaves(): void {
    mayWork = false
    waits()
  }
  return {
    waits,
    leaves,
    works() {
      waits()
      if (!mayWork) return
      done = clock.work()
      patience = setTimeout(leaves, patienceMs).unref()
    },
  }
}
