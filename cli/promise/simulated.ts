// Simulates releases by a whole plan with the verdict's own code and the release's own transitions, on errors alone: how many
// without a fault are put back, and how soon faults are. What `tidegate init` promises is the table promises.json, which
// bench/promises/table.ts writes with this.
import type { Noise } from '../../bench/trials/noise.ts'
import { type Customers, runWhole, type Whole } from '../../bench/trials/whole-release.ts'
import type { Service } from '../../core/service/service.ts'
import { type Fit, minutesOfPlan, rateClasses, serviceWith, type TrafficClass } from './plan.ts'
import { faultSizes, type Promised } from './promised.ts'

const grouped: Noise = { kind: 'groups', size: 3 }
export const noises: readonly Noise[] = [{ kind: 'independent' }, grouped, { kind: 'outage' }]

type Chance = { readonly runs: number; readonly seed: number }

/** Releases without a fault, of each noise. */
const healthyRuns = 7
const dayMinutes = 24 * 60
/** Added to the latest. */
const spare = 1.2

export function simulatedPromise(traffic: TrafficClass, fit: Fit, { runs, seed }: Chance): Promised {
  const service = sparselyLooked(errorsAtTheirShare(serviceWith(fit)))
  const minutes = minutesOfPlan(fit)
  const base: Customers = {
    ...{ name: 'promise', rate: traffic.rate, perMinuteAt: () => traffic.perMinute, minutes },
    noise: { kind: 'independent' },
  }
  const healthy = noises.flatMap((noise) =>
    Array.from({ length: healthyRuns }, (_, run) => runWhole(service, { ...base, noise }, seed + run)),
  )
  const found = new Map<string, number>()
  let latest = 0
  for (const added of faultSizes) {
    const within = foundWithin(service, base, added, { runs, seed })
    if (within === undefined) break
    // What fails less is never promised sooner.
    latest = Math.max(latest, within)
    found.set(String(added), latest)
  }
  const backs = healthy.filter(({ end }) => end !== 'promoted')
  return {
    ...traffic,
    healthy: healthy.length,
    falseBacks: backs.length,
    undecided: backs.filter(({ end }) => end === 'policy').length,
    onTime: healthy.filter((one) => isOnTime(one, minutes)).length,
    found: Object.fromEntries(found),
  }
}

/** @param added the share of the candidate's good requests that fails, from the first minute on */
export const faultOf = (added: number, { rate }: Pick<TrafficClass, 'rate'>) => ({
  added: added * (1 - rate),
  fromMinute: 0,
})

export const isOnTime = ({ end, minutes }: Whole, planMinutes: number): boolean =>
  end === 'promoted' && minutes <= planMinutes

/**
 * If all of them are put back, a fifth is added: so nine of ten of others are, too, with little doubt. They have the noise that
 * hides a fault longest, and the most and the fewest usual errors of their row: of few errors it is learned late that they come
 * in groups, and a large fault is then found later. Who stays undecided goes back, too; where not even a total failure is
 * evident, that is no promise.
 */
function foundWithin(service: Service, base: Customers, added: number, { runs, seed }: Chance): number | undefined {
  let latest = 0
  for (const rate of [base.rate, fewestOf(base.rate)]) {
    const customers = { ...base, rate, noise: grouped, fault: faultOf(added, { rate }) }
    for (let run = 0; run < runs; run++) {
      const { end, minutes } = runWhole(service, customers, seed + run, dayMinutes / spare)
      if (end === 'promoted' || end === 'goes on' || (added === 1 && end === 'policy')) return undefined
      latest = Math.max(latest, minutes)
    }
  }
  return Math.ceil(latest * spare)
}

/** The usual errors are rounded up to a row, from those of the row before at least. */
const fewestOf = (rate: number): number => rateClasses.findLast((one) => one < rate) ?? rate / 10

/** A longer plan is looked at more seldom: it takes less of the time to simulate, and finds faults a little later. */
const looksOf = [
  { fromMinutes: 180, everySeconds: 300 },
  { fromMinutes: 60, everySeconds: 120 },
]

export function sparselyLooked(service: Service): Service {
  const minutes = service.plan.steps.reduce((sum, { bakeSeconds }) => sum + bakeSeconds / 60, 0)
  const looks = looksOf.find(({ fromMinutes }) => minutes > fromMinutes)
  return looks === undefined
    ? service
    : { ...service, policy: { ...service.policy, lookEverySeconds: looks.everySeconds } }
}

/**
 * Errors carry the part of the evidence that the whole definition gives them: latency's part goes to throttles, of which there
 * are none. Durations take most of the time to judge.
 */
export function errorsAtTheirShare(service: Service): Service {
  const { latency, throttles } = service.signals
  if (latency === 'off' || throttles === 'off') return service
  const both = { ...throttles, weight: throttles.weight + latency.weight }
  return { ...service, signals: { ...service.signals, latency: 'off', cost: 'off', throttles: both } }
}
