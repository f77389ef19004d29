// Background delivery: at least once, in no order. An event is delivered once the target accepts it; what a function then does
// with it is Lambda's business (lambda/async-invocation.ts). An event that a target does not accept goes to the dead-letter
// queue.
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import type { ApiDestinations, HttpParameters } from './api-destinations.ts'
import type { Invoker, MetricSink, Queues } from '../protocol/service.ts'

type StartExecution = (stateMachineArn: string, name: string | undefined, input: string) => Promise<void>

export type RetryPolicy = { readonly attempts: number; readonly ageSeconds: number }

export type DeliveryDeps = {
  readonly clock: LocalClock
  readonly invoker: Pick<Invoker, 'take'>
  readonly startExecution: StartExecution
  /** @throws AwsError */
  readonly openOpsItem: (payload: string) => void
  readonly queues: Queues
  readonly metrics: MetricSink
  readonly destinations: Pick<ApiDestinations, 'send'>
}

/** Why a target did not accept an event. */
export type Failure = {
  readonly error: AwsError
  /** AWS leaves this out if the event was not retried. */
  readonly exhausted: 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds' | undefined
  /** How many times it was retried. */
  readonly retries: number
}

type Delivery = {
  readonly targetArn: string
  /** JSON text. */
  readonly payload: string
  /** Of an API destination. */
  readonly http: HttpParameters
  readonly policy: RetryPolicy
  readonly deadLetterArn: string | undefined
  /** The message for the dead-letter queue; only strings. */
  readonly letter: (failure: Failure) => {
    readonly body: string
    readonly attributes: Readonly<Record<string, string>>
  }
  readonly senderId: string
  /** Called with the outcome: rules and schedules have different metrics. */
  readonly count: (metric: Counted) => void
}
export type Counted = 'failed' | 'sentToDlq' | 'failedToBeSentToDlq'

/** Between attempts. AWS says exponential backoff with jitter; there is no jitter here. */
const backOff = { firstMs: 1000, longestMs: 300_000 }

export function deliver(deps: DeliveryDeps, delivery: Delivery): void {
  attempt(deps, delivery, { sinceMs: deps.clock.nowMs(), retries: 0, waitMs: backOff.firstMs })
}

type Progress = { readonly sinceMs: number; readonly retries: number; readonly waitMs: number }

function attempt(deps: DeliveryDeps, delivery: Delivery, progress: Progress): void {
  const { clock } = deps
  // The sender does not wait: the target is called in a later turn of the event loop.
  void clock.hold(
    Promise.resolve()
      .then(() => send(deps, delivery))
      .catch((error: unknown) => failed(deps, delivery, progress, asAwsError(error))),
  )
}

/** A call that breaks off without an answer from AWS counts as a connection timeout. */
const asAwsError = (error: unknown): AwsError =>
  error instanceof AwsError
    ? error
    : new AwsError('TIMEOUT', error instanceof Error ? error.message : String(error), 500)

async function send(deps: DeliveryDeps, { targetArn, payload, http }: Delivery): Promise<void> {
  const { invoker, startExecution, openOpsItem, destinations } = deps
  if (targetArn.includes(':api-destination/')) await destinations.send(targetArn, payload, http)
  else if (/^arn:[^:]+:states:/.test(targetArn)) await startExecution(targetArn, undefined, payload)
  else if (targetArn.endsWith(':opsitem')) openOpsItem(payload)
  else invoker.take(targetArn, undefined, Buffer.from(payload))
}

function failed(deps: DeliveryDeps, delivery: Delivery, progress: Progress, error: AwsError): void {
  const { clock } = deps
  const { policy } = delivery
  const dueMs = clock.nowMs() + progress.waitMs
  const passes = error.status >= 500 || error.status === 429
  const exhausted = !passes
    ? undefined
    : progress.retries >= policy.attempts
      ? 'MaximumRetryAttempts'
      : dueMs > progress.sinceMs + policy.ageSeconds * 1000
        ? 'MaximumEventAgeInSeconds'
        : undefined
  if (passes && exhausted === undefined) {
    const next = {
      ...progress,
      retries: progress.retries + 1,
      waitMs: Math.min(progress.waitMs * 2, backOff.longestMs),
    }
    clock.at(dueMs, () => attempt(deps, delivery, next))
    return
  }
  delivery.count('failed')
  if (delivery.deadLetterArn === undefined) return
  const letter = delivery.letter({ error, exhausted, retries: progress.retries })
  try {
    deps.queues.send(delivery.deadLetterArn, { ...letter, senderId: delivery.senderId })
    delivery.count('sentToDlq')
  } catch (trouble) {
    if (!(trouble instanceof AwsError)) throw trouble
    delivery.count('failedToBeSentToDlq')
  }
}

/** @throws AwsError */
export function retryPolicy(value: { readonly attempts: number; readonly ageSeconds: number }): RetryPolicy {
  const { attempts, ageSeconds } = value
  const isRight =
    Number.isInteger(attempts) && attempts >= 0 && attempts <= 185 && ageSeconds >= 60 && ageSeconds <= 86_400
  if (isRight) return value
  throw new AwsError('ValidationException', 'RetryPolicy takes 0 to 185 attempts and an age of 60 to 86400 seconds.')
}
export const usualRetries: RetryPolicy = { attempts: 185, ageSeconds: 86_400 }
