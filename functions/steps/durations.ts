// How long stable's invocations take, before anything moves: where latency is cut into slow and other invocations, how steep the
// distribution is there, and how many were slow in each of the last minutes.
import { Problem } from '../../core/problem.ts'
import type { AliasPlace } from '../../core/location.ts'
import type { Service } from '../../core/service/service.ts'
import { minuteMs } from '../../core/time.ts'
import type { Baseline, Durations, Reading } from '../../core/verdict/evidence/evidence.ts'
import { placeOf, type Question, stablePlaces } from '../../core/verdict/evidence/questions.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'telemetry'>
type Asked = Parameters<World['telemetry']['read']>[1]
type Dimensions = Question['dimensions']
type Found = Pick<Baseline, 'thresholdsMs' | 'durations' | 'because'>

// Long enough to be typical, short enough to reflect today.
const periodSeconds = 3 * 3600
// CloudWatch bills up to five statistics of a metric as one, so these four and the trial cost one metric.
const percentiles = ['p50', 'p90', 'p99', 'p99.9'] as const
/** The last cut is this many times p99: stable has almost nothing there, and what hangs is there. */
const farTimes = 3
/** An invocation that hangs ends at the timeout, so a cut beyond it would never be passed. */
const timeoutShare = 0.95
/** The slope is measured between a cut divided and multiplied by this. */
const slopeStep = 1.1
const slopeMost = 8
const pastMinutes = 180
// The last minutes may be incomplete.
const settleMinutes = 3

/** @param timeoutSeconds the shorter of the two versions' timeouts, if known */
export async function durationsOf(
  deps: Deps,
  service: Service,
  target: AliasPlace,
  { stable, timeoutSeconds }: { readonly stable: string; readonly timeoutSeconds: number | undefined },
): Promise<Found> {
  const { latency } = service.signals
  if (latency === 'off') return { thresholdsMs: [], because: 'it is off' }
  const places = stablePlaces(target, stable)
  const usual = latency.thresholdMs === undefined ? percentiles : []
  const questions = places.flatMap((dimensions) => usual.map((stat) => questionOf(target, dimensions, stat)))
  const answers = await tried(deps, [...questions, questionOf(target, places[0], 'TC(:1000)')])
  if (answers?.at(-1)?.kind !== 'points')
    return { thresholdsMs: [], because: 'CloudWatch refuses to count the invocations faster than a threshold' }
  if (latency.thresholdMs !== undefined)
    return withPast(deps, target, places, [{ atMs: latency.thresholdMs, quantile: undefined }])
  const known = places.flatMap((dimensions, index) => {
    const values = latest(answers.slice(index * usual.length, (index + 1) * usual.length))
    return values === undefined ? [] : [{ dimensions, values }]
  })
  const [first] = known
  if (first === undefined) {
    const because = `stable has had no invocation in ${periodSeconds / 3600} hours to learn its durations from`
    return { thresholdsMs: [], because }
  }
  return withPast(deps, target, [first.dimensions], cutsAt(first.values, timeoutSeconds))
}

const questionOf = (target: AliasPlace, dimensions: Dimensions, stat: string): Question => ({
  key: stat,
  namespace: 'AWS/Lambda',
  metric: 'Duration',
  dimensions,
  stat,
  ...placeOf(target),
})

function longAgo({ clock }: Deps): Asked {
  const periodMs = periodSeconds * 1000
  const startMs = (Math.floor(clock.nowMs() / periodMs) - 1) * periodMs
  return { startMs, endMs: startMs + 2 * periodMs, periodSeconds }
}

/** TC is documented for CloudWatch, but not for Lambda's Duration in particular. @returns `undefined` when it is refused */
async function tried(deps: Deps, questions: readonly Question[]): Promise<readonly Reading[] | undefined> {
  try {
    return await deps.telemetry.read(questions, longAgo(deps))
  } catch (error) {
    if (error instanceof Problem && error.code === 'aws_unavailable' && /Validation|Invalid/.test(error.message))
      return undefined
    throw error
  }
}

const pointsOf = (reading: Reading | undefined) => (reading?.kind === 'points' ? reading.points : [])

/** The percentiles of the latest period that has all of them. */
function latest(readings: readonly Reading[]): readonly number[] | undefined {
  const series = readings.map(pointsOf)
  const times = (series[0] ?? []).map((point) => point.minuteMs).toSorted((a, b) => b - a)
  for (const time of times) {
    const values = series.map((points) => points.find((point) => point.minuteMs === time)?.value ?? 0)
    if (values.every((value) => value > 0)) return values
  }
  return undefined
}

