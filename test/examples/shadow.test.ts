// The example of docs/shadow.md on the embedded cloud, under the policies of the construct: its good end, its two bad ones, and
// what happens while nobody knows.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nowOf } from '../../core/view/release/now.ts'
import { arn, shopInShadow, table } from './shop.ts'

let shop: Awaited<ReturnType<typeof shopInShadow>>
beforeEach(async () => {
  shop = await shopInShadow({ versions: ['1', '2', '3', '4'] })
})
afterEach(() => shop.stop())

it('holds while too little is kept; then promotes a version that answers as stable does, and has written nothing', async () => {
  const { sandbox, customers, refused, items, release, answerOf, copies } = shop
  // A store that is away is nothing that customers notice.
  shop.store.isAway = true
  const event = { cart: [{ cents: 100, count: 1 }], email: 'ann@example.com' }
  await sandbox.minutes(1)
  const id = await release('shop 2')
  expect(await answerOf(id)).toEqual([
    ['unknown', expect.stringContaining('0 events could be compared, and it takes 30') as string],
  ])
  expect(await sandbox.alias('shop')).toMatchObject({ version: '1', weights: {} })
  await sandbox.minutes(1)
  const { sentence, tone } = nowOf(await sandbox.release(id), sandbox.clock.nowMs())
  expect(tone).toBe('hold')
  expect(sentence).toMatch(
    /^Held since [\d:]+Z: hook tidegate-shadow \(beforeTraffic\) does not know\. Last: hook says /,
  )
  expect(sentence).toMatch(
    /it takes 30: no sample is kept, and the alias had \d+ calls in the last 24 hours: sampling does not work, or keeps a small share", at /,
  )
  expect(sentence).toMatch(
    /It is called again (now|in \d+m, at [\d:]+Z)\. It is rejected if it is still so in .* \(policy\.hold\.unknown\)\.$/,
  )
  shop.store.isAway = false
  await sandbox.cloud.lambda.invoke('shop', 'live', Buffer.from(JSON.stringify(event)))
  await sandbox.minutes(2)
  const kept = JSON.stringify(await items(table))
  expect([kept.includes('FRIEND'), kept.includes('[redacted]'), kept.includes('ann@')]).toEqual([true, true, false])
  const before = (await items('orders')).length
  const asked = customers.answered()['1']?.good ?? 0
  await sandbox.minutes(2)
  expect((await answerOf(id)).at(-1)).toEqual([
    'pass',
    expect.stringMatching(
      /^hook says "shop: version 2 answers \d+ events as version 1 does; a difference in \d+ % of events would have been seen"$/,
    ) as string,
  ])
  const served = Object.values(customers.answered()).reduce((sum, { good }) => sum + good, 0)
  // What was tried has taken no order, and nothing is left of it.
  expect([(await items('orders')).length - before, await copies()]).toEqual([served - asked, ['$LATEST']])
  expect([refused, customers.answered()['1']?.bad]).toEqual([new Set(), 0])
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
})

it('rejects a version whose answers are wrong, and says where', async () => {
  const { sandbox, release } = shop
  await sandbox.minutes(4)
  const id = await release('shop 3')
  expect((await sandbox.finish(id)).ending).toMatchObject({
    outcome: 'rejected',
    because: expect.stringMatching(
      /version 2 is not as version 1: \/answer\/total has another value at \d+ of \d+ events/,
    ) as string,
  })
  expect(await sandbox.alias('shop')).toMatchObject({ version: '1', weights: {} })
})

it('rejects a version that writes in the shadow: IAM stops it, and the answer names what it tried', async () => {
  const { sandbox, refused, items, release } = shop
  await sandbox.minutes(4)
  const id = await release('shop 4')
  expect((await sandbox.finish(id)).ending).toMatchObject({
    outcome: 'rejected',
    because: expect.stringMatching(/it tries what IAM refuses \(dynamodb:PutItem\) at \d+ of \d+ events/) as string,
  })
  expect(await items('coupon-uses')).toEqual([])
  expect(refused).toEqual(new Set([`shop-shadow dynamodb:PutItem ${arn('coupon-uses')}`]))
})
