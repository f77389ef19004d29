// The CPU time of a look: twenty signals, a release that has run for a day, with and without carrying over the fold of the
// settled minutes.
import { chance } from '../cloud/local/time/chance.ts'
import { parseDefinition } from '../core/service/definition.ts'
import type { Service } from '../core/service/service.ts'
import type { Baseline, Evidence, Reading } from '../core/verdict/evidence/evidence.ts'
import { type Carry, judge } from '../core/verdict/judge/judge.ts'
import { questionsFor } from '../core/verdict/evidence/questions.ts'
import { drawFrom } from './trials/draw.ts'
import { points, replayedTarget, replayStartMs } from './rivals/recorded.ts'
import { minuteMs } from '../core/time.ts'

const hours = 24
const signals = 20
const customs = signals - 4

const service: Service = parseDefinition({
  name: 'replayed',
  targets: [{ function: 'replayed', alias: 'live' }],
  plan: { steps: [{ weight: 10, bake: `${hours}h` }] },
  signals: {
    custom: Array.from({ length: customs }, (_, index) => ({
      name: `own-${index}`,
      namespace: 'Shop',
      metric: `Own${index}`,
      dimensions: { version: '{version}' },
      kind: index % 4 === 3 ? 'mean' : 'count',
    })),
  },
})

const minutesOfSeries = (name: string, draw: ReturnType<typeof drawFrom>, isCandidate: boolean, n: number): number => {
  if (name === 'invocations' || name === 'durations') return n
  const fast = /^fast([0-3])$/.exec(name)
  if (fast !== null) return n - draw.binomial(n, [0.5, 0.1, 0.001, 0.00001][Number(fast[1])] ?? 0)
  if (name === 'durationSum' || name.endsWith('3') || name.endsWith('7')) return 100 * n + (isCandidate ? 10 : 0)
  if (name.startsWith('customs-')) return n
  return draw.binomial(n, 0.01)
}

/** Stable's past: three hours of 900 requests a minute. */
function durationsOf(draw: ReturnType<typeof drawFrom>): Baseline['durations'] {
  const invocations = Array.from({ length: 180 }, () => 900)
  const cut = (share: number) => ({ share, slope: 4, past: invocations.map((n) => draw.binomial(n, share)) })
  return { invocations, cuts: [0.5, 0.1, 0.001, 0.00001].map(cut) }
}

function dayOfEvidence(): {
  readonly service: Service
  readonly at: (minutes: number, sinceMs?: number) => Evidence
} {
  const draw = drawFrom(chance(1, 'a day'))
  const targets = [replayedTarget({ thresholdsMs: [100, 200, 400, 800], durations: durationsOf(draw), billing })]
  const minutes = hours * 60
  const invocations = {
    s: Array.from({ length: minutes }, () => draw.poisson(900)),
    c: Array.from({ length: minutes }, () => draw.poisson(100)),
  }
  const series = questionsFor(service, targets).map(({ key }) => {
    const [, arm, name = ''] = key.split('.')
    const isCandidate = arm === 'c'
    const counts = isCandidate ? invocations.c : invocations.s
    return [key, counts.map((n) => minutesOfSeries(name, draw, isCandidate, n))] as const
  })
  const all = new Map(series.map(([key, values]): [string, Reading] => [key, points(values)]))
  return {
    service,
    at: (upTo, sinceMs = 0) => ({
      atMs: replayStartMs + (upTo + 1) * minuteMs,
      shifts: [{ sinceMs: replayStartMs, weightBp: 1000 }],
      alarms: [],
      excludedAlarms: [],
      targets,
      readings: new Map(
        [...all].map(([key, reading]) => [
          key,
          reading.kind === 'unread'
            ? reading
            : {
                kind: 'points',
                points: reading.points.filter(
                  (one) => one.minuteMs >= sinceMs && one.minuteMs < replayStartMs + upTo * minuteMs,
                ),
              },
        ]),
      ),
    }),
  }
}

const size = { memoryMb: 512, architecture: 'arm64' } as const
const billing = { stable: size, candidate: size }

/** Medians over a few looks; `isSame`: both ways give exactly the same verdict. */
export function measureLook() {
  const day = dayOfEvidence()
  const minutes = hours * 60
  const timed = (carry: Carry | undefined, upTo: number) => {
    const evidence = day.at(upTo, carry?.uptoMs)
    const startMs = performance.now()
    const found = judge(day.service, evidence, carry)
    return { ...found, ms: performance.now() - startMs }
  }
  const scratch = [0, 1, 2].map(() => timed(undefined, minutes))
  let { carry } = timed(undefined, minutes - 10)
  const carried = Array.from({ length: 10 }, (_, index) => {
    const look = timed(carry, minutes - 9 + index)
    carry = look.carry
    return look
  })
  const median = (values: readonly { readonly ms: number }[]): number =>
    values.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
  const [last] = carried.slice(-1)
  return {
    signals,
    hours,
    carriedMs: median(carried),
    scratchMs: median(scratch),
    isSame: JSON.stringify(last?.verdict) === JSON.stringify(scratch[0]?.verdict),
  }
}
