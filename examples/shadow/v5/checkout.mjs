// The shop, version 5: looks at today's prices at each order. The table allows few reads a second and saves some up, so this is
// fast for as long as few ask.
import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { checkout as before } from '../v2/checkout.mjs'

export const checkout = (deps) => {
  const take = before(deps)
  return async (event) => {
    await deps.db.send(new GetItemCommand({ TableName: 'prices', Key: { name: { S: 'today' } } }))
    return take(event)
  }
}
