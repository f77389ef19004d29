// The demonstration: the same story on a slow machine as on a fast one.
import { expect, it } from 'vitest'
import { chance } from '../../cloud/local/time/chance.ts'
import { inProcessRuntime, type LocalFunction } from '../../cloud/local/runtime/in-process-runtime.ts'
import type { Runtime } from '../../cloud/local/runtime/runtime.ts'
import type { LocalClock } from '../../cloud/local/time/clock.ts'
import { serveLocally } from '../../cli/demonstration/local.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import { handlers, type Verb, verbs } from '../../functions/handlers.ts'
import type { World } from '../../functions/steps/world.ts'
import { clientsAt, placeOf } from '../../local/clients.ts'
import { functionName } from '../../local/installation.ts'
import { samplePackage } from '../../local/package.ts'
import { worldOn } from '../../local/world.ts'

const samples: Readonly<Record<string, LocalFunction>> = {
  v1: () => ({ total: 1 }),
  v2: () => ({ total: 2 }),
  v3: (event) => {
    if ((event as { coupon?: string }).coupon === 'FRIEND') throw new TypeError('no rules')
    return { total: 3 }
  },
  smoke: () => ({ result: 'pass', message: 'fine' }),
}
const sampleNames = ['v1', 'v2', 'v3', 'smoke'] as const

/** Runs the functions of the demonstration in this process, each after as many turns of the event loop as `turns` says. */
function runtimeOf(turns: () => number) {
  return ({ clock, endpointUrl }: { clock: LocalClock; endpointUrl: () => string }): Runtime => {
    const worlds = new Map<Verb, World>()
    const worldOf = (verb: Verb): World => {
      const known = worlds.get(verb)
      if (known !== undefined) return known
      const clients = clientsAt(placeOf(endpointUrl(), `role.${functionName(verb)}`))
      const made = worldOn(clients, clock, { log: () => undefined, emit: () => undefined })
      worlds.set(verb, made)
      return made
    }
    const slowly =
      (handler: LocalFunction): LocalFunction =>
      async (event, context) => {
        for (let left = turns(); left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
        const answer = await handler(event, context)
        for (let left = turns(); left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
        return answer
      }
    const controller = verbs.map((verb): [string, LocalFunction] => [
      functionName(verb),
      (event, context) => handlers[verb](worldOf(verb))(event, context),
    ])
    const all = Object.entries({ ...samples, ...Object.fromEntries(controller) })
    const inner = inProcessRuntime(Object.fromEntries(all.map(([name, handler]) => [name, slowly(handler)])), clock)
    const packages = new Map(sampleNames.map((name) => [Buffer.from(samplePackage(name)).toString('base64'), name]))
    return {
      ...inner,
      run(request) {
        const name = packages.get(Buffer.from(request.code.bytes).toString('base64')) ?? request.functionName
        return inner.run({ ...request, code: { ...request.code, bytes: Buffer.from(name) } })
      },
    }
  }
}

async function tell(turns: () => number): Promise<{ readonly code: number; readonly story: readonly string[] }> {
  const story: string[] = []
  const screen = screenOn((line) => void story.push(line), false)
  const code = await serveLocally(screen, {
    once: true,
    port: 0,
    rate: 1e9,
    originMs: Date.UTC(2026, 0, 1),
    stopping: new AbortController().signal,
    pause: () => Promise.resolve(false),
    runtime: runtimeOf(turns),
  })
  // The first line contains the port.
  return { code, story: story.slice(1) }
}

it('promotes the good version and puts the bad one back, in the same steps on a slow machine as on a fast one', async () => {
  const fast = await tell(() => 0)
  expect(fast.code).toBe(exitCodes.done)
  const text = fast.story.join('\n')
  expect(text.match(/^checkout-\w+ +(promoted|rolledBack)/gm)?.map((line) => line.split(/ +/)[1])).toEqual([
    'promoted',
    'rolledBack',
  ])
  expect(text.match(/ requested /g)).toHaveLength(2)
  const random = chance(1, 'a slow machine')
  const slow = await tell(() => (random() < 0.1 ? Math.floor(random() * 200) : 0))
  expect(slow).toEqual(fast)
})
