// The doctor command: what a first deployment still lacks, and what has broken since.
import type { Command } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'

type Doctor = { readonly json?: boolean; readonly only?: string[]; readonly readiness?: boolean }

export function addDoctor(program: Command, { screen, backend, run }: Surroundings): void {
  program
    .command('doctor')
    .description('find what a deployment lacks and what has broken since, and how to fix it')
    .option('--only <checks...>', 'run only these checks')
    .option('--readiness', 'ask instead whether each service is ready for production (docs/checklists.md)')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Exit codes: 0 everything is fine, 1 something is not, 2 the call was wrong, 3 no problem was found but something could
            not be checked.

Examples:
  tidegate doctor
  tidegate doctor --only trail subscriptions --json
  tidegate doctor --readiness`,
    )
    .action(
      run(async ({ json, only, readiness }: Doctor) => {
        const [{ accountOf }, { checks, chosen }, { readinessChecks }, { examine }] = await Promise.all([
          import('../doctor/account.ts'),
          import('../doctor/checks.ts'),
          import('../doctor/readiness.ts'),
          import('../doctor/doctor.ts'),
        ])
        const account = accountOf(await backend(), process.env['TIDEGATE_PREFIX'] ?? 'tidegate')
        return examine(
          screen({ json: json === true }),
          account,
          only === undefined ? (readiness === true ? readinessChecks : checks) : chosen(only),
        )
      }),
    )
}
