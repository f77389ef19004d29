// What must hold when somebody else acts in between. Each test guards one line of code that no ordinary release needs.
import { describe, expect, it } from 'vitest'
import { memoryCloud } from '../memory/memory.ts'
import type { Journal, Telemetry, Traffic } from '../../cloud/ports.ts'
import { replay } from '../../core/release/advance.ts'
import type { NewEvent, ReleaseEvent } from '../../core/release/event.ts'
import { wayBack, wayForward } from '../../core/release/move.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { alarmHandler } from '../../functions/listeners/alarm.ts'
import { carryOut } from '../../functions/steps/aliases.ts'
import { bakeHandler } from '../../functions/tasks/bake.ts'
import { judgeHandler } from '../../functions/tasks/judge.ts'
import { load, numbered } from '../../functions/steps/log.ts'
import { takeOver } from '../../functions/sweep/take-over.ts'
import { service, t0, target } from '../core/sample.ts'

const id = 'checkout-1'
const minute = 60_000

/** A release in memory after these events, on aliases in the state that the first of them found. */
async function sandbox(names: readonly string[] = ['checkout']) {
  const clock = { nowMs: () => t0 + 10 * minute }
  const cloud = memoryCloud({ clock })
  const world = {
    ...cloud,
    clock,
    log: () => undefined,
    emit: () => undefined,
    trouble: () => undefined,
    digest: (text: string) => text,
  }
  const events: ReleaseEvent[] = []
  const add = async (...more: readonly NewEvent[]): Promise<Release> => {
    for (const event of more) {
      const next = numbered(event, events.length + 1)
      events.push(next)
      if (!(await cloud.journal.append(id, next))) throw new Error('the place is taken')
    }
    const release = replay(events)
    if (release === undefined) throw new Error('no release')
    return release
  }
  const aliases = names.map((functionName) => ({ functionName, alias: 'live' }))
  for (const alias of aliases) {
    cloud.inspect.setVersion(alias.functionName, '1')
    cloud.inspect.setVersion(alias.functionName, '2')
    cloud.inspect.moveByHand(alias, { version: '1' })
  }
  const revisionOf = (index: number): string => cloud.inspect.alias(aliases[index] ?? target)?.revision ?? ''
  const definition = service({
    targets: names.map((name) => ({ function: name, alias: 'live' })),
    signals: { alarms: ['checkout-errors'], latency: 'off', throttles: 'off', cost: 'off' },
  })
  const requested: NewEvent = {
    type: 'requested',
    atMs: t0,
    releaseId: id,
    key: 'version/checkout:2',
    service: definition,
    candidate: { kind: 'versions', versions: Object.fromEntries(names.map((name) => [name, '2'])) },
    provenance: { source: 'api' },
  }
  const targets = aliases.map((alias, index) => ({ ...target, ...alias, revision: revisionOf(index) }))
  const admitted = await add(
    requested,
    { type: 'admitted', atMs: t0 + minute },
    { type: 'prepared', atMs: t0 + minute, targets, alarms: [] },
  )
  const intend = (release: Release): NewEvent => ({ type: 'moveIntended', atMs: t0, move: wayForward(release, 0) })
  /** Everything up to the candidate's first traffic. */
  const shifted = async (): Promise<Release> => {
    await add(intend(admitted))
    return (await carryOut(world, await load(world, id))).release
  }
  const sync = async (): Promise<void> => {
    events.splice(0, events.length, ...(await cloud.journal.read(id)).events)
  }
  const routing = (index = 0) => cloud.inspect.alias(aliases[index] ?? target)?.routing
  const types = async () => (await cloud.journal.read(id)).events.map(({ type }) => type)
  return { cloud, world, add, sync, intend, shifted, admitted, aliases, routing, types }
}

/** A port that does something else before or after the call. */
const around = <P extends object, K extends keyof P>(port: P, method: K, wrapped: P[K]): P => ({
  ...port,
  [method]: wrapped,
})

