// Event source mappings of streams: Lambda reads a stream in order, one batch at a time, and does not move on until the
// function has processed the batch (docs/aws.md §1.9).
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { matchesPattern, parsePattern, type Pattern } from '../eventbridge/pattern.ts'
import { optionalNumber, optionalText, text } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import type { Permission } from '../protocol/rights.ts'
import {
  home,
  type Invocation,
  type Invoker,
  type MetricSink,
  type Queues,
  type Stream,
  type StreamRecord,
  type Streams,
} from '../protocol/service.ts'
import { sendAs } from './async-invocation.ts'
import { checkRights, destinationsIn } from './event-invoke-config.ts'
import { functionArn, type LambdaFunction, parseFunctionName } from './lambda-function.ts'
import { paged } from './paging.ts'

export type MappingDeps = {
  readonly clock: LocalClock
  readonly ids: () => string
  readonly streams: Streams
  readonly metrics: MetricSink
  readonly queues: Queues
  readonly mayRole: (roleArn: string, permission: Permission) => Promise<boolean>
}

type Mapping = {
  readonly id: string
  readonly fn: LambdaFunction
  /** The version or the alias that it invokes. */
  readonly qualifier?: string | undefined
  readonly streamArn: string
  readonly stream: Stream
  readonly batchSize: number
  readonly filters: readonly Pattern[]
  /** Whether the function reports the record at which a batch failed. */
  readonly partial: boolean
  /** Without a limit, a batch is retried until its records leave the stream after a day. Nothing here runs that long. */
  readonly retries: number
  readonly ageMs: number
  readonly onFailure: string | undefined
}

type Mappings = {
  create(body: Input, find: (name: string) => LambdaFunction): Promise<unknown>
  get(id: string): unknown
  /** @param name only those of this function */
  list(query: URLSearchParams, name?: string): unknown
}

const reads = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream']
// Delay between attempts at a failed batch. Lambda's own delay is not documented.
const retry = { firstMs: 1000, longestMs: 60_000 }

export function eventSourceMappings(deps: MappingDeps, invoker: Pick<Invoker, 'invoke'>): Mappings {
  const mappings: Mapping[] = []
  return {
    async create(body, find) {
      const { name, qualifier } = parseFunctionName(text(body, 'FunctionName'), home)
      const fn = find(name)
      const streamArn = text(body, 'EventSourceArn')
      await checkRole(deps, fn, streamArn)
      const mapping = { id: deps.ids(), fn, qualifier, streamArn, ...settings(deps, body, streamArn) }
      await checkRights(deps, fn, destinationsIn((body['DestinationConfig'] ?? {}) as Input))
      mappings.push(mapping)
      follow(deps, invoker, mapping)
      return describe(mapping)
    },
    get(id) {
      for (const one of mappings) if (one.id === id) return describe(one)
      throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404)
    },
    list(query, name) {
      const found = mappings.filter(({ fn }) => name === undefined || fn.name === name)
      const { items, ...next } = paged(found, query, 100)
      return { EventSourceMappings: items.map(describe), ...next }
    },
  }
}

function settings({ streams }: MappingDeps, body: Input, streamArn: string) {
  const stream = streams.open(streamArn)
  if (stream === undefined) throw invalid(`Stream not found: ${streamArn}`)
  const position = optionalText(body, 'StartingPosition')
  if (position !== 'TRIM_HORIZON') throw invalid('The embedded cloud reads streams from TRIM_HORIZON only.')
  for (const name of ['ParallelizationFactor', 'BisectBatchOnFunctionError'])
    if (body[name] !== undefined) throw invalid(`The embedded cloud has no ${name} of event source mappings.`)
  const { Filters = [] } = (body['FilterCriteria'] ?? {}) as { Filters?: readonly { readonly Pattern: string }[] }
  const types = (body['FunctionResponseTypes'] ?? []) as readonly string[]
  return {
    stream,
    batchSize: optionalNumber(body, 'BatchSize') ?? 100,
    filters: Filters.map((filter) => parsePattern(filter.Pattern)),
    partial: types.includes('ReportBatchItemFailures'),
    retries: bound(body, 'MaximumRetryAttempts', 0, 10_000),
    ageMs: bound(body, 'MaximumRecordAgeInSeconds', 60, 604_800) * 1000,
    onFailure: destinationsIn((body['DestinationConfig'] ?? {}) as Input).onFailure,
  }
}

/** -1, the default, means no limit. */
function bound(body: Input, name: string, least: number, most: number): number {
  const value = optionalNumber(body, name) ?? -1
  if (value === -1) return Infinity
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalid(`${name} must be -1, or between ${least} and ${most}.`)
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message)

/** Lambda checks the role's permissions before it creates a mapping. */
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

type Held = { readonly record: StreamRecord; readonly at: number }
const recordsOf = (batch: readonly Held[]): readonly StreamRecord[] => batch.map(({ record }) => record)

/** The next batch, and the position after it, past records that the filter excludes. */
function batchAt({ stream, filters, batchSize }: Mapping, from: number): { batch: readonly Held[]; end: number } {
  const batch: Held[] = []
  let end = from
  for (; end < stream.count() && batch.length < batchSize; end++) {
    const record = stream.at(end)
    if (record === undefined) continue
    if (filters.length === 0 || filters.some((filter) => matchesPattern(filter, record)))
      batch.push({ record, at: end })
  }
  return { batch, end }
}

