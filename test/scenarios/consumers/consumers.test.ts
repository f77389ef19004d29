// Whole releases of a function that consumes a queue (examples/orders), at 100 messages a minute on the embedded cloud. Its
// versions run as they are; only what they print is read here in place of CloudWatch Logs.
import { readFileSync } from 'node:fs'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { afterEach, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import type { LocalFunction } from '../../../cloud/local/runtime/in-process-runtime.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { recordedOf } from '../../../core/verdict/judge/recorded.ts'
import { replayVerdicts } from '../../../core/verdict/judge/replayed-verdicts.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'
import { startQueue } from './queue.ts'

const definition = parse(
  readFileSync(new URL('../../../examples/orders/service.yaml', import.meta.url), 'utf8'),
) as Record<string, unknown>

const ours = { ...definition, name: 'checkout', targets: [{ function: 'checkout', alias: 'live' }] }
const { authorize } = enforcing(synthesised([ours]))

type Waiting = { waitMs(ms: number): Promise<void> }
type Handler = (event: unknown, context: Waiting) => Promise<unknown>
type Version = {
  readonly handlerWith: (
    report: (line: string) => void,
    wait: (ms: number, context: Waiting) => Promise<void>,
  ) => Handler
}
const versions = await Promise.all(
  ['v1', 'v2', 'v3', 'v4', 'v5'].map(
    async (name) => [name, (await import(`../../../examples/orders/${name}/index.mjs`)) as Version] as const,
  ),
)

let sandbox: Sandbox
let queue: ReturnType<typeof startQueue>

type Printed = Readonly<Record<string, unknown>> & {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
}

/** What CloudWatch makes of a line in the embedded metric format. */
function report(line: string): void {
  const printed = JSON.parse(line) as Printed
  for (const { Namespace, Dimensions, Metrics } of printed._aws.CloudWatchMetrics)
    for (const { Name, Unit } of Metrics)
      sandbox.cloud.cloudwatch.record({
        ...{ namespace: Namespace, name: Name, unit: Unit, value: Number(printed[Name]) },
        dimensionSets: Dimensions.map((names) =>
          Object.fromEntries(names.map((name) => [name, String(printed[name])])),
        ),
        atMs: sandbox.clock.nowMs(),
      })
}

async function open(isDeadAwake: boolean): Promise<void> {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const wait = (ms: number, context: Waiting) => context.waitMs(ms)
  const functions = Object.fromEntries(
    versions.map(([name, { handlerWith }]) => [name, handlerWith(report, wait) as LocalFunction]),
  )
  sandbox = await openSandbox({ authorize, sweepMinutes: 5, perMinute: 0, functions })
  queue = startQueue(sandbox, 'orders', isDeadAwake)
  for (const QueueName of ['orders', 'orders-dead'])
    await sandbox.clients.sqs.send(new CreateQueueCommand({ QueueName }))
  await sandbox.world.services.put(parseDefinition(ours))
  await sandbox.minutes(20)
}
afterEach(() => {
  queue.stop()
  sandbox.close()
  vi.restoreAllMocks()
})

async function released(code: string) {
  const id = await sandbox.start({ version: await sandbox.publish(code) })
  const release = await sandbox.finish(id)
  const minutes = (sandbox.clock.nowMs() - (release.shifts[0]?.sinceMs ?? 0)) / 60_000
  return { release, minutes }
}

it('a healthy version is promoted: what the queue was like before is known, and guards add five series to a look', async () => {
  await open(true)
  const { release, minutes } = await released('v2')
  expect(release.ending).toMatchObject({ outcome: 'promoted' })
  expect(minutes).toBeLessThan(30)
  expect(release.targets[0]?.baseline.guards).toEqual({
    'orders-age': { last: 0, peak: 0 },
    'orders-dead-letters': { last: 0, peak: 0 },
  })
  const verdicts = release.verdict?.signals.filter(({ signal }) => signal.startsWith('orders-'))
  expect(verdicts?.map(({ signal, kind }) => [signal, kind])).toEqual([
    ['orders-age', 'pass'],
    ['orders-dead-letters', 'pass'],
    ['orders-failures', 'pass'],
  ])
  const asked = Object.keys(release.readings[0]?.queries ?? {}).filter((key) => key.includes('orders'))
  expect(asked.sort()).toEqual([
    ...['0.c.custom-orders-failures', '0.s.custom-orders-failures'],
    ...['0.w.orders-age', '0.w.orders-age-witness', '0.w.orders-dead-letters'],
  ])
})

it.each([
  ['items of its batches fail, which Lambda counts as successes', 'v3', /^orders-failures: candidate \d+\.\d\d %/],
  ['a message that it cannot read fails the whole batch', 'v4', /^errors: candidate \d+\.\d\d %/],
  ['it takes four seconds for a batch', 'v5', /^latency: .*candidate 100\.00 % of \d take longer/],
])('one goes back within ten minutes of 100 messages: %s', async (_, code, because) => {
  await open(false)
  const { release, minutes } = await released(code)
  expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
  expect(release.ending?.because).toMatch(because)
  expect(minutes).toBeLessThanOrEqual(10)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  expect(replayVerdicts(release.service, recordedOf(release)).at(-1)?.kind).toBe('fail')
  // What failed went back to the queue, and most of it to version 1, which takes it: so the dead-letter queue says little.
  expect(queue.dead()).toBeLessThanOrEqual(20)
})

it('one goes back when more is in the dead-letter queue than before, whoever put it there; its log says so again', async () => {
  await open(true)
  queue.bury(2)
  // What CloudWatch knows is minutes old.
  await sandbox.minutes(4)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(6)
  expect((await sandbox.release(id)).ending).toBeUndefined()
  queue.bury(1)
  const release = await sandbox.finish(id, 8)
  const because =
    'orders-dead-letters: what is in orders-dead: 3 messages, and may be 2: for 3 minutes it has been more'
  expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict', because })
  expect(replayVerdicts(release.service, recordedOf(release)).at(-1)).toMatchObject({ kind: 'fail', because })
})