describe('writing aliases', () => {
  it('does not touch an alias that somebody moved by hand between intent and write, and says so', async () => {
    const { cloud, world, add, intend, admitted, aliases, routing, types } = await sandbox()
    await add(intend(admitted))
    cloud.inspect.setVersion('checkout', '7')
    cloud.inspect.moveByHand(aliases[0] ?? target, { version: '7' })
    const { release } = await carryOut(world, await load(world, id))
    expect(routing()).toEqual({ version: '7' })
    expect(await types()).toContain('interrupted')
    expect(release.ending?.outcome).toBe('interrupted')
  })

  it('puts every other alias back if one of them cannot be', async () => {
    const { cloud, world, sync, add, shifted, routing } = await sandbox(['checkout', 'cart', 'mail'])
    const release = await shifted()
    await sync()
    await add({ type: 'returnOrdered', atMs: t0, by: 'me', reason: 'r', outcome: 'rolledBack', move: wayBack(release) })
    const refuses: Traffic['write'] = (one, ...rest) =>
      one.functionName === 'checkout'
        ? Promise.reject(new Problem('aws_unavailable', 'Lambda is away.'))
        : cloud.traffic.write(one, ...rest)
    const deps = { ...world, traffic: around(cloud.traffic, 'write', refuses) }
    await expect(carryOut(deps, await load(world, id))).rejects.toMatchObject({ code: 'aws_unavailable' })
    expect([routing(0)?.additional?.version, routing(1), routing(2)]).toEqual(['2', { version: '1' }, { version: '1' }])
  })

  it('reads the alias before the log, so that a way back decided in between is not overwritten', async () => {
    const { cloud, world, add, intend, admitted, aliases, routing } = await sandbox()
    const release = await add(intend(admitted))
    const loaded = await load(world, id)
    // Somebody wrote the value that was there already: the revision is new, the routing is ours.
    cloud.inspect.moveByHand(aliases[0] ?? target, { version: '1' })
    let isDecided = false
    const decide = async (): Promise<void> => {
      if (isDecided) return
      isDecided = true
      await add({ type: 'returnOrdered', atMs: t0, by: 'me', reason: 'r', outcome: 'aborted', move: wayBack(release) })
      cloud.inspect.moveByHand(aliases[0] ?? target, { version: '1' })
    }
    // Whichever of the two is read first, the way back is decided right after it.
    const read: Traffic['read'] = async (one) => {
      const found = await cloud.traffic.read(one)
      await decide()
      return found
    }
    const readLog: Journal['read'] = async (releaseId) => {
      const found = await cloud.journal.read(releaseId)
      await decide()
      return found
    }
    const traffic = around(cloud.traffic, 'read', read)
    await carryOut({ ...world, traffic, journal: around(cloud.journal, 'read', readLog) }, loaded)
    expect(routing()).toEqual({ version: '1' })
  })
})

it('an alarm that fired before the release was admitted puts nothing back', async () => {
  const { cloud, world, shifted, routing } = await sandbox()
  await shifted()
  await cloud.alarmWatch.add('checkout-errors', id)
  const fire = (atMs: number) =>
    alarmHandler(world)({
      ...world.home,
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      detail: {
        alarmName: 'checkout-errors',
        state: { value: 'ALARM', reason: 'high', timestamp: new Date(atMs).toISOString() },
      },
    })
  await fire(t0 + minute - 1)
  expect(routing()?.additional?.version).toBe('2')
  await fire(t0 + minute)
  expect(routing()).toEqual({ version: '1' })
})

it('a waiter is found by an order that arrives while the log is being read', async () => {
  const { cloud, world, shifted } = await sandbox()
  await shifted()
  const token = cloud.inspect.openTask()
  const seen: string[][] = []
  const read: Journal['read'] = async (releaseId) => {
    const found = await cloud.journal.read(releaseId)
    // What an order finds at this moment.
    seen.push((await cloud.journal.waiters(releaseId)).map((one) => one.token))
    return found
  }
  await bakeHandler({ ...world, journal: around(cloud.journal, 'read', read) })({
    releaseId: id,
    execution: 'e',
    token,
  })
  expect(seen[0]).toEqual([token])
})

it('a verdict about a step that the release has left is not recorded', async () => {
  const { cloud, world, sync, add, shifted, types } = await sandbox()
  await shifted()
  await sync()
  let isLeft = false
  const leave: Telemetry['alarms'] = async (...asked) => {
    if (!isLeft) await add({ type: 'paused', atMs: t0 + 9 * minute, by: 'me', reason: 'lunch' })
    isLeft = true
    return cloud.telemetry.alarms(...asked)
  }
  const judge = judgeHandler({ ...world, telemetry: around(cloud.telemetry, 'alarms', leave) })
  await judge({ releaseId: id, execution: 'e' })
  expect(isLeft).toBe(true)
  expect(await types()).not.toContain('judged')
  await judge({ releaseId: id, execution: 'e' })
  expect(await types()).toContain('judged')
})

it('a release whose fourth execution has died gets no fifth, and ends', async () => {
  const { cloud, world, sync, add, shifted, routing, types } = await sandbox()
  await shifted()
  await sync()
  for (let number = 1; number <= 4; number++) {
    const execution = await cloud.executions.start(`${id}-${number}`, {})
    cloud.inspect.setStatus(execution, 'failed')
    await add({ type: 'carried', atMs: t0, execution })
  }
  await takeOver(world, await load(world, id))
  expect(cloud.inspect.executions.size).toBe(4)
  expect((await types()).at(-1)).toBe('settled')
  expect(routing()).toEqual({ version: '1' })
})

it('what a release burned is recorded once: a second event changes nothing', async () => {
  const { add } = await sandbox()
  const at = { atMs: t0 + minute }
  await add({ type: 'returnOrdered', ...at, by: 'me', reason: 'r', outcome: 'aborted' })
  const charge = (bad: number): NewEvent => ({
    type: 'charged',
    ...at,
    charges: [{ kind: 'counted', slo: 'available', all: 100, elsewhen: 0, bad, error: 1 }],
  })
  await add({ type: 'settled', ...at }, charge(3))
  const { charges } = await add(charge(9))
  expect(charges).toMatchObject([{ bad: 3 }])
})
