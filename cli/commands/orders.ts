// The spelling of what people order a live release to do, and what they are told when it cannot be done for them.
import type { Command } from 'commander'
import type { Target } from '../../core/service/service.ts'
import { isStuck, targetOf, tellByHand } from './by-hand.ts'
import type { Surroundings } from '../desk/surroundings.ts'
import { exitCodes } from '../desk/screen.ts'
import { Ordered, readDefinition } from './verbs.ts'
import type { Cli } from '../desk/surroundings.ts'

type Order = {
  readonly verb: 'pause' | 'resume' | 'promote' | 'rollBack' | 'abort'
  readonly service: string
  readonly by: string
  readonly reason: string
  /** Aliases of the service, for when the table does not answer. */
  readonly targets?: readonly Target[]
}

/** Each order goes to the function that may do this and no other. */
const functions = { pause: 'pause', resume: 'pause', promote: 'promote', rollBack: 'stop', abort: 'stop' } as const

export async function order(
  { desk, screen }: Cli,
  { verb, service, by, reason, targets = [] }: Order,
): Promise<number> {
  const words = { ...(verb === 'promote' ? {} : { verb }), ...(verb === 'resume' ? {} : { reason }) }
  try {
    const done = Ordered.parse(await desk.ask(functions[verb], { service, by, ...words }))
    const sentence =
      done.phase === 'requested'
        ? `Nothing was live: release ${done.releaseId} goes back to the version before.`
        : `Release ${done.releaseId} is now ${done.outcome ?? done.phase}.`
    screen.say(done.note === undefined ? sentence : `${sentence}\n${done.note}`, done)
    return exitCodes.done
  } catch (error) {
    if (functions[verb] !== 'stop' || !isStuck(error)) throw error
    return tellByHand({ desk, screen }, service, targets, error)
  }
}

const orders: readonly { readonly name: string; readonly verb: Order['verb']; readonly words: string }[] = [
  {
    name: 'rollback',
    verb: 'rollBack',
    words: 'put the traffic back on stable, now; if nothing is live, release the version before',
  },
  { name: 'abort', verb: 'abort', words: 'stop the live release and put the traffic back' },
  { name: 'pause', verb: 'pause', words: 'stay at the present weight; the watching goes on' },
  { name: 'resume', verb: 'resume', words: 'go on after a pause' },
  { name: 'promote', verb: 'promote', words: 'give the candidate all traffic now, without the remaining steps' },
]

const stuck = `
When AWS does not let it, the aws commands that put the traffic back are printed, and it ends with 4. Where the table does not
answer either, name the aliases: by the definition's file, or one by one.`

type Options = {
  readonly json?: boolean
  readonly reason: string
  readonly by: string
  readonly file?: string
  readonly target?: readonly string[]
}

export function addOrders(program: Command, { cli, run, me }: Surroundings): void {
  for (const { name, verb, words } of orders) {
    const isBack = functions[verb] === 'stop'
    const command = program
      .command(`${name} <service>`)
      .description(words)
      .option('--reason <text>', 'why: kept in the log', `${name} by hand`)
      .option('--by <name>', 'who', me())
      .option('--json', 'as JSON')
    if (isBack)
      command
        .option('--file <file>', 'the definition, for when the table does not answer')
        .option('--target <aliases...>', 'FUNCTION:ALIAS, for when the table does not answer')
    command
      .addHelpText('after', `${isBack ? stuck : ''}\nExample:\n  tidegate ${name} checkout --reason "because ..."`)
      .action(
        run(async (service: string, { json, by, reason, file, target = [] }: Options) => {
          const named = file === undefined ? target.map(targetOf) : (await readDefinition(file)).targets
          return order(cli({ json: json === true }), { verb, service, by, reason, targets: named })
        }),
      )
  }
}
