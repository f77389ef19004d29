// The example of docs/waves.md on the embedded cloud: its good end, and its bad ones.
import { readFileSync } from 'node:fs'
import { CreateAliasCommand, CreateFunctionCommand } from '@aws-sdk/client-lambda'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parse } from 'yaml'
import { chance } from '../../cloud/local/time/chance.ts'
import type { LocalFunction } from '../../cloud/local/runtime/in-process-runtime.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import { showDrift } from '../../cli/commands/diff.ts'
import { showHistory, watchRelease } from '../../cli/commands/verbs.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import { settledAs } from '../../functions/tasks/settle.ts'
import { readService } from '../../functions/reading/service.ts'
import { openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { startTraffic, type Traffic } from '../../local/traffic.ts'

const written = parse(readFileSync(new URL('../../examples/waves/service.yaml', import.meta.url), 'utf8')) as Readonly<
  Record<string, unknown>
>
const groups = ['pilot', 'europe', 'america'] as const
const nameOf = (group: string): string => `orders-${group}`
const zip = (text: string) => ({ ZipFile: new TextEncoder().encode(text) })

let sandbox: Sandbox
let customers: readonly Traffic[] = []
/** Whose dependency is away: nearly every second request fails, whatever the version. */
let away = ''

const failing = (share: number, group: string): LocalFunction => {
  const random = chance(11, group)
  return () => {
    if (random() < share) throw new Error('no such column')
    if (away === group && random() < 0.45) throw new Error('the database is away')
    return {}
  }
}

/** The function whose new version fails from now on. */
let worse = ''
const worsening = (): unknown => {
  if (worse === 'america') throw new Error('no such column')
  return {}
}

beforeEach(async () => {
  away = ''
  worse = ''
  const functions = Object.fromEntries(
    groups.flatMap((group): [string, LocalFunction][] => [
      [`${group} 1`, failing(0, group)],
      [`${group} 2`, failing(0, group)],
      [`${group} 3`, failing(group === 'europe' ? 0.5 : 0, group)],
      [`${group} 4`, group === 'america' ? () => worsening() : failing(group === 'europe' ? 0.5 : 0, group)],
    ]),
  )
  sandbox = await openSandbox({ perMinute: 1, functions })
  for (const group of groups) {
    const FunctionName = nameOf(group)
    const Role = 'arn:aws:iam::000000000000:role/orders'
    await sandbox.clients.lambda.send(
      new CreateFunctionCommand({ FunctionName, Role, Code: zip(`${group} 1`), Publish: true }),
    )
    await sandbox.clients.lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1' }))
  }
  customers = groups.map((group) =>
    startTraffic(sandbox.cloud, sandbox.clock, chance(7, group), 60, { functionName: nameOf(group), alias: 'live' }),
  )
  await sandbox.minutes(3)
})
afterEach(() => {
  for (const one of customers) one.stop()
  sandbox.close()
})

/** Releases the code of this number everywhere. */
async function release(number: number, changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  await sandbox.world.services.put(parseDefinition({ ...written, ...changes }))
  const versions: Record<string, string> = {}
  for (const group of groups)
    versions[nameOf(group)] = await sandbox.publish(`${group} ${String(number)}`, nameOf(group))
  return sandbox.start({ service: 'orders', versions, requestId: `r${String(number)}` })
}

/** The candidate's share in percent; 100 once the alias points at it. */
const shares = () =>
  Promise.all(
    groups.map(async (group) => {
      const { version, weights } = await sandbox.alias(nameOf(group))
      return version === '1' ? Math.round((weights['2'] ?? 0) * 100) : 100
    }),
  )

async function until(is: (shares: readonly number[]) => boolean, atMost = 60): Promise<void> {
  for (let passed = 0; passed < atMost; passed++) {
    if (is(await shares())) return
    await sandbox.minutes(1)
  }
  throw new Error(`it never came to that: ${String(await shares())}`)
}

const paused = async (id: string) => {
  for (let passed = 0; passed < 30 && (await sandbox.release(id)).paused === undefined; passed++)
    await sandbox.minutes(1)
  return (await sandbox.release(id)).paused
}

it('takes the pilot first, waits for a person, takes production, and promotes everything at once', async () => {
  const id = await release(2)
  const seen: string[] = []
  const look = async () => {
    const now = (await shares()).join(' ')
    if (seen.at(-1) !== now) seen.push(now)
  }
  await look()
  for (let passed = 0; passed < 14; passed++) {
    await sandbox.minutes(1)
    await look()
  }
  expect((await sandbox.release(id)).ending).toBeUndefined()
  expect(await sandbox.release(id)).toMatchObject({
    paused: { by: 'waves', reason: 'wave production begins when a person resumes the release' },
  })
  await sandbox.ask('pause', { verb: 'resume', service: 'orders', by: 'ann' })
  for (let passed = 0; passed < 20; passed++) {
    await sandbox.minutes(1)
    await look()
  }
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
  expect(seen).toEqual(['10 0 0', '50 0 0', '90 10 10', '90 50 50', '100 100 100'])
  expect(sandbox.pages()).toEqual([])
})

it('goes back everywhere when production fails in one place, and names it', async () => {
  const id = await release(3)
  await paused(id)
  await sandbox.ask('pause', { verb: 'resume', service: 'orders', by: 'ann' })
  await until(([, europe]) => europe === 10)
  const { ending, targets } = await sandbox.finish(id)
  expect(ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
  expect(ending?.because).toMatch(/^errors:orders-europe: .+; the evidence blames orders-europe, of 3 functions$/)
  expect(await shares()).toEqual([0, 0, 0])
  expect(targets.map(({ shifts }) => shifts?.map(({ weightBp }) => weightBp))).toEqual([
    [1000, 5000, 9000, 0],
    [1000, 0],
    [1000, 0],
  ])
})

it('never writes what its waves have not reached when it goes back', async () => {
  const id = await release(2)
  const before = await Promise.all(['europe', 'america'].map((group) => sandbox.alias(nameOf(group))))
  await sandbox.minutes(6)
  await sandbox.orderAs('ann')('roll-back', 'orders', { reason: 'customers call' })
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'rolledBack' })
  expect(await shares()).toEqual([0, 0, 0])
  expect(await Promise.all(['europe', 'america'].map((group) => sandbox.alias(nameOf(group))))).toEqual(before)
})

