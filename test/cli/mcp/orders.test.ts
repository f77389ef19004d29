// The two tools that order: what they change, who is named, and what keeps an agent in a loop from doing harm.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Sandbox, openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { connected } from './client.ts'

let sandbox: Sandbox
let keys: (string | undefined)[]
let agent: Awaited<ReturnType<typeof connected>>
const role = 'arn:aws:sts::000000000000:assumed-role/release-agent/night'
const reason = 'orders drop'

beforeEach(async () => {
  sandbox = await openSandbox({ perMinute: 60 })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
  keys = []
  const { hooks: _, ...world } = sandbox.world
  const order = sandbox.orderAs(role)
  agent = await connected({
    ...world,
    order: (route, service, body, key) => {
      keys.push(key)
      return order(route, service, body)
    },
  })
})
afterEach(async () => {
  expect(agent.bugs).toEqual([])
  await agent.close()
  sandbox.close()
})

const live = async (): Promise<string> => sandbox.start({ version: await sandbox.publish('v2') })
const promoted = async (): Promise<string> => {
  const id = await live()
  await sandbox.orderAs('ann')('promote', 'checkout', { releaseId: id, reason: 'test' })
  await sandbox.finish(id)
  return id
}
const refusal = (code: string) => ({ isError: true, data: { code } })
const back = (release: string, more: object = {}) =>
  agent.call('put_back', { service: 'checkout', release, to: { checkout: '1' }, reason, ...more })
const pause = (release: string, more: object = {}) =>
  agent.call('pause', { service: 'checkout', release, reason, ...more })

describe('put_back', () => {
  it('puts a live release back; the log names the role of the agent', async () => {
    const id = await live()
    const answer = await back(id, { requestId: 'run-0017' })
    expect(answer).toMatchObject({ isError: false, data: { releaseId: id } })
    expect(answer.says[0]).toBe(`Put back release ${id} of checkout: all traffic goes checkout to version 1.`)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await sandbox.release(id)).ending).toMatchObject({ outcome: 'rolledBack', by: 'role/release-agent' })
    expect(keys).toEqual(['mcp-run-0017'])
  })

  it('puts a promoted release back once, and never forth', async () => {
    const id = await promoted()
    expect(await sandbox.alias()).toMatchObject({ version: '2' })
    const answer = await back(id)
    expect(answer, answer.text).toMatchObject({ isError: false, data: { phase: 'requested' } })
    const way = (answer.data as { releaseId: string }).releaseId
    expect(await back(id)).toMatchObject({ isError: false, data: { releaseId: way } })
    // The way back has an id too: to put that one back would be to go forth.
    expect(await back(way, { to: { checkout: '2' } })).toMatchObject(refusal('verb_not_now'))
    await sandbox.finish(way)
    for (const release of [id, way])
      for (const version of ['1', '2'])
        expect(await back(release, { to: { checkout: version } })).toMatchObject(refusal('verb_not_now'))
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect(keys).toHaveLength(2)
  })

  it('refuses whoever does not know what it changes', async () => {
    const id = await live()
    for (const to of [{ checkout: '2' }, { cart: '1' }, { checkout: '1', cart: '1' }, {}])
      expect(await back(id, { to }), JSON.stringify(to)).toMatchObject(refusal('call_invalid'))
    expect(await back(id, { service: 'cart' })).toMatchObject(refusal('release_missing'))
    expect(await back('no-such')).toMatchObject(refusal('release_missing'))
    expect(await back(id, { reason: '' })).toMatchObject(refusal('call_invalid'))
    expect(keys).toEqual([])
    expect((await sandbox.release(id)).ending).toBeUndefined()
  })

  it('refuses a promoted release that is not in charge any more', async () => {
    const first = await promoted()
    const second = await sandbox.start({ version: await sandbox.publish('v4') })
    expect(await back(first)).toMatchObject(refusal('verb_not_now'))
    await sandbox.orderAs('ann')('promote', 'checkout', { releaseId: second, reason: 'test' })
    await sandbox.finish(second)
    expect(await back(first)).toMatchObject(refusal('verb_not_now'))
    expect(await sandbox.alias()).toMatchObject({ version: '3' })
  })
})

describe('the API, of a promoted release by its id', () => {
  const order = (releaseId: string, verb: 'roll-back' | 'abort' = 'roll-back') =>
    sandbox.orderAs('ann')(verb, 'checkout', { releaseId, reason })

  it('goes back from it while it is in charge, and else changes nothing', async () => {
    const first = await promoted()
    await expect(order(first, 'abort')).rejects.toMatchObject({ code: 'verb_not_now' })
    const second = await sandbox.start({ version: await sandbox.publish('v4') })
    await expect(order(first)).rejects.toMatchObject({ code: 'not_in_charge' })
    expect((await sandbox.release(second)).ending).toBeUndefined()
    await order(second)
    await sandbox.finish(second)
    await expect(order(second)).rejects.toMatchObject({ code: 'verb_not_now' })
    const way = (await order(first)) as { releaseId: string }
    expect(await order(first)).toMatchObject({ releaseId: way.releaseId })
    await sandbox.finish(way.releaseId)
    await expect(order(first)).rejects.toMatchObject({ code: 'nothing_to_return_to' })
    await expect(order(way.releaseId)).rejects.toMatchObject({ code: 'nothing_to_return_to' })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })
})

describe('pause', () => {
  it('keeps the weight; once a person has resumed, only a person pauses again', async () => {
    const id = await live()
    const answer = await pause(id)
    expect(answer.says[0]).toBe(`Paused release ${id} of checkout: it keeps 10 % of the traffic, and moves no version.`)
    expect((await sandbox.release(id)).paused).toMatchObject({ by: 'role/release-agent', reason })
    const second = await pause(id)
    expect(second).toMatchObject({ isError: false })
    expect(second.says[0]).toMatch(/ was paused already, by whom and why `note` says: it keeps 10 %/)
    expect(JSON.stringify(second)).toContain('It was paused already, at 2026-')
    expect((await sandbox.events(id)).filter(({ type }) => type === 'paused')).toHaveLength(1)
    await sandbox.orderAs('ann')('resume', 'checkout', { releaseId: id })
    const again = await pause(id)
    expect(again).toMatchObject(refusal('person_decides'))
    expect((await sandbox.release(id)).paused).toBeUndefined()
    expect(await pause(id, { service: 'cart' })).toMatchObject(refusal('release_missing'))
  })

  it('is refused for what has ended', async () => {
    expect(await pause(await promoted())).toMatchObject(refusal('verb_not_now'))
  })
})

describe('many orders', () => {
  it('six within ten minutes need a person', async () => {
    const id = await live()
    for (let times = 0; times < 5; times++) expect(await pause(id)).toMatchObject({ isError: false })
    expect(await pause(id)).toMatchObject(refusal('person_decides'))
    expect(await back(id)).toMatchObject(refusal('person_decides'))
    await sandbox.minutes(11)
    expect(await back(id)).toMatchObject({ isError: false })
  })
})
