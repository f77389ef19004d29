// Facts about a target that are fixed before anything moves, as the basis of its verdicts: the latency thresholds, what an
// invocation is billed by, and how late its data points may come.
import type { VersionState } from '../../cloud/ports.ts'
import { locate } from '../../core/location.ts'
import { Problem } from '../../core/problem.ts'
import type { Service, Target } from '../../core/service/service.ts'
import type { Baseline, Reading } from '../../core/verdict/evidence/evidence.ts'
import { placeOf, type Question } from '../../core/verdict/evidence/questions.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'telemetry'>

// Long enough to be typical, short enough to reflect today.
const periodSeconds = 3 * 3600
const percentiles = ['p50', 'p90', 'p99'] as const

/** @throws Problem `aws_throttled`, `permission_denied` or `aws_unavailable` when CloudWatch cannot be asked at all */
export async function baselineOf(
  deps: Deps,
  service: Service,
  target: Target,
  versions: { readonly stable: VersionState; readonly candidate: VersionState },
): Promise<Baseline> {
  const { stable, candidate } = versions
  const billing =
    stable.billing === undefined || candidate.billing === undefined
      ? {}
      : { billing: { stable: stable.billing, candidate: candidate.billing } }
  const timeoutSeconds = Math.max(stable.timeoutSeconds ?? 0, candidate.timeoutSeconds ?? 0)
  return {
    ...(await thresholds(deps, service, target, stable.version)),
    ...billing,
    ...(timeoutSeconds === 0 ? {} : { timeoutSeconds }),
  }
}

type Thresholds = Pick<Baseline, 'thresholdsMs' | 'because'>

async function thresholds(deps: Deps, service: Service, target: Target, stable: string): Promise<Thresholds> {
  const { latency } = service.signals
  if (latency === 'off') return { thresholdsMs: [], because: 'it is off' }
  const periodMs = periodSeconds * 1000
  const startMs = (Math.floor(deps.clock.nowMs() / periodMs) - 1) * periodMs
  const asked = { startMs, endMs: startMs + 2 * periodMs, periodSeconds }
  const questions = durationQuestions(target, stable)
  const canCount = await countsSlowOnes(deps, questions, asked)
  if (!canCount)
    return { thresholdsMs: [], because: 'CloudWatch refuses to count the invocations faster than a threshold' }
  if (latency.thresholdMs !== undefined) return { thresholdsMs: [latency.thresholdMs] }
  const readings = await deps.telemetry.read(questions.percentiles, asked)
  const found = usual(readings.slice(0, percentiles.length)) ?? usual(readings.slice(percentiles.length))
  return found === undefined
    ? {
        thresholdsMs: [],
        because: `stable has had no invocation in ${periodSeconds / 3600} hours to learn its durations from`,
      }
    : { thresholdsMs: found }
}

function durationQuestions(target: Target, stable: string) {
  const { name } = locate(target.functionName)
  const place = { FunctionName: name, Resource: `${name}:${target.alias}` }
  const question = (dimensions: Question['dimensions'], stat: string): Question => ({
    key: stat,
    namespace: 'AWS/Lambda',
    metric: 'Duration',
    dimensions,
    stat,
    ...placeOf(target),
  })
  const version = { ...place, ExecutedVersion: stable }
  return {
    // It is not documented whether an alias that is not split reports ExecutedVersion. If it does not, use the whole alias,
    // because all its traffic is stable's.
    percentiles: [version, place].flatMap((dimensions) => percentiles.map((stat) => question(dimensions, stat))),
    counted: question(version, 'TC(:1000)'),
  }
}

/** TC is documented for CloudWatch, but not for Lambda's Duration in particular, so try it once before relying on it. */
async function countsSlowOnes(
  deps: Deps,
  { counted }: ReturnType<typeof durationQuestions>,
  asked: Parameters<World['telemetry']['read']>[1],
): Promise<boolean> {
  try {
    const [reading] = await deps.telemetry.read([counted], asked)
    return reading?.kind === 'points'
  } catch (error) {
    if (error instanceof Problem && error.code === 'aws_unavailable' && /Validation|Invalid/.test(error.message))
      return false
    throw error
  }
}

/** The values of the latest period that has all percentiles, without duplicates. */
function usual(readings: readonly Reading[]): number[] | undefined {
  const points = readings.map((reading) => (reading.kind === 'points' ? reading.points : []))
  const times = (points[0] ?? []).map((point) => point.minuteMs).toSorted((a, b) => b - a)
  for (const time of times) {
    const values = points.map((series) => series.find((point) => point.minuteMs === time)?.value ?? 0)
    if (values.every((value) => value > 0)) return [...new Set(values.map((value) => Math.ceil(value * 1000) / 1000))]
  }
  return undefined
}
