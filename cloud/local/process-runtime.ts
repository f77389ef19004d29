// Execution environments as real processes: one for each package, environment and role. A process may be killed at any
// moment; its invocations fail as Lambda's would, and the next one starts a new process.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { unzipSync } from 'fflate'
import type { LocalClock } from './clock.ts'
import { errorPayload, type RunRequest, type RunResult, type Runtime } from './runtime.ts'
import { defaultRegion } from './service.ts'

type ProcessRuntime = Runtime & {
  /** Process ids of the environments that live, for tests that kill them. */
  processIds(): readonly number[]
}

type Options = {
  readonly clock: LocalClock
  readonly endpointUrl: () => string
  /** Lines that handlers print. */
  readonly log?: (line: string) => void
}

type Environment = {
  readonly child: ChildProcess
  readonly folder: string
  readonly waiting: Map<string, (result: RunResult) => void>
}
export type ToProcess = {
  readonly id: string
  readonly handler: string
  readonly payload: string
  readonly context: Readonly<Record<string, string>>
  readonly nowMs: number
  readonly rate: number
}
export type FromProcess = { readonly id: string; readonly payload: string; readonly failed: boolean }

export function processRuntime(options: Options): ProcessRuntime {
  const environments = new Map<string, Environment>()
  let stopped = false

  function environmentFor(request: RunRequest): Environment {
    const key = JSON.stringify([request.code.sha256, request.environment, request.role])
    const known = environments.get(key)
    if (known !== undefined) return known
    // What the cloud still starts while it is being shut down must not outlive it.
    if (stopped) throw new Error('the runtime has been stopped')
    const made = start(request, options, () => {
      if (environments.get(key) === made) environments.delete(key)
    })
    environments.set(key, made)
    return made
  }

  return {
    async run(request) {
      const startedAt = performance.now()
      const took = (): number => Math.max(1, performance.now() - startedAt)
      let environment: Environment
      try {
        environment = environmentFor(request)
      } catch (error) {
        return {
          payload: errorPayload('Runtime.InvalidPackage', String(error)),
          functionError: 'Unhandled',
          durationMs: took(),
        }
      }
      const result = await invoke(environment, request, options.clock)
      return { ...result, durationMs: took() }
    },
    stop: async () => {
      stopped = true
      await Promise.all([...environments.values()].map((environment) => end(environment)))
    },
    processIds: () => [...environments.values()].flatMap(({ child }) => (child.pid === undefined ? [] : [child.pid])),
  }
}

function start(request: RunRequest, options: Options, onExit: () => void): Environment {
  const folder = unpack(request.code.bytes)
  const role = request.role.split('/').at(-1) ?? 'none'
  const child = fork(resolve(import.meta.dirname, 'function-process.ts'), [folder], {
    env: {
      ...request.environment,
      PATH: process.env['PATH'],
      // What V8 has compiled for one process is there for the next: half of a cold start.
      NODE_COMPILE_CACHE: join(tmpdir(), 'tidegate-compile-cache'),
      AWS_REGION: defaultRegion,
      AWS_ENDPOINT_URL: options.endpointUrl(),
      AWS_ACCESS_KEY_ID: `role.${role}`,
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_LAMBDA_FUNCTION_NAME: request.functionName,
    },
    serialization: 'json',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const environment: Environment = { child, folder, waiting: new Map() }
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => options.log?.(data.toString().trimEnd()))
  child.on('message', (message: FromProcess) => {
    const resolveRun = environment.waiting.get(message.id)
    environment.waiting.delete(message.id)
    const payload = new TextEncoder().encode(message.payload)
    resolveRun?.({ payload, durationMs: 0, ...(message.failed ? { functionError: 'Unhandled' } : {}) })
  })
  child.on('exit', (code, signal) => {
    onExit()
    rmSync(folder, { recursive: true, force: true })
    const reason = signal === null ? `exit status ${code ?? 'unknown'}` : 'signal: killed'
    for (const [id, resolveRun] of environment.waiting) {
      const message = `RequestId: ${id} Error: Runtime exited with error: ${reason}`
      resolveRun({ payload: errorPayload('Runtime.ExitError', message), functionError: 'Unhandled', durationMs: 0 })
    }
    environment.waiting.clear()
  })
  return environment
}

function invoke({ child, waiting }: Environment, request: RunRequest, clock: LocalClock): Promise<RunResult> {
  return new Promise((resolveRun) => {
    const id = request.requestId
    const timer = setTimeout(() => {
      waiting.delete(id)
      const message = `${id} Task timed out after ${request.timeoutSeconds}.00 seconds`
      resolveRun({ payload: errorPayload('Sandbox.Timedout', message), functionError: 'Unhandled', durationMs: 0 })
    }, request.timeoutSeconds * 1000)
    waiting.set(id, (result) => {
      clearTimeout(timer)
      resolveRun(result)
    })
    const context = {
      functionName: request.functionName,
      functionVersion: request.version,
      invokedFunctionArn: request.functionArn,
      awsRequestId: id,
    }
    const payload = new TextDecoder().decode(request.payload)
    const message: ToProcess = {
      id,
      handler: request.handler,
      payload,
      context,
      nowMs: clock.nowMs(),
      rate: clock.rate,
    }
    // A child that has just died says so in its exit event.
    child.send(message, () => undefined)
  })
}

// Below the project, so that a package finds the AWS SDK as it would in Lambda's own Node runtime.
const root = resolve(import.meta.dirname, '../../.tidegate')

function unpack(zip: Uint8Array): string {
  const files = unzipSync(zip)
  mkdirSync(root, { recursive: true })
  const folder = mkdtempSync(join(root, 'function-'))
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
