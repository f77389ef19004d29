// What people order a live release to do.
import type { Command } from 'commander'
import type { Order } from '../orders/orders.ts'
import type { Surroundings } from '../backend/surroundings.ts'

const orders: readonly { readonly name: string; readonly verb: Order['verb']; readonly words: string }[] = [
  {
    name: 'rollback',
    verb: 'rollBack',
    words: 'return all traffic to the stable version now; if nothing is live, release the previous version',
  },
  { name: 'abort', verb: 'abort', words: 'end the live release and return the traffic to the stable version' },
  { name: 'pause', verb: 'pause', words: 'stay at the present weight and keep watching' },
  { name: 'resume', verb: 'resume', words: 'go on after a pause' },
  { name: 'promote', verb: 'promote', words: 'give the candidate all traffic now and skip the remaining steps' },
]

const stuck = `
When AWS does not let it, the aws commands that put the traffic back are printed, and it ends with 4. Where the table does not
answer either, name the aliases: by the definition's file, or one by one.`

const older = `
With --to it goes further back than one release, at once and without gates. Only a version that had all traffic of its alias
before the last change may be named; to run any other version is a release. The right is that of rollback.
`

type Options = {
  readonly json?: boolean
  readonly reason: string
  readonly file?: string
  readonly release?: string
  readonly target?: readonly string[]
  readonly to?: readonly string[]
}

function examplesOf(name: string, verb: Order['verb']): string {
  const one = `  tidegate ${name} checkout --reason "because ..."`
  return verb === 'rollBack'
    ? `Examples:\n${one}\n  tidegate rollback checkout --to 41 --reason "42 and 43 lose orders"`
    : `Example:\n${one}`
}

export function addOrders(program: Command, { backend, screen, run }: Surroundings): void {
  for (const { name, verb, words } of orders) {
    const isBack = verb === 'rollBack' || verb === 'abort'
    const command = program
      .command(`${name} <service>`)
      .description(words)
      .option('--reason <text>', 'why: kept in the log', `${name} by hand`)
      .option('--json', 'as JSON')
    if (isBack)
      command
        .option(
          '--release <id>',
          `this release of the service, also one that waits${verb === 'rollBack' ? ', or the promoted one; refused if another has come since' : ''}; \`tidegate status\` has the ids`,
        )
        .option('--file <file>', 'the definition, for when DynamoDB does not answer')
        .option('--target <aliases...>', 'FUNCTION:ALIAS, for when DynamoDB does not answer')
    if (verb === 'rollBack')
      command.option(
        '--to <versions...>',
        'an older version that had all traffic before, or FUNCTION=VERSION for each target; what is live goes back first',
      )
    command
      .addHelpText('after', `${isBack ? stuck : ''}${verb === 'rollBack' ? older : ''}\n${examplesOf(name, verb)}`)
      .action(
        run(async (service: string, { json, reason, file, release, to, target = [] }: Options) => {
          const { order, targetsOf } = await import('../orders/orders.ts')
          const targets = await targetsOf(file, target)
          const { orderOnAws } = await import('../backend/order-on-aws.ts')
          const ordering = { backend: { order: orderOnAws(process.env) }, rest: backend }
          return order(
            { screen: screen({ json: json === true }), ...ordering },
            {
              ...{ verb, service, reason, targets },
              ...(release === undefined ? {} : { releaseId: release }),
              ...(to === undefined ? {} : { to }),
            },
          )
        }),
      )
  }
}
