// The release log: one event per fact or decision, in order, never changed. Stored events carry a format version (`v`), because
// they outlive the code that wrote them.
import * as z from 'zod'
import { Change, Dependency } from '../around/changes.ts'
import { Differences } from '../around/configuration.ts'
import { Candidate, Provenance } from '../service/candidate.ts'
import { Charges, LateCharge } from './charge.ts'
import { RoleArn, TargetFunction } from '../location.ts'
import { OneWay } from '../definition/one-way.ts'
import { Plan } from '../service/plan.ts'
import { Routing } from '../service/routing.ts'
import { hookPoints, Service } from '../service/service.ts'
import { AlarmReading, Baseline, Verdict } from '../verdict/evidence/evidence.ts'
import { WatchEnd } from '../definition/watch-end.ts'
import { WaveName } from '../definition/wave-name.ts'

const text = z.string().min(1).max(1000)
const epochMs = z.int().min(0)
const stepIndex = z.int().min(0).max(100)
const weightBp = z.int().min(0).max(10_000)

export const outcomes = [
  'promoted',
  'rolledBack',
  'aborted',
  'superseded',
  'rejected',
  'interrupted',
  'alreadyReleased',
] as const
export const Outcome = z.enum(outcomes)
export type Outcome = z.output<typeof Outcome>

/** A target as found by prepare. `revision` is the alias RevisionId after our no-op write. */
export const PreparedTarget = z.strictObject({
  functionName: TargetFunction,
  roleArn: RoleArn.optional(),
  alias: z.string().max(128),
  stable: z.string().max(20),
  candidate: z.string().max(20),
  revision: z.string().min(1).max(100),
  codeSha256: z.string().max(100),
  /** Absent in logs from before signals were compared. */
  baseline: Baseline.optional(),
  /** The alias has provisioned concurrency: Lambda sets weights of its own when its version changes (core/release/move.ts). */
  provisioned: z.literal(true).optional(),
  /** Application Auto Scaling scales stable, and this is what it had then. */
  scaled: z.int().min(1).max(1_000_000).optional(),
  /** What the frozen release that this one fixes left it with, if it is not all traffic on stable. */
  standing: Routing.optional(),
  /** What the versions differ in besides their code. Absent in older logs, and if it is nothing. */
  differs: Differences.optional(),
})
export type PreparedTarget = z.output<typeof PreparedTarget>

/** What is about to be written: every alias, with the revision that we expect it to have. */
export const Move = z.strictObject({
  /** `putBack`: some aliases go back alone, and the release goes on. */
  purpose: z.enum(['shift', 'promote', 'rollBack', 'putBack']),
  weightBp,
  targets: z
    .array(
      z.strictObject({
        functionName: TargetFunction,
        roleArn: RoleArn.optional(),
        alias: z.string().max(128),
        expected: z.string().max(100),
        desired: Routing,
      }),
    )
    .max(20),
})
export type Move = z.output<typeof Move>

/** How a release counts that was sent back early. */
export const ReturnOutcome = z.enum(['rolledBack', 'aborted', 'superseded'])
export type ReturnOutcome = z.output<typeof ReturnOutcome>

const Sha256 = z.string().regex(/^[a-f0-9]{64}$/)
const hookCall = {
  point: z.enum(hookPoints),
  step: stepIndex,
  index: z.int().min(0).max(20),
  attempt: z.int().min(1).max(1000),
}
/** The point that gates guard: -1 before the release begins, else the index of the next step; past the last, the promotion. */
const gatePoint = z.int().min(-1).max(100)
const header = { v: z.literal(1), seq: z.int().min(1).max(99_999), atMs: epochMs }

