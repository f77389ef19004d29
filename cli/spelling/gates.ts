// Commands about gates: whether they are open, approving, overriding, stopping the line.
import type { Command } from 'commander'
import type { Approval, Why } from '../orders/gates.ts'
import type { Surroundings } from '../backend/surroundings.ts'

type Shared = { readonly json?: boolean }

const gates = () => import('../orders/gates.ts')
const lines = () => import('../services/line.ts')

export function addGates(program: Command, { cli, run }: Surroundings): void {
  program
    .command('gates <service>')
    .description('say whether a release could begin now, and what blocks it; exits with 1 if it could not')
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
          ? 'approve the gate that the live release waits at'
          : 'decline the live release: it ends at its next gate, and its traffic returns to stable',
      )
      .option('--before <point>', 'which approval: begin, or the percent that it stands before')
      .option('--wave <name>', 'which approval: the one before this wave')
      .option('--reason <text>', 'why: kept in the log')
      .option('--json', 'as JSON')
      .action(
        run(async (service: string, { json, ...options }: Shared & Approval) =>
          (await gates()).approve(await cli({ json: json === true }), service, answer, options),
        ),
      )
  }
  program
    .command('override <service>')
    .description('let the live release pass closed gates (calendar, budget, group); your name and reason are recorded')
    .requiredOption('--reason <text>', 'why: kept in the log')
    .option('--json', 'as JSON')
    .action(
      run(async (service: string, { json, ...why }: Shared & Why) =>
        (await gates()).override(await cli({ json: json === true }), service, why),
      ),
    )
  addLine(program, { cli, run })
}

function addLine(program: Command, { cli, run }: Pick<Surroundings, 'cli' | 'run'>): void {
  const line = program.command('line').description('stop the line: no release begins and none takes a further step')
  line
    .command('stop [services...]')
    .description('for these services, or for all')
    .requiredOption('--reason <text>', 'why: shown to everybody whose release is held')
    .option('--json', 'as JSON')
    .action(
      run(async (services: string[], { json, ...why }: Shared & Why) =>
        (await lines()).stopLine(await cli({ json: json === true }), services, why),
      ),
    )
  line
    .command('start [services...]')
    .description('start the line again for these services, or for all; says what stays stopped')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nA stop of all services and a stop of one are lifted each by itself.\n\nExample:\n  tidegate line start checkout',
    )
    .action(
      run(async (services: string[], { json }: Shared) =>
        (await lines()).startLine(await cli({ json: json === true }), services),
      ),
    )
  line
    .command('status')
    .description('show what is stopped, by whom, since when and why; ends with 1 if anything is')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  tidegate line status')
    .action(run(async ({ json }: Shared) => (await lines()).showLine(await cli({ json: json === true }))))
}
