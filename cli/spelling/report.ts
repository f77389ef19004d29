// The report command: the delivery measures.
import type { Command } from 'commander'
import type { ReportOptions } from '../commands/report.ts'
import type { Surroundings } from '../backend/surroundings.ts'

export function addReport(program: Command, { cli, run }: Surroundings): void {
  program
    .command('report [service]')
    .description('show the delivery measures M1 to M15 of one service, or of all together')
    .option('--last <time>', 'the period up to now, such as 30d or 12h', '30d')
    .option('--from <time>', 'the start of the period (UTC), such as 2026-03-01')
    .option('--to <time>', 'the end of the period; default: now')
    .option('--html <file>', 'write one page that needs nothing else')
    .option('--json', 'as JSON, with the trend of each measure')
    .addHelpText(
      'after',
      '\nExamples:\n  tidegate report checkout --last 90d\n  tidegate report --from 2026-01-01 --to 2026-04-01 --html q1.html',
    )
    .action(
      run(async (service: string | undefined, { json, ...options }: ReportOptions & { json?: boolean }) => {
        const { showReport } = await import('../commands/report.ts')
        return showReport(await cli({ json: json === true }), service, options)
      }),
    )
}
