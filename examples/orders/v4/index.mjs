// Orders, version 4: reads the whole batch before it takes the first order, so one message that it cannot read fails all of them.
import { consumer } from '../batch.mjs'

const read = ({ body }) => {
  const order = JSON.parse(body)
  if (order.gift !== undefined && order.gift.to === undefined) throw new TypeError('a gift to nobody')
  return order
}

export const handlerWith = (report) => {
  const rest = consumer((order) => ({ cents: order.cents }), report)
  return async (event, context) => {
    event.Records.forEach(read)
    return rest(event, context)
  }
}
export const handler = handlerWith()
