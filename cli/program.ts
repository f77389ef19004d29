// The command line: spelling, help and exit codes. What a command needs is loaded when it is asked for; what the words do is in
// commands/, and what is decided is decided elsewhere.
import { inspect } from 'node:util'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { jsonLine } from '../core/foreign-text.ts'
import { Problem, problems } from '../core/problem.ts'
import { runbookSection } from '../core/runbook.ts'
import { explained } from './backend/explained.ts'
import about from '../package.json' with { type: 'json' }
import { exitCodes, type Screen, screenOn, shown } from './backend/screen.ts'
import type { Surroundings } from './backend/surroundings.ts'
import { outputTo, surfaceOf } from './backend/terminal.ts'
import { addApi } from './spelling/api.ts'
import { addAttest } from './spelling/attest.ts'
import { addBacktest } from './spelling/backtest.ts'
import { addCompletion } from './spelling/completion.ts'
import { addConsole } from './spelling/console.ts'
import { addDoctor } from './spelling/doctor.ts'
import { addDrill } from './spelling/drill.ts'
import { addGates } from './spelling/gates.ts'
import { addLost } from './spelling/lost.ts'
import { addMcp } from './spelling/mcp.ts'
import { addObserved } from './spelling/observed.ts'
import { addOrders } from './spelling/orders.ts'
import { addPostMortem } from './spelling/post-mortem.ts'
import { addReleases } from './spelling/releases.ts'
import { addReplay } from './spelling/replay.ts'
import { addReport } from './spelling/report.ts'
import { addServices } from './spelling/services.ts'
import { addTemplate } from './spelling/template.ts'
import { addTrace } from './spelling/trace.ts'
import { addVerifyAccount } from './spelling/verify-account.ts'

type Shared = { readonly json?: boolean }

// As the AWS CLI does; the SDK asks for AWS_REGION only, and takes an empty one for a region.
process.env['AWS_REGION'] ||= process.env['AWS_DEFAULT_REGION'] ?? ''
if (process.env['AWS_REGION'] === '') delete process.env['AWS_REGION']
// Whoever reads along may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(isLost(error) ? 1 : exitCodes.done))

const stopping = new AbortController()
let isHeard = false
/** Who waits hears of Ctrl-C from here on, and ends in order. What only computes or calls is ended by it, as any program. */
function stopped(): AbortSignal {
  if (!isHeard)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort())
  isHeard = true
  return stopping.signal
}

/** Waits, and says whether the person still wants to go on. */
const pause = (ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve(!signal.aborted)
    }
    const signal = stopped()
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })

const output = outputTo(process.stdout, process.env, stopped)
const screen = (options: Shared): Screen =>
  screenOn((line) => process.stdout.write(`${line}\n`), options.json === true, output)
const backend: Surroundings['backend'] = async () =>
  (await import('./backend/aws-backend.ts')).backendOnAws(process.env)
const cli: Surroundings['cli'] = async (options) => ({ backend: await backend(), screen: screen(options) })

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('a number above 0 is wanted')
  return value
}

/** On a full disk, half of an answer looks like all of it. */
const isLost = (error: NodeJS.ErrnoException | null | undefined): boolean =>
  error !== null && error !== undefined && error.code !== 'EPIPE'

let exitCode: number = exitCodes.done
const run =
  <A extends unknown[]>(action: (...args: A) => Promise<number>) =>
  async (...args: A): Promise<void> => {
    exitCode = await action(...args)
  }

const surroundings: Surroundings = { screen, backend, cli, run, positive, pause }

/** Whoever only deploys has installed nothing of the embedded cloud. @throws Problem `part_missing` */
async function embedded<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    const name = /package '([^']+)'/.exec(cause.message)?.[1] ?? 'a package'
    throw new Problem('part_missing', `The embedded cloud needs ${name}, which is not installed.`, { cause })
  }
}

const program = new Command('tidegate')
  .version(about.version, '--version', 'print the version')
  // `release --version 42` is the release's own.
  .enablePositionalOptions()
  .configureOutput({ writeErr: (text) => process.stderr.write(shown(text.split('\n'))) })
  .description(
    'Moves production traffic to a new version of a Lambda function a little at a time, and back when the evidence turns bad.',
  )
  .showHelpAfterError('(add --help for usage and examples)')
  .addHelpText(
    'after',
    `
Where: AWS as the SDK finds it (AWS_REGION, credentials), or the embedded cloud (AWS_ENDPOINT_URL).
Exit codes: 0 done, 1 the release ended without the candidate in charge, 2 refused and nothing changed,
            3 AWS refused or did not answer, 4 traffic not moved: the commands that move it are printed, 130 stopped by you.

Examples:
  tidegate local                              the embedded cloud with a sample service
  tidegate apply services/checkout.yaml
  tidegate release checkout --version 42 --watch
  tidegate rollback checkout --reason "orders drop"`,
  )

program
  .command('local')
  .description('run the embedded cloud with the sample service: a good release, a bad one, then serve until Ctrl-C')
  .option('--once', 'exit with a summary after the two releases')
  .option('--port <port>', 'the port of the endpoint', positive, 4599)
  .option('--rate <n>', 'seconds of AWS time per second', positive, 60)
  .option(
    '--traffic <aliases...>',
    'FUNCTION:ALIAS: send requests to functions of yours too, as soon as they are there',
  )
  .option('--json', 'print one JSON document per line')
  .action(
    run(async (options: Shared & { once?: boolean; port: number; rate: number; traffic?: readonly string[] }) => {
      if (!Number.isInteger(options.port) || options.port > 65_535)
        throw new Problem('call_invalid', `--port takes a whole number up to 65535, not ${options.port}.`)
      const { targetOf } = await import('./orders/named-versions.ts')
      const { serveLocally } = await embedded(() => import('./demonstration/local.ts'))
      return serveLocally(screen(options), {
        once: options.once === true,
        port: options.port,
        rate: options.rate,
        traffic: (options.traffic ?? []).map(targetOf),
        stopping: stopped(),
        pause,
      })
    }),
  )

