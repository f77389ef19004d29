// Lambda's queue of asynchronous events. A failed invocation is retried after one and two minutes, and a throttled one waits up
// to six hours. Then Lambda sends a record to the destination, if there is one, and drops the event (docs/aws.md §1.11).
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import type { Permission } from '../protocol/rights.ts'
import type { Invocation, MetricSink, Queues } from '../protocol/service.ts'
import { unconfigured } from './event-invoke-config.ts'
import type { EventInvokeConfig } from './lambda-function.ts'
import { functionArn, type LambdaFunction } from './lambda-function.ts'

type Named = { readonly name: string; readonly qualifier?: string }

export type AsyncDeps = {
  readonly clock: LocalClock
  readonly metrics: MetricSink
  readonly queues: Queues
  readonly ids: () => string
  readonly functions: ReadonlyMap<string, LambdaFunction>
  readonly mayRole: (roleArn: string, permission: Permission) => Promise<boolean>
}
type Run = (named: Named, payload: Uint8Array, requestId: string) => Promise<Invocation>
type Event = {
  readonly named: Named
  readonly payload: Uint8Array
  readonly requestId: string
  readonly sinceMs: number
  /** How many times the function has run. */
  readonly ran: number
  /** The delay before the next attempt of a throttled event. */
  readonly waitMs: number
  readonly last?: Invocation
}

const retryMs = [60_000, 120_000]
const busy = { firstMs: 1000, longestMs: 300_000 }
const largest = 1_048_576

/** @returns a function that accepts an event. @throws AwsError when Lambda would not accept it */
export function asyncInvocations(deps: AsyncDeps, run: Run): (named: Named, payload: Uint8Array) => void {
  return (named, payload) => {
    checkPayload(payload)
    const requestId = deps.ids()
    put(deps, named, 'AsyncEventsReceived', 1)
    attempt(deps, run, { named, payload, requestId, sinceMs: deps.clock.nowMs(), ran: 0, waitMs: busy.firstMs })
  }
}

function checkPayload(payload: Uint8Array): void {
  if (payload.length > largest) {
    const message = `${payload.length} byte payload is too large for the Event invocation type (limit ${largest} bytes)`
    throw new AwsError('RequestTooLargeException', message, 413)
  }
  try {
    if (payload.length > 0) JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.')
  }
}

const configOf = ({ functions }: AsyncDeps, { name, qualifier = '$LATEST' }: Named): EventInvokeConfig =>
  functions.get(name)?.eventInvokeConfigs.get(qualifier) ?? unconfigured

/** Runs in a later turn of the event loop, so the sender does not wait. */
function attempt(deps: AsyncDeps, run: Run, event: Event): void {
  const { clock } = deps
  const ageMs = clock.nowMs() - event.sinceMs
  if (ageMs > configOf(deps, event.named).ageSeconds * 1000) {
    void clock.hold(end(deps, event, 'EventAgeExceeded'))
    return
  }
  // Reserved concurrency 0 turns the function off: Lambda does not attempt its events (Lambda developer guide, "Capturing
  // records").
  if (deps.functions.get(event.named.name)?.reserved === 0) {
    void clock.hold(end(deps, event, 'RetriesExhausted'))
    return
  }
  put(deps, event.named, 'AsyncEventAge', ageMs, 'Milliseconds')
  void Promise.resolve()
    .then(() => run(event.named, event.payload, event.requestId))
    .then(
      (last) => clock.hold(after(deps, run, { ...event, ran: event.ran + 1, last })),
      (error: unknown) => clock.hold(refused(deps, run, event, error)),
    )
}

async function after(deps: AsyncDeps, run: Run, event: Event): Promise<void> {
  if (event.last?.functionError === undefined) return end(deps, event, 'Success')
  const { retries } = configOf(deps, event.named)
  const delayMs = event.ran <= retries ? retryMs[event.ran - 1] : undefined
  if (delayMs === undefined) return end(deps, event, 'RetriesExhausted')
  deps.clock.at(deps.clock.nowMs() + delayMs, () => attempt(deps, run, event))
}

/** Lambda itself could not run the function: the event goes back to the queue, unless a retry cannot help. */
async function refused(deps: AsyncDeps, run: Run, event: Event, error: unknown): Promise<void> {
  if (!(error instanceof AwsError)) throw error
  if (error.status < 500 && error.status !== 429 && error.status !== 409) return end(deps, event, 'RetriesExhausted')
  const waitMs = Math.min(event.waitMs * 2, busy.longestMs)
  deps.clock.at(deps.clock.nowMs() + event.waitMs, () => attempt(deps, run, { ...event, waitMs }))
}

type Condition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded'

async function end(deps: AsyncDeps, event: Event, condition: Condition): Promise<void> {
  const { destinations } = configOf(deps, event.named)
  const queueArn = condition === 'Success' ? destinations.onSuccess : destinations.onFailure
  if (queueArn !== undefined) await deliver(deps, event, condition, queueArn)
  if (condition !== 'Success') put(deps, event.named, 'AsyncEventsDropped', 1)
}

async function deliver(deps: AsyncDeps, event: Event, condition: Condition, queueArn: string): Promise<void> {
  const fn = deps.functions.get(event.named.name)
  if (fn === undefined) return
  const record = {
    version: '1.0',
    timestamp: new Date(deps.clock.nowMs()).toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: functionArn(fn, event.named.qualifier ?? '$LATEST'),
      condition,
      approximateInvokeCount: event.ran,
    },
    requestPayload: json(event.payload),
    ...answered(event.last),
  }
  await sendAs(deps, fn, queueArn, record)
}

const answered = (last: Invocation | undefined): object =>
  last === undefined
    ? {}
    : {
        responseContext: {
          statusCode: last.status,
          executedVersion: last.executedVersion,
          ...(last.functionError === undefined ? {} : { functionError: last.functionError }),
        },
        responsePayload: json(last.payload),
      }

/**
 * Sends a record with the permissions of the function's role, as Lambda does. A record that cannot be sent is counted in a
 * metric.
 */
export async function sendAs(
  deps: Pick<AsyncDeps, 'mayRole' | 'queues' | 'metrics' | 'clock'>,
  fn: LambdaFunction,
  queueArn: string,
  record: object,
): Promise<void> {
  const { role } = fn.latest.config
  try {
    if (!(await deps.mayRole(role, { action: 'sqs:SendMessage', resource: queueArn })))
      throw new AwsError('AccessDeniedException', `${role} may not send to ${queueArn}`, 403)
    deps.queues.send(queueArn, { body: JSON.stringify(record), senderId: role })
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    put(deps, { name: fn.name }, 'DestinationDeliveryFailures', 1)
  }
}

const json = (payload: Uint8Array): unknown =>
  payload.length === 0 ? null : (JSON.parse(Buffer.from(payload).toString('utf8')) as unknown)

function put(
  { metrics, clock }: Pick<AsyncDeps, 'metrics' | 'clock'>,
  { name, qualifier }: Named,
  metric: string,
  value: number,
  unit = 'Count',
): void {
  const whole = { FunctionName: name }
  const dimensionSets = qualifier === undefined ? [whole] : [whole, { ...whole, Resource: `${name}:${qualifier}` }]
  metrics.record({ namespace: 'AWS/Lambda', name: metric, dimensionSets, value, unit, atMs: clock.nowMs() })
}
