// The inside of an execution environment: imports the package's handler and answers invocations. Its clock is the
// embedded cloud's: every invocation brings the time along.
import { existsSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FromProcess, ToProcess } from './process-runtime.ts'

const folder = process.argv[2] ?? '.'
const RealDate = Date
let base = { nowMs: RealDate.now(), at: performance.now(), rate: 1 }
const nowMs = (): number => Math.floor(base.nowMs + (performance.now() - base.at) * base.rate)

// As libfaketime does it: code in here asks the usual clock and gets the cloud's time.
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: readonly unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [nowMs()] : args, newTarget) as Date,
  get: (target, name) => (name === 'now' ? nowMs : (Reflect.get(target, name) as unknown)),
})

let isNew = true
const modules = new Map<string, Promise<Record<string, unknown>>>()

function load(file: string): Promise<Record<string, unknown>> {
  const known = modules.get(file)
  if (known !== undefined) return known
  const path = ['.mjs', '.js', '.ts'].map((ending) => join(folder, file + ending)).find((one) => existsSync(one))
  if (path === undefined) throw new Error(`Cannot find module '${file}' in the package`)
  const loading = import(pathToFileURL(path).href) as Promise<Record<string, unknown>>
  modules.set(file, loading)
  return loading
}

async function run(message: ToProcess): Promise<unknown> {
  const dot = message.handler.lastIndexOf('.')
  const module = await load(message.handler.slice(0, dot))
  // Now, and not at the end: a process that is killed writes nothing.
  if (isNew) flushCompileCache()
  isNew = false
  const handler = module[message.handler.slice(dot + 1)]
  if (typeof handler !== 'function') throw new Error(`${message.handler} is undefined or not exported`)
  const event: unknown = message.payload === '' ? {} : JSON.parse(message.payload)
  return (handler as (event: unknown, context: unknown) => unknown)(event, message.context)
}

function send(answer: FromProcess): void {
  process.send?.(answer)
}

process.on('message', (message: ToProcess) => {
  base = { nowMs: message.nowMs, at: performance.now(), rate: message.rate }
  run(message).then(
    (result) => send({ id: message.id, payload: JSON.stringify(result ?? null), failed: false }),
    (error: unknown) => {
      const {
        name,
        message: text,
        stack = '',
      } = error instanceof Error ? error : { name: 'Error', message: String(error) }
      const payload = JSON.stringify({ errorType: name, errorMessage: text, trace: stack.split('\n').slice(0, 10) })
      send({ id: message.id, payload, failed: true })
    },
  )
})
process.on('disconnect', () => process.exit(0))
