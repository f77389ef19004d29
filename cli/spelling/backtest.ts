// The backtest command: a service's past, judged by several policies. It changes nothing.
import type { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import type { MetricsBackend } from '../backend/metrics-backend.ts'
import type { Surroundings } from '../backend/surroundings.ts'

type Options = {
  json?: boolean
  policy?: string[]
  limit: number
  runs: number
  seed: number
  fromCloudwatch?: boolean
  last?: string
}

export function addBacktest(
  program: Command,
  { screen, backend, metrics, run, positive }: Surroundings & { readonly metrics: () => Promise<MetricsBackend> },
): void {
  program
    .command('backtest <service>')
    .description('judge the past of a service by several policies: false rollbacks, delay, bad requests of each')
    .option('--policy <files...>', 'also the policies of these definitions')
    .option('--from-cloudwatch', 'take healthy minutes from the days between releases, with your rights')
    .option('--last <time>', 'how far back to read in CloudWatch, at most 15d; default: 15d')
    .option('--limit <n>', 'how many releases of the log, newest first', positive, 50)
    .option('--runs <n>', 'number of pretended releases of each kind', positive, 100)
    .option('--seed <n>', 'the same seed gives the same answer', positive, 1)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Judged by: the service's own policy, the same with alpha 0.01, 0.05 and 0.1, and the policies of --policy. Healthy minutes
become pretended releases, split at random at the plan's weights, and faults of several sizes are put into them.

Examples:
  tidegate backtest checkout --from-cloudwatch
  tidegate backtest checkout --policy strict.yaml bold.yaml --runs 500 --json`,
    )
    .action(
      run(async (service: string, { json, policy, limit, runs, seed, fromCloudwatch, last }: Options) => {
        if (last !== undefined && fromCloudwatch !== true)
          throw new Problem('call_invalid', '--last is for --from-cloudwatch.')
        const { backtest } = await import('../replay/backtest/backtest.ts')
        const deps = { screen: screen({ json: json === true }), backend: await backend(), metrics }
        return backtest(deps, service, {
          policies: policy ?? [],
          limit: Math.ceil(limit),
          runs: Math.ceil(runs),
          seed: Math.floor(seed),
          last: fromCloudwatch === true ? (last ?? '15d') : undefined,
        })
      }),
    )
}
