// The shop, version 1: prices a cart, and takes the order down. In the shadow it answers as if it had.
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'

export const checkout =
  ({ db, isShadow, newId, now }) =>
  async ({ cart, coupon, email }) => {
    const { Item } = await db.send(new GetItemCommand({ TableName: 'coupons', Key: { name: { S: coupon ?? 'none' } } }))
    const sum = cart.reduce((cents, item) => cents + item.cents * item.count, 0)
    const total = Math.round(sum * (1 - Number(Item?.percent?.N ?? 0) / 100))
    const order = { id: newId(), at: now().toISOString(), total }
    const taken = { id: { S: order.id }, total: { N: String(total) }, email: { S: email ?? 'none' } }
    if (!isShadow) await db.send(new PutItemCommand({ TableName: 'orders', Item: taken }))
    return order
  }
