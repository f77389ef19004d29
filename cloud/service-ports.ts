// What the controller asks of AWS beside its table: functions and their aliases, metrics, executions, messages. The other half of
// ports.ts, under whose name they are all known.
import type { Page } from '../core/page.ts'
import type { Artifact } from '../core/service/candidate.ts'
import type { KeptMessage } from '../core/lost-event.ts'
import type { Place } from '../core/location.ts'
import type { PolicyDecision, PolicyQuestion } from '../core/gate/policy.ts'
import type { Routing } from '../core/service/routing.ts'
import type { Target } from '../core/service/service.ts'
import type { AlarmReading, Billing, Reading } from '../core/verdict/evidence/evidence.ts'
import type { Question } from '../core/verdict/evidence/questions.ts'

export type AliasState = { readonly routing: Routing; readonly revision: string }

/** The one way in which traffic is moved. */
export type Traffic = {
  /** @throws Problem `alias_missing` */
  read(target: Target): Promise<AliasState>
  /**
   * Compare and set: writes version and weights together, only if the alias still has the revision.
   * @throws Problem `traffic_moved` if it has another one, `version_missing`, `alias_missing`, `roles_differ`
   */
  write(target: Target, routing: Routing, expectedRevision: string): Promise<AliasState>
  /**
   * Makes the alias with all traffic on a version. False, and nothing changed, when there is one already. @throws
   * Problem `version_missing`
   */
  create(target: Target, version: string): Promise<boolean>
}

export type VersionState = {
  readonly version: string
  /** `sleeping`: Lambda reclaimed an idle function; invoking it wakes it up. */
  readonly state: 'active' | 'pending' | 'sleeping' | 'failed'
  readonly stateReason?: string
  readonly role: string
  readonly codeSha256: string
  /** AWS Signer has signed its code, as Lambda says. */
  readonly isSigned?: boolean
  /** What an invocation is billed by, and how long it may take, where Lambda says so. */
  readonly billing?: Billing
  readonly timeoutSeconds?: number
}

/** Provisioned concurrency of an alias or of a version. */
export type Provisioned = {
  readonly qualifier: string
  readonly state: 'ready' | 'allocating' | 'failed'
  readonly because?: string
}

export type Versions = {
  /** @throws Problem `version_missing` */
  describe(target: Place, version: string): Promise<VersionState>
  /**
   * Puts the artifact's code on a function of the own account and region and publishes it, pinned to what was uploaded.
   * `undefined` while Lambda is still at it: call again. Publishing the same code twice gives the same version.
   * @throws Problem `artifact_missing`, `code_changed`
   */
  publish(functionName: string, artifact: Artifact, description: string): Promise<string | undefined>
  /** Which aliases and versions of a function have provisioned concurrency. @throws Problem `version_missing` */
  provisioned(target: Place): Promise<readonly Provisioned[]>
  /** Invokes a version that Lambda has put to sleep; what it answers does not matter. */
  wake(target: Place, version: string): Promise<void>
}

export type Telemetry = {
  /** One reading for each name, in order; an alarm that does not exist is `missing`. At most 100 names. */
  alarms(names: readonly string[]): Promise<readonly AlarmReading[]>
  /**
   * One reading for each question, in order. The times are whole periods, `startMs` inclusive to `endMs` exclusive; a point
   * is at the start of its period, and a period without a point has none. Up to 500 questions are one call.
   */
  read(
    questions: readonly Question[],
    asked: { readonly startMs: number; readonly endMs: number; readonly periodSeconds: number },
  ): Promise<readonly Reading[]>
}

/** `name` and `input` make a start idempotent, as StartExecution is. */
export type Executions = {
  /** The execution's ARN; the same one again when it was already started under this name. */
  start(name: string, input: unknown): Promise<string>
  /** `gone`: no such execution. */
  status(execution: string): Promise<'running' | 'succeeded' | 'failed' | 'gone'>
  /** Answers a waiting task. False when nobody waits any more: it timed out, or somebody else was first. */
  wake(token: string, output: unknown): Promise<boolean>
  /** Fails a waiting task with a code and a sentence. False as above. */
  fail(token: string, error: string, cause: string): Promise<boolean>
}

/**
 * What a function answered, or why there is no answer. `broken`: it threw, and `errorType` is the name of what it threw; or
 * its process died. `timedOut`: it ran for as long as it is configured to, and said nothing.
 */
export type HookReply =
  | { readonly kind: 'answered'; readonly payload: unknown }
  | { readonly kind: 'broken'; readonly because: string; readonly errorType?: string }
  | { readonly kind: 'timedOut'; readonly because: string }

export type Hooks = {
  /**
   * Returns when the function has answered, which may take as long as a function may run.
   * @throws Problem `aws_unavailable` when nobody knows whether it was called; any other when it was not
   */
  call(functionName: string, payload: unknown): Promise<HookReply>
}

/** Events for everybody who listens. It has left, or it throws. */
export type Outbox = {
  announce(event: {
    /** Default: tidegate.release. */
    readonly source?: string
    readonly detailType: string
    readonly detail: Readonly<Record<string, unknown>>
  }): Promise<void>
}

/** A message that was received: hidden from others until it is given back, removed, or some minutes have passed. */
export type ReceivedMessage = KeptMessage & { readonly handle: string }

/** Events that were not handled, in their queue. Every call may throw `queue_missing`. */
export type KeptEvents = {
  /** Where the queue is. */
  owner(): Promise<{ readonly account: string; readonly region: string }>
  /** All that can be received now, each once, oldest first as far as the queue knows. */
  receive(atMost: number): Promise<readonly ReceivedMessage[]>
  giveBack(message: ReceivedMessage): Promise<void>
  remove(message: ReceivedMessage): Promise<void>
  /** Calls a function with an event again, without waiting for it: once this returns, Lambda has the event. */
  send(functionName: string, payload: unknown): Promise<void>
}

/** CodePipeline, which waits for the answer to a job. Answering one again does nothing. */
export type Pipelines = {
  answer(jobId: string, answer: { readonly may: boolean; readonly because: string }): Promise<void>
}

/** Pages for a person. */
export type Pager = {
  page(page: Page): Promise<void>
}

/**
 * Decides what may be done: policy/policies.ts is the one implementation, in the cloud and in memory. Whatever is wrong with a
 * question, a policy or the evaluator is a denial with its trouble in it, so this does not throw.
 */
export type Policies = {
  decide(question: PolicyQuestion): Promise<PolicyDecision>
}
