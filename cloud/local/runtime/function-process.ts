// Runs inside an execution environment: imports the package's handler and answers invocations, one at a time. Its Date and timers
// follow the embedded cloud's clock: every message brings the time, which stands still in between.
import { existsSync } from 'node:fs'
import nodeModule, { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fakeTimers from '@sinonjs/fake-timers'
import type { FromProcess, ToProcess } from './process-runtime.ts'

const folder = process.argv[2] ?? '.'
const realSetTimeout = setTimeout
// Real milliseconds between two checks whether the function is still working.
const lookEveryMs = 5

const time = fakeTimers.install({
  toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  ignoreMissingTimers: true,
  // Timers that Node or a library created earlier.
  shouldClearNativeTimers: true,
})
// Also covers imports from node:timers and node:timers/promises.
syncBuiltinESMExports()

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

type Invocation = Extract<ToProcess, { readonly kind: 'invoke' }>

async function run({ handler: name, payload, context, deadlineMs }: Invocation): Promise<unknown> {
  const dot = name.lastIndexOf('.')
  const module = await load(name.slice(0, dot))
  // Flush now rather than at exit, because a killed process writes nothing.
  if (isNew) (nodeModule as Partial<typeof nodeModule>).flushCompileCache?.()
  isNew = false
  const handler = module[name.slice(dot + 1)]
  if (typeof handler !== 'function') throw new Error(`${name} is undefined or not exported`)
  const event: unknown = payload === '' ? {} : JSON.parse(payload)
  const getRemainingTimeInMillis = (): number => Math.max(0, deadlineMs - Date.now())
  return (handler as (event: unknown, context: unknown) => unknown)(event, { ...context, getRemainingTimeInMillis })
}

const send = (message: FromProcess): void => void process.send?.(message)
let isRunning = false
let heard = 0
let said = ''
let isLooking = false
let isTicking = false

/** Reports whether this process is working, and when its next timer is due, whenever that changes. */
function look(): void {
  isLooking = false
  if (!isRunning) return
  const works = isWorking()
  const dueMs = [...(time.timers?.values() ?? [])].map((timer) => timer.callAt ?? Infinity)
  const wakeAtMs = dueMs.length === 0 ? {} : { wakeAtMs: Math.min(...dueMs) }
  const state = { kind: 'state', heard, works, ...wakeAtMs } as const
  if (said !== JSON.stringify(state)) send(state)
  said = JSON.stringify(state)
  // Nothing changes in a waiting process until the next message.
  if (works) lookAgain((then) => realSetTimeout(then, lookEveryMs).unref())
}

function lookAgain(later: (then: () => void) => unknown): void {
  if (isLooking) return
  isLooking = true
  later(look)
}

process.on('message', (message: ToProcess) => {
  if (message.kind === 'invoke') void answer(message)
  else void goOn(message.nowMs)
})
process.on('disconnect', () => process.exit(0))

// The channel to the cloud and the output streams are pipes. Any other resource that keeps the process alive is work in progress.
const isWorking = (): boolean => isTicking || process.getActiveResourcesInfo().some((type) => type !== 'PipeWrap')

async function goOn(nowMs: number): Promise<void> {
  heard++
  isTicking = true
  await time.tickAsync(nowMs - time.now)
  isTicking = false
  lookAgain(setImmediate)
}

async function answer(message: Invocation): Promise<void> {
  isRunning = true
  heard = 1
  // Timers left over from earlier fire now, once, as in a Lambda environment that thaws.
  time.jump(message.nowMs - time.now)
  lookAgain(setImmediate)
  try {
    const payload = JSON.stringify((await run(message)) ?? null)
    isRunning = false
    send({ kind: 'answer', payload, failed: false })
  } catch (error) {
    const {
      name,
      message: text,
      stack = '',
    } = error instanceof Error ? error : { name: 'Error', message: String(error) }
    const payload = JSON.stringify({ errorType: name, errorMessage: text, trace: stack.split('\n').slice(0, 10) })
    isRunning = false
    send({ kind: 'answer', payload, failed: true })
  }
}
