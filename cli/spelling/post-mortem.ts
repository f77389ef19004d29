// The post-mortem command: the sheet of a release.
import type { Command } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'

export function addPostMortem(program: Command, { cli, run }: Surroundings): void {
  program
    .command('post-mortem <release>')
    .description(
      'print the sheet of a release, or of the latest of a service: timeline, evidence, harm, actions to fill in',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  tidegate post-mortem checkout > post-mortem.md')
    .action(
      run(async (which: string, options: { json?: boolean }) => {
        const { showPostMortem } = await import('../commands/post-mortem.ts')
        return showPostMortem(await cli(options), which)
      }),
    )
}
