// The time in the cloud that answers. This machine's clock may be wrong, and the embedded cloud's time runs ahead of it. So the
// time comes from the dates of the answers, once there is one. Before the first answer it is this machine's.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../cloud/ports.ts'

/** A smaller difference is the answer's way, and the date's whole seconds. */
const toleratedMs = 5_000

type Client = Pick<DynamoDBClient, 'middlewareStack'>

/** @param client whose answers are read */
export function clockOf(client: Client): Clock {
  let aheadMs = 0
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { headers = {} } = (result.response ?? {}) as { readonly headers?: Readonly<Record<string, string>> }
      const saidMs = Date.parse(headers['date'] ?? '')
      if (!Number.isNaN(saidMs)) aheadMs = saidMs - Date.now()
      return result
    },
    { step: 'deserialize', name: 'answerDate', priority: 'low' },
  )
  return { nowMs: () => Date.now() + (Math.abs(aheadMs) < toleratedMs ? 0 : aheadMs) }
}
