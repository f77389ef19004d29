// Delivery in the background: at least once, in no order, with the retries of EventBridge and of Lambda's asynchronous
// queue, until a target has taken the event or it is a dead letter.
import { AwsError } from '../aws-error.ts'
import type { LocalClock } from '../clock.ts'
import type { Invoker } from '../service.ts'
import type { Envelope } from './envelope.ts'
import { deliveredTo } from './target.ts'
import type { Target } from './target.ts'

export type StartExecution = (stateMachineArn: string, name: string | undefined, input: string) => Promise<void>

/** What the bus does wrong on request. */
export type DeliveryFaults = {
  /** How often a target gets an event: 0 is lost, 2 is duplicated. */
  readonly copies?: (event: Envelope, targetArn: string) => number
  readonly delayMs?: (event: Envelope, targetArn: string) => number
}

export type DeadLetter = {
  readonly event: Envelope
  readonly targetArn: string
  /** The queue of the target's DeadLetterConfig, if it has one; otherwise AWS would drop the event. */
  readonly deadLetterArn: string | undefined
  readonly reason: string
  readonly atMs: number
}

type DeliveryDeps = {
  readonly clock: LocalClock
  readonly invoker: Invoker
  readonly startExecution: StartExecution
  readonly faults?: DeliveryFaults | undefined
  readonly onDeadLetter: (letter: DeadLetter) => void
}

type Delivery = {
  readonly event: Envelope
  readonly target: Target
  readonly payload: string
  readonly sinceMs: number
}
type Outcome =
  { readonly kind: 'done' } | { readonly kind: 'functionError' | 'busy' | 'refused'; readonly reason: string }

/** Lambda retries a failed function after one minute and after two more (docs/aws.md §1.5). */
const functionRetriesMs = [60_000, 120_000]
/** Throttles and server errors are retried from 1 s up to 5 min apart, for six hours. */
const busy = { firstMs: 1000, longestMs: 300_000, totalMs: 6 * 3_600_000 }

export function deliver(deps: DeliveryDeps, event: Envelope, target: Target): void {
  const copies = deps.faults?.copies?.(event, target.arn) ?? 1
  for (let copy = 0; copy < copies; copy++) {
    const payload = deliveredTo(target, event)
    const begin = (): void =>
      attempt(deps, { event, target, payload, sinceMs: deps.clock.nowMs() }, { failed: 0, waitMs: busy.firstMs })
    const delayMs = deps.faults?.delayMs?.(event, target.arn) ?? 0
    if (delayMs > 0) deps.clock.at(deps.clock.nowMs() + delayMs, begin)
    else begin()
  }
}

type Progress = { readonly failed: number; readonly waitMs: number }

function attempt(deps: DeliveryDeps, delivery: Delivery, progress: Progress): void {
  const { clock } = deps
  const after = (outcome: Outcome): void => {
    if (outcome.kind === 'done') return
    const nowMs = clock.nowMs()
    const functionRetryMs = functionRetriesMs[progress.failed]
    if (outcome.kind === 'functionError' && functionRetryMs !== undefined) {
      clock.at(nowMs + functionRetryMs, () => attempt(deps, delivery, { ...progress, failed: progress.failed + 1 }))
    } else if (outcome.kind === 'busy' && nowMs + progress.waitMs <= delivery.sinceMs + busy.totalMs) {
      const waitMs = Math.min(progress.waitMs * 2, busy.longestMs)
      clock.at(nowMs + progress.waitMs, () => attempt(deps, delivery, { ...progress, waitMs }))
    } else {
      const { event, target } = delivery
      const { arn: targetArn, deadLetterArn } = target
      deps.onDeadLetter({ event, targetArn, deadLetterArn, reason: outcome.reason, atMs: nowMs })
    }
  }
  // The sender does not wait: the target is called in a later turn than the one that emitted the event.
  void clock.hold(
    Promise.resolve()
      .then(() => send(deps, delivery))
      .then(after),
  )
}

async function send({ invoker, startExecution }: DeliveryDeps, { target, payload }: Delivery): Promise<Outcome> {
  try {
    if (/^arn:[^:]+:states:/.test(target.arn)) {
      await startExecution(target.arn, undefined, payload)
      return { kind: 'done' }
    }
    const { functionError, payload: answer } = await invoker.invoke(target.arn, undefined, Buffer.from(payload))
    if (functionError === undefined) return { kind: 'done' }
    return { kind: 'functionError', reason: Buffer.from(answer).toString('utf8') }
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const lasting = error instanceof AwsError && error.status < 500 && error.status !== 429
    return { kind: lasting ? 'refused' : 'busy', reason }
  }
}