export const ReleaseEvent = z.discriminatedUnion('type', [
  z.strictObject({
    ...header,
    type: z.literal('requested'),
    releaseId: z.string().max(64),
    // Long enough for the bucket, key and version of an S3 object.
    key: z.string().min(1).max(2500),
    service: Service,
    candidate: Candidate,
    provenance: Provenance,
    reason: text.optional(),
    /** A security fix in the fast lane. */
    urgent: z.literal(true).optional(),
    /** The plan came with the request; it is not the service's own. */
    planBy: z.literal('call').optional(),
    /** A rehearsal of the way back: it ends with the traffic on stable, whatever the evidence says. */
    drill: z.literal(true).optional(),
    /** The frozen release whose place it takes: it is the forward fix of that one. */
    fixes: z.string().max(64).optional(),
  }),
  z.strictObject({ ...header, type: z.literal('queued'), behind: text }),
  /** `beginsAtMs` is set when other releases must begin first (core/queue/turns.ts). */
  z.strictObject({ ...header, type: z.literal('admitted'), beginsAtMs: epochMs.optional() }),
  /** An execution took over the release: the first one, or a successor after the history grew too long. */
  z.strictObject({ ...header, type: z.literal('carried'), execution: text }),
  z.strictObject({
    ...header,
    type: z.literal('prepared'),
    targets: z.array(PreparedTarget).min(1).max(20),
    alarms: z.array(AlarmReading).max(50),
    /** What it depends on, as it was then. Absent if the definition names nothing. */
    depends: z.array(Dependency).max(25).optional(),
    /** The one-way step that the release that it fixes has passed: it counts for this one too. */
    oneWay: z.strictObject({ reason: OneWay.shape.reason, weightBp }).optional(),
  }),
  /** The answer of the gates at a point. A denied release waits there, and the gates are asked again. */
  z.strictObject({
    ...header,
    type: z.literal('gated'),
    point: gatePoint,
    allowed: z.boolean(),
    because: z.string().min(1).max(2000),
    /** The gates that deny. */
    gates: z.array(z.string().max(60)).max(40),
    /** When the answer may change by itself. */
    againAtMs: epochMs.optional(),
    /** Missing approvals, by the weight that they are required before. */
    missing: z.array(weightBp).max(10).optional(),
    /** Waves whose approval is missing. */
    missingWaves: z.array(WaveName).max(20).optional(),
    /** Nothing can change this answer: the release ends. */
    final: z.literal(true).optional(),
    /** The error budget sets the plan of the release, and whether it may end a bake early. */
    plan: Plan.optional(),
    early: z.boolean().optional(),
  }),
  /** Before Lambda is asked: so many environments of each version are wanted from here on. */
  z.strictObject({
    ...header,
    type: z.literal('concurrencyAsked'),
    point: gatePoint,
    targets: z
      .array(
        z.strictObject({
          functionName: TargetFunction,
          version: z.string().max(20),
          environments: z.int().min(1).max(10_000),
        }),
      )
      .min(1)
      .max(40),
  }),
  /** A person's answer to an approval. It applies to this release, and to this weight or wave, only. */
  z.strictObject({
    ...header,
    type: z.literal('approved'),
    beforeBp: weightBp,
    /** Of the approval before a wave; `beforeBp` is 0 then. */
    wave: WaveName.optional(),
    by: text,
    answer: z.enum(['approve', 'decline']),
    reason: text.optional(),
  }),
  z.strictObject({ ...header, type: z.literal('overridden'), by: text, reason: text }),
  /** A blocker may be gone: ask the gates again now. */
  z.strictObject({ ...header, type: z.literal('gateReopened'), because: text }),
  /** The release never started: no traffic has moved, and none will. */
  z.strictObject({
    ...header,
    type: z.literal('refused'),
    outcome: z.enum(['rejected', 'alreadyReleased']),
    code: z.string().max(60),
    because: text,
  }),
  /** `nonceSha256` is of the text that an answer has to bring along; absent in calls from before there was one. */
  z.strictObject({ ...header, type: z.literal('hookCalled'), ...hookCall, nonceSha256: Sha256.optional() }),
  /** The hook was reached and will answer by callback, so it is not called again meanwhile. */
  z.strictObject({
    ...header,
    type: z.literal('hookDeferred'),
    ...hookCall,
    /** The connection broke: it may have been reached, and may answer. */
    unheard: z.literal(true).optional(),
    /** How far it is, in its own words: it has said so by a call, after it had said that it will answer later. */
    said: text.optional(),
  }),
  z.strictObject({
    ...header,
    type: z.literal('hookAnswered'),
    ...hookCall,
    answer: z.enum(['pass', 'fail', 'unknown']),
    because: text,
    /** How an answer that came by a call was known to be the hook's. `none`: the hook was called before there were nonces. */
    proof: z.enum(['nonce', 'none']).optional(),
  }),
  z.strictObject({ ...header, type: z.literal('moveIntended'), move: Move }),
  z.strictObject({
    ...header,
    type: z.literal('moved'),
    purpose: Move.shape.purpose,
    revisions: z.record(TargetFunction, z.string().max(100)),
  }),
  z.strictObject({ ...header, type: z.literal('judged'), verdict: Verdict }),
  z.strictObject({ ...header, type: z.literal('paused'), by: text, reason: text }),
  z.strictObject({ ...header, type: z.literal('resumed'), by: text }),
  z.strictObject({ ...header, type: z.literal('promoteOrdered'), by: text, reason: text }),
  /**
   * An alarm, a person, a newer release or a lost execution sends the traffic back. `move` is the intent, if any alias has to
   * move.
   */
  z.strictObject({
    ...header,
    type: z.literal('returnOrdered'),
    by: text,
    reason: text,
    outcome: ReturnOutcome,
    move: Move.optional(),
  }),
  /** Somebody else moved the alias. It is theirs now, and we leave it alone. */
  z.strictObject({
    ...header,
    type: z.literal('interrupted'),
    functionName: TargetFunction,
    found: Routing.optional(),
    because: text,
    suspect: text.optional(),
  }),
  /**
   * The release is past its one-way step from here on: whatever the step does comes after this. `revisions` are those of the
   * aliases, which were written as they are to prove that they can be put back.
   */
  z.strictObject({
    ...header,
    type: z.literal('oneWayPassed'),
    step: stepIndex,
    reason: OneWay.shape.reason,
    revisions: z.record(TargetFunction, z.string().max(100)),
  }),
  /** What would have sent the release back came after its one-way step: it stays where it is. */
  z.strictObject({ ...header, type: z.literal('frozen'), by: text, reason: text }),
  /** The line is stopped, if it has to be, and a person has been paged about the freeze. */
  z.strictObject({ ...header, type: z.literal('frozenTold') }),
  /** A forward fix of the frozen release has the lease now, and is prepared; or it has ended before it was. */
  z.strictObject({ ...header, type: z.literal('fixBegun'), by: z.string().max(64) }),
  z.strictObject({ ...header, type: z.literal('fixEnded'), by: z.string().max(64), reason: text }),
  /** The forward fix takes the place of the frozen release, which leaves the traffic where it is. */
  z.strictObject({ ...header, type: z.literal('fixedForward'), by: z.string().max(64) }),
  /** CloudTrail told us who moved the alias. May arrive after the end. */
  z.strictObject({ ...header, type: z.literal('moverNamed'), functionName: TargetFunction, suspect: text }),
  /** An alarm's event put the release back, and then CloudWatch did not say that the alarm fires. */
  z.strictObject({
    ...header,
    type: z.literal('alarmDoubted'),
    alarm: AlarmReading.shape.name,
    state: AlarmReading.shape.state.exclude(['alarm', 'unclear']),
  }),
  /** What the service depends on has changed since. It may come after the end. */
  z.strictObject({ ...header, type: z.literal('dependenciesChanged'), changes: z.array(Change).min(1).max(25) }),
  z.strictObject({ ...header, type: z.literal('returnFailed'), because: text }),
  /** A person has been paged about the ending. */
  z.strictObject({ ...header, type: z.literal('paged') }),
  z.strictObject({ ...header, type: z.literal('settled') }),
  /** What the release burned of each error budget. Written once, after the end, when the last data points are in. */
  z.strictObject({ ...header, type: z.literal('charged'), charges: Charges }),
  /** The watch after the promotion has ended (docs/watch.md). Written once, before anything is done about it. */
  z.strictObject({ ...header, type: z.literal('watched'), ...WatchEnd.shape }),
  /** What the version failed after its promotion, when that is over: after a late fault, or a way back while it was watched. */
  z.strictObject({ ...header, type: z.literal('lateCharged'), ...LateCharge.shape }),
])
export type ReleaseEvent = z.output<typeof ReleaseEvent>

type WithoutHeader<E> = E extends unknown ? Omit<E, 'v' | 'seq'> : never
/** An event before it has a sequence number in the log. */
export type NewEvent = WithoutHeader<ReleaseEvent>
