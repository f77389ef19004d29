// The observed command: what Tidegate would have done with the shifts of others.
import type { Command } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'

export function addObserved(program: Command, { cli, run, positive }: Surroundings): void {
  program
    .command('observed <service>')
    .description('show what Tidegate would have done with the shifts that others made (mode: observe)')
    .option('--days <n>', 'how many days back', positive, 30)
    .option('--json', 'as JSON, with the totals')
    .addHelpText('after', '\nExamples:\n  tidegate observed checkout\n  tidegate observed checkout --days 7 --json')
    .action(
      run(async (service: string, { days, ...options }: { json?: boolean; days: number }) => {
        const { showObserved } = await import('../commands/observed.ts')
        return showObserved(await cli(options), service, days)
      }),
    )
}
