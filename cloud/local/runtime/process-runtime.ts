// Execution environments as real processes. As on Lambda, each package, environment and role has as many as it has concurrent
// invocations. A process may be killed at any moment; its invocation then fails as Lambda's would, and the next one starts a new
// process.
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, extname, join, resolve, sep } from 'node:path'
import { unzipSync } from 'fflate'
import type { LocalClock } from '../time/clock.ts'
import { errorPayload, type RunRequest, type RunResult, type Runtime, timedOut } from './runtime.ts'
import { defaultRegion } from '../protocol/service.ts'
import { worker } from './worker.ts'

type ProcessRuntime = Runtime & {
  /** Process ids of the live environments, for tests that kill them. */
  processIds(): readonly number[]
}

type Options = {
  readonly clock: LocalClock
  readonly endpointUrl: () => string
  /** The secret of an access key, where signatures are verified. A process gets only that of its role. */
  readonly secretOf?: (accessKeyId: string) => string
  /** Receives the lines that handlers print. */
  readonly log?: (line: string) => void
  /** How long, in real time, a function may hold up the cloud's time without waiting for anything. */
  readonly patienceMs?: number
}

/** `time`: a timer of the function is due. */
export type ToProcess =
  | {
      readonly kind: 'invoke'
      readonly handler: string
      readonly payload: string
      readonly context: Readonly<Record<string, string>>
      readonly nowMs: number
      readonly deadlineMs: number
    }
  | { readonly kind: 'time'; readonly nowMs: number }
/** `state`: whether the process is working after so many messages, and when its next timer is due. */
export type FromProcess =
  | { readonly kind: 'answer'; readonly payload: string; readonly failed: boolean }
  | { readonly kind: 'state'; readonly heard: number; readonly works: boolean; readonly wakeAtMs?: number }

type Environment = {
  readonly child: ChildProcess
  readonly folder: string
  /** The session token of its credentials. */
  readonly session: string
  invocation?: Invocation | undefined
  /** Cancels the shutdown for idleness. */
  stay?: () => void
  /** Takes it out of use: it gets no more invocations. */
  leave(): void
}
type Invocation = {
  /** It waits for another function: the cloud's time passes. */
  waits(): void
  /** It works again: the cloud's time stands still. Resolves once the function knows the current time. */
  goesOn(): Promise<void>
  heard(message: FromProcess): void
  died(reason: string): void
}

// A cold start of the controller takes ten seconds on a machine that runs sixteen other busy processes.
const usualPatienceMs = 60_000
// AWS ends idle environments but publishes no number. Without this, the environments of versions that lost their traffic would
// pile up.
const idleMs = 3_600_000

export function processRuntime(options: Options): ProcessRuntime {
  const environments = new Map<string, Set<Environment>>()
  const all = (): Environment[] => [...environments.values()].flatMap((some) => [...some])
  let stopped = false

  function environmentFor(request: RunRequest): Environment {
    // An environment that is started during shutdown must not outlive the cloud.
    if (stopped) throw new Error('the runtime has been stopped')
    const key = JSON.stringify([request.code.sha256, request.environment, request.role])
    const known = environments.get(key) ?? new Set()
    environments.set(key, known)
    const free = [...known].find((one) => one.invocation === undefined)
    if (free !== undefined) return free
    const made = start(request, options, () => void known.delete(made))
    known.add(made)
    return made
  }

  return {
    async run(request) {
      let environment: Environment
      try {
        environment = environmentFor(request)
      } catch (error) {
        const payload = errorPayload('Runtime.InvalidPackage', String(error))
        return { payload, functionError: 'Unhandled', durationMs: 1 }
      }
      environment.stay?.()
      const startMs = options.clock.nowMs()
      const result = await invoke(environment, request, options)
      environment.stay = options.clock.at(options.clock.nowMs() + idleMs, () => {
        environment.leave()
        environment.child.kill('SIGKILL')
      })
      return { ...result, durationMs: Math.max(1, options.clock.nowMs() - startMs) }
    },
    async waitFor(session, answer) {
      const invocation = all().find((one) => one.session === session)?.invocation
      invocation?.waits()
      try {
        return await answer
      } finally {
        await invocation?.goesOn()
      }
    },
    stop: async () => {
      stopped = true
      await Promise.all(all().map(end))
    },
    processIds: () => all().flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid])),
  }
}

