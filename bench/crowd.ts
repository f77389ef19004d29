// Many services whose releases are requested within a minute, under the limits that AWS publishes, in virtual time.
import type { Outcome } from '../core/release/event.ts'
import { parseDefinition } from '../core/service/definition.ts'
import { type Sandbox, minute, openSandbox } from '../local/sandbox.ts'
import { partitions, type Partitions } from './partitions.ts'

type Crowd = {
  readonly releases: number
  readonly outcomes: Readonly<Partial<Record<Outcome | 'open', number>>>
  /** From the first call to the end of the last release. */
  readonly minutes: number
  /** Requests that DynamoDB refused, and the busiest partitions relative to their limit. */
  readonly throttled: number
  readonly busiest: readonly (readonly [partition: string, units: number])[]
  /** The most Lambda control plane calls in any second. */
  readonly controlPlane: number
  /** Calls to DynamoDB, Step Functions and Lambda for each release. */
  readonly callsEach: number
}

const nameOf = (index: number): string => `service-${index}`

async function found(sandbox: Sandbox, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const name = nameOf(index)
    await sandbox.addFunction(name)
    const definition = { name, targets: [{ function: name, alias: 'live' }], plan: 'AllAtOnce' }
    await sandbox.world.services.put(parseDefinition(definition))
  }
}

/** @param share of DynamoDB's limits that is available; @param withinSeconds in which all releases are requested */
export async function measureCrowd(count: number, { share = 1, withinSeconds = 60 } = {}): Promise<Crowd> {
  let clock = (): number => 0
  const limits: Partitions = partitions(() => clock(), { share })
  const control: number[] = []
  let calls = 0
  const sandbox = await openSandbox({
    perMinute: 1,
    through: limits.through,
    onRequest: ({ service, operation, phase, caller }) => {
      if (phase !== 'before' || !caller.arn.includes('assumed-role/tidegate')) return
      calls++
      if (service === 'lambda' && operation !== 'Invoke') control.push(clock())
    },
  })
  clock = () => sandbox.clock.nowMs()
  await found(sandbox, count)
  // The sweep must run once before services are found by their lookup keys.
  await sandbox.minutes(6)
  control.length = 0
  calls = 0
  const beganMs = clock()
  const asked: Promise<unknown>[] = []
  for (let index = 0; index < count; index++) {
    const call = { service: nameOf(index), version: '2', requestId: 'r', bolder: false }
    asked.push(sandbox.ask('start', call).catch(() => undefined))
    const dueMs = beganMs + ((index + 1) / count) * withinSeconds * 1000
    if (Math.floor(dueMs / 1000) > Math.floor(clock() / 1000)) await sandbox.clock.advanceTo(dueMs)
  }
  await Promise.all(asked)
  const limitMs = beganMs + (count * 2 + 3600) * 1000
  while ((await sandbox.world.openReleases.list()).items.length > 0 && clock() < limitMs)
    await sandbox.clock.advanceTo(clock() + minute)
  const outcomes = await outcomesOf(sandbox, count)
  const crowd: Crowd = {
    releases: count,
    outcomes,
    minutes: (clock() - beganMs) / minute,
    throttled: [...limits.refused.values()].reduce((sum, one) => sum + one, 0),
    busiest: [...limits.used]
      .filter(([name]) => !name.includes('RELEASE#'))
      .sort(([, a], [, b]) => b - a)
      .slice(0, 5),
    controlPlane: busiestSecond(control),
    callsEach: Math.round(calls / count),
  }
  sandbox.close()
  return crowd
}

async function outcomesOf(sandbox: Sandbox, count: number): Promise<Crowd['outcomes']> {
  const outcomes: Partial<Record<Outcome | 'open', number>> = {}
  for (let index = 0; index < count; index++) {
    const [head] = (await sandbox.world.history.list(nameOf(index), 1)).items
    const outcome = head?.outcome ?? 'open'
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  }
  return outcomes
}

function busiestSecond(times: readonly number[]): number {
  let most = 0
  let end = 0
  for (const [index, atMs] of times.entries()) {
    while (end < times.length && (times[end] ?? 0) < atMs + 1000) end++
    most = Math.max(most, end - index)
  }
  return most
}
