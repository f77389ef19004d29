// DynamoDB, by dynalite, in memory. We call its request listener directly, with the few members of a request and a response that
// it uses. There is no socket and no port, so stepped time stays exact and many clouds fit into one process. We add what dynalite
// lacks: a new table that is usable at once, and streams.
import { AwsError } from '../protocol/aws-error.ts'
import { jsonOf } from '../protocol/json-body.ts'
import type { LocalClock } from '../time/clock.ts'
import {
  account,
  defaultRegion,
  type LocalRequest,
  type LocalResponse,
  type LocalService,
} from '../protocol/service.ts'
import type { Streams } from '../protocol/service.ts'
import { itemCall } from './item-call.ts'
import { transactionsOn } from './transaction.ts'
import { leadingKeysOf } from './leading-keys.ts'
import { dynaliteInMemory } from './store.ts'
import { type TableStream, tableStream } from './stream.ts'

type Call = (request: LocalRequest) => Promise<LocalResponse>
type Fields = Readonly<Record<string, unknown>>
type Table = TableStream & { readonly arn: string; readonly keys: readonly string[] }
type Deps = { readonly clock: LocalClock; readonly ids: () => string }

export function localDynamoDb(deps: Deps): LocalService & Streams {
  const { server, store } = dynaliteInMemory({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  const tables = new Map<string, Table>()
  /** By table. */
  const partitionKeys = new Map<string, string>()

  const listener = inProcess(server)
  const call: Call = (request) => itemCall(store, request) ?? listener(request)

  async function createTable(request: LocalRequest, input: Fields): Promise<LocalResponse> {
    const { StreamSpecification, Tags, ...rest } = input
    const response = await call(withBody(request, rest))
    if (response.status !== 200) return response
    const schema = input['KeySchema'] as readonly { readonly AttributeName: string; readonly KeyType: string }[]
    partitionKeys.set(String(input['TableName']), schema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '')
    await active(call, request, String(input['TableName']))
    if (Tags !== undefined) await tag(call, request, response, Tags)
    if ((StreamSpecification as Fields | undefined)?.['StreamEnabled'] !== true) return response
    if ((StreamSpecification as Fields)['StreamViewType'] !== 'KEYS_ONLY')
      return refused('streams of more than the keys')
    const label = new Date(deps.clock.nowMs()).toISOString().replace('Z', '')
    const arn = `arn:aws:dynamodb:${defaultRegion}:${account}:table/${String(input['TableName'])}/stream/${label}`
    const keys = schema.map((one) => one.AttributeName)
    tables.set(String(input['TableName']), { ...tableStream(arn, deps.clock, deps.ids), arn, keys })
    return changed(response, ({ TableDescription, ...others }) => ({
      ...others,
      TableDescription: {
        ...(TableDescription as Fields),
        LatestStreamArn: arn,
        LatestStreamLabel: label,
        StreamSpecification,
      },
    }))
  }

  const transactions = transactionsOn({
    ask: (request, operation, input) => call(asked(request, operation, input)),
    tell: (table, happened, key) => tables.get(table)?.add(happened, key),
  })

  return {
    async handle(request) {
      const operation = request.headers['x-amz-target']?.split('.')[1] ?? ''
      const input = inputOf(request)
      if (operation === 'TransactWriteItems' && input !== undefined) return transactions.write(request, input)
      await transactions.over()
      if (operation === 'CreateTable' && input !== undefined) return createTable(request, input)
      const stream = tables.get(String(input?.['TableName']))
      if (stream === undefined || input === undefined || !/^(Put|Update|Delete|BatchWrite)/.test(operation))
        return call(request)
      if (operation === 'PutItem' || operation === 'DeleteItem') return write(call, request, input, stream)
      if (operation === 'UpdateItem') return update(call, request, input, stream)
      return refused(`${operation} of a table with a stream`)
    },
    conditionsOf(request) {
      const keys = leadingKeysOf(inputOf(request) ?? {}, (table) => partitionKeys.get(table.split('/').at(-1) ?? ''))
      return keys.length === 0 ? {} : { 'dynamodb:LeadingKeys': keys }
    },
    open: (arn) => [...tables.values()].find((one) => one.arn === arn),
  }
}

/** Asks for the item before a put or a delete, which shows whether anything changed, and how. */
async function write(call: Call, request: LocalRequest, input: Fields, stream: Table): Promise<LocalResponse> {
  const response = await call(withBody(request, { ...input, ReturnValues: 'ALL_OLD' }))
  if (response.status !== 200) return response
  const before = (JSON.parse(String(response.body)) as Fields)['Attributes']
  const item = (input['Item'] ?? input['Key']) as Fields
  const keys = Object.fromEntries(stream.keys.map((name) => [name, item[name]]))
  if (input['Item'] !== undefined) stream.add(before === undefined ? 'INSERT' : 'MODIFY', keys)
  else if (before !== undefined) stream.add('REMOVE', keys)
  if (input['ReturnValues'] === 'ALL_OLD') return response
  return changed(response, ({ Attributes: _, ...others }) => others)
}

/** An update returns what its caller asks for, so we look up beforehand whether the item existed. */
async function update(call: Call, request: LocalRequest, input: Fields, stream: Table): Promise<LocalResponse> {
  const { TableName, Key } = input
  const before = await call({
    ...withBody(request, { TableName, Key, ConsistentRead: true }),
    headers: { ...request.headers, 'x-amz-target': 'DynamoDB_20120810.GetItem' },
  })
  const response = await call(request)
  const isNew = (JSON.parse(String(before.body)) as Fields)['Item'] === undefined
  if (response.status === 200) stream.add(isNew ? 'INSERT' : 'MODIFY', Key as Fields)
  return response
}

/** Wraps dynalite's listener as a function. A request that is a stream takes longer than what most requests ask for. */
function inProcess(server: ReturnType<typeof dynaliteInMemory>['server']): Call {
  return (request) =>
    new Promise((resolve) => {
      const headers: Record<string, string> = {}
      const listeners = new Map<string, (data?: Buffer) => void>()
      const incoming = {
        method: request.method,
        url: request.query.size === 0 ? request.path : `${request.path}?${request.query.toString()}`,
        headers: request.headers,
        on: (event: string, listener: (data?: Buffer) => void) => void listeners.set(event, listener),
        removeAllListeners: () => listeners.clear(),
      }
      const outgoing = {
        statusCode: 200,
        setHeader: (name: string, value: string | number) => void (headers[name.toLowerCase()] = String(value)),
        end: (body = '') => resolve({ status: outgoing.statusCode, headers, body }),
      }
      server.emit('request', incoming, outgoing)
      if (request.body.length > 0) listeners.get('data')?.(Buffer.from(request.body))
      listeners.get('end')?.()
    })
}

/** @returns `undefined` if it is not JSON: dynalite then answers in AWS's words */
const inputOf = (request: LocalRequest): Fields | undefined => jsonOf(request) as Fields | undefined

const withBody = (request: LocalRequest, body: Fields): LocalRequest => ({
  ...request,
  body: Buffer.from(JSON.stringify(body)),
})

/** Another operation, on behalf of the sender of this request. */
const asked = (request: LocalRequest, operation: string, input: Fields): LocalRequest => ({
  ...withBody(request, input),
  headers: { ...request.headers, 'x-amz-target': `DynamoDB_20120810.${operation}` },
})

/** Drops the checksum, which belongs to the original body. */
function changed({ status, headers, body }: LocalResponse, change: (body: Fields) => Fields): LocalResponse {
  const { 'x-amz-crc32': _, 'content-length': __, ...others } = headers
  return { status, headers: others, body: JSON.stringify(change(JSON.parse(String(body)) as Fields)) }
}

const jsonHeaders = { 'content-type': 'application/x-amz-json-1.0' }

function refused(what: string): LocalResponse {
  const { code, message } = new AwsError('NotImplemented', `The embedded DynamoDB has no ${what}.`)
  return {
    status: 501,
    headers: jsonHeaders,
    body: JSON.stringify({ __type: code, message }),
  }
}

/** Dynalite has tags, but does not accept them in CreateTable. */
async function tag(call: Call, request: LocalRequest, { body }: LocalResponse, Tags: unknown): Promise<void> {
  const { TableDescription } = JSON.parse(String(body)) as { TableDescription: Fields }
  await call({
    ...withBody(request, { ResourceArn: TableDescription['TableArn'], Tags }),
    headers: { ...request.headers, 'x-amz-target': 'DynamoDB_20120810.TagResource' },
  })
}

/** Dynalite makes a new table usable a moment later; here it is usable as soon as CreateTable is answered. */
async function active(call: Call, request: LocalRequest, TableName: string): Promise<void> {
  const describe = asked(request, 'DescribeTable', { TableName })
  for (;;) {
    const { body } = await call(describe)
    if (String(body).includes('"TableStatus":"ACTIVE"')) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}
