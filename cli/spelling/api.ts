// The command that reads by the controller's API, signed as the caller.
import type { Command } from 'commander'
import type { Surroundings } from '../backend/surroundings.ts'

export function addApi(program: Command, { run }: Pick<Surroundings, 'run'>): void {
  program
    .command('api <path>')
    .description("read a path of the controller's API, signed with your credentials; prints its JSON")
    .addHelpText(
      'after',
      '\nThe paths are in docs/api.md, or: tidegate api /openapi.json\n\nExamples:\n  tidegate api /service/checkout\n  tidegate api "/releases/checkout?limit=5"',
    )
    .action(
      run(async (path: string) => {
        const read = (await import('../backend/aws-backend.ts')).readingOnAws(process.env)
        const { printRead } = await import('../commands/api.ts')
        return printRead(read, (line) => process.stdout.write(`${line}\n`), path)
      }),
    )
}
