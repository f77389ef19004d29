// The stream of events: what an EventSource gets, and where it goes on. A parser of the format that is not ours reads it.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { callerOn } from './caller.ts'

let sandbox: Sandbox
let call: ReturnType<typeof callerOn>
let id = ''
beforeAll(async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  call = callerOn(sandbox)
  await sandbox.world.services.put(sampleService({ hooks: [], slos: [], plan: 'Canary10Percent5Minutes' }))
  id = await sandbox.start({ version: await sandbox.publish('v2') })
})
afterAll(() => sandbox.close())

const accept = 'text/event-stream'
const stream = (last?: number, query = '') => {
  const headers = { accept, ...(last === undefined ? {} : { 'last-event-id': String(last) }) }
  return call({ path: `/events/checkout/${id}`, query, headers })
}
/** By the rules of the HTML standard (server-sent events), for streams without comments and names. */
function parsed(text: string): { id: string; data: unknown }[] {
  const blocks = text.split('\n\n').slice(0, -1)
  return blocks.flatMap((block) => {
    const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]))
    const [lastId, data] = [fields.get('id'), fields.get('data')]
    return lastId === undefined || data === undefined ? [] : [{ id: lastId, data: JSON.parse(data) as unknown }]
  })
}

it('has every event so far at once, each with its number as the id', async () => {
  const { status, headers, text } = await stream()
  expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, accept, 'no-store'])
  expect(text).toMatch(/^retry: 1000\n\n/)
  const events = await sandbox.events(id)
  expect(parsed(text)).toEqual(events.map((event) => ({ id: String(event.seq), data: event })))
})

it('goes on after the last event that the caller has, and waits for the next one', async () => {
  const before = (await sandbox.events(id)).length
  const waiting = stream(before, 'wait=20')
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 3_000)
  await sandbox.orderAs('ann')('pause', 'checkout', { reason: 'lunch\n\ndata: forged' })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 2_000)
  const { text } = await waiting
  // And the look that the order has woken, if it came in time.
  expect(parsed(text).slice(0, 1)).toMatchObject([{ id: String(before + 1), data: { type: 'paused', by: 'user/ann' } }])
})

it('answers before API Gateway gives up, though nothing comes', async () => {
  const last = (await sandbox.events(id)).length
  const sinceMs = sandbox.clock.nowMs()
  const waiting = stream(last)
  await sandbox.clock.advanceTo(sinceMs + 11_000)
  expect(await waiting).toMatchObject({ status: 200, text: 'retry: 1000\n\n' })
  // Who does not want to wait does not.
  expect((await stream(last, 'wait=0')).text).toBe('retry: 1000\n\n')
})

it('ends when the release has: an EventSource that gets 204 does not ask again', async () => {
  await sandbox.orderAs('ann')('resume', 'checkout')
  await sandbox.finish(id)
  const events = await sandbox.events(id)
  expect(parsed((await stream(events.length - 1)).text)).toHaveLength(1)
  expect(await stream(events.length)).toMatchObject({ status: 204, text: '' })
})

it.each(['x', '-1', '1.5', '9999999', '1,2'])('refuses the last event %s', async (last) => {
  const headers = { accept, 'last-event-id': last }
  expect(await call({ path: `/events/checkout/${id}`, headers })).toMatchObject({
    status: 400,
    said: { code: 'call_invalid' },
  })
})
