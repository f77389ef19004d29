// Faults on request: every call of every in-memory port passes through here, is counted and observed, and fails as requested.
// Only the caller decides what fails and when, so a run is repeatable.
import { Problem } from '../../core/problem.ts'

/**
 * `throttle`, `deny`, `down`: refused, nothing happened. `lost`: it happened, but the answer did not arrive. `crashBefore`,
 * `crashAfter`: the controller dies before or after the effect.
 */
export type Fault = 'throttle' | 'deny' | 'down' | 'lost' | 'crashBefore' | 'crashAfter'

/** `count` is 1 for the first call of `method`. */
type Call<Method extends string> = {
  readonly method: Method
  readonly count: number
  readonly args: readonly unknown[]
}

/** Sees every call before it happens, and may make it fail. */
type Observer<Method extends string> = (call: Call<Method>) => Fault | undefined

type Faults<Method extends string> = {
  /** The next call of `method` fails like this, after `spared` calls that succeed. Requests queue up. */
  next(method: Method, fault: Fault, spared?: number): void
  /** How many times `method` was called. */
  count(method: Method): number
  /** Sets the observer. There is one observer at a time. */
  observe(observer: Observer<Method>): void
  clear(): void
}

/** The controller dies: not a Problem, so that nothing handles it by mistake. */
function crash(method: string): Error {
  const error = new Error(`the controller died in ${method}`)
  error.name = 'Crash'
  return error
}

export const isCrash = (error: unknown): boolean => error instanceof Error && error.name === 'Crash'

type Effect = (...args: readonly unknown[]) => Promise<unknown>
type Wish = { readonly fault: Fault; spared: number }

export function memoryFaults<Method extends string>(): {
  readonly faults: Faults<Method>
  readonly guarded: <Port extends object>(name: string, port: Port) => Port
} {
  const wishes = new Map<Method, Wish[]>()
  const counts = new Map<Method, number>()
  let observer: Observer<Method> | undefined

  function faultFor(method: Method, args: readonly unknown[]): Fault | undefined {
    const count = (counts.get(method) ?? 0) + 1
    counts.set(method, count)
    const observed = observer?.({ method, count, args })
    const [wish, ...later] = wishes.get(method) ?? []
    if (wish === undefined) return observed
    if (wish.spared > 0) {
      wish.spared -= 1
      return observed
    }
    wishes.set(method, later)
    return wish.fault
  }

  const faults: Faults<Method> = {
    next(method, fault, spared = 0) {
      wishes.set(method, [...(wishes.get(method) ?? []), { fault, spared }])
    },
    count: (method) => counts.get(method) ?? 0,
    observe(next) {
      observer = next
    },
    clear() {
      wishes.clear()
      observer = undefined
    },
  }

  function guarded<Port extends object>(name: string, port: Port): Port {
    const methods = Object.entries(port).map(([verb, effect]) => {
      const method = `${name}.${verb}` as Method
      return [verb, (...args: unknown[]) => failing(method, faultFor(method, args), () => (effect as Effect)(...args))]
    })
    return Object.fromEntries(methods) as Port
  }

  return { faults, guarded }
}

async function failing(method: string, fault: Fault | undefined, effect: () => Promise<unknown>): Promise<unknown> {
  // As in a real call, other work gets its turn before the effect.
  await Promise.resolve()
  switch (fault) {
    case undefined:
      return effect()
    case 'throttle':
      throw new Problem('aws_throttled', `AWS throttled ${method} (on request).`)
    case 'deny':
      throw new Problem('permission_denied', `AWS denied ${method} (on request).`)
    case 'down':
      throw new Problem('aws_unavailable', `AWS failed ${method} (on request).`)
    case 'crashBefore':
      throw crash(method)
    case 'lost':
      await effect()
      throw new Problem('aws_unavailable', `The answer to ${method} was lost (on request).`)
    case 'crashAfter':
      await effect()
      throw crash(method)
  }
}
