// Reserved and account concurrency: a release takes no more of what is nearly used up. It waits where it is, and what is wrong
// with its candidate still sends it back. The definition is the second one of docs/concurrency.md.
import { CreateFunctionCommand, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { afterEach, expect, it } from 'vitest'
import type { Sandbox, SandboxOptions } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { give, having, openTight } from './warm.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
  sandbox.clients.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }))
const held = async (id: string) => (await sandbox.release(id)).held
const gated = async (id: string) =>
  (await sandbox.events(id)).flatMap((event) => (event.type === 'gated' ? [event] : []))

/** Another team's function, which has nothing to do with the release. */
async function neighbour(): Promise<void> {
  await sandbox.clients.lambda.send(
    new CreateFunctionCommand({
      ...{ FunctionName: 'batch', Handler: 'index.handler', Runtime: 'nodejs24.x' },
      ...{ Role: 'arn:aws:iam::000000000000:role/batch', Code: { ZipFile: new TextEncoder().encode('v1') } },
    }),
  )
}

/** At the first step, when the account runs out of concurrency. */
async function atFirstStep(sample: string, options: SandboxOptions = {}): Promise<string> {
  sandbox = await openTight(options)
  await neighbour()
  await give(sandbox, '1')
  await sandbox.minutes(3)
  const id = await sandbox.start({ version: await sandbox.publish(sample) })
  await sandbox.minutes(3)
  expect(await sandbox.alias()).toMatchObject({ weights: { '2': 0.1 } })
  await reserve('batch', 760)
  return id
}

it('near the limit of the account it waits at its step, is given nothing, and goes on when there is room again', async () => {
  const id = await atFirstStep('v2')
  await sandbox.minutes(12)
  expect(await held(id)).toMatchObject({ gates: ['headroom'] })
  expect((await held(id))?.because).toMatch(
    /^the account has claimed 8\d\d of its concurrency of 1000, and 20 % must be free$/,
  )
  expect(await sandbox.alias()).toMatchObject({ weights: { '2': 0.1 } })
  expect((await having(sandbox))['2']).toMatchObject({ wanted: 5 })
  const news = sandbox.cloud.events.recorded().filter((event) => event['detail-type'] === 'Release Held')
  expect(news).toHaveLength(1)
  expect(sandbox.pages()).toEqual([])
  await reserve('batch', 100)
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  expect((await gated(id)).at(-1)?.because).toMatch(/the account has claimed \d\d\d of its concurrency of 1000$/)
})

it('a version that turns bad while it waits goes back at once, and for its own fault', async () => {
  let isBad = false
  const turning = () => {
    if (isBad) throw new TypeError('Cannot read properties of undefined')
    return { total: 2 }
  }
  const id = await atFirstStep('turning', { functions: { turning } })
  await sandbox.minutes(5)
  expect(await held(id)).toMatchObject({ gates: ['headroom'] })
  isBad = true
  const { ending } = await sandbox.finish(id)
  expect(ending).toMatchObject({ outcome: 'rolledBack' })
  expect(ending?.because).toMatch(/errors/)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
})

it('no release begins, until a person overrides it; what is said before it begins is the same', async () => {
  sandbox = await openTight()
  await neighbour()
  await reserve('batch', 850)
  await sandbox.minutes(7)
  const words = /the account has claimed 85\d of its concurrency of 1000, and 20 % must be free/
  const { may, because } = (await sandbox.ask('ask', { service: 'checkout' })) as { may: boolean; because: string }
  expect([may, because]).toEqual([false, expect.stringMatching(words)])
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(2)
  expect(await held(id)).toMatchObject({ point: -1, gates: ['headroom'] })
  await sandbox.ask('override', { service: 'checkout', by: 'ann', reason: 'the batch is done at noon' })
  await sandbox.minutes(1)
  expect((await sandbox.release(id)).state.phase).not.toBe('requested')
  expect((await gated(id)).find(({ allowed }) => allowed)?.because).toMatch(words)
})

it('what a function has reserved is looked at in place of the account', async () => {
  sandbox = await openTight({}, { targets: [{ function: 'checkout', alias: 'live' }] })
  await neighbour()
  await reserve('batch', 850)
  await reserve('checkout', 1)
  await sandbox.minutes(7)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(2)
  expect((await held(id))?.because).toBe('checkout uses 1 of its reserved concurrency of 1, and 20 % must be free')
  await reserve('checkout', 10)
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  expect((await gated(id)).at(-1)?.because).toContain('checkout uses 1 of its reserved concurrency of 10')
})

it('without an answer of CloudWatch it waits, and says so', async () => {
  let isAway = false
  sandbox = await openTight({
    authorize: ({ action }) => !(isAway && action === 'cloudwatch:GetMetricData'),
  })
  isAway = true
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(2)
  expect(await held(id)).toMatchObject({ gates: ['headroom'] })
  expect((await held(id))?.because).toMatch(
    /^how much concurrency is free cannot be looked up: AWS denied cloudwatch:GetMetricData/,
  )
  isAway = false
  await sandbox.minutes(5)
  expect((await sandbox.release(id)).state.phase).not.toBe('requested')
})
