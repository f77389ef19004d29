// `tidegate backtest`: judges a service's past again by several policies, and prints what each would have cost: healthy releases
// rolled back, delay, bad requests. It changes nothing.
import { Problem } from '../../../core/problem.ts'
import type { Service } from '../../../core/service/service.ts'
import { placedIn } from '../../../core/service/target.ts'
import type { Backend } from '../../backend/backend.ts'
import { exitCodes, type Screen } from '../../backend/screen.ts'
import { readDefinition } from '../../commands/apply.ts'
import { weightsByMinute } from '../errors-alone.ts'
import { lastMinutes, type Metrics } from '../metrics.ts'
import type { Policy } from './frontier.ts'
import { measured } from './measure.ts'
import { pastReleases, type Log } from './past.ts'
import { windowsOf } from './pretended.ts'
import { stretchesBetween, stretchesOfLog } from './stretches.ts'
import { documentOf, type Outcome, wordsOf } from './words.ts'

type BacktestOptions = {
  /** Definitions whose policies are judged too. */
  readonly policies: readonly string[]
  readonly limit: number
  readonly runs: number
  readonly seed: number
  /** Read the days between releases from CloudWatch, this far back. */
  readonly last: string | undefined
}

type Deps = {
  readonly screen: Screen
  readonly backend: Pick<Backend, 'services' | 'history' | 'journal' | 'clock'>
  readonly metrics: () => Promise<Metrics>
}

const runsMax = 10_000
const minutesMax = 24 * 60

/** @throws Problem `service_missing`, `definition_invalid`, `call_invalid`, `backtest_empty`, and what AWS answers */
export async function backtest(deps: Deps, name: string, options: BacktestOptions): Promise<number> {
  const { runs, seed, limit } = options
  if (runs > runsMax) throw new Problem('call_invalid', `--runs ${runs} is more than ${runsMax}.`)
  const service = await deps.backend.services.get(name)
  const policies = await policiesOf(service, options.policies)
  const log = await pastReleases(deps.backend, name, limit)
  const { stretches, incomplete } = await minutesBetween(deps, service, log, options)
  const length = Math.max(...policies.map((one) => weightsByMinute(one.service).length))
  const windows = windowsOf(stretches, length)
  if (log.past.length === 0 && windows.length === 0)
    throw new Problem(
      'backtest_empty',
      `${name} has no release in its log that was looked at, and no healthy stretch of ${length} minutes.`,
    )
  const trial = { past: log.past, windows, runs: Math.ceil(runs), seed: Math.floor(seed) }
  const outcome: Outcome = {
    service: name,
    ...trial,
    left: log.left,
    incomplete,
    length,
    fromCloudWatch: options.last,
    measured: policies.map((policy) => measured(policy, trial)),
  }
  deps.screen.say(wordsOf(outcome), documentOf(outcome))
  return exitCodes.done
}

const alphas = [0.01, 0.05, 0.1]

/** The service's own policy, the same with other alphas, and those of the files. */
async function policiesOf(service: Service, files: readonly string[]): Promise<readonly Policy[]> {
  const own = service.policy.alpha
  const others = alphas
    .filter((alpha) => alpha !== own)
    .map((alpha) => ({ name: `alpha ${alpha}`, service: { ...service, policy: { ...service.policy, alpha } } }))
  const named = await Promise.all(files.map(async (file) => ({ name: file, service: await readDefinition(file) })))
  const all = [{ name: `own, alpha ${own}`, service }, ...others, ...named]
  for (const { name, service: one } of all) {
    const { length } = weightsByMinute(one)
    if (length === 0) throw new Problem('call_invalid', `The plan of ${name} has no step that could be judged.`)
    if (length > minutesMax)
      throw new Problem(
        'call_invalid',
        `The plan of ${name} takes ${length} minutes; at most ${minutesMax} can be tested.`,
      )
  }
  return all
}

async function minutesBetween(deps: Deps, service: Service, log: Log, { last }: BacktestOptions) {
  if (last === undefined) return { stretches: stretchesOfLog(log.past), incomplete: 0 }
  // The embedded cloud's time may be ahead of this machine's; the log's last event shows it.
  const ends = log.busy.map(({ toMs }) => toMs).filter((one) => one < Infinity)
  const nowMs = Math.max(deps.backend.clock.nowMs(), ...ends)
  const tell = (sentence: string): void => deps.screen.note(sentence)
  const metrics = await deps.metrics()
  const { startMs, endMs } = lastMinutes(last, nowMs)
  const window = { startMs, endMs: endMs + metrics.aheadMs }
  const targets = service.targets.map((target) => placedIn(service, target))
  return stretchesBetween(metrics, targets, window, log.busy, tell)
}
