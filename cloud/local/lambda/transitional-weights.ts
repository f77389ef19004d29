// Weights that Lambda itself sets on an alias with provisioned concurrency, to hold the traffic until the concurrency is ready.
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import type { Alias, LambdaFunction, Provisioned } from './lambda-function.ts'

type Deps = { readonly clock: LocalClock; readonly ids: () => string; readonly provisionMs: number }

// Lambda allocates up to 6,000 environments a minute for a function, after some preparation (docs/aws.md §1.3).
const msForEach = 60_000 / 6000

/** @param before how many serve already: Lambda only adds what is missing, and none of that serves before all is there */
export function fresh({ clock, provisionMs }: Omit<Deps, 'ids'>, requested: number, before = 0): Provisioned {
  const nowMs = clock.nowMs()
  const added = Math.max(0, requested - before)
  const readyAtMs = added === 0 ? nowMs : nowMs + provisionMs + Math.ceil(added * msForEach)
  return { requested, modifiedMs: nowMs, readyAtMs, before: Math.min(before, requested) }
}

/**
 * Called when an alias gets a new version. Lambda keeps all traffic on the previous version, by a weight of its own, until the
 * provisioned concurrency is ready on the new one. Each of these writes gives the alias a new revision.
 */
export function moving(deps: Deps, fn: LambdaFunction, before: Alias, written: Alias): Alias {
  const own = fn.provisioned.get(written.name)
  if (own === undefined || before.version === written.version) return written
  if (Object.keys(written.weights).length > 0 || fn.provisioned.has(written.version))
    throw new AwsError('InvalidParameterValueException', 'Invalid alias configuration for Provisioned Concurrency')
  const on = fresh(deps, own.requested)
  fn.provisioned.set(written.name, on)
  const held: Alias = { ...written, weights: { [before.version]: 1 } }
  deps.clock.at(on.readyAtMs, () => {
    if (fn.aliases.get(written.name) === held)
      fn.aliases.set(written.name, { ...held, weights: {}, revisionId: deps.ids() })
  })
  return held
}
