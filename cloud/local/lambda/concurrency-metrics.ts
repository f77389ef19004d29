// ConcurrentExecutions, UnreservedConcurrentExecutions and ClaimedAccountConcurrency, as Lambda publishes them: the highest
// number of each minute. A minute in which nothing ran has no point. A function has a point only where it ran.
import type { MetricSink } from '../protocol/service.ts'
import type { LocalClock } from '../time/clock.ts'
import { minuteMs } from '../time/units.ts'
import type { LambdaFunction } from './lambda-function.ts'
import { claimedOf, inUnreserved } from './limits.ts'

type Deps = {
  readonly functions: ReadonlyMap<string, LambdaFunction>
  readonly clock: LocalClock
  readonly metrics: MetricSink
}
type Peak = { minute: number; value: number }

const account: Readonly<Record<string, string>> = {}
const ofFunction = new WeakMap<LambdaFunction, { readonly peak: Peak; readonly dimensions: Record<string, string> }>()
const ofAccount = new WeakMap<Deps['functions'], Peak>()

/** An invocation of the function has begun. Only what is higher than before in its minute is recorded. */
export function noteConcurrency(deps: Deps, fn: LambdaFunction): void {
  const atMs = deps.clock.nowMs()
  const at = Math.floor(atMs / minuteMs)
  const record = (name: string, dimensions: Readonly<Record<string, string>>, value: number): void => {
    deps.metrics.record({ namespace: 'AWS/Lambda', name, dimensionSets: [dimensions], value, unit: 'Count', atMs })
  }
  const note = (one: LambdaFunction): void => {
    const known = ofFunction.get(one) ?? { peak: { minute: -1, value: 0 }, dimensions: { FunctionName: one.name } }
    ofFunction.set(one, known)
    if (isPeak(known.peak, at, one.underWay)) record('ConcurrentExecutions', known.dimensions, one.underWay)
  }
  const whole = ofAccount.get(deps.functions) ?? { minute: -1, value: 0 }
  ofAccount.set(deps.functions, whole)
  // What began in an earlier minute and still runs has a point in this one, too.
  if (whole.minute === at) note(fn)
  else for (const one of deps.functions.values()) if (one.underWay > 0) note(one)
  const claimed = claimedOf(deps.functions.values())
  if (!isPeak(whole, at, claimed)) return
  record('ClaimedAccountConcurrency', account, claimed)
  record('UnreservedConcurrentExecutions', account, inUnreserved(deps.functions.values()))
}

function isPeak(peak: Peak, minute: number, value: number): boolean {
  if (peak.minute === minute && value <= peak.value) return false
  peak.minute = minute
  peak.value = value
  return true
}
