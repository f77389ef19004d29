// The "what if" commands, which change nothing: replay and simulate.
import { type Command, Option } from 'commander'
import { Problem } from '../../core/problem.ts'
import { rivalNames } from '../../bench/rivals/names.ts'
import type { MetricsBackend } from '../backend/metrics-backend.ts'
import type { Surroundings } from '../backend/surroundings.ts'
import type { Reading } from '../replay/input/read.ts'
import type { Role } from '../replay/input/roles.ts'

type Replay = {
  json?: boolean
  service?: string[]
  method: string
  release?: string
  fromCloudwatch?: string
  last?: string
  stable?: string
  candidate?: string
  series?: string[]
  from?: string
  to?: string
  zeroWhenMissing?: boolean
}
const roleNames: readonly Role[] = ['stable_invocations', 'stable_bad', 'candidate_invocations', 'candidate_bad']

type Simulate = {
  json?: boolean
  service?: string
  wave?: string
  requests: number
  errors: number
  runs: number
  seed: number
}

type ReplaySurroundings = Surroundings & { readonly metrics: () => Promise<MetricsBackend> }

export function addReplay(program: Command, surroundings: ReplaySurroundings): void {
  addReplayCommand(program, surroundings)
  addSimulate(program, surroundings)
}

/** `stable_bad=NAME`. Errors have two words. */
function seriesIn(pairs: readonly string[]): ReadonlyMap<Role, string> {
  const found = new Map<Role, string>()
  for (const pair of pairs) {
    const [, given = '', name = ''] = /^([a-z_]+)=(.+)$/.exec(pair) ?? []
    const role = roleNames.find((one) => one === given.replace(/_errors$/, '_bad'))
    if (role === undefined)
      throw new Problem('call_invalid', `"${pair}" is not ROLE=NAME; roles are ${roleNames.join(', ')}.`)
    if (found.has(role)) throw new Problem('call_invalid', `--series names ${role} twice.`)
    found.set(role, name)
  }
  return found
}

