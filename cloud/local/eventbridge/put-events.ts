// PutEvents: each entry is accepted or refused separately; an error in the request itself refuses all entries.
import { AwsError } from '../protocol/aws-error.ts'
import { list, object } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import { busNamed } from './rule.ts'

type Entry = {
  readonly bus: string
  readonly source: string
  readonly detailType: string
  readonly detail: unknown
  readonly resources: readonly string[]
  readonly atMs: number
}
type Refusal = { readonly ErrorCode: string; readonly ErrorMessage: string }

const mostEntries = 10
const largestBytes = 1_048_576

/** @throws AwsError ValidationException */
export function entriesOf(input: Input, nowMs: number): readonly (Entry | Refusal)[] {
  const entries = list(input, 'Entries').map((entry) => object(entry, 'entries'))
  if (entries.length === 0 || entries.length > mostEntries) {
    const message = `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length from 1 to ${mostEntries}`
    throw new AwsError('ValidationException', message)
  }
  if (Buffer.byteLength(JSON.stringify(entries)) > largestBytes) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.')
  }
  return entries.map((entry) => entryFrom(entry, nowMs))
}

export const isRefusal = (entry: Entry | Refusal): entry is Refusal => 'ErrorCode' in entry

function entryFrom(entry: Input, nowMs: number): Entry | Refusal {
  const {
    Source: source,
    DetailType: detailType,
    Detail: detail,
    EventBusName: bus,
    Resources: resources,
    Time: time,
  } = entry
  for (const [name, value] of Object.entries({ Source: source, DetailType: detailType, Detail: detail })) {
    if (typeof value !== 'string' || value === '')
      return refusal('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`)
  }
  if (String(detailType).length > 128) {
    return refusal(
      'InvalidArgument',
      'Parameter DetailType is not valid. Reason: DetailType is longer than 128 characters.',
    )
  }
  if (String(source).startsWith('aws.'))
    return refusal('NotAuthorizedForSourceException', 'Not authorized for the source.')
  const parsed = parsedDetail(String(detail))
  if (parsed === undefined) return refusal('MalformedDetail', 'Detail is malformed.')
  return {
    bus: busNamed(typeof bus === 'string' ? bus : undefined),
    source: String(source),
    detailType: String(detailType),
    detail: parsed,
    resources: Array.isArray(resources) ? resources.map(String) : [],
    atMs: typeof time === 'number' ? time * 1000 : nowMs,
  }
}

const refusal = (ErrorCode: string, ErrorMessage: string): Refusal => ({ ErrorCode, ErrorMessage })

function parsedDetail(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
