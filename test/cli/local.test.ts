// The demonstration: the same story on a slow machine as on a fast one (`npm run e2e`), and in README.md.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
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
import { firstDifference } from '../docs/readme-sample.ts'
import { areAll } from '../repeats.ts'

const samples: Readonly<Record<string, LocalFunction>> = {
  v1: () => ({ total: 1 }),
  v2: () => ({ total: 2 }),
  v3: (event) => {
    if ((event as { coupon?: string }).coupon === 'FRIEND') throw new TypeError('no rules')
    return { total: 3 }
  },
  smoke: () => ({ result: 'pass', message: 'a plain cart was priced right' }),
}
const sampleNames = ['v1', 'v2', 'v3', 'smoke'] as const

/** Runs the functions of the demonstration in this process, each after as many turns of the event loop as `turns` says. */
function runtimeOf(turns: () => number, called: Set<Verb>) {
  type Options = { clock: LocalClock; endpointUrl: () => string; secretOf: (key: string) => string }
  return ({ clock, endpointUrl, secretOf }: Options): Runtime => {
    const worlds = new Map<Verb, World>()
    const worldOf = (verb: Verb): World => {
      const known = worlds.get(verb)
      if (known !== undefined) return known
      const clients = clientsAt(placeOf({ url: endpointUrl(), secretOf }, `role.${functionName(verb)}`))
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
      (event, context) => {
        called.add(verb)
        return handlers[verb](worldOf(verb))(event, context)
      },
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

/** @param serving called with the story so far when the cloud only serves; without it, it does not */
async function tell(turns: () => number, serving?: (story: string) => void) {
  const called = new Set<Verb>()
  const story: string[] = []
  const screen = screenOn((line) => void story.push(line), false)
  const code = await serveLocally(screen, {
    traffic: [],
    once: serving === undefined,
    port: 0,
    rate: 1e9,
    originMs: Date.UTC(2026, 0, 1),
    stopping: new AbortController().signal,
    pause: () => {
      serving?.(story.join('\n'))
      return Promise.resolve(false)
    },
    runtime: runtimeOf(turns, called),
  })
  // What a stack has on a schedule is there too: a newcomer may have a service observed.
  expect([...called]).toEqual(expect.arrayContaining(['observe', 'reconcile', 'budget']))
  // The first line contains the port.
  return { code, story: story.slice(1) }
}

/** The file is for the user alone, and the story has its path and no secret. */
function expectSecrets(path: string, said: string): void {
  const file = readFileSync(path, 'utf8')
  expect([statSync(path), statSync(dirname(path))].map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o700])
  expect([...file.matchAll(/^\[(.*)\]$/gm)].map(([, name]) => name)).toEqual([
    'ann',
    'ben',
    'ci',
    'ann-sso',
    'operator',
    'viewer',
    'chat-channel',
    'agent',
  ])
  const secrets = [...file.matchAll(/^aws_secret_access_key = (.{43})$/gm)].map(([, secret = '']) => secret)
  expect(new Set(secrets).size).toBe(8)
  for (const secret of secrets) expect(said).not.toContain(secret)
}

const slowly = (): (() => number) => {
  const random = chance(1, 'a slow machine')
  return () => (random() < 0.1 ? Math.floor(random() * 200) : 0)
}

/** Also tells it as README.md does, and leaves nobody's keys behind. */
async function expectStory(turns: () => number): Promise<void> {
  let credentials = ''
  const { story, code } = await tell(turns, (said) => {
    credentials = /AWS_SHARED_CREDENTIALS_FILE=(\S+)/.exec(said)?.[1] ?? ''
    expectSecrets(credentials, said)
  })
  expect(existsSync(dirname(credentials))).toBe(false)
  expect(code).toBe(exitCodes.done)
  // The last line is how to use what is served.
  const text = story.slice(0, -1).join('\n')
  expect(text.match(/^checkout-\w+ +(promoted|rolledBack)/gm)?.map((line) => line.split(/ +/)[1])).toEqual([
    'promoted',
    'rolledBack',
  ])
  expect(text.match(/ requested /g)).toHaveLength(2)
  expect(firstDifference(text)).toBeUndefined()
}

it('promotes the good version and puts the bad one back on a slow machine, in the steps that README.md shows', () =>
  expectStory(slowly()))

it.runIf(areAll)('takes the same steps on a fast machine, and ends there when it was asked for no more', async () => {
  await expectStory(() => 0)
  const { story, code } = await tell(() => 0)
  expect(code).toBe(exitCodes.done)
  expect(firstDifference(story.join('\n'))).toBeUndefined()
})
