// Commands to list, resend and drop events that were not handled.
import type { Command } from 'commander'
import type { LostBackend } from '../backend/backend.ts'
import type { Surroundings } from '../backend/surroundings.ts'

type Options = { readonly json?: boolean; readonly limit: number; readonly all?: boolean }

const load = () => import('../commands/lost.ts')

export function addLost(program: Command, { screen, lostBackend, run, positive }: LostSurroundings): void {
  const lost = program.command('lost').description('events that could not be handled or delivered, and were kept')
  const cliOf = async ({ json }: Options) => ({ backend: await lostBackend(), screen: screen({ json: json === true }) })
  const command = (name: string, words: string): Command =>
    lost
      .command(name)
      .description(words)
      .option('--limit <n>', 'how many messages to look at', positive, 1000)
      .option('--json', 'print one JSON document per line')
      .exitOverride()
  command('list', 'list each event: when, which function, why; exits with 1 if there are any').action(
    run(async (options: Options) => (await load()).listLost(await cliOf(options), options.limit)),
  )
  command('retry [ids...]', 'send events again to their functions; an event that fails again is kept again')
    .option('--all', 'every event that can be read')
    .addHelpText('after', '\nExamples:\n  tidegate lost retry 4f2a91c0\n  tidegate lost retry --all')
    .action(
      run(async (ids: string[], options: Options) => {
        const { chosen, retryLost } = await load()
        return retryLost(await cliOf(options), chosen(ids, options), options.limit)
      }),
    )
  command('drop <ids...>', 'delete events that are no longer wanted or cannot be read').action(
    run(async (ids: string[], options: Options) => (await load()).dropLost(await cliOf(options), ids, options.limit)),
  )
}
type LostSurroundings = Pick<Surroundings, 'screen' | 'run' | 'positive'> & {
  readonly lostBackend: () => Promise<LostBackend>
}
