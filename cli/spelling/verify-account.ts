// The verify-account command: questions that only a real account can answer. The answers go into a file that docs/aws.md can
// cite.
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'
import type { Verify } from '../verify/session.ts'

export function addVerifyAccount(program: Command, { screen, run, pause }: Surroundings): void {
  program
    .command('verify-account')
    .description('ask AWS what only a real account can tell, with resources that are deleted again')
    .option(
      '--make-roles',
      'allow it to create roles: one for the temporary function, and one for each permission that is tested',
    )
    .option('--role <arn>', 'use this role for the temporary function instead')
    .option('--only <experiments...>', 'run only these experiments')
    .option('--dry-run', 'show what would be created, asked and charged; do nothing')
    .option('--policy', 'print the IAM policy that the run needs, and end')
    .option('--clean-up <prefix>', 'delete what a killed run left behind, by its record')
    .option('--folder <path>', 'where the record and the answers go', '.')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
It records each resource before it creates it, and deletes only what has its prefix, its tag and a line in that record.

Exit codes: 0 AWS does what is expected, 1 it does not, or an experiment went wrong, or something could not be deleted,
            2 the call was wrong, 3 AWS refused or did not answer, 130 you stopped it, and everything was deleted.

Examples:
  tidegate verify-account --make-roles --dry-run
  tidegate verify-account --make-roles
  tidegate verify-account --only metric-throttles --role arn:aws:iam::111122223333:role/lambda-basic
  tidegate verify-account --clean-up tidegate-verify-1f2e3d4c`,
    )
    .action(
      run(async (options: Verify) => {
        // From here on Ctrl-C is heard: what was made is taken away again.
        await pause(0)
        const { verifyAccount } = await import('../verify/session.ts')
        const shown = screen({ json: options.json === true })
        const prefix = options.cleanUp ?? `tidegate-verify-${randomBytes(4).toString('hex')}`
        const endpoint = process.env['AWS_ENDPOINT_URL']
        const common = {
          config: {},
          prefix,
          nowMs: () => Date.now(),
          pause,
          note: (text: string) => shown.note(text),
          folder: options.folder,
          endpoint,
        }
        return verifyAccount(shown, { ...options, ...common })
      }),
    )
}
