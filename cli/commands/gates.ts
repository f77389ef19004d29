// The spelling of what people say to gates: whether they are open, approving, overriding, stopping the line.
import type { Command } from 'commander'
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import type { Surroundings } from '../desk/surroundings.ts'
import { exitCodes } from '../desk/screen.ts'
import { Ordered } from './verbs.ts'
import type { Cli } from '../desk/surroundings.ts'

type Shared = { readonly json?: boolean; readonly by: string }
type Approve = Shared & { readonly before?: string; readonly reason?: string }

const Answer = z.looseObject({ may: z.boolean(), because: z.string() })

export function addGates(program: Command, { cli, run, me }: Surroundings): void {
  program
    .command('gates <service>')
    .description('whether a release could begin now, and what is in its way; ends with 1 when it could not')
    .option('--json', 'as JSON')
    .action(
      run(async (service: string, options: Shared) => {
        const { desk, screen } = cli({ json: options.json === true })
        const answer = Answer.parse(await desk.ask('ask', { service }))
        screen.say(`${answer.may ? 'Yes' : 'No'}: ${answer.because}`, answer)
        return answer.may ? exitCodes.done : exitCodes.different
      }),
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
        run((service: string, options: Approve) =>
          approve(cli({ json: options.json === true }), service, answer, options),
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
      run(async (service: string, { json, by, reason }: Shared & { readonly reason: string }) => {
        const { desk, screen } = cli({ json: json === true })
        const done = Ordered.parse(await desk.ask('override', { service, by, reason }))
        screen.say(`The gates of release ${done.releaseId} are overridden.`, done)
        return exitCodes.done
      }),
    )
  addLine(program, { cli, run, me })
}

async function approve(
  { desk, screen }: Cli,
  service: string,
  answer: 'approve' | 'decline',
  { by, before, reason }: Approve,
): Promise<number> {
  const point = before === undefined || before === 'begin' ? before : Number(before)
  if (typeof point === 'number' && Number.isNaN(point))
    throw new Problem('call_invalid', `--before takes begin or a percent, not "${before ?? ''}".`)
  const call = {
    service,
    by,
    answer,
    ...(point === undefined ? {} : { before: point }),
    ...(reason === undefined ? {} : { reason }),
  }
  const done = Ordered.parse(await desk.ask('approve', call))
  screen.say(
    `${answer === 'approve' ? 'Approved' : 'Declined'}: release ${done.releaseId} is ${done.outcome ?? done.phase}.`,
    done,
  )
  return exitCodes.done
}

function addLine(program: Command, { cli, run, me }: Pick<Surroundings, 'cli' | 'run' | 'me'>): void {
  const line = program.command('line').description('stop the line: nothing begins and nothing goes on')
  const which = (services: readonly string[]): readonly object[] =>
    services.length === 0 ? [{ all: true }] : services.map((service) => ({ service }))
  const words = (services: readonly string[]): string => (services.length === 0 ? 'every service' : services.join(', '))
  line
    .command('stop [services...]')
    .description('for these services, or for all')
    .requiredOption('--reason <text>', 'why: whoever is held is told')
    .option('--by <name>', 'who', me())
    .option('--json', 'as JSON')
    .action(
      run(async (services: string[], { json, by, reason }: Shared & { readonly reason: string }) => {
        const { desk, screen } = cli({ json: json === true })
        for (const one of which(services)) await desk.ask('stopLine', { ...one, by, reason })
        screen.say(`The line of ${words(services)} is stopped.`, { stopped: services.length === 0 ? 'all' : services })
        return exitCodes.done
      }),
    )
  line
    .command('start [services...]')
    .description('the stop of these services, or the stop of all, is over')
    .option('--by <name>', 'who', me())
    .option('--json', 'as JSON')
    .action(
      run(async (services: string[], { json, by }: Shared) => {
        const { desk, screen } = cli({ json: json === true })
        for (const one of which(services)) await desk.ask('startLine', { ...one, by })
        screen.say(`The line of ${words(services)} is started again.`, {
          started: services.length === 0 ? 'all' : services,
        })
        return exitCodes.done
      }),
    )
}
