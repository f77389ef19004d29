// Enforces DynamoDB's limits per partition in front of the embedded cloud: 3,000 read units and 1,000 write units a second
// (docs/aws.md §7), whatever the table's capacity. Every partition key counts as its own partition, which is the finest split
// that DynamoDB makes without help. AWS lets up to five minutes of unused capacity burst; `burstSeconds` sets how much of it.
import type { LocalHandler } from '../cloud/local/dispatch.ts'
import type { LocalRequest } from '../cloud/local/protocol/service.ts'

const perSecond = { read: 3000, write: 1000 } as const
type Kind = keyof typeof perSecond

export type Partitions = {
  readonly through: (handler: LocalHandler) => LocalHandler
  /** Refused requests, by partition. */
  readonly refused: ReadonlyMap<string, number>
  /** Units used, by partition and kind. */
  readonly used: ReadonlyMap<string, number>
}

type Fields = Readonly<Record<string, unknown>>
const bodyOf = (request: LocalRequest): Fields => JSON.parse(Buffer.from(request.body).toString()) as Fields

/** The partition key of a request; undefined if it has none. */
function partitionOf(body: Fields): string | undefined {
  const { Key, Item, ExpressionAttributeValues: values } = body as Record<string, Record<string, { S?: string }>>
  return (Key ?? Item)?.['pk']?.S ?? values?.[':pk']?.S
}

/**
 * @param share of the limits, for a crowd that is scaled down by the same share
 * @returns as on AWS, lets a request through while its partition has capacity left, and deducts what it used afterwards
 */
export function partitions(nowMs: () => number, { share = 1, burstSeconds = 1 } = {}): Partitions {
  const left = new Map<string, { units: number; atMs: number }>()
  const refused = new Map<string, number>()
  const used = new Map<string, number>()
  const bucket = (name: string, kind: Kind) => {
    const rate = perSecond[kind] * share
    const known = left.get(name) ?? { units: rate * burstSeconds, atMs: nowMs() }
    known.units = Math.min(rate * burstSeconds, known.units + ((nowMs() - known.atMs) / 1000) * rate)
    known.atMs = nowMs()
    left.set(name, known)
    return known
  }
  const through =
    (handler: LocalHandler): LocalHandler =>
    async (request) => {
      const operation = /^DynamoDB_\d+\.(Put|Update|Delete|Get)Item$|^DynamoDB_\d+\.(Query)$/.exec(
        request.headers['x-amz-target'] ?? '',
      )
      const isOurs = request.headers['authorization']?.includes('role.tidegate') === true
      if (operation === null || !isOurs) return handler(request)
      const body = bodyOf(request)
      const partition = partitionOf(body)
      if (partition === undefined) return handler(request)
      const kind: Kind = operation[2] === 'Query' || operation[1] === 'Get' ? 'read' : 'write'
      const name = `${kind} ${partition}`
      const mine = bucket(name, kind)
      if (mine.units <= 0) {
        refused.set(name, (refused.get(name) ?? 0) + 1)
        return throttled
      }
      const counted = Buffer.from(JSON.stringify({ ...body, ReturnConsumedCapacity: 'TOTAL' }))
      const headers = { ...request.headers, 'content-length': String(counted.length) }
      const response = await handler({ ...request, body: counted, headers })
      const { ConsumedCapacity } = JSON.parse(String(response.body)) as {
        ConsumedCapacity?: { CapacityUnits?: number }
      }
      const units = ConsumedCapacity?.CapacityUnits ?? 1
      mine.units -= units
      used.set(name, (used.get(name) ?? 0) + units)
      return response
    }
  return { through, refused, used }
}

const exception = 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException'
const throttled = {
  status: 400,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({
    __type: exception,
    message: 'The level of configured provisioned throughput for the table was exceeded.',
  }),
}
