// Provisioned concurrency that a definition promises: the candidate has its share before it gets traffic, stable keeps all of
// its own until the end, and afterwards one version is paid for. The definition is that of docs/concurrency.md.
import { PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { afterEach, expect, it } from 'vitest'
import type { Sandbox } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { areAll } from '../../repeats.ts'
import { broken, give, having, openWarm, promised } from './warm.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

const stepMs = areAll ? 1_000 : 15_000
const wait = (ms: number) => sandbox.clock.advanceTo(sandbox.clock.nowMs() + ms)

/** Until the release has settled. @returns what was ever promised and not there */
async function watched(id: string): Promise<readonly string[]> {
  const seen: string[] = []
  for (let steps = 0; (await sandbox.release(id)).state.phase !== 'settled'; steps++) {
    if (steps > 10_000) throw new Error('the release does not end')
    seen.push(...(await broken(sandbox)))
    await wait(stepMs)
  }
  return [...new Set([...seen, ...(await broken(sandbox))])]
}

const held = async (id: string) => (await sandbox.release(id)).held
const allTo = async (version: string) => expect(await sandbox.alias()).toMatchObject({ version, weights: {} })
const only = (version: string) => ({ [version]: { wanted: promised, available: promised } })

it('a good release: at every moment each version has its share, and at the end one has all', async () => {
  sandbox = await openWarm()
  await give(sandbox, '1')
  await wait(120_000)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect((await held(id))?.because).toBe('waits for provisioned concurrency: 5 of checkout:2')
  await allTo('1')
  expect(await watched(id)).toEqual([])
  expect((await sandbox.release(id)).ending?.outcome).toBe('promoted')
  expect(await having(sandbox)).toEqual(only('2'))
  const asked = (await sandbox.events(id)).filter(({ type }) => type === 'concurrencyAsked')
  expect(asked).toMatchObject([5, 25, 50].map((environments) => ({ targets: [{ version: '2', environments }] })))
  // Waiting for minutes is usual, and no news.
  const news = sandbox.cloud.events.recorded().map((event) => event['detail-type'])
  expect(news).not.toContain('Release Held')
  await sandbox.minutes(7)
  expect((await sandbox.world.openReleases.list()).items).toEqual([])
})

it('a bad one goes back to a version that has kept all it needs, and the bad version keeps none', async () => {
  sandbox = await openWarm()
  await give(sandbox, '1')
  await wait(120_000)
  const id = await sandbox.start({ version: await sandbox.publish('v3') })
  expect(await watched(id)).toEqual([])
  expect((await sandbox.release(id)).ending?.outcome).toBe('rolledBack')
  await allTo('1')
  expect(await having(sandbox)).toEqual(only('1'))
})

it('the first release gives stable what is promised too; and going back afterwards waits for nothing', async () => {
  sandbox = await openWarm()
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect((await held(id))?.because).toContain('50 of checkout:1, 5 of checkout:2')
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  expect(await having(sandbox)).toEqual(only('2'))
  const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'to see' }
  const { releaseId } = (await sandbox.ask('orderRollback', order)) as { releaseId: string }
  await sandbox.clock.settle()
  await allTo('1')
  await sandbox.finish(releaseId)
  await sandbox.minutes(4)
  expect(await having(sandbox)).toEqual(only('1'))
})

it('what Lambda cannot allocate holds the release, with a code; it goes on when Lambda can', async () => {
  let broken: string | undefined = 'FUNCTION_ERROR_INIT_FAILURE'
  sandbox = await openWarm({ provisionFailure: (_, version) => (version === '2' ? broken : undefined) })
  await give(sandbox, '1')
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(20)
  expect(await held(id)).toMatchObject({ gates: ['provisioned'] })
  const said = (await sandbox.events(id)).flatMap((event) => (event.type === 'gated' ? [event.because] : []))
  expect(said.filter((because) => because.endsWith('(concurrency_failed)'))[0]).toMatch(
    /^Lambda could not allocate .* checkout:2: FUNCTION_ERROR_INIT_FAILURE\. Lambda is asked again .*\(concurrency_failed\)$/,
  )
  await allTo('1')
  const news = sandbox.cloud.events.recorded().filter((event) => event['detail-type'] === 'Release Held')
  expect(news.length).toBe(1)
  broken = undefined
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  expect(await having(sandbox)).toEqual(only('2'))
})

const reserve = (ReservedConcurrentExecutions: number) =>
  sandbox.clients.lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName: 'checkout', ReservedConcurrentExecutions }),
  )

it('without room for all of it nothing is asked for, until there is room', async () => {
  sandbox = await openWarm()
  await give(sandbox, '1')
  await reserve(promised + 10)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(3)
  expect(await held(id)).toMatchObject({ gates: ['provisioned'] })
  expect((await held(id))?.because).toMatch(/^checkout needs 100 .* has reserved 60\. .*\(concurrency_no_room\)$/)
  expect(Object.keys(await having(sandbox))).toEqual(['1'])
  await reserve(2 * promised)
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
})

it('room that goes while it is released holds it at its step, where it can still go back', async () => {
  sandbox = await openWarm()
  await give(sandbox, '1')
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(3)
  await give(sandbox, await sandbox.publish('hungry'), 820)
  await sandbox.minutes(20)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { 2: 0.1 } })
  expect(await held(id)).toMatchObject({ point: 1, gates: ['provisioned'] })
  expect((await held(id))?.because).toContain('concurrency_no_room')
  await sandbox.orderAs('ann')('abort', 'checkout', { reason: 'enough' })
  await sandbox.clock.settle()
  await allTo('1')
})

it('a person may override it, and the log says without what it went on', async () => {
  sandbox = await openWarm({ provisionFailure: (_, version) => (version === '2' ? 'no' : undefined) })
  await give(sandbox, '1')
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(5)
  await sandbox.orderAs('ann')('override', 'checkout', { reason: 'cold starts are better than this' })
  await sandbox.minutes(2)
  expect(await sandbox.alias()).toMatchObject({ weights: { 2: 0.1 } })
  const gate = (await sandbox.events(id)).findLast((event) => event.type === 'gated')
  expect(gate).toMatchObject({ allowed: true })
  expect(gate?.type === 'gated' && gate.because).toMatch(/overridden: waits for .* 5 of checkout:2$/)
})

it('a service that promises none touches none, and asks Lambda for nothing', async () => {
  const plain = { targets: [{ function: 'checkout', alias: 'live' }] }
  const calls: string[] = []
  sandbox = await openWarm({ onRequest: ({ operation }) => void calls.push(operation) }, plain)
  await give(sandbox, '1', 3)
  calls.length = 0
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  expect(calls.filter((one) => /^(Put|Delete)Provisioned|ListAliases|AccountSettings/.test(one))).toEqual([])
  expect(Object.keys(await having(sandbox))).toEqual(['1'])
})
