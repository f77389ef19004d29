// The "what if" commands, which change nothing: replay and simulate.
import { type Command, Option } from 'commander'
import { Problem } from '../../core/problem.ts'
import { rivalNames } from '../../bench/rivals/names.ts'
import type { Surroundings } from '../backend/surroundings.ts'

type Replay = { json?: boolean; service?: string[]; method: string; release?: string }
type Simulate = { json?: boolean; service?: string; requests: number; errors: number; runs: number; seed: number }

export function addReplay(program: Command, { screen, backend, run, positive }: Surroundings): void {
  program
    .command('replay [file]')
    .description('judge counts in a file (CSV, JSON) or a past release, minute by minute')
    .option('--service <files...>', 'use the policy of this definition; several are compared')
    .addOption(new Option('--method <name>', 'the rule to judge by').choices([...rivalNames, 'all']).default('ours'))
    .option('--release <id>', 'use the evidence of this release, or of the last one of this service')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
The columns of a file: minute, stable_invocations, stable_bad, candidate_invocations, candidate_bad; optionally weight
(percent), and for each further signal signal:NAME:stable_bad and signal:NAME:candidate_bad, or ..._mean for a mean.

Examples:
  tidegate replay friday.csv --method all
  tidegate replay friday.csv --service strict.yaml bold.yaml
  tidegate replay --release checkout-4eeba63b5a --service stricter.yaml`,
    )
    .action(
      run(async (file: string | undefined, { service: services = [], method, release, json }: Replay) => {
        const options = { services, method }
        if ((file === undefined) === (release === undefined))
          throw new Problem('call_invalid', 'Give a file, or --release and an id.')
        const shown = screen({ json: json === true })
        const { replayFile, replayRelease } = await import('../replay/replay.ts')
        return file === undefined
          ? replayRelease(shown, await backend(), release ?? '', options)
          : replayFile(shown, file, options)
      }),
    )

  program
    .command('simulate')
    .description('simulate a policy at a level of traffic: false rollbacks, missed faults, delay, bad requests')
    .option('--service <file>', 'the definition to simulate; default: 10 % for an hour')
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
      run(async ({ service, requests, errors, runs, seed, json }: Simulate) => {
        const [{ simulate }, { readDefinition }] = await Promise.all([
          import('../replay/simulate.ts'),
          import('../commands/apply.ts'),
        ])
        return simulate(screen({ json: json === true }), {
          service: service === undefined ? undefined : await readDefinition(service),
          perMinute: requests,
          rate: errors,
          runs: Math.ceil(runs),
          seed: Math.floor(seed),
        })
      }),
    )
}
