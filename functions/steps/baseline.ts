// Facts about a target that are fixed before anything moves, as the basis of its verdicts: where its durations are cut, what an
// invocation is billed by, how late its data points may come, and how much there was of what guards look at.
import type { VersionState } from '../../cloud/ports.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { Service } from '../../core/service/service.ts'
import { minuteMs } from '../../core/time.ts'
import type { Baseline } from '../../core/verdict/evidence/evidence.ts'
import {
  guardKey,
  guardQuestions,
  guardsIn,
  guardValues,
  witnessKey,
} from '../../core/verdict/evidence/guard-questions.ts'
import { readingsBy } from '../../core/verdict/evidence/logged.ts'
import { placeOf } from '../../core/verdict/evidence/questions.ts'
import { durationsOf } from './durations.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'telemetry'>

/** @throws Problem `aws_throttled`, `permission_denied` or `aws_unavailable` when CloudWatch cannot be asked at all */
export async function baselineOf(
  deps: Deps,
  service: Service,
  target: AliasPlace,
  versions: { readonly stable: VersionState; readonly candidate: VersionState },
): Promise<Baseline> {
  const { stable, candidate } = versions
  const billing =
    stable.billing === undefined || candidate.billing === undefined
      ? {}
      : { billing: { stable: stable.billing, candidate: candidate.billing } }
  const timeouts = [stable.timeoutSeconds, candidate.timeoutSeconds].filter((seconds) => seconds !== undefined)
  const shortest = timeouts.length === 0 ? undefined : Math.min(...timeouts)
  const timeoutSeconds = Math.max(0, ...timeouts)
  return {
    ...(await durationsOf(deps, service, target, { stable: stable.version, timeoutSeconds: shortest })),
    ...(await guardsBefore(deps, service, target)),
    ...billing,
    ...(timeoutSeconds === 0 ? {} : { timeoutSeconds }),
  }
}

// GetMetricData answers quickest for the last three hours (docs/aws.md §2.3).
const pastMinutes = 180
// The last minute may be incomplete.
const settleMinutes = 1
const nothing = { kind: 'points', points: [] } as const

/** Nothing where the service has no consumer; no entry for a guard that could not be read. */
async function guardsBefore(deps: Deps, service: Service, target: AliasPlace): Promise<Pick<Baseline, 'guards'>> {
  const targets = [{ functionName: target.functionName, ...placeOf(target) }]
  const questions = guardQuestions(service, targets)
  // A rollback waits for nothing that it cannot use.
  if (questions.length === 0 || service.plan.steps.length === 0) return {}
  const endMs = (Math.floor(deps.clock.nowMs() / minuteMs) - settleMinutes) * minuteMs
  const asked = { startMs: endMs - pastMinutes * minuteMs, endMs, periodSeconds: 60 }
  const readings = readingsBy(questions, await deps.telemetry.read(questions, asked), new Map())
  const entries = guardsIn(service, targets).flatMap(({ guard, target: index }) => {
    const series = readings.get(guardKey(index, guard))
    const witness = guard.witness === undefined ? nothing : readings.get(witnessKey(index, guard))
    if (series?.kind !== 'points' || witness?.kind !== 'points') return []
    const values = guardValues(guard, series.points, witness.points)
    const last = values.get(Math.max(...values.keys()))
    return [[guard.name, last === undefined ? {} : { last, peak: Math.max(...values.values()) }] as const]
  })
  return { guards: Object.fromEntries(entries) }
}
