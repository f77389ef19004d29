// What the controller needs from AWS besides its table: functions and aliases, metrics, executions, messages. This is the other
// half of ports.ts, which re-exports it.
import type { Provisioned } from './concurrency-ports.ts'
import type { Dependency } from '../core/around/changes.ts'
import type { AppConfigProfile, Depends } from '../core/around/depends.ts'
import type { Configuration } from '../core/around/configuration.ts'
import type { Listing } from '../core/listing.ts'
import type { Sent } from '../core/message/sent.ts'
import type { Channel } from '../core/message/kept.ts'
import type { Page } from '../core/page.ts'
import type { Artifact } from '../core/service/candidate.ts'
import type { KeptMessage } from '../core/lost-event.ts'
import type { AliasPlace, Place } from '../core/location.ts'
import type { PolicyDecision, PolicyQuestion } from '../core/gate/policy.ts'
import type { Timetable } from '../core/service/timetable.ts'
import type { Routing } from '../core/service/routing.ts'
import type { Signer } from '../core/service/attestations.ts'
import type { AlarmReading, Billing, Reading, Window } from '../core/verdict/evidence/evidence.ts'
import type { PrometheusQuestion } from '../core/verdict/evidence/prometheus.ts'
import type { Point } from '../core/measures/points.ts'
import type { Annotation } from '../core/view/release/annotation.ts'
import type { TracedSpan } from '../core/view/release/trace.ts'
import type { Question } from '../core/verdict/evidence/questions.ts'
import type { DeletedVersion } from '../core/versions/deleted.ts'
import type { Held, PublishedVersion, Uses } from '../core/versions/keep.ts'

/** What services depend on: when it changed, never what is in it. What cannot be read says so, and nothing is thrown. */
export type Dependencies = { read(depends: Depends): Promise<readonly Dependency[]> }
/** Of AppConfig alone. */
export type ConfigDeployments = { read(profiles: readonly AppConfigProfile[]): Promise<readonly Dependency[]> }

export type AliasState = { readonly routing: Routing; readonly revision: string }

/** For whoever only looks. */
export type Aliases = {
  /** @throws Problem `alias_missing` */
  read(target: AliasPlace): Promise<AliasState>
}

/** The only way to move traffic. In other accounts it goes by roles that may move. */
export type Traffic = Aliases & {
  /**
   * Compare and set: writes version and weights together, only if the alias still has the expected revision.
   * @throws Problem `traffic_moved` if it has another one, `version_missing`, `alias_missing`, `roles_differ`
   */
  write(target: AliasPlace, routing: Routing, expectedRevision: string): Promise<AliasState>
  /**
   * Creates the alias in the own account and region, with all traffic on one version. If the alias exists, returns false and
   * changes nothing. @throws Problem `version_missing`
   */
  create(target: Pick<AliasPlace, 'functionName' | 'alias'>, version: string): Promise<boolean>
}

export type VersionState = {
  readonly version: string
  /** `sleeping`: Lambda reclaimed an idle function; invoking it wakes it up. */
  readonly state: 'active' | 'pending' | 'sleeping' | 'failed'
  readonly stateReason?: string
  readonly role: string
  readonly codeSha256: string
  /** Whether Lambda reports that AWS Signer signed the code. */
  readonly isSigned?: boolean
  /** The ARN of the version of the signing profile that it was signed with. */
  readonly signingProfile?: string
  /** What an invocation is billed by, and its timeout, if Lambda reports them. */
  readonly billing?: Billing
  readonly timeoutSeconds?: number
  readonly configuration?: Configuration
}

export type Versions = {
  /** @throws Problem `version_missing` */
  describe(target: Place, version: string): Promise<VersionState>
  /**
   * Uploads the artifact's code to a function in the own account and region and publishes it, pinned to what was uploaded.
   * Returns `undefined` while Lambda is still busy: call again. Publishing the same code twice returns the same version.
   * @throws Problem `artifact_missing`, `code_changed`
   */
  publish(functionName: string, artifact: Artifact, description: string): Promise<string | undefined>
  /** The aliases and versions of a function that have provisioned concurrency. @throws Problem `version_missing` */
  provisioned(target: Place): Promise<readonly Provisioned[]>
  /** Invokes a version that Lambda has put to sleep. The answer does not matter. */
  wake(target: Place, version: string): Promise<void>
}

