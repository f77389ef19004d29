// Calls about items of DynamoDB that hold only texts and numbers, which are all that the controller makes. Their form is the JSON
// of what the caller gave, and the SDK follows a schema into every value only to find that. Whatever else is in an item, or in
// an answer, goes the SDK's way.
import type { localTransport } from '../cloud/local/transport.ts'

type Sent = Parameters<ReturnType<typeof localTransport>['handle']>[0] & { readonly headers: Record<string, string> }
type Operation = Readonly<Record<'namespace' | 'name' | 'traits' | 'input' | 'output', unknown>>
/** How a service writes requests and answers. */
export type Protocol = {
  serializeRequest(operation: Operation, input: object, context: object): Promise<Sent>
  deserializeResponse(operation: Operation, context: object, response: object): Promise<unknown>
}

const operations: ReadonlySet<unknown> = new Set(['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'])
type Fields = Readonly<Record<string, unknown>>
type Answer = { readonly statusCode: number; readonly headers: Fields; readonly body: unknown }

/** @returns the protocol, or one that does the same for such a call */
export function plainly(protocol: Protocol, { namespace, name }: Operation): Protocol {
  if (namespace !== 'com.amazonaws.dynamodb' || !operations.has(name)) return protocol
  return {
    async serializeRequest(operation, input, context) {
      if (!isPlain(input as Fields)) return protocol.serializeRequest(operation, input, context)
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${String(name)}`,
      }
      return { method: 'POST', path: '/', query: {}, headers, body: JSON.stringify(input) }
    },
    async deserializeResponse(operation, context, response) {
      const { statusCode, headers, body } = response as Answer
      const answer = statusCode === 200 && body instanceof Uint8Array ? (parsed(body) as Fields) : undefined
      if (answer === undefined || !isPlain(answer)) return protocol.deserializeResponse(operation, context, response)
      return { ...answer, $metadata: { httpStatusCode: statusCode, requestId: headers['x-amzn-requestid'] } }
    },
  }
}

const parsed = (body: Uint8Array): unknown =>
  JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))

/** Whether each value of each item is a text, a number or a Boolean. */
function isPlain(message: Fields): boolean {
  const { Item, Items, Key, Attributes, ExclusiveStartKey, LastEvaluatedKey, ExpressionAttributeValues } = message
  const items = [Item, Key, Attributes, ExclusiveStartKey, LastEvaluatedKey, ExpressionAttributeValues]
  return [...items, ...((Items as readonly unknown[] | undefined) ?? [])].every(isPlainItem)
}

function isPlainItem(item: unknown): boolean {
  for (const name in item as Record<string, object>) {
    const value = (item as Record<string, object>)[name] ?? {}
    if (!('S' in value || 'N' in value || 'BOOL' in value)) return false
  }
  return true
}
