// The partition keys that a request names, which IAM tests as `dynamodb:LeadingKeys` (docs/aws.md §7).
type Fields = Readonly<Record<string, unknown>>

/**
 * @param partitionKeyOf the name of a table's partition key
 * @returns no keys where the request names none, as a Scan
 */
export function leadingKeysOf(input: Fields, partitionKeyOf: (table: string) => string | undefined): readonly string[] {
  const found = itemsOf(input).flatMap(({ table, item }) => {
    const name = partitionKeyOf(table)
    return name === undefined ? [] : textOf(item[name])
  })
  return [...new Set([...found, ...queried(input, partitionKeyOf(String(input['TableName'])))])]
}

type Named = { readonly table: string; readonly item: Fields }

/** The item or the key of each part of the request. */
function itemsOf(input: Fields): readonly Named[] {
  const table = String(input['TableName'])
  const own = [input['Item'], input['Key']].filter(isFields).map((item) => ({ table, item }))
  const inTransaction = listOf(input['TransactItems']).flatMap((part) =>
    Object.values(part).filter(isFields).flatMap(itemsOf),
  )
  const inBatch = Object.entries(isFields(input['RequestItems']) ? input['RequestItems'] : {}).flatMap(
    ([name, asked]) =>
      [...listOf(asked), ...listOf(isFields(asked) ? asked['Keys'] : undefined).map((Key) => ({ ask: { Key } }))]
        .flatMap((part) => Object.values(part).filter(isFields))
        .flatMap((part) => itemsOf({ TableName: name, ...part })),
  )
  return [...own, ...inTransaction, ...inBatch]
}

/** A query names its partition key in an expression, and the value beside it. */
function queried(input: Fields, name: string | undefined): readonly string[] {
  const expression = input['KeyConditionExpression']
  if (name === undefined || typeof expression !== 'string') return []
  const names = isFields(input['ExpressionAttributeNames']) ? input['ExpressionAttributeNames'] : {}
  const values = isFields(input['ExpressionAttributeValues']) ? input['ExpressionAttributeValues'] : {}
  return [...expression.matchAll(/([#\w]+)\s*=\s*(:\w+)/g)].flatMap(([, attribute = '', value = '']) =>
    (names[attribute] ?? attribute) === name ? textOf(values[value]) : [],
  )
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])
/** The text of an attribute: a key is a text, a number or bytes. */
const textOf = (value: unknown): readonly string[] => (isFields(value) ? Object.values(value).map(String) : [])
