// A process of the controller that dies after any one of its effects, from the fail of one function to the promotion of the
// other: the one that is blamed never gets traffic again, and the history says of each function what its alias has.
import { CreateAliasCommand, CreateFunctionCommand } from '@aws-sdk/client-lambda'
import { afterEach, expect, it } from 'vitest'
import { areAll } from '../../repeats.ts'
import { chance } from '../../../cloud/local/time/chance.ts'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import type { LocalFunction } from '../../../cloud/local/runtime/in-process-runtime.ts'
import { lastLeft } from '../../../core/release/head.ts'
import { putBackAlone } from '../../../core/release/release.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { startTraffic, type Traffic } from '../../../local/traffic.ts'

const names = ['europe', 'america'] as const
const effects = new Set(['PutItem', 'DeleteItem', 'UpdateItem', 'UpdateAlias', 'SendTaskSuccess', 'Publish'])
const killable = /tidegate-(judge|shift|announce|settle)/

let sandbox: Sandbox
let customers: readonly Traffic[] = []
let made: string[] = []
let dieAfter = Number.POSITIVE_INFINITY
const onRequest = ({ phase, operation, caller }: RequestInfo): void => {
  if (phase !== 'after' || !effects.has(operation) || !killable.test(caller.arn)) return
  made.push(`${operation} by ${killable.exec(caller.arn)?.[1] ?? ''}`)
  if (made.length === dieAfter) throw new Error('the process dies, and hears no answer')
}
afterEach(() => {
  close()
})
function close(): void {
  for (const one of customers) one.stop()
  sandbox.close()
}

const failing = (share: number): LocalFunction => {
  const random = chance(11, 'europe')
  return () => {
    if (random() < share) throw new Error('no such column')
    return {}
  }
}
const zip = (text: string) => ({ ZipFile: new TextEncoder().encode(text) })

async function open(): Promise<string> {
  const functions = Object.fromEntries(
    names.flatMap((name): [string, LocalFunction][] => [
      [`${name} 1`, failing(0)],
      [`${name} 2`, failing(name === 'europe' ? 0.5 : 0)],
    ]),
  )
  sandbox = await openSandbox({ perMinute: 1, sweepMinutes: 1, functions, onRequest })
  for (const FunctionName of names) {
    const Role = 'arn:aws:iam::000000000000:role/orders'
    await sandbox.clients.lambda.send(
      new CreateFunctionCommand({ FunctionName, Role, Code: zip(`${FunctionName} 1`), Publish: true }),
    )
    await sandbox.clients.lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }))
  }
  customers = names.map((functionName) =>
    startTraffic(sandbox.cloud, sandbox.clock, chance(7, functionName), 60, { functionName, alias: 'live' }),
  )
  await sandbox.minutes(3)
  await sandbox.world.services.put(
    parseDefinition({
      name: 'orders',
      targets: names.map((name) => ({ function: name, alias: 'live' })),
      plan: { steps: [{ weight: 20, bake: '5m' }] },
      signals: { errors: { minimumSamples: 20 }, latency: 'off' },
      policy: { whenBlamed: 'function' },
    }),
  )
  const versions: Record<string, string> = {}
  for (const name of names) versions[name] = await sandbox.publish(`${name} 2`, name)
  return sandbox.start({ service: 'orders', versions, requestId: 'r' })
}

const share = async (name: string): Promise<number> => {
  const { version, weights } = await sandbox.alias(name)
  return version === '1' ? (weights['2'] ?? 0) : 1
}

async function story(after: number): Promise<readonly string[]> {
  dieAfter = Number.POSITIVE_INFINITY
  const id = await open()
  await sandbox.minutes(1)
  made = []
  dieAfter = after
  let isBack = false
  for (let minutes = 0; minutes < 60; minutes++) {
    const now = await share('europe')
    const where = `killed after effect ${after}: ${made[after - 1] ?? 'none'}`
    if (isBack) expect(now, where).toBe(0)
    isBack ||= now === 0
    const { state } = await sandbox.release(id)
    if (state.phase === 'settled' && (await sandbox.world.openReleases.list()).items.length === 0) break
    await sandbox.minutes(1)
  }
  const where = `killed after effect ${after}: ${made[after - 1] ?? 'none'}`
  const release = await sandbox.release(id)
  expect([release.state.phase, isBack], where).toEqual(['settled', true])
  await sandbox.minutes(2)
  const { items } = await sandbox.world.history.list('orders', 5)
  for (const name of names) {
    const { version, weights } = await sandbox.alias(name)
    expect(weights, where).toEqual({})
    expect(lastLeft(items, name)?.version, where).toBe(version)
  }
  if (release.ending?.outcome === 'promoted') {
    expect(putBackAlone(release), where).toEqual(['europe'])
    expect([await share('europe'), await share('america')], where).toEqual([0, 1])
    const subjects = sandbox.pages().map(({ subject }) => subject)
    expect(subjects, where).toContainEqual(expect.stringContaining('europe went back alone'))
  } else expect([await share('europe'), await share('america')], where).toEqual([0, 0])
  return made
}

it('what is blamed stays back, and the history is right, whatever dies', { timeout: 600_000 }, async () => {
  const all = await story(Number.POSITIVE_INFINITY)
  expect((await sandbox.world.history.list('orders', 1)).items[0]).toMatchObject({
    outcome: 'promoted',
    putBack: ['europe'],
  })
  close()
  const first = all.indexOf('UpdateAlias by shift')
  expect(first).toBeGreaterThan(0)
  // Right before the alias is written, right after it, the record of that, and the page.
  const some = [first - 1, first, first + 1, all.indexOf('Publish by announce')].map((index) => index + 1)
  const kills = areAll ? all.map((_, index) => index + 1) : some
  for (const after of kills) {
    expect(after).toBeGreaterThan(0)
    await story(after)
    close()
  }
})
