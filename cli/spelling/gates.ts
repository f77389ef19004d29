// What people say to gates: whether they are open, approving, overriding, stopping the line.
import type { Command } from 'commander'
import type { Approval, Why } from '../commands/gates.ts'
import type { Surroundings } from '../backend/surroundings.ts'

type Shared = { readonly json?: boolean }

const gates = () => import('../commands/gates.ts')

export function addGates(program: Command, { cli, run, me }: Surroundings): void {
  program
    .command('gates <service>')
    .description('whether a release could begin now, and what is in its way; ends with 1 when it could not')
    .option('--json', 'as JSON')
    .action(
      run(async (service: string, { json }: Shared) =>
        (await gates()).showGates(await cli({ json: json === true }), service),
      ),
    )
  for (const answer of ['approve', 'decline'] as const) {
    program
      .command(`${answer} <service>`)
      .description(
        answer === 'approve'
          ? 'agree that the live release goes on past the gate that waits for it'
          : 'say no to the live release: at its next gate it ends, and its traffic goes back',
      )
      .option('--before <point>', 'which approval: begin, or the percent that it stands before')
      .option('--reason <text>', 'why: kept in the log')
      .option('--by <name>', 'who', me())
      .option('--json', 'as JSON')
      .action(
        run(async (service: string, { json, ...options }: Shared & Approval) =>
          (await gates()).approve(await cli({ json: json === true }), service, answer, options),
        ),
      )
  }
  program
    .command('override <service>')
    .description('let the live release pass closed gates (calendar, budget, group); recorded with your name and reason')
    .requiredOption('--reason <text>', 'why: kept in the log')
    .option('--by <name>', 'who', me())
    .option('--json', 'as JSON')
    .action(
      run(async (service: string, { json, ...why }: Shared & Why) =>
        (await gates()).override(await cli({ json: json === true }), service, why),
      ),
    )
  addLine(program, { cli, run, me })
}

function addLine(program: Command, { cli, run, me }: Pick<Surroundings, 'cli' | 'run' | 'me'>): void {
  const line = program.command('line').description('stop the line: nothing begins and nothing goes on')
  line
    .command('stop [services...]')
    .description('for these services, or for all')
    .requiredOption('--reason <text>', 'why: whoever is held is told')
    .option('--by <name>', 'who', me())
    .option('--json', 'as JSON')
    .action(
      run(async (services: string[], { json, ...why }: Shared & Why) =>
        (await gates()).stopLine(await cli({ json: json === true }), services, why),
      ),
    )
  line
    .command('start [services...]')
    .description('the stop of these services, or the stop of all, is over')
    .option('--by <name>', 'who', me())
    .option('--json', 'as JSON')
    .action(
      run(async (services: string[], { json, by }: Shared & { readonly by: string }) =>
        (await gates()).startLine(await cli({ json: json === true }), services, by),
      ),
    )
}