function start(request: RunRequest, options: Options, onExit: () => void): Environment {
  const folder = unpack(request.code.bytes)
  const accessKeyId = `role.${request.role.split('/').at(-1) ?? 'none'}`
  const session = randomUUID()
  // .js in the published package.
  const module = `function-process${extname(import.meta.filename)}`
  const child = fork(resolve(import.meta.dirname, module), [folder], {
    env: {
      ...request.environment,
      PATH: process.env['PATH'],
      // Shares V8's compile cache between processes, which saves half of a cold start. One that is set is shared with the others
      // that have it: the command line compiles much of the same code.
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), 'tidegate-compile-cache'),
      AWS_REGION: defaultRegion,
      AWS_ENDPOINT_URL: options.endpointUrl(),
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: options.secretOf?.(accessKeyId) ?? 'none',
      AWS_SESSION_TOKEN: session,
      AWS_LAMBDA_FUNCTION_NAME: request.functionName,
    },
    serialization: 'json',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const environment: Environment = { child, folder, session, leave: onExit }
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => options.log?.(data.toString().trimEnd()))
  child.on('message', (message: FromProcess) => environment.invocation?.heard(message))
  child.on('exit', (code, signal) => {
    onExit()
    rmSync(folder, { recursive: true, force: true })
    const reason = signal === null ? `exit status ${code ?? 'unknown'}` : 'signal: killed'
    environment.invocation?.died(reason)
  })
  return environment
}

function invoke(environment: Environment, request: RunRequest, options: Options): Promise<RunResult> {
  const { clock, patienceMs = usualPatienceMs } = options
  const { child } = environment
  const hands = worker(clock, patienceMs)
  return new Promise((resolveRun) => {
    const nowMs = clock.nowMs()
    const deadlineMs = nowMs + request.timeoutSeconds * 1000
    let sent = 0
    let awaited = 0
    let isOver = false
    let cancelWake = (): void => undefined
    let known = (): void => undefined
    const tell = (message: ToProcess): void => {
      sent++
      hands.works()
      // A send to a child that just died fails; its exit event reports the death.
      child.send(message, () => undefined)
    }
    const tellTime = (): void => tell({ kind: 'time', nowMs: clock.nowMs() })
    const answered = (result: RunResult): void => {
      isOver = true
      environment.invocation = undefined
      cancelWake()
      cancelEnd()
      known()
      hands.leaves()
      resolveRun(result)
    }
    const cancelEnd = clock.at(deadlineMs, () => {
      environment.leave()
      answered(timedOut(request))
      child.kill('SIGKILL')
    })
    environment.invocation = {
      waits() {
        awaited++
        hands.waits()
      },
      goesOn: () =>
        new Promise((resolve) => {
          awaited--
          known = resolve
          if (isOver) resolve()
          else tellTime()
        }),
      heard(message) {
        if (message.kind === 'answer') answered(resultOf(message))
        else if (message.heard === sent) {
          known()
          cancelWake()
          if (message.wakeAtMs !== undefined) cancelWake = clock.at(message.wakeAtMs, tellTime)
          // A process that waits for another function has an open connection to the cloud, which looks like work.
          if (!message.works || awaited > 0) hands.waits()
        }
      },
      died: (reason) => answered(exited(request, reason)),
    }
    tell({ kind: 'invoke', ...callOf(request), nowMs, deadlineMs })
  })
}

const callOf = ({ functionName, version, functionArn, requestId, handler, payload }: RunRequest) => ({
  handler,
  payload: new TextDecoder().decode(payload),
  context: { functionName, functionVersion: version, invokedFunctionArn: functionArn, awsRequestId: requestId },
})

function exited({ requestId }: RunRequest, reason: string): RunResult {
  const message = `RequestId: ${requestId} Error: Runtime exited with error: ${reason}`
  return { payload: errorPayload('Runtime.ExitError', message), functionError: 'Unhandled', durationMs: 0 }
}

const resultOf = ({ payload, failed }: Extract<FromProcess, { readonly kind: 'answer' }>): RunResult => ({
  payload: new TextEncoder().encode(payload),
  durationMs: 0,
  ...(failed ? { functionError: 'Unhandled' } : {}),
})

// Inside the project, or inside node_modules, so that a package finds the AWS SDK that is installed, as it does in Lambda's Node
// runtime.
const root = resolve(import.meta.dirname, '../../../.tidegate')

/** Who has installed Tidegate for everybody may not write there, and gets a folder in which a package finds only itself. */
function newFolder(): string {
  try {
    mkdirSync(root, { recursive: true })
    return mkdtempSync(join(root, 'function-'))
  } catch {
    return mkdtempSync(join(tmpdir(), 'tidegate-function-'))
  }
}

function unpack(zip: Uint8Array): string {
  const files = unzipSync(zip)
  const folder = newFolder()
  for (const [name, bytes] of Object.entries(files)) {
    const path = resolve(folder, name)
    if (!path.startsWith(folder + sep)) throw new Error(`the package has a file outside of itself: ${name}`)
    if (name.endsWith('/')) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  return folder
}

async function end({ child, folder }: Environment): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = new Promise((resolveExit) => child.once('exit', resolveExit))
    child.kill('SIGKILL')
    await exited
  }
  rmSync(folder, { recursive: true, force: true })
}