program
  .command('apply <files...>')
  .description('register or change services from their definitions (YAML or JSON), or from all in a folder')
  .option('--json', 'print the service as Tidegate stores it')
  .addHelpText(
    'after',
    '\nAll are checked before any is sent.\n\nExamples:\n  tidegate apply examples/checkout/service.yaml\n  tidegate apply services',
  )
  .action(
    run(async (files: string[], options: Shared) =>
      (await import('./commands/apply.ts')).applyFiles(await cli(options), files),
    ),
  )

program
  .command('applied <service>')
  .description('show who applied which definition of a service, when, and what it changed')
  .option('--last <n>', 'how many, newest first', positive, 20)
  .option('--json', 'as JSON')
  .action(
    run(async (service: string, { last, ...options }: Shared & { last: number }) =>
      (await import('./commands/applied.ts')).showApplied(await cli(options), service, Math.ceil(last)),
    ),
  )

program
  .command('diff [files...]')
  .description('show drift: registered definitions against files, and aliases against their last release')
  .option('--json', 'as JSON')
  .addHelpText(
    'after',
    '\nWithout files, the aliases of every service are looked at. Of a folder, services that no file defines are named too. Ends with 1 when anything has drifted.\n\nExample:\n  tidegate diff services',
  )
  .action(
    run(async (files: string[], options: Shared) => {
      const { showDrift } = await import('./commands/diff.ts')
      return showDrift(await cli(options), files)
    }),
  )

addReleases(program, surroundings)

program
  .command('budget <service>')
  .description('show what is left of the error budgets, and their burn rates')
  .option('--json', 'as JSON')
  .action(
    run(async (service: string, options: Shared) => {
      const { showBudgets } = await import('./commands/budgets.ts')
      return showBudgets(await cli(options), service)
    }),
  )

program
  .command('openslo <files...>')
  .description('convert OpenSLO documents (openslo/v1) to the slos of a service definition; applies nothing')
  .option('--json', 'as JSON')
  .addHelpText('after', '\nExample:\n  tidegate openslo slos/checkout.yaml datasources.yaml')
  .action(
    run(async (files: string[], options: Shared) =>
      (await import('./commands/openslo.ts')).showOpenSlo(screen(options), files),
    ),
  )

for (const add of [
  addServices,
  addOrders,
  addConsole,
  addReport,
  addObserved,
  addGates,
  addAttest,
  addDoctor,
  addDrill,
  addVerifyAccount,
  addPostMortem,
])
  add(program, surroundings)
const metrics = async () => (await import('./backend/metrics-backend.ts')).metricsBackendOnAws(process.env)
for (const add of [addReplay, addBacktest]) add(program, { ...surroundings, metrics })
addApi(program, surroundings)
addMcp(program, surroundings)
addTrace(program, surroundings)
addTemplate(program, surroundings)
addLost(program, {
  ...surroundings,
  lostBackend: async () => (await import('./backend/lost-backend.ts')).lostBackendOnAws(process.env),
})

addCompletion(program, surroundings)

const awsTroubles: readonly string[] = [
  'permission_denied',
  'aws_throttled',
  'aws_unavailable',
  'return_failed',
  'execution_lost',
  'crowded',
  'credentials_missing',
  'credentials_refused',
  'endpoint_unreachable',
]

/** With its code and its fix. A fault of ours keeps its stack for whoever asks for it. */
function tellProblem(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.refused
  const known = explained(error, process.env)
  const { code, message, fix } = known ?? unforeseen(error)
  process.stderr.write(
    json
      ? `${jsonLine({ problem: { code, message, fix } })}\n`
      : `${shown([{ head: [{ text: code, tone: 'bad' }, ': '], rest: [message] }, `  ${fix}`, `  See ${runbookSection(code)}`], surfaceOf(process.stderr))}\n`,
  )
  if ((process.env['TIDEGATE_STACK'] ?? '') !== '') process.stderr.write(`${shown(inspect(error).split('\n'))}\n`)
  // As Node would end.
  if (known === undefined) return 1
  return awsTroubles.includes(code) ? exitCodes.aws : exitCodes.refused
}

const unforeseen = (error: unknown) => ({
  code: 'unforeseen' as const,
  message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  fix: problems.unforeseen,
})

/** As a variable of a pipeline that is not set: it names nothing, and AWS is not asked for it. */
program.hook('preAction', (_, command) => {
  // The shell's word that is still to be typed is empty.
  if (command.name() === 'complete') return
  const { registeredArguments, processedArgs } = command
  const empty = registeredArguments.find((__, index) => [processedArgs[index]].flat().includes(''))
  if (empty !== undefined) throw new Problem('call_invalid', `The argument ${empty.name()} is empty.`)
})

for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)])
  command.exitOverride()
try {
  await program.parseAsync()
} catch (error) {
  exitCode = tellProblem(error, process.argv.includes('--json'))
}
// Everything has been said by now; a connection that lingers must not keep a pipeline waiting.
process.stdout.write('', (error) => process.exit(isLost(error) ? 1 : exitCode))
