// TransactWriteItems, which dynalite lacks. It writes item by item, each with its condition, and puts the earlier ones back if a
// condition does not hold. All other requests wait meanwhile, so a transaction is visible either whole or not at all.
import { AwsError, isAwsError } from '../protocol/aws-error.ts'
import type { LocalRequest, LocalResponse, StreamRecord } from '../protocol/service.ts'

type Fields = Readonly<Record<string, unknown>>
type Item = Fields | undefined
type Ask = (operation: string, input: Fields) => Promise<LocalResponse>
/** An item before and after the write. */
type Written = { readonly table: string; readonly key: Fields; readonly before: Item; readonly after: Item }

const itemsMax = 100
const kinds = ['Put', 'Update', 'Delete', 'ConditionCheck'] as const
type Kind = (typeof kinds)[number]
type Part = { readonly kind: Kind; readonly input: Fields; readonly table: string; readonly key: Fields }

type Deps = {
  readonly ask: (request: LocalRequest, operation: string, input: Fields) => Promise<LocalResponse>
  readonly tell: (table: string, happened: StreamRecord['eventName'], key: Fields) => void
}
type Transactions = {
  write(request: LocalRequest, input: Fields): Promise<LocalResponse>
  /** Settles when no transaction is in progress. */
  over(): Promise<void>
}

export function transactionsOn({ ask, tell }: Deps): Transactions {
  let last: Promise<void> = Promise.resolve()
  return {
    over: () => last,
    write(request, input) {
      const headers = { 'content-type': 'application/x-amz-json-1.0' }
      const written = last.then(() => transactWrite((operation, fields) => ask(request, operation, fields), input))
      last = written.then(
        () => undefined,
        () => undefined,
      )
      return written.then(
        (all) => {
          for (const { table, key, before, after } of all)
            if (before !== undefined || after !== undefined)
              tell(table, before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY', key)
          return { status: 200, headers, body: '{}' }
        },
        (error: unknown) => {
          if (!isAwsError(error)) throw error
          const body = JSON.stringify({ __type: error.code, message: error.message, ...error.extra })
          return { status: error.status, headers, body }
        },
      )
    },
  }
}

/** @throws AwsError */
async function transactWrite(ask: Ask, input: Fields): Promise<readonly Written[]> {
  const parts = await partsOf(ask, input)
  const written: Written[] = []
  for (const [index, part] of parts.entries()) {
    const before = await itemAt(ask, part)
    const answer = await ask(...callOf(part))
    if (answer.status === 200) {
      const after = part.kind === 'ConditionCheck' ? before : await itemAt(ask, part)
      const done = { table: part.table, key: part.key, before, after }
      // A check runs as an empty update, which creates the item if it does not exist.
      if (part.kind === 'ConditionCheck') await putBack(ask, done)
      else written.push(done)
      continue
    }
    for (const done of written.reverse()) await putBack(ask, done)
    throw refusal(parts.length, index, part, before, JSON.parse(String(answer.body)) as Fields)
  }
  return written
}

async function partsOf(ask: Ask, input: Fields): Promise<readonly Part[]> {
  const items = (Array.isArray(input['TransactItems']) ? input['TransactItems'] : []) as readonly Fields[]
  if (items.length === 0 || items.length > itemsMax) {
    const message = `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length between 1 and ${itemsMax}`
    throw new AwsError('ValidationException', message)
  }
  const parts: Part[] = []
  for (const item of items) {
    const [kind, ...others] = kinds.filter((one) => item[one] !== undefined)
    if (kind === undefined || others.length > 0)
      throw new AwsError('ValidationException', 'TransactItems can only contain one of Check, Put, Update or Delete')
    const asked = item[kind] as Fields
    const table = String(asked['TableName'])
    const whole = (asked['Item'] ?? asked['Key'] ?? {}) as Fields
    const key = Object.fromEntries((await keysOf(ask, table)).map((name) => [name, whole[name]]))
    parts.push({ kind, input: asked, table, key })
  }
  const names = parts.map(({ table, key }) => JSON.stringify([table, Object.entries(key).sort()]))
  if (new Set(names).size < names.length)
    throw new AwsError('ValidationException', 'Transaction request cannot include multiple operations on one item')
  return parts
}

async function keysOf(ask: Ask, TableName: string): Promise<readonly string[]> {
  const { status, body } = await ask('DescribeTable', { TableName })
  if (status !== 200) throw new AwsError('ResourceNotFoundException', 'Requested resource not found')
  const { Table } = JSON.parse(String(body)) as { Table: { KeySchema: readonly { AttributeName: string }[] } }
  return Table.KeySchema.map((one) => one.AttributeName)
}

function callOf({ kind, input }: Part): [operation: string, input: Fields] {
  const { ReturnValuesOnConditionCheckFailure: _, ...rest } = input
  return [kind === 'ConditionCheck' ? 'UpdateItem' : `${kind}Item`, rest]
}

async function itemAt(ask: Ask, { table, key }: Pick<Part, 'table' | 'key'>): Promise<Item> {
  const { status, body } = await ask('GetItem', { TableName: table, Key: key, ConsistentRead: true })
  return status === 200 ? ((JSON.parse(String(body)) as Fields)['Item'] as Item) : undefined
}

async function putBack(ask: Ask, { table, key, before }: Written): Promise<void> {
  if (before === undefined) await ask('DeleteItem', { TableName: table, Key: key })
  else await ask('PutItem', { TableName: table, Item: before })
}

/** A failed condition cancels the transaction, with a reason for each item; any other error is passed on unchanged. */
function refusal(count: number, at: number, part: Part, before: Item, { __type, message }: Fields): AwsError {
  const code = String(__type).split('#').at(-1) ?? ''
  if (code !== 'ConditionalCheckFailedException') return new AwsError(code, String(message))
  const shown = part.input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD' && before !== undefined
  const failed = { Code: 'ConditionalCheckFailed', Message: message, ...(shown ? { Item: before } : {}) }
  const CancellationReasons = Array.from({ length: count }, (_, index) => (index === at ? failed : { Code: 'None' }))
  const codes = CancellationReasons.map((reason) => reason.Code).join(', ')
  const words = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`
  return new AwsError('TransactionCanceledException', words, 400, { CancellationReasons, Message: words })
}
