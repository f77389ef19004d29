// `tidegate simulate`: tests a policy at a level of traffic before it is used: how many healthy releases it would roll back,
// which faults it would find, how soon, and at what cost until then.
import { plansOf, wavesWords } from '../../core/definition/waves.ts'
import { formatDuration } from '../../core/duration.ts'
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import type { Noise, Situation } from '../../bench/trials/noise.ts'
import { minutesOf } from '../../bench/trials/noise.ts'
import { replayedService } from '../../bench/rivals/recorded.ts'
import { tidegate } from '../../bench/rivals/e-processes.ts'
import { type Outcome, runTrial } from '../../bench/trials/trial.ts'
import { stepLines, stepsOf } from './steps.ts'
import { exitCodes, type Screen } from '../backend/screen.ts'
import { errorsAlone, faultSizes, weightsByMinute } from './errors-alone.ts'

type SimulateOptions = {
  readonly service: Service | undefined
  /** Whose plan is simulated; else that of the first. */
  readonly wave?: string | undefined
  /** Requests a minute, both versions together. */
  readonly perMinute: number
  /** The share of requests that fails when nothing is wrong. */
  readonly rate: number
  readonly runs: number
  readonly seed: number
}

const noises: readonly (readonly [string, Noise])[] = [
  ['errors by chance', { kind: 'independent' }],
  ['errors in bursts of 3', { kind: 'bursts', size: 3 }],
  ['errors in bursts of 10', { kind: 'bursts', size: 10 }],
  ['a dependency down for 5 minutes', { kind: 'outage' }],
  ['rates that wander together', { kind: 'shared' }],
  ['rates that wander apart', { kind: 'drift', deviation: 0.5, lag: 0.8 }],
]
const minutesMax = 24 * 60
/** So many minutes of releases take about ten seconds. */
const slow = 100_000

/** @throws Problem `call_invalid` */
export function simulate(screen: Screen, options: SimulateOptions): number {
  const { perMinute, rate, runs, seed } = options
  const { service: planned, wave } = inWave(options.service ?? replayedService(60, {}), options.wave)
  const service = errorsAlone(planned)
  const weights = weightsByMinute(service)
  const waves = options.service === undefined ? undefined : wavesWords(options.service)
  check(options, weights.length)
  warn(screen, weights.length, (noises.length + faultSizes.length) * runs)
  const rule = tidegate('policy', 'the policy', () => service)
  const base = { perMinute, rate, minutes: weights.length, weightBp: (minute: number) => weights[minute] ?? 0 }
  const trial = (situation: Situation): Outcome => {
    const [outcome] = runTrial([rule], situation, runs, seed, service.policy.alpha, { past: true, releases: 0 })
    if (outcome === undefined) throw new Error('bug: a trial of one rule has one outcome')
    return outcome
  }
  const healthy = noises.map(([name, noise]) => ({ name, ...trial({ ...base, name, noise }) }))
  const faulty = faultSizes.map((added) => {
    const name = `${added * 100} more requests in a hundred fail`
    const fault = { added: added * (1 - rate), fromMinute: 0 }
    return { name, ...trial({ ...base, name, noise: { kind: 'independent' }, fault }) }
  })
  const steps = stepsOf(service, rule, base, options)
  const ready = readyShare(service, { ...base, name: 'ready', noise: { kind: 'independent' } }, options)
  const words = [
    `${service.policy.alpha} alpha, ${weights.length} minutes, ${perMinute} requests a minute, ${rate * 100} % of them fail; ${runs} releases each, seed ${seed}`,
    'Errors alone are simulated: no alarm, no latency.',
    ...(waves === undefined
      ? []
      : [`One target${wave === undefined ? '' : ` of wave ${wave}`} is simulated; ${waves}.`]),
    '',
    'A healthy release is rolled back, with',
    ...healthy.map((one) => `  ${one.name.padEnd(34)} ${share(one.early, one.runs)}`),
    '',
    `A faulty release, from its first minute on    found   missed   median minutes   bad requests served`,
    ...faulty.map(faultyLine),
    '',
    ...stepLines(steps, service, base),
    '',
    readyWords(ready),
  ]
  screen.say(words, {
    perMinute,
    rate,
    runs,
    seed,
    minutes: weights.length,
    ...(wave === undefined ? {} : { wave }),
    healthy: healthy.map((one) => ({ noise: one.name, falseRollbackRate: one.early / one.runs })),
    faulty: faulty.map((one, index) => ({
      added: faultSizes[index],
      missedRate: 1 - one.detected / one.runs,
      medianMinutes: Number.isFinite(one.medianMinutes) ? one.medianMinutes : null,
      badRequestsServed: one.badServed,
    })),
    steps,
    readyRate: ready,
  })
  return exitCodes.done
}

