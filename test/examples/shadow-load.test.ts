// The load of docs/shadow.md on the embedded cloud: a version that carries it, one that is fast for as long as few ask, and an
// abort in its midst.
import { afterEach, expect, it } from 'vitest'
import { nowOf } from '../../core/view/release/now.ts'
import { shopInShadow } from './shop.ts'

let shop: Awaited<ReturnType<typeof shopInShadow>>
afterEach(() => shop.stop())

/** A table that allows one read in ten seconds and saves up 100: what is too much is tried again for a while. */
function prices() {
  let [saved, atMs] = [100, 0]
  return (nowMs: number): boolean => {
    saved = Math.min(100, saved + Math.max(0, nowMs - atMs) / 10_000)
    atMs = nowMs
    if (saved < 1) return false
    saved -= 1
    return true
  }
}

async function opened(version: string) {
  const mayRead = prices()
  shop = await shopInShadow({
    ...{ load: { times: 4, minutes: 4 }, versions: ['1', version], timeout: '40m' },
    through: (db, context) => ({
      send: async (command: { readonly input: { readonly TableName?: string } }) => {
        if (command.input.TableName === 'prices' && !mayRead(shop.sandbox.clock.nowMs())) await context.waitMs(700)
        return db.send(command as Parameters<typeof db.send>[0])
      },
    }),
  })
  const { sandbox } = shop
  await sandbox.minutes(4)
  return { ...shop, id: await shop.release(`shop ${version}`) }
}

const words = async (id: string) =>
  nowOf(await shop.sandbox.release(id), shop.sandbox.clock.nowMs()).sentence.replace(/.*Last: /, '')

it('promotes a version that carries the load, and says on the way how far it is', async () => {
  const { sandbox, id, items, customers } = await opened('2')
  await sandbox.minutes(2)
  expect(await words(id)).toMatch(/^the hook says "shop: minute [23] of 4 at 4 times the traffic", at /)
  await sandbox.minutes(4)
  expect(await shop.answerOf(id)).toEqual([
    [
      'pass',
      expect.stringMatching(
        /^hook says "shop: version 2 carries 4 times the traffic \(1\.\d+ calls a second\) as version 1 does: its p95 is \d+ ms against \d+ ms; what is slower in \d+ % of the blocks would have been seen"$/,
      ) as string,
    ],
  ])
  const served = Object.values(customers.answered()).reduce((sum, { good }) => sum + good, 0)
  expect([(await items('orders')).length, await shop.copies(), shop.refused]).toEqual([served, ['$LATEST'], new Set()])
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
})

it('rejects a version that is fast alone and slow under load, before any customer has seen it', async () => {
  const { sandbox, id } = await opened('5')
  expect((await sandbox.finish(id)).ending).toMatchObject({
    outcome: 'rejected',
    because: expect.stringMatching(
      /version 2 does not carry 4 times the traffic \(1\.\d+ calls a second\) as version 1 does: its p50 is 700 ms against 0 ms; its p95/,
    ) as string,
  })
  expect(await sandbox.alias('shop')).toMatchObject({ version: '1', weights: {} })
  expect([shop.customers.answered()['1']?.bad, await shop.copies()]).toEqual([0, ['$LATEST']])
})

it('ends the load when the release is aborted', async () => {
  const { sandbox, id } = await opened('2')
  await sandbox.minutes(1)
  await sandbox.ask('orderRollback', { verb: 'abort', releaseId: id, by: 'ann', reason: 'no longer wanted' })
  await sandbox.minutes(1)
  expect([(await sandbox.release(id)).ending?.outcome, await shop.copies()]).toEqual(['aborted', ['$LATEST']])
})