function follow(deps: MappingDeps, invoker: Pick<Invoker, 'invoke'>, mapping: Mapping): void {
  const { clock } = deps
  const { stream } = mapping
  let next = 0
  let busy = false
  let waitMs = retry.firstMs
  let failures = 0
  let last: Invocation | undefined

  async function drop(batch: readonly Held[], condition: string): Promise<void> {
    await leave(deps, mapping, { records: recordsOf(batch), condition, failures, last })
    failures = 0
    last = undefined
  }

  async function drain(): Promise<void> {
    while (next < stream.count()) {
      const from = next
      const { batch, end } = batchAt(mapping, from)
      next = end
      if (batch.length === 0) continue
      const old = batch.filter(({ record }) => clock.nowMs() - arrivalMs(record) > mapping.ageMs)
      if (old.length > 0) {
        next = (old.at(-1)?.at ?? from) + 1
        await drop(old, 'RecordAgeExceeded')
        continue
      }
      const sent = await send(deps, invoker, mapping, recordsOf(batch))
      if (sent.failed === undefined) {
        waitMs = retry.firstMs
        failures = 0
        continue
      }
      last = sent.invocation
      const at = batch.find(({ record }) => record.dynamodb.SequenceNumber === sent.failed)?.at ?? from
      // The records before that one are processed, so a new batch starts there.
      failures = at > (batch[0]?.at ?? from) ? 1 : failures + 1
      if (failures > mapping.retries) {
        await drop(
          batch.filter((one) => one.at >= at),
          'RetryAttemptsExhausted',
        )
        continue
      }
      next = at
      clock.at(clock.nowMs() + waitMs, begin)
      waitMs = Math.min(waitMs * 2, retry.longestMs)
      return
    }
    busy = false
  }

  function begin(): void {
    busy = true
    // The writer does not wait.
    void Promise.resolve().then(drain)
  }

  stream.subscribe(() => {
    if (!busy) begin()
  })
  begin()
}

const arrivalMs = ({ dynamodb }: StreamRecord): number => dynamodb.ApproximateCreationDateTime * 1000

type Sent = {
  /** The record from which the batch must be sent again, empty for the whole batch; `undefined` if it was processed. */
  readonly failed: string | undefined
  readonly invocation?: Invocation
}

async function send(
  { metrics, clock }: MappingDeps,
  invoker: Pick<Invoker, 'invoke'>,
  { fn, partial }: Mapping,
  Records: readonly StreamRecord[],
): Promise<Sent> {
  const newest = Records.at(-1)
  metrics.record({
    ...{ namespace: 'AWS/Lambda', name: 'IteratorAge', dimensionSets: [{ FunctionName: fn.name }] },
    value: newest === undefined ? 0 : Math.max(0, clock.nowMs() - arrivalMs(newest)),
    ...{ unit: 'Milliseconds', atMs: clock.nowMs() },
  })
  try {
    const payload = Buffer.from(JSON.stringify({ Records }))
    const invocation = await invoker.invoke(fn.name, undefined, payload)
    if (invocation.functionError !== undefined) return { failed: '', invocation }
    if (!partial) return { failed: undefined }
    const answer = JSON.parse(Buffer.from(invocation.payload).toString('utf8')) as {
      batchItemFailures?: readonly { readonly itemIdentifier: string }[]
    } | null
    return { failed: answer?.batchItemFailures?.map((one) => one.itemIdentifier).sort()[0], invocation }
  } catch (error) {
    if (error instanceof AwsError) return { failed: '' }
    throw error
  }
}

type Given = {
  readonly records: readonly StreamRecord[]
  readonly condition: string
  readonly failures: number
  readonly last: Invocation | undefined
}

/** Records a batch that was given up: its position in the stream, but not its content. */
async function leave(
  deps: MappingDeps,
  mapping: Mapping,
  { records, condition, failures, last }: Given,
): Promise<void> {
  const [first, end] = [records[0], records.at(-1)]
  if (mapping.onFailure === undefined || first === undefined || end === undefined) return
  const whole = (record: StreamRecord): string => new Date(arrivalMs(record)).toISOString().replace('.000Z', 'Z')
  await sendAs(deps, mapping.fn, mapping.onFailure, {
    requestContext: {
      requestId: deps.ids(),
      functionArn: functionArn(mapping.fn),
      condition,
      approximateInvokeCount: failures,
    },
    ...(last === undefined
      ? {}
      : {
          responseContext: {
            statusCode: last.status,
            executedVersion: last.executedVersion,
            ...(last.functionError === undefined ? {} : { functionError: last.functionError }),
          },
        }),
    version: '1.0',
    timestamp: new Date(deps.clock.nowMs()).toISOString(),
    DDBStreamBatchInfo: {
      shardId: 'shardId-00000000000000000000-00000000',
      startSequenceNumber: first.dynamodb.SequenceNumber,
      endSequenceNumber: end.dynamodb.SequenceNumber,
      approximateArrivalOfFirstRecord: whole(first),
      approximateArrivalOfLastRecord: whole(end),
      batchSize: records.length,
      streamArn: mapping.streamArn,
    },
  })
}

const describe = ({ id, fn, qualifier, streamArn, batchSize }: Mapping): unknown => ({
  UUID: id,
  FunctionArn: functionArn(fn, qualifier),
  EventSourceArn: streamArn,
  BatchSize: batchSize,
  State: 'Enabled',
})
