// The latency signal alone. Durations are log-normal; a request is slow if it exceeds stable's p50, p90 or p99 from before the
// release.
import quantile from '@stdlib/stats-base-dists-normal-quantile'
import cdf from '@stdlib/stats-base-dists-normal-cdf'
import { chance } from '../cloud/local/time/chance.ts'
import { replayVerdicts, type Recorded } from '../core/verdict/judge/replayed-verdicts.ts'
import { seriesKey } from '../core/verdict/evidence/questions.ts'
import { drawFrom, wandering } from './trials/draw.ts'
import { points, replayedService, replayedTarget, replayStartMs } from './rivals/recorded.ts'

/** Standard deviation of the log duration: p99 is 2.5 times p50. */
const spread = 0.4
const perMinute = 1000
const minutes = 60
const medianMs = 120
const quantiles = [0.5, 0.9, 0.99]
const thresholdsMs = quantiles.map((q) => Math.round(medianMs * Math.exp(spread * quantile(q, 0, 1))))

/** The candidate's effect on durations in a minute: multiplies all of them by `factor`, and adds `addedMs` to a share of them. */
type Effect = { readonly factor: number; readonly share?: number; readonly addedMs?: number }

type LatencySituation = {
  readonly name: string
  readonly effect: (minute: number) => Effect
  /** The durations of both versions drift together. */
  readonly shared?: boolean
}

const always = (effect: Effect) => (): Effect => effect
const situations: readonly LatencySituation[] = [
  { name: 'healthy', effect: always({ factor: 1 }) },
  { name: 'healthy, both drift', effect: always({ factor: 1 }), shared: true },
  { name: 'healthy, cold for 3 minutes', effect: (minute) => ({ factor: minute < 3 ? 5 : 1 }) },
  { name: 'x1.1', effect: always({ factor: 1.1 }) },
  { name: 'x1.25', effect: always({ factor: 1.25 }) },
  { name: 'x2', effect: always({ factor: 2 }) },
  { name: '+500 ms on 3 %', effect: always({ factor: 1, share: 0.03, addedMs: 500 }) },
]

/** The share of durations above a threshold. */
function slower(thresholdMs: number, level: number, { factor, share = 0, addedMs = 0 }: Effect): number {
  const above = (ms: number): number => (ms <= 0 ? 1 : 1 - cdf(Math.log(ms / (medianMs * factor)) - level, 0, spread))
  return (1 - share) * above(thresholdMs) + share * above(thresholdMs - addedMs)
}

function recorded({ effect, shared }: LatencySituation, seed: number): Recorded {
  const draw = drawFrom(chance(seed, 'latency'))
  const level = wandering(draw, 0.8)
  const series = new Map<string, number[]>()
  const add = (key: string, value: number): void => {
    const values = series.get(key) ?? []
    series.set(key, values)
    values.push(value)
  }
  for (let minute = 0; minute < minutes; minute++) {
    const drift = shared === true ? 0.3 * level() : 0
    for (const arm of ['stable', 'candidate'] as const) {
      const n = draw.poisson(perMinute * (arm === 'stable' ? 0.9 : 0.1))
      add(seriesKey(0, arm, 'invocations'), n)
      add(seriesKey(0, arm, 'durations'), n)
      let slow = n
      let above = 1
      thresholdsMs.forEach((threshold, index) => {
        const share = slower(threshold, drift, arm === 'stable' ? { factor: 1 } : effect(minute))
        slow = draw.binomial(slow, above === 0 ? 0 : share / above)
        above = share
        add(seriesKey(0, arm, `fast${index}`), n - slow)
      })
    }
  }
  return {
    targets: [replayedTarget({ thresholdsMs })],
    shifts: [{ sinceMs: replayStartMs, weightBp: 1000 }],
    readings: new Map([...series].map(([key, values]) => [key, points(values)])),
    minutes,
  }
}

type LatencyOutcome = { readonly runs: number; readonly fired: number; readonly median: number }

export function measureLatency(
  runs: number,
  seed: number,
): readonly { readonly name: string; readonly at: readonly LatencyOutcome[] }[] {
  return situations.map((situation) => {
    const at = [0.05, 0.01].map((alpha): LatencyOutcome => {
      const service = replayedService(minutes, {
        signals: { errors: 'off', throttles: 'off', cost: 'off' },
        policy: { alpha },
      })
      const delays: number[] = []
      for (let run = 0; run < runs; run++) {
        const fired = replayVerdicts(service, recorded(situation, seed + run)).findIndex(({ kind }) => kind === 'fail')
        delays.push(fired < 0 ? Infinity : fired + 1)
      }
      delays.sort((a, b) => a - b)
      return {
        runs,
        fired: delays.filter((one) => Number.isFinite(one)).length,
        median: delays[Math.floor(runs / 2)] ?? Infinity,
      }
    })
    return { name: situation.name, at }
  })
}
