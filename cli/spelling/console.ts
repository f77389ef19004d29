// The console command: the pages, on this machine.
import type { Command } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'

type Options = { readonly json?: boolean; readonly port: number; readonly open?: boolean }

export function addConsole(program: Command, { cli, run, positive, pause }: Surroundings): void {
  program
    .command('console')
    .description('serve the pages on this machine; every button is pressed with your own credentials')
    .option('--port <port>', 'the port', positive, 4601)
    .option('--open', 'open them in the browser')
    .option('--json', 'print the address as JSON')
    .addHelpText('after', '\nExample:\n  tidegate console --open')
    .action(
      run(async ({ port, open, ...options }: Options) =>
        (await import('../commands/console.ts')).showConsole(await cli(options), { port, open: open === true, pause }),
      ),
    )
}
