// The way back of one release in a nutshell: what it takes to put its traffic back when its log cannot be read. Written before
// the first shift, kept apart from the log, and small, so that the state machine can carry it too.
import * as z from 'zod'
import { ReturnOutcome } from './event.ts'
import type { Head } from './head.ts'
import { locate } from '../location.ts'
import { hasTraffic, type Release } from './release.ts'
import type { Routing } from '../service/routing.ts'
import { ServiceName, Target } from '../service/service.ts'

const epochMs = z.int().min(0)

const version = z.string().max(20)
const ReturnTarget = Target.extend({
  stable: version,
  candidate: version,
  /** RevisionId when the release was prepared. */
  revision: z.string().max(100),
})
export type ReturnTarget = z.output<typeof ReturnTarget>

/** How it ended, if it was ended by this record. */
const Ended = z.strictObject({
  atMs: epochMs,
  outcome: ReturnOutcome,
  by: z.string().max(1000),
  because: z.string().max(1000),
})
export type Ended = z.output<typeof Ended>

export const ReturnRecord = z.strictObject({
  v: z.literal(1),
  releaseId: z.string().min(1).max(64),
  service: ServiceName,
  requestedAtMs: epochMs,
  /** An alarm that fired before says nothing about the candidate. */
  admittedAtMs: epochMs,
  /** How long the log was when this was written. */
  seq: z.int().min(1),
  source: z.string().max(40),
  /** None: nothing of the release has moved. */
  targets: z.array(ReturnTarget).max(20),
  /** All alarms of the service, to be watched no more; and those that fired before the release began. */
  alarms: z.array(z.string().max(255)).max(50),
  excludedAlarms: z.array(z.string().max(255)).max(50),
  /** The concurrency group that it has a place in. */
  concurrency: z.strictObject({ group: z.string().max(60), max: z.int().min(1) }).optional(),
  /** How long the release may stay where it is while nobody can read its log. */
  holdSeconds: z.int().min(1),
  runbook: z.string().max(2000).optional(),
  /** When a person was told that it could not be put back. */
  toldAtMs: epochMs.optional(),
  ended: Ended.optional(),
})
export type ReturnRecord = z.output<typeof ReturnRecord>

/** A good release is never put back because something was away for less than ten minutes. */
const holdSecondsMin = 600

/** `undefined` before it is prepared: there is nothing to put back yet. */
export function returnRecordOf(release: Release): ReturnRecord | undefined {
  const { service, targets } = release
  if (targets.length === 0 || release.admittedAtMs === undefined) return undefined
  const { concurrency } = service.gates
  return {
    v: 1,
    releaseId: release.id,
    service: service.name,
    requestedAtMs: release.requestedAtMs,
    admittedAtMs: release.admittedAtMs,
    seq: release.seq,
    source: release.provenance.source,
    targets: targets.map(({ functionName, roleArn, alias, stable, candidate, revision }) => ({
      functionName,
      ...(roleArn === undefined ? {} : { roleArn }),
      alias,
      stable,
      candidate,
      revision,
    })),
    alarms: [...service.signals.alarms],
    excludedAlarms: [...release.excludedAlarms],
    ...(concurrency === undefined ? {} : { concurrency: { group: concurrency.group, max: concurrency.max } }),
    holdSeconds: Math.max(holdSecondsMin, service.policy.hold.unknownSeconds),
    ...(service.runbook === undefined ? {} : { runbook: service.runbook }),
  }
}

/** Whether the record has to be there: traffic has moved, or may have. */
export const needsReturnRecord = (release: Release): boolean =>
  hasTraffic(release) && release.state.phase !== 'settling' && release.state.phase !== 'settled'

/**
 * Whether this release can have left an alias like this: all on stable, stable with any weight for the candidate, or all on the
 * candidate. Anything else is somebody else's doing.
 */
export function mayBeOurs({ stable, candidate }: ReturnTarget, { version, additional }: Routing): boolean {
  if (additional === undefined) return version === stable || version === candidate
  return version === stable && additional.version === candidate
}

/** What history says of a release that was ended without its log. */
export function headOfEnded(record: ReturnRecord, { outcome, because, atMs }: Ended): Head {
  return {
    releaseId: record.releaseId,
    service: record.service,
    requestedAtMs: record.requestedAtMs,
    seq: record.seq,
    phase: 'settled',
    outcome,
    because: because.slice(0, 1000),
    settledAtMs: atMs,
    candidate: record.targets
      .map((target) => `${target.functionName}:${target.candidate}`)
      .join(', ')
      .slice(0, 1500),
    source: record.source,
    versions: Object.fromEntries(
      record.targets.map(({ functionName, stable, candidate }) => [functionName, { stable, candidate }]),
    ),
  }
}

type Back = { readonly functionName: string; readonly alias: string; readonly stable: string }

/** What puts an alias back by hand. */
export function commandBack({ functionName, alias, stable }: Back): string {
  const { region } = locate(functionName)
  const where = region === undefined ? '' : `--region ${region} `
  return `aws lambda update-alias ${where}--function-name ${functionName} --name ${alias} --function-version ${stable} --routing-config '{"AdditionalVersionWeights":{}}'`
}
