// Event source mappings of streams: Lambda reads a stream in order, one batch at a time, and does not go on before the
// function has taken it (docs/aws.md §1.9).
import { AwsError } from '../aws-error.ts'
import type { LocalClock } from '../clock.ts'
import { matchesPattern, parsePattern, type Pattern } from '../eventbridge/pattern.ts'
import { optionalNumber, optionalText, text } from '../field.ts'
import type { Input } from '../json-protocol.ts'
import type { Permission } from '../permission.ts'
import { home, type Invoker, type Stream, type StreamRecord, type Streams } from '../service.ts'
import { functionArn, type LambdaFunction, parseFunctionName } from './lambda-function.ts'

export type MappingDeps = {
  readonly clock: LocalClock
  readonly ids: () => string
  readonly streams: Streams
  readonly mayRole: (roleArn: string, permission: Permission) => Promise<boolean>
}

type Mapping = {
  readonly id: string
  readonly fn: LambdaFunction
  readonly streamArn: string
  readonly stream: Stream
  readonly batchSize: number
  readonly filters: readonly Pattern[]
  /** Whether the function says at which record a batch failed. */
  readonly partial: boolean
}

type Mappings = {
  create(body: Input, find: (name: string) => LambdaFunction): Promise<unknown>
  list(): unknown
}

const reads = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream']
// Between attempts at a batch that failed; how long Lambda waits is not documented.
const retry = { firstMs: 1000, longestMs: 60_000 }

export function eventSourceMappings(deps: MappingDeps, invoker: Invoker): Mappings {
  const mappings: Mapping[] = []
  return {
    async create(body, find) {
      const fn = find(parseFunctionName(text(body, 'FunctionName'), home).name)
      const streamArn = text(body, 'EventSourceArn')
      await checkRole(deps, fn, streamArn)
      const mapping = { id: deps.ids(), fn, streamArn, ...settings(deps, body, streamArn) }
      mappings.push(mapping)
      follow(deps, invoker, mapping)
      return describe(mapping)
    },
    list: () => ({ EventSourceMappings: mappings.map(describe) }),
  }
}

function settings({ streams }: MappingDeps, body: Input, streamArn: string) {
  const stream = streams.open(streamArn)
  if (stream === undefined) throw invalid(`Stream not found: ${streamArn}`)
  const position = optionalText(body, 'StartingPosition')
  if (position !== 'TRIM_HORIZON') throw invalid('The embedded cloud reads streams from TRIM_HORIZON only.')
  for (const name of [
    'MaximumRetryAttempts',
    'MaximumRecordAgeInSeconds',
    'DestinationConfig',
    'ParallelizationFactor',
  ])
    if (body[name] !== undefined) throw invalid(`The embedded cloud has no ${name} of event source mappings.`)
  const { Filters = [] } = (body['FilterCriteria'] ?? {}) as { Filters?: readonly { readonly Pattern: string }[] }
  const types = (body['FunctionResponseTypes'] ?? []) as readonly string[]
  return {
    stream,
    batchSize: optionalNumber(body, 'BatchSize') ?? 100,
    filters: Filters.map((filter) => parsePattern(filter.Pattern)),
    partial: types.includes('ReportBatchItemFailures'),
  }
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message)

/** Lambda looks at the role before it makes a mapping. */
async function checkRole({ mayRole }: MappingDeps, fn: LambdaFunction, streamArn: string): Promise<void> {
  const { role } = fn.latest.config
  const needed = [
    ...reads.map((action) => ({ action, resource: streamArn })),
    { action: 'dynamodb:ListStreams', resource: '*' },
  ]
  for (const permission of needed) {
    if (await mayRole(role, permission)) continue
    throw invalid(
      `Cannot access stream ${streamArn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM.`,
    )
  }
}

function follow({ clock }: MappingDeps, invoker: Invoker, mapping: Mapping): void {
  const { stream, filters, batchSize } = mapping
  let next = 0
  let busy = false
  let waitMs = retry.firstMs

  const matches = (record: StreamRecord): boolean =>
    filters.length === 0 || filters.some((filter) => matchesPattern(filter, record))

  async function drain(): Promise<void> {
    while (next < stream.records.length) {
      const from = next
      const batch: { readonly record: StreamRecord; readonly at: number }[] = []
      for (; next < stream.records.length && batch.length < batchSize; next++) {
        const record = stream.records[next]
        if (record !== undefined && matches(record)) batch.push({ record, at: next })
      }
      if (batch.length === 0) continue
      const failed = await send(
        invoker,
        mapping,
        batch.map((one) => one.record),
      )
      if (failed === undefined) {
        waitMs = retry.firstMs
        continue
      }
      next = batch.find((one) => one.record.dynamodb.SequenceNumber === failed)?.at ?? from
      clock.at(clock.nowMs() + waitMs, begin)
      waitMs = Math.min(waitMs * 2, retry.longestMs)
      return
    }
    busy = false
  }

  function begin(): void {
    busy = true
    // The writer does not wait: the function is called in a later turn than the write.
    void clock.hold(Promise.resolve().then(drain))
  }

  stream.subscribe(() => {
    if (!busy) begin()
  })
  begin()
}

/** @returns the sequence number from which on the batch is to be sent again, empty for all of it; `undefined` when it was taken */
async function send(
  invoker: Invoker,
  { fn, partial }: Mapping,
  Records: readonly StreamRecord[],
): Promise<string | undefined> {
  try {
    const { payload, functionError } = await invoker.invoke(
      fn.name,
      undefined,
      Buffer.from(JSON.stringify({ Records })),
    )
    if (functionError !== undefined) return ''
    if (!partial) return undefined
    const answer = JSON.parse(Buffer.from(payload).toString('utf8')) as {
      batchItemFailures?: readonly { readonly itemIdentifier: string }[]
    } | null
    return answer?.batchItemFailures?.map((one) => one.itemIdentifier).sort()[0]
  } catch (error) {
    if (error instanceof AwsError) return ''
    throw error
  }
}

const describe = ({ id, fn, streamArn, batchSize }: Mapping): unknown => ({
  UUID: id,
  FunctionArn: functionArn(fn),
  EventSourceArn: streamArn,
  BatchSize: batchSize,
  State: 'Enabled',
})
