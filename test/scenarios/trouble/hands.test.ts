// People: an alias that somebody moves, and orders to a live release.
import { afterEach, describe, expect, it } from 'vitest'
import { minute } from '../../../local/sandbox.ts'
import { sandbox, open, close } from './trouble-sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'

usesItsRights()

afterEach(close)

describe('an alias moved by hand', () => {
  it('interrupts the release at once, names the person, and is left alone', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.moveByHand('2', {}, 'sam')
    await sandbox.minutes(1)
    const release = await sandbox.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'interrupted', by: 'arn:aws:iam::000000000000:user/sam' })
    expect(release.ending?.because).toContain('alias checkout:live was moved by somebody else to version 2 at 100 %')
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
    expect(sandbox.pages().at(-1)?.subject).toContain('interrupted')
  })

  it('is noticed at the next look without CloudTrail, and attributed as soon as CloudTrail reports it', async () => {
    let silent = true
    await open(
      {},
      {
        delivery: {
          delayMs: (event) => (silent && event['detail-type'] === 'AWS API Call via CloudTrail' ? 10 * minute : 0),
        },
      },
    )
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.moveByHand('1', { '2': 0.3 }, 'sam')
    silent = false
    const release = await sandbox.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'interrupted', by: 'unknown' })
    await sandbox.minutes(12)
    expect((await sandbox.release(id)).ending?.by).toBe('arn:aws:iam::000000000000:user/sam')
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.3 } })
  })

  it('that was already split before the release is refused and left alone', async () => {
    await open()
    const version = await sandbox.publish('v2')
    await sandbox.moveByHand('1', { '2': 0.3 }, 'sam')
    expect((await sandbox.finish(await sandbox.start({ version }))).ending).toMatchObject({
      outcome: 'rejected',
      code: 'alias_split',
    })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.3 } })
  })

  it('whose description alone was edited does not stop the release', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    const { UpdateAliasCommand } = await import('@aws-sdk/client-lambda')
    await sandbox
      .clientsFor('sam')
      .lambda.send(new UpdateAliasCommand({ FunctionName: 'checkout', Name: 'live', Description: 'hello' }))
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })
})

describe('people', () => {
  it('pause, look, resume; promote; abort; and each is in the log by name', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.ask('pause', { verb: 'pause', service: 'checkout', by: 'ann', reason: 'lunch' })
    await sandbox.minutes(30)
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
    await sandbox.ask('pause', { verb: 'resume', service: 'checkout', by: 'ann' })
    await sandbox.minutes(3)
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.5 })
    await sandbox.ask('promote', { service: 'checkout', by: 'bob', reason: 'sale starts' })
    await sandbox.clock.settle()
    expect(await sandbox.release(id)).toMatchObject({ state: { phase: 'settled' }, ending: { outcome: 'promoted' } })
    const second = await sandbox.start({ version: await sandbox.publish('v1') })
    await sandbox.ask('orderRollback', { verb: 'abort', service: 'checkout', by: 'ann', reason: 'wrong branch' })
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
    expect((await sandbox.finish(second)).ending).toMatchObject({
      outcome: 'aborted',
      by: 'user/ann',
      because: 'wrong branch',
    })
    await expect(sandbox.ask('pause', { verb: 'pause', service: 'checkout', by: 'ann', reason: 'x' })).rejects.toThrow(
      'No release of checkout is live',
    )
  })

  it('roll back: the traffic is on stable before the call returns', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.world.leases.holder('checkout')
    const answer = sandbox.ask('orderRollback', {
      verb: 'rollBack',
      service: 'checkout',
      by: 'user/ann',
      reason: 'orders drop',
    })
    expect(await answer).toMatchObject({ releaseId: id, outcome: 'rolledBack' })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await sandbox.finish(id)).ending).toMatchObject({ by: 'user/ann' })
  })
})