it('waits where a dependency is away for both versions, and goes on when it is back', async () => {
  const [pilot, production] = [['orders-pilot'], ['orders-europe', 'orders-america']]
  const waves = [
    { name: 'pilot', targets: pilot, holdBack: 50 },
    { name: 'production', targets: production },
  ]
  const id = await release(2, { waves })
  await until(([, europe]) => europe === 10)
  away = 'pilot'
  await sandbox.minutes(9)
  const { state, verdict } = await sandbox.release(id)
  expect([state, verdict?.because]).toMatchObject([
    { phase: 'baking', step: 2 },
    expect.stringMatching(/^errors:orders-pilot: .+; stable itself fails far more/),
  ])
  away = ''
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
})

const blamed = (whenBlamed: 'function' | 'wave') => ({ policy: { whenBlamed } })
const allow = async (id: string): Promise<void> => {
  await paused(id)
  await sandbox.ask('pause', { verb: 'resume', service: 'orders', by: 'ann' })
}
const left = async () => {
  const { targets } = await readService(sandbox.world, 'orders')
  return targets.map(({ routing }) => routing?.version)
}

it('puts back alone the function that is blamed, pages once, and promotes the others', async () => {
  const id = await release(3, blamed('function'))
  await allow(id)
  const { ending, targets } = await sandbox.finish(id)
  expect(ending).toMatchObject({
    outcome: 'promoted',
    because: 'all traffic is on orders-pilot:2, orders-america:2 and back on orders-europe:1',
  })
  // Who waits for it has asked for all of it.
  expect(settledAs(await sandbox.release(id))).toMatchObject({
    ...{ next: 'failed', outcome: 'promoted' },
    sentence: expect.stringContaining('was promoted without orders-europe: all traffic is on') as string,
  })
  expect(await shares()).toEqual([100, 0, 100])
  expect(targets.map(({ shifts }) => shifts?.map(({ weightBp }) => weightBp))).toEqual([
    [1000, 5000, 9000, 10_000],
    [1000, 0],
    [1000, 5000, 10_000],
  ])
  expect(sandbox.pages().map(({ subject }) => subject)).toEqual([
    expect.stringContaining('orders-europe went back alone'),
  ])
  expect(await left()).toEqual(['2', '1', '2'])
  const lines: string[] = []
  const cli = {
    backend: { ...sandbox.world, order: sandbox.orderAs('ann') },
    screen: screenOn((one) => lines.push(one), false),
  }
  const follow = { everyMs: 1, evidence: false, pause: () => Promise.resolve(true) }
  expect(await watchRelease(cli, id, follow)).toBe(exitCodes.notReleased)
  expect(lines.join(' ')).toContain('without orders-europe')
  await showHistory(cli, 'orders', 5)
  expect(lines.at(-1)).toMatch(/promoted in part .*all traffic is on orders-pilot:2, orders-america:2 and back on/)
  expect(await showDrift(cli, [])).toBe(exitCodes.done)
  // Whoever undoes it undoes what it has moved, and nothing else.
  const before = await sandbox.alias('orders-europe')
  const back = await sandbox.orderAs('bob')('roll-back', 'orders', { releaseId: id, reason: 'customers call' })
  expect((await sandbox.finish((back as { releaseId: string }).releaseId)).ending).toMatchObject({
    outcome: 'promoted',
  })
  expect(await shares()).toEqual([0, 0, 0])
  expect(await sandbox.alias('orders-europe')).toEqual(before)
  expect(await left()).toEqual(['1', '1', '1'])
})

it('puts back the wave under way, and promotes the one before', async () => {
  const id = await release(3, blamed('wave'))
  await allow(id)
  const { ending } = await sandbox.finish(id)
  expect(ending).toMatchObject({ outcome: 'promoted' })
  expect(await shares()).toEqual([100, 0, 0])
  expect(await left()).toEqual(['2', '1', '1'])
})

it('goes back everywhere when another one fails after that', async () => {
  const id = await release(4, blamed('function'))
  await allow(id)
  await until(([, europe, america]) => europe === 0 && america === 10)
  worse = 'america'
  const { ending } = await sandbox.finish(id)
  expect(ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
  expect(ending?.because).toMatch(/the evidence blames orders-america, of 2 functions$/)
  expect(await shares()).toEqual([0, 0, 0])
})