/** Which versions functions of the own account and region have, and what names them. */
export type OldVersions = {
  /** All that are published. @throws Problem `version_missing` without such a function */
  list(functionName: string): Promise<readonly PublishedVersion[]>
  uses(functionName: string): Promise<Uses>
  /** @param aliases of the function */
  held(
    functionName: string,
    version: Pick<PublishedVersion, 'version' | 'isDurable'>,
    aliases: readonly string[],
  ): Promise<Held>
  /** The code of all versions and layers in the region, and how much there may be. */
  storage(): Promise<{ readonly usedBytes: number; readonly limitBytes: number }>
}

export type VersionRemoval = {
  /**
   * Deletes one published version, never a function.
   * @returns `kept`: Lambda refuses, because something refers to it
   */
  remove(
    functionName: string,
    version: string,
  ): Promise<{ readonly kind: 'deleted' | 'gone' } | { readonly kind: 'kept'; readonly because: string }>
}

/** What is known of versions that were deleted. Kept in the table. */
export type DeletedVersions = {
  /** Before the deletion. Does nothing if the version has a record already. */
  begin(deletion: DeletedVersion): Promise<void>
  /** After it. */
  end(deletion: DeletedVersion & { readonly deletedAtMs: number }): Promise<void>
  list(service: string): Promise<Listing<DeletedVersion, { readonly functionName: string; readonly version: string }>>
}

export type Telemetry = {
  /** One reading for each name, in order; an alarm that does not exist is `missing`. At most 100 names. */
  alarms(names: readonly string[]): Promise<readonly AlarmReading[]>
  /**
   * One reading for each question, in order. The range is whole periods, `startMs` inclusive, `endMs` exclusive. A point has the
   * time of the start of its period; a period without data has no point. Up to 500 questions take one call.
   */
  read(
    questions: readonly Question[],
    asked: { readonly startMs: number; readonly endMs: number; readonly periodSeconds: number },
  ): Promise<readonly Reading[]>
}

/** Where signals are queried that are in no CloudWatch. */
export type Prometheus = {
  /**
   * One reading for each question, in order, of whole minutes. The value at the end of a minute is the minute's. It throws
   * nothing: what was refused, late, partial or no number is `unread`, with the reason. A minute without a value has no point.
   */
  read(questions: readonly PrometheusQuestion[], asked: Window): Promise<readonly Reading[]>
}

/** `name` and `input` make a start idempotent, as in StartExecution. */
export type Executions = {
  /** Returns the execution's ARN; the same ARN again if it was already started under this name. */
  start(name: string, input: unknown): Promise<string>
  /** `gone`: there is no such execution. */
  status(execution: string): Promise<'running' | 'succeeded' | 'failed' | 'gone'>
  /** Answers a waiting task. Returns false if the task no longer waits: it timed out, or was answered already. */
  wake(token: string, output: unknown): Promise<boolean>
  /** Fails a waiting task with a code and a sentence. Returns false as above. */
  fail(token: string, error: string, cause: string): Promise<boolean>
}

/**
 * A function's answer, or why there is none. `broken`: it threw (`errorType` is the name of the error), or its process died.
 * `timedOut`: it ran for its configured timeout without answering.
 */
export type HookReply =
  | { readonly kind: 'answered'; readonly payload: unknown }
  | { readonly kind: 'broken'; readonly because: string; readonly errorType?: string }
  | { readonly kind: 'timedOut'; readonly because: string }

export type Hooks = {
  /**
   * Returns when the function has answered, which may take as long as the function's timeout.
   * @throws Problem `aws_unavailable` if it is unknown whether the function was called; any other if it was not called
   */
  call(functionName: string, payload: unknown): Promise<HookReply>
}

/** Events for all subscribers. Either the event was sent, or this throws. */
export type Outbox = {
  announce(event: {
    /** Default: tidegate.release. */
    readonly source?: string
    readonly detailType: string
    readonly detail: Readonly<Record<string, unknown>>
  }): Promise<void>
}

/** A received message: hidden from other consumers until it is given back or removed, or some minutes have passed. */
export type ReceivedMessage = KeptMessage & { readonly handle: string }

/** The queue of events that were not handled. Every call may throw `queue_missing`. */
export type KeptEvents = {
  /** The account and region of the queue. */
  owner(): Promise<{ readonly account: string; readonly region: string }>
  /** All messages that can be received now, each once, oldest first as far as the queue knows. */
  receive(atMost: number): Promise<readonly ReceivedMessage[]>
  giveBack(message: ReceivedMessage): Promise<void>
  remove(message: ReceivedMessage): Promise<void>
  /** Sends an event to a function again, asynchronously: once this returns, Lambda has the event. */
  send(functionName: string, payload: unknown): Promise<void>
}

