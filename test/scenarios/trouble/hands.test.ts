// People: an alias that somebody moves, and orders to a live release.
import { afterEach, describe, expect, it } from 'vitest'
import { minute } from '../../../local/house.ts'
import { house, open, close } from './trouble-house.ts'

afterEach(close)

describe('an alias moved by hand', () => {
  it('interrupts the release at once, by name, and is left alone', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    await house.moveByHand('2', {}, 'sam')
    await house.minutes(1)
    const release = await house.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'interrupted', by: 'arn:aws:iam::000000000000:user/sam' })
    expect(release.ending?.because).toContain('alias checkout:live was moved by somebody else to version 2 at 100 %')
    expect(await house.alias()).toMatchObject({ version: '2', weights: {} })
    expect(house.pages().at(-1)?.subject).toContain('interrupted')
  })

  it('is noticed at the next look without CloudTrail, and named as soon as CloudTrail speaks', async () => {
    let silent = true
    await open(
      {},
      {
        delivery: {
          delayMs: (event) => (silent && event['detail-type'] === 'AWS API Call via CloudTrail' ? 10 * minute : 0),
        },
      },
    )
    const id = await house.start({ version: await house.publish('v2') })
    await house.moveByHand('1', { '2': 0.3 }, 'sam')
    silent = false
    const release = await house.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'interrupted', by: 'unknown' })
    await house.minutes(12)
    expect((await house.release(id)).ending?.by).toBe('arn:aws:iam::000000000000:user/sam')
    expect(await house.alias()).toMatchObject({ version: '1', weights: { '2': 0.3 } })
  })

  it('that already was split before the release is refused and left alone', async () => {
    await open()
    const version = await house.publish('v2')
    await house.moveByHand('1', { '2': 0.3 }, 'sam')
    expect((await house.finish(await house.start({ version }))).ending).toMatchObject({
      outcome: 'rejected',
      code: 'alias_split',
    })
    expect(await house.alias()).toMatchObject({ version: '1', weights: { '2': 0.3 } })
  })

  it('whose description alone was edited does not stop the release', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    const { UpdateAliasCommand } = await import('@aws-sdk/client-lambda')
    await house
      .clientsFor('sam')
      .lambda.send(new UpdateAliasCommand({ FunctionName: 'checkout', Name: 'live', Description: 'hello' }))
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })
})

describe('people', () => {
  it('pause, look, resume; promote; abort; and each is in the log by name', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    await house.ask('pause', { verb: 'pause', service: 'checkout', by: 'ann', reason: 'lunch' })
    await house.minutes(30)
    expect((await house.alias()).weights).toEqual({ '2': 0.1 })
    await house.ask('pause', { verb: 'resume', service: 'checkout', by: 'ann' })
    await house.minutes(3)
    expect((await house.alias()).weights).toEqual({ '2': 0.5 })
    await house.ask('promote', { service: 'checkout', by: 'bob', reason: 'sale starts' })
    await house.clock.settle()
    expect(await house.release(id)).toMatchObject({ state: { phase: 'settled' }, ending: { outcome: 'promoted' } })
    const second = await house.start({ version: await house.publish('v1') })
    await house.ask('stop', { verb: 'abort', service: 'checkout', by: 'ann', reason: 'wrong branch' })
    expect(await house.alias()).toMatchObject({ version: '2', weights: {} })
    expect((await house.finish(second)).ending).toMatchObject({
      outcome: 'aborted',
      by: 'ann',
      because: 'wrong branch',
    })
    await expect(house.ask('pause', { verb: 'pause', service: 'checkout', by: 'ann', reason: 'x' })).rejects.toThrow(
      'No release of checkout is live',
    )
  })

  it('roll back: the traffic is on stable before the call returns', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    await house.world.leases.holder('checkout')
    const answer = house.ask('stop', { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'orders drop' })
    expect(await answer).toMatchObject({ releaseId: id, outcome: 'rolledBack' })
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await house.finish(id)).ending).toMatchObject({ by: 'ann' })
  })
})