type Cut = { readonly atMs: number; readonly quantile: string | undefined }

const fine = (ms: number): number => Math.ceil(ms * 1000) / 1000

/** Each duration once, in the order of what is most often exceeded. */
function cutsAt([p50 = 0, p90 = 0, p99 = 0, p999 = 0]: readonly number[], timeoutSeconds: number | undefined): Cut[] {
  const mostMs = timeoutSeconds === undefined ? Infinity : timeoutSeconds * 1000 * timeoutShare
  const wanted: Cut[] = [
    { atMs: p50, quantile: 'p50' },
    { atMs: p90, quantile: 'p90' },
    { atMs: p999, quantile: 'p99.9' },
    { atMs: farTimes * p99, quantile: `${farTimes} x p99` },
  ]
  const capped = wanted.map((cut) =>
    cut.atMs > mostMs ? { atMs: fine(mostMs), quantile: 'near the timeout' } : { ...cut, atMs: fine(cut.atMs) },
  )
  return capped.filter(({ atMs }, index) => capped.findIndex((one) => one.atMs === atMs) === index)
}

/** Adds what stable's past says. If it says nothing, the cuts are known and the rest is not. */
async function withPast(
  deps: Deps,
  target: AliasPlace,
  [first, second]: readonly [Dimensions, Dimensions?],
  cuts: readonly Cut[],
): Promise<Found> {
  const thresholdsMs = cuts.map(({ atMs }) => atMs)
  const own = await pastOf(deps, target, first, cuts)
  const durations = own ?? (second === undefined ? undefined : await pastOf(deps, target, second, cuts))
  return durations === undefined ? { thresholdsMs } : { thresholdsMs, durations }
}

async function pastOf(
  deps: Deps,
  target: AliasPlace,
  dimensions: Dimensions,
  cuts: readonly Cut[],
): Promise<Durations | undefined> {
  const ask = (times: readonly number[], asked: Asked): Promise<readonly Reading[]> => {
    const stats = ['SampleCount', ...times.map((ms) => `TC(:${ms})`)]
    return deps.telemetry.read(
      stats.map((stat) => questionOf(target, dimensions, stat)),
      asked,
    )
  }
  const endMs = (Math.floor(deps.clock.nowMs() / minuteMs) - settleMinutes) * minuteMs
  const [around, minutes] = await Promise.all([
    ask(
      cuts.flatMap(({ atMs }) => [fine(atMs / slopeStep), fine(atMs * slopeStep)]),
      longAgo(deps),
    ),
    ask(
      cuts.map(({ atMs }) => atMs),
      { startMs: endMs - pastMinutes * minuteMs, endMs, periodSeconds: 60 },
    ),
  ])
  const { invocations, slow } = countsOf(minutes)
  if (invocations.length === 0) return undefined
  const all = total(invocations)
  const shareAt = (index: number): number => {
    const [, ...fast] = around.map((reading) => total(pointsOf(reading).map(({ value }) => value)))
    const sampled = total(pointsOf(around[0]).map(({ value }) => value))
    return smoothed(Math.max(0, sampled - (fast[index] ?? 0)), sampled)
  }
  return {
    invocations,
    cuts: cuts.map(({ quantile }, index) => ({
      ...(quantile === undefined ? {} : { quantile }),
      share: smoothed(total(slow[index] ?? []), all),
      slope: slopeOf(shareAt(2 * index), shareAt(2 * index + 1)),
      past: slow[index] ?? [],
    })),
  }
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
/** Neither 0 nor 1, so that its log odds are finite. */
const smoothed = (slow: number, all: number): number => (slow + 0.5) / (all + 1)
const logit = (share: number): number => Math.log(share / (1 - share))

const slopeOf = (shorter: number, longer: number): number =>
  Math.min(slopeMost, Math.max(0, (logit(shorter) - logit(longer)) / (2 * Math.log(slopeStep))))

/** The minutes in which every series has a point: stable's invocations, and those slower than each cut. */
function countsOf([counted, ...faster]: readonly Reading[]): {
  readonly invocations: number[]
  readonly slow: readonly number[][]
} {
  const series = faster.map((reading) => new Map(pointsOf(reading).map(({ minuteMs: at, value }) => [at, value])))
  const usable = pointsOf(counted).filter(
    ({ minuteMs: at, value }) => value > 0 && series.every((values) => values.has(at)),
  )
  return {
    invocations: usable.map(({ value }) => Math.round(value)),
    slow: series.map((values) =>
      usable.map(({ minuteMs: at, value }) => Math.max(0, Math.round(value) - Math.round(values.get(at) ?? 0))),
    ),
  }
}
