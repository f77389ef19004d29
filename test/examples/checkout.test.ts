// The sample's handlers do what their first lines say.
import { expect, it } from 'vitest'

type Handler = (event: unknown) => Promise<{ version: number; total: number }>
const handlerOf = async (version: string): Promise<Handler> =>
  ((await import(`../../examples/checkout/${version}/index.mjs`)) as { handler: Handler }).handler
const cart = [{ cents: 1000, count: 2 }]

it('versions 1 and 2 price a cart, version 2 with coupons', async () => {
  expect(await (await handlerOf('v1'))({ cart, coupon: 'FRIEND' })).toEqual({ version: 1, total: 2000 })
  const v2 = await handlerOf('v2')
  expect([await v2({ cart }), await v2({ cart, coupon: 'FRIEND' })]).toEqual([
    { version: 2, total: 2000 },
    { version: 2, total: 1600 },
  ])
})

it('version 3 fails for some inputs only', async () => {
  const v3 = await handlerOf('v3')
  expect((await v3({ cart, coupon: 'SPRING' })).total).toBe(1800)
  await expect(v3({ cart, coupon: 'FRIEND' })).rejects.toThrow(TypeError)
})

it('version 4 is correct and waits for every item', async () => {
  const v4 = await handlerOf('v4')
  expect((await v4({ cart })).total).toBe(2 * 1190)
})