const readyWords = (ready: number): string =>
  ready === 1
    ? 'The first step has enough evidence to pass at its end.'
    : `At the end of the first step ${share(ready, 1).trim()} of healthy releases have enough evidence to pass; the others are held.`

const faultyLine = (one: Outcome & { readonly name: string }): string =>
  `  ${one.name.padEnd(42)} ${share(one.detected, one.runs)}  ${share(one.runs - one.detected, one.runs)}   ${minutes(one.medianMinutes).padStart(14)}   ${one.badServed.toFixed(1).padStart(19)}`

/**
 * The service with the plan of one wave: all have the same, unless waves have plans of their own.
 * @throws Problem `call_invalid`
 */
function inWave(service: Service, wanted: string | undefined): { readonly service: Service; readonly wave?: string } {
  const { waves = [] } = service
  const names = waves.map(({ name }) => name)
  const index = wanted === undefined ? 0 : names.indexOf(wanted)
  if (index < 0)
    throw new Problem(
      'call_invalid',
      `${service.name} has no wave called "${wanted ?? ''}"${names.length === 0 ? '' : `: it has ${names.join(', ')}`}.`,
    )
  const [name, own] = [names[index], plansOf(service)[index]]
  if (name === undefined || own === undefined) return { service }
  return { service: { ...service, plan: { ...service.plan, steps: [...own.steps] } }, wave: name }
}

function warn(screen: Screen, planMinutes: number, releases: number): void {
  if (planMinutes * releases < slow) return
  const took = formatDuration(planMinutes * 60)
  screen.note(`${releases} releases of ${took} are simulated. That may take minutes; --runs takes fewer.`)
}

function check({ rate, perMinute }: SimulateOptions, planMinutes: number): void {
  const because =
    rate <= 0 || rate >= 0.5
      ? `--errors ${rate} is not between 0 and 0.5.`
      : perMinute > 1e6
        ? `--requests ${perMinute} is more than a million.`
        : planMinutes === 0
          ? 'The plan has no step that could be judged.'
          : planMinutes > minutesMax
            ? `The plan takes ${planMinutes} minutes; at most ${minutesMax} can be simulated.`
            : undefined
  if (because !== undefined) throw new Problem('call_invalid', because)
}

const share = (count: number, of: number): string => `${((100 * count) / of).toFixed(1)} %`.padStart(7)
const minutes = (value: number): string => (Number.isFinite(value) ? String(value) : '-')

/** The share of healthy releases that have enough evidence at the end of the first step. */
function readyShare(service: Service, situation: Situation, { runs, seed }: SimulateOptions): number {
  const [step] = service.plan.steps
  const minutesOfStep = Math.max(1, Math.round((step?.bakeSeconds ?? 60) / 60))
  const rule = tidegate('policy', 'the policy', () => service)
  let ready = 0
  for (let run = 0; run < runs; run++) {
    const seen = minutesOf({ ...situation, minutes: minutesOfStep }, seed + run)
    const said = rule.judge(seen, { alpha: service.policy.alpha, stableRate: situation.rate })
    if (said.at(-1)?.said === 'pass') ready++
  }
  return ready / runs
}
