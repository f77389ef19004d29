// The command that writes the template for teams without the CDK.
import type { Command } from 'commander'
import about from '../../package.json' with { type: 'json' }
import type { Surroundings } from '../backend/surroundings.ts'

export function addTemplate(program: Command, { run, screen }: Surroundings): void {
  program
    .command('template [folder]')
    .description(
      'write the CloudFormation template of the controller, its package and their checksums: for teams without the CDK',
    )
    .option('--shadow <file>', 'write a template of the shadows that the file names, too (docs/shadow.md)')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nThe CDK makes it: `npm install aws-cdk-lib constructs` beside tidegate. Without FOLDER it goes to tidegate-template.\nFiles of the same names are replaced. It asks nobody, and changes nothing in an account.\n\nExample:\n  tidegate template out\n  tidegate template out --shadow shadow.yaml',
    )
    .action(
      run(async (folder: string | undefined, options: { readonly json?: boolean; readonly shadow?: string }) =>
        (await import('../commands/template.ts')).writeTemplate(
          screen(options),
          about.version,
          folder ?? 'tidegate-template',
          options.shadow,
        ),
      ),
    )
}
