// What it takes to roll back one release when its log cannot be read. Written before the first shift, stored apart from the log,
// and small enough for the state machine to carry it too.
import * as z from 'zod'
import { ReturnOutcome } from './event.ts'
import type { Head } from './head.ts'
import { Owner } from '../owner.ts'
import { aboutOwner } from '../page.ts'
import { locate } from '../location.ts'
import { hasTraffic, type Release, weightAt } from './release.ts'
import { oneWayStep } from '../definition/one-way.ts'
import { type Routing, shareBp } from '../service/routing.ts'
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

/** How the release ended, if it was rolled back from this record instead of the log. */
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
  /** An alarm that fired before this time says nothing about the candidate. */
  admittedAtMs: epochMs,
  /** Length of the log when this was written. */
  seq: z.int().min(1),
  source: z.string().max(40),
  /** Empty: no traffic of the release has moved. */
  targets: z.array(ReturnTarget).max(20),
  /** All alarms of the service, which must be unregistered at the end; and those that were firing before the release began. */
  alarms: z.array(z.string().max(255)).max(50),
  excludedAlarms: z.array(z.string().max(255)).max(50),
  /** The concurrency group in which it holds a place. */
  concurrency: z.strictObject({ group: z.string().max(60), max: z.int().min(1) }).optional(),
  /** How long the release may stay where it is while nobody can read its log. */
  holdSeconds: z.int().min(1),
  runbook: z.string().max(2000).optional(),
  drill: z.literal(true).optional(),
  owner: Owner.optional(),
  /** Its one-way step: passed, or passed as soon as the candidate has this share. Then nothing of it goes back. */
  oneWay: z
    .strictObject({
      reason: z.string().max(300),
      atBp: z.int().min(0).max(10_000),
      isPassed: z.literal(true).optional(),
    })
    .optional(),
  /** When a person was told that the traffic could not be put back. */
  toldAtMs: epochMs.optional(),
  ended: Ended.optional(),
})
export type ReturnRecord = z.output<typeof ReturnRecord>

/** Never roll back a good release because a part of AWS was away for less than ten minutes. */
const holdSecondsMin = 600

/** `undefined` before prepare, when there is nothing to put back yet. */
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
    ...(release.drill === undefined ? {} : { drill: release.drill }),
    ...oneWayOf(release),
    ...aboutOwner(service),
  }
}

function oneWayOf(release: Release): Pick<ReturnRecord, 'oneWay'> {
  const { oneWay, service } = release
  const step = oneWayStep(service.plan)
  if (oneWay !== undefined) return { oneWay: { reason: oneWay.reason, atBp: oneWay.weightBp, isPassed: true } }
  if (step === undefined) return {}
  return { oneWay: { reason: service.plan.oneWay?.reason ?? '', atBp: weightAt(release, step) } }
}

/** The record of a release that is about to pass its one-way step: written before the log says so. */
export const passing = (record: ReturnRecord): ReturnRecord =>
  record.oneWay === undefined ? record : { ...record, oneWay: { ...record.oneWay, isPassed: true } }

/** Whether the release may not put back an alias that it finds like this: that would go back past its one-way step. */
export const isLeft = ({ oneWay }: Pick<ReturnRecord, 'oneWay'>, target: ReturnTarget, found: Routing): boolean =>
  oneWay !== undefined && (oneWay.isPassed === true || shareBp(found, target.candidate) >= oneWay.atBp)

/** Whether the record must exist: traffic has moved, or may have. */
export const needsReturnRecord = (release: Release): boolean =>
  hasTraffic(release) && release.state.phase !== 'settling' && release.state.phase !== 'settled'

/**
 * Whether this release can have left the alias like this: all traffic on stable, stable with some weight on the candidate, or all
 * on the candidate. Anything else was done by somebody else.
 */
export function mayBeOurs({ stable, candidate }: ReturnTarget, { version, additional }: Routing): boolean {
  if (additional === undefined) return version === stable || version === candidate
  return version === stable && additional.version === candidate
}

/** The history entry of a release that was ended without its log. */
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
    ...(record.drill === undefined ? {} : { drill: record.drill }),
    ...(record.oneWay?.isPassed === undefined ? {} : { oneWay: { reason: record.oneWay.reason, atMs } }),
    versions: Object.fromEntries(
      record.targets.map(({ functionName, stable, candidate }) => [functionName, { stable, candidate }]),
    ),
  }
}

type Back = { readonly functionName: string; readonly alias: string; readonly stable: string }

/** The command that puts an alias back by hand. */
export function commandBack({ functionName, alias, stable }: Back): string {
  const { region } = locate(functionName)
  const where = region === undefined ? '' : `--region ${region} `
  return `aws lambda update-alias ${where}--function-name ${functionName} --name ${alias} --function-version ${stable} --routing-config '{"AdditionalVersionWeights":{}}'`
}
