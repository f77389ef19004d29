// The example of a version that is ready before its first request and watched after its promotion, on the embedded cloud: with a
// good ending, and with a fault that begins when the release is over.
import {
  ListProvisionedConcurrencyConfigsCommand,
  PutProvisionedConcurrencyConfigCommand,
} from '@aws-sdk/client-lambda'
import { readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseDefinition } from '../../core/service/definition.ts'
import { minute, openSandbox, type Sandbox } from '../../local/sandbox.ts'
import { endOf, faulty, pass } from '../functions/watching/promoted.ts'
import { enforcing, synthesised } from '../lib/policies.ts'

const file = new URL('../../examples/watch/service.yaml', import.meta.url)
const definition: unknown = parse(readFileSync(file, 'utf8'))

let sandbox: Sandbox
afterEach(() => sandbox.close())

/** Ready environments by version. */
async function ready(): Promise<Readonly<Record<string, number>>> {
  const found = await sandbox.clients.lambda.send(
    new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'checkout' }),
  )
  return Object.fromEntries(
    (found.ProvisionedConcurrencyConfigs ?? []).map((one) => [
      one.FunctionArn?.split(':').at(-1) ?? '',
      one.AvailableProvisionedConcurrentExecutions ?? 0,
    ]),
  )
}

/** Version 2 has been promoted by its steps, after some minutes of customers of version 1. @returns the id of the release */
async function promoted(): Promise<string> {
  const { authorize } = enforcing(synthesised([definition]))
  sandbox = await openSandbox({ authorize, watchMinutes: 5, sweepMinutes: 5, perMinute: 60 })
  await sandbox.world.services.put(parseDefinition(definition))
  const ProvisionedConcurrentExecutions = 20
  await sandbox.clients.lambda.send(
    new PutProvisionedConcurrencyConfigCommand({
      ...{ FunctionName: 'checkout', Qualifier: '1', ProvisionedConcurrentExecutions },
    }),
  )
  await sandbox.minutes(5)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  await sandbox.minutes(3)
  expect([await sandbox.alias(), await ready()]).toMatchObject([{ weights: { 2: 0.25 } }, { 1: 20, 2: 5 }])
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  // From here on its minutes are written, so that a day takes no time.
  sandbox.traffic.stop()
  return id
}

it('keeps the version before ready for an hour, and watches to the end', async () => {
  const id = await promoted()
  await pass(sandbox, 55)
  expect(await ready()).toEqual({ 1: 20, 2: 20 })
  await pass(sandbox, 10)
  expect(await ready()).toEqual({ 2: 20 })
  await pass(sandbox, 24 * 60)
  expect(await endOf(sandbox, id)).toMatchObject([{ how: 'time' }])
  expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
})

it('goes back from a fault that begins half an hour after the promotion, to a version that is ready', async () => {
  const id = await promoted()
  await pass(sandbox, 30)
  const fromMs = sandbox.clock.nowMs()
  while ((await sandbox.alias()).version === '2' && sandbox.clock.nowMs() < fromMs + 20 * minute)
    await pass(sandbox, 1, faulty)
  expect([await sandbox.alias(), await ready()]).toMatchObject([{ version: '1', weights: {} }, { 1: 20 }])
  expect(await endOf(sandbox, id)).toMatchObject([{ how: 'fault', onFault: 'rollBack' }])
  expect(sandbox.pages().at(-1)?.message).toContain('errors of checkout:live')
})
