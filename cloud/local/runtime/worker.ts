// Somebody outside of this process who works on the cloud's behalf. What waits for something else than the cloud, or never
// ends, cannot be told from what computes on a slow machine: after so long on the wall it is taken for waiting, for good.
import type { LocalClock } from '../time/clock.ts'

type Worker = {
  works(): void
  waits(): void
  /** Never works again. */
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