function readingOf({ stable, candidate, series = [], from, to, zeroWhenMissing }: Replay): Reading {
  const minuteIn = (option: string, text: string | undefined): number | undefined => {
    if (text === undefined) return undefined
    const atMs = /(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN
    if (!Number.isFinite(atMs))
      throw new Problem('call_invalid', `${option} ${text} is no time; write 2026-03-01T09:30:00Z.`)
    return Math.floor(atMs / 60_000)
  }
  return {
    stable,
    candidate,
    series: seriesIn(series),
    fromMinute: minuteIn('--from', from),
    toMinute: minuteIn('--to', to),
    zeroWhenMissing: zeroWhenMissing === true,
  }
}

const isSaid = ({ series, zeroWhenMissing, ...others }: Reading): boolean =>
  series.size > 0 || zeroWhenMissing || Object.values(others).some((one) => one !== undefined)

function addReplayCommand(program: Command, { screen, backend, metrics, run }: ReplaySurroundings): void {
  program
    .command('replay [files...]')
    .description('judge the minutes of a file, of CloudWatch or of a past release, one by one')
    .option('--service <files...>', 'use the policy of this definition; several are compared')
    .addOption(new Option('--method <name>', 'the rule to judge by').choices([...rivalNames, 'all']).default('ours'))
    .option('--release <id>', 'use the evidence of this release, or of the last one of this service')
    .option('--from-cloudwatch <function:alias>', 'read the minutes from CloudWatch, with your rights')
    .option('--last <time>', 'how far back to look in CloudWatch, at most 15d; default: 7d')
    .option('--stable <version>', 'the version that had the traffic')
    .option('--candidate <version>', 'the version that was to get it')
    .option('--series <pairs...>', 'ROLE=NAME: which series is stable_invocations, stable_errors, candidate_...')
    .option('--from <time>', 'use the minutes from this time on, such as 2026-03-01T09:30:00Z')
    .option('--to <time>', 'use the minutes up to this time')
    .option('--zero-when-missing', 'a minute without a point of errors had none')
    .option('--json', 'as JSON')
    .addHelpText('after', replayHelp)
    .action(
      run(async (files: string[], options: Replay) => {
        const { service: services = [], method, release, fromCloudwatch: from, last, json } = options
        if ([files.length > 0, release !== undefined, from !== undefined].filter(Boolean).length !== 1)
          throw new Problem('call_invalid', 'Give a file, or --release and an id, or --from-cloudwatch FUNCTION:ALIAS.')
        if (last !== undefined && from === undefined)
          throw new Problem('call_invalid', '--last is for --from-cloudwatch.')
        const judged = { services, method }
        const reading = readingOf(options)
        if (release !== undefined && isSaid(reading))
          throw new Problem('call_invalid', 'A release knows its versions and its time: --release takes none of them.')
        const shown = screen({ json: json === true })
        const { replayFiles, replayMetrics, replayRelease } = await import('../replay/replay.ts')
        if (from !== undefined)
          return replayMetrics(shown, await backend(), await metrics(), {
            ...judged,
            from,
            last: last ?? '7d',
            reading,
          })
        return release === undefined
          ? replayFiles(shown, files, reading, judged)
          : replayRelease(shown, await backend(), release, judged)
      }),
    )
}

const replayHelp = `
A file, by its content (also with gzip, UTF-16, or ; and tabs):
  CSV, JSON    one row a minute: minute, stable_invocations, stable_errors, candidate_invocations, candidate_errors;
               optionally weight (percent) or weight_bp, and for each further signal signal:NAME:stable_bad and
               signal:NAME:candidate_bad, or ..._mean for a mean. The minute is a number, ISO 8601 with a zone, or
               seconds, milliseconds or minutes since 1970.
  CloudWatch   get-metric-data (name the Ids stable_invocations, stable_errors, candidate_invocations, candidate_errors),
               or get-metric-statistics --statistics Sum, one file for each series, named candidate-errors.json and so on.
  Prometheus   query_range with step=60 of increase(...[1m]), with a label for the version.
  a table      a column for the time and one for each series, as Grafana exports it.

Examples:
  tidegate replay friday.csv --method all
  tidegate replay friday.csv --service strict.yaml bold.yaml
  tidegate replay metric-data.json --stable 41 --candidate 42
  tidegate replay export.csv --series stable_errors="Errors, old" candidate_errors="Errors, new"
  tidegate replay --from-cloudwatch checkout:live --last 7d
  tidegate replay --release checkout-4eeba63b5a --service stricter.yaml`

function addSimulate(program: Command, { screen, run, positive }: Surroundings): void {
  program
    .command('simulate')
    .description('simulate a policy at a level of traffic: false rollbacks, missed faults, delay, bad requests')
    .option('--service <file>', 'the definition to simulate; default: 10 % for an hour')
    .option('--wave <name>', 'whose plan, where waves have plans of their own; default: the first')
    .option('--requests <n>', 'requests per minute, both versions together', positive, 1000)
    .option('--errors <share>', 'the share of requests that fail in a healthy version', positive, 0.001)
    .option('--runs <n>', 'number of releases of each kind', positive, 200)
    .option('--seed <n>', 'the same seed gives the same answer', positive, 1)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  tidegate simulate --service services/checkout.yaml --requests 300 --errors 0.002',
    )
    .action(
      run(async ({ service, wave, requests, errors, runs, seed, json }: Simulate) => {
        const [{ simulate }, { readDefinition }] = await Promise.all([
          import('../replay/simulate.ts'),
          import('../commands/apply.ts'),
        ])
        return simulate(screen({ json: json === true }), {
          service: service === undefined ? undefined : await readDefinition(service),
          wave,
          perMinute: requests,
          rate: errors,
          runs: Math.ceil(runs),
          seed: Math.floor(seed),
        })
      }),
    )
}
