// The drill command.
import { type Command, InvalidArgumentError } from 'commander'
import { Problem } from '../../core/problem.ts'
import type { Surroundings } from '../backend/surroundings.ts'

type Options = {
  readonly json?: boolean
  readonly weight: number
  readonly version?: string
  readonly versions?: readonly string[]
  readonly reason: string
  readonly every: number
}

export function addDrill(program: Command, { cli, run, positive, pause }: Surroundings): void {
  program
    .command('drill <service>')
    .description('rehearse a way back: release a good version at 0 %, make an alarm fire, and see that it comes back')
    .option('--weight <percent>', 'how much traffic the version gets; at most the first step of the plan', percent, 0)
    .option('--version <version>', 'a good version; default: one that had all traffic before')
    .option('--versions <pairs...>', 'FUNCTION=VERSION for each target')
    .option('--reason <text>', 'why: kept in the log', 'a drill')
    .option('--every <seconds>', 'how often to look', positive, 1)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
No hook of the service is called, and only the drill's own alarm fires. The page begins with DRILL. Exit codes: 0 it came back
and a page was sent, 1 it did not, 2 no drill may begin now, 130 you stopped it and its release was aborted.

Examples:
  tidegate drill checkout
  tidegate drill checkout --weight 1 --version 41`,
    )
    .action(
      run(async (service: string, { json, weight, version, versions, reason, every }: Options) => {
        const [{ drill }, { drillAlarmOnAws }] = await Promise.all([
          import('../commands/drill.ts'),
          import('../backend/drill-alarm.ts'),
        ])
        // From here on Ctrl-C is heard: what the drill has made is taken away again.
        await pause(0)
        const there = await cli({ json: json === true })
        const named = await versionsOf(there.backend, service, version, versions)
        return drill(there, drillAlarmOnAws(), service, {
          ...{ weight, reason, pause, everyMs: every * 1000 },
          ...(named === undefined ? {} : { versions: named }),
        })
      }),
    )
}

function percent(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('a percent from 0 to 100 is wanted')
  return value
}

type Services = Awaited<ReturnType<Surroundings['backend']>>

/** @throws Problem `call_invalid` */
async function versionsOf(
  { services }: Pick<Services, 'services'>,
  service: string,
  version: string | undefined,
  pairs: readonly string[] | undefined,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (version !== undefined && pairs !== undefined)
    throw new Problem('call_invalid', 'Give either --version or --versions.')
  if (version !== undefined) {
    const [target, another] = (await services.get(service)).targets
    if (target === undefined || another !== undefined)
      throw new Problem('call_invalid', `${service} has several targets: give --versions, one for each.`)
    return { [target.functionName]: version }
  }
  return pairs === undefined
    ? undefined
    : Object.fromEntries(
        pairs.map((pair) => {
          const at = pair.lastIndexOf('=')
          if (at < 1) throw new Problem('call_invalid', `"${pair}" is not FUNCTION=VERSION.`)
          return [pair.slice(0, at), pair.slice(at + 1)]
        }),
      )
}