/** Where telemetry goes: what the installation names. Every call may throw `telemetry_refused`, and may be made again. */
export type Receivers = {
  /** A receiver of OTLP. */
  readonly otlp?: {
    spans(releaseId: string, spans: readonly TracedSpan[]): Promise<void>
    points(points: readonly Point[]): Promise<void>
  }
  readonly grafana?: {
    /** Once this returns, there is one annotation with these tags, and it says this. */
    annotate(annotation: Annotation): Promise<void>
  }
}

/** What CodePipeline says about a job that a pipeline waits for. Texts that it leaves out are empty. */
export type PipelineJob = {
  /** The function that the action or rule invokes, as it is named there. */
  readonly functionName: string
  readonly userParameters: string
  readonly pipeline: string
  /** Of the pipeline. */
  readonly account: string
}

/** CodePipeline, which waits for the answer to a job. Answering twice has no effect. */
export type Pipelines = {
  /** `undefined`: there is no such job. */
  job(jobId: string): Promise<PipelineJob | undefined>
  answer(jobId: string, answer: { readonly may: boolean; readonly because: string }): Promise<void>
}

/** Sends a message at once. */
export type Messenger = {
  /** Each message goes to all of them. */
  readonly channels: readonly Channel[]
  send(page: Page, channel: Channel): Promise<void>
}

/** Tells people. functions/messages/pager.ts is the implementation. */
export type Pager = {
  /**
   * Once this returns, the fact was told, or it is kept and will be.
   * @param planned the service's planned times, in which messages wait that can
   */
  page(page: Page, planned?: Timetable): Promise<void>
  /** What the message of this key tells is over. If it was waiting for that, nobody is told. */
  over(key: string): Promise<void>
  /**
   * Sends what is due, what nobody has heard of first. The sweep calls it.
   * @param mayBegin asked before each message; once it says no, the rest is left for the next sweep
   */
  sendKept(mayBegin?: () => boolean): Promise<void>
}

/** Verifies signed statements. provenance/signatures.ts is the only implementation, in the cloud and in memory. */
export type Signatures = {
  /**
   * Who of these signers has signed it, and what.
   * @param bundle a Sigstore bundle or a DSSE envelope, as JSON
   * @throws Problem `bundle_invalid`, `bundle_unsupported`, `signer_unknown`, `signature_invalid`
   */
  verify(bundle: object, signers: readonly Signer[]): Promise<{ readonly signer: Signer; readonly payload: Uint8Array }>
}

/**
 * Decides what is allowed. policy/policies.ts is the only implementation, in the cloud and in memory. A fault in a question, a
 * policy or the evaluator is a denial that names the fault, so this never throws.
 */
export type Policies = {
  decide(question: PolicyQuestion): Promise<PolicyDecision>
  /** What is wrong with a service's own policies, in sentences; empty when they are valid. */
  check(text: string): readonly string[]
}

export type SentMessages = {
  noteSent(sent: Sent): Promise<void>
  /** The last messages that were sent, the latest first. */
  recent(limit: number): Promise<Listing<Sent, { readonly key: string }>>
}

/**
 * Answers to requests that carried an idempotency key. A request that takes a key has it until `untilMs`, and with an answer for
 * a day longer. Whoever cannot reach this goes on without.
 */
export type KeptAnswers = {
  /** @returns what is in the way: another request that has the key, with its answer if there is one */
  take(key: string, request: KeyedRequest, atMs: number): Promise<KeptAnswer | undefined>
  /** Stores the answer; without one, the key is free again. Does nothing if another request has the key by now. */
  end(key: string, request: KeyedRequest, answer?: string): Promise<void>
}
/** `id` is one of each request; `fingerprint` is that of all that it says. */
export type KeyedRequest = { readonly id: string; readonly fingerprint: string; readonly untilMs: number }
type KeptAnswer = { readonly fingerprint: string; readonly answer?: string | undefined }

/** The copy of the logs, outside of the table. Nothing in it is replaced: `same` was there already, `other` is another text. */
export type LogCopy = {
  put(key: string, text: string): Promise<'written' | 'same' | 'other'>
}
