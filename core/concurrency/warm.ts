// The version before, kept warm for the first part of the watch after a promotion: what is kept of which release, how long, and
// what ends it earlier. It is the old version's provisioned concurrency and nothing else: other environments go when they please.
import * as z from 'zod'
import { TargetFunction } from '../location.ts'
import { own } from '../own.ts'
import { isWayBack } from '../release/head.ts'
import { isPastOneWay, promotedAtMs, type Release } from '../release/release.ts'
import type { Service } from '../service/service.ts'
import { type Promised, promisedOf } from './need.ts'

const epochMs = z.int().min(0)
const version = z.string().min(1).max(20)

const WarmTarget = z.strictObject({
  functionName: TargetFunction,
  alias: z.string().max(128),
  /** The version that is kept warm. */
  stable: version,
  candidate: version,
  /** How many environments it has. Absent in entries from before that was kept. */
  environments: z.int().min(1).optional(),
})
export type WarmTarget = z.output<typeof WarmTarget>

/** What is left of a release that has ended: versions that are kept warm. Enough to let go of them without its log. */
export const Warm = z.strictObject({
  v: z.literal(1),
  service: z.string().max(40),
  releaseId: z.string().max(64),
  promotedAtMs: epochMs,
  settledAtMs: epochMs,
  untilMs: epochMs,
  targets: z.array(WarmTarget).min(1).max(20),
})
export type Warm = z.output<typeof Warm>

/** Which versions a release that has been promoted keeps warm. Nothing where no way leads back to them. */
export function keptBy(release: Release): readonly Promised[] {
  const leadsBack = release.ending?.outcome === 'promoted' && !isWayBack(release) && !isPastOneWay(release)
  if (release.service.watch?.warmSeconds === undefined || !leadsBack) return []
  return promisedOf(release).filter(({ target }) => !target.lost)
}

/** @returns undefined if nothing is kept, or not any more */
export function warmOf(release: Release, nowMs: number): Warm | undefined {
  const { id: releaseId, service, state } = release
  const targets = keptBy(release).map(({ target: { functionName, alias, stable, candidate }, environments }) => ({
    ...{ functionName, alias, stable, candidate, environments },
  }))
  const untilMs = warmUntilMs(release)
  if (state.phase !== 'settled' || targets.length === 0 || nowMs >= untilMs) return undefined
  const times = { promotedAtMs: promotedAtMs(release), settledAtMs: state.atMs, untilMs }
  return { v: 1, service: service.name, releaseId, ...times, targets }
}

/** It is counted from the promotion, as the watch is. */
export const warmUntilMs = (release: Release): number =>
  promotedAtMs(release) + (release.service.watch?.warmSeconds ?? 0) * 1000

/** Until when the definition of now asks for it: it may shorten what was asked for, or take it back. */
export function askedUntilMs({ promotedAtMs: fromMs, untilMs, targets }: Warm, service: Service | undefined): number {
  const seconds = service?.watch?.warmSeconds
  const isPromised = ({ functionName }: WarmTarget): boolean =>
    service?.targets.some((one) => one.functionName === functionName && one.provisionedConcurrency !== undefined) ===
    true
  return seconds === undefined || !targets.every(isPromised) ? 0 : Math.min(untilMs, fromMs + seconds * 1000)
}

/**
 * Whether a newer release may give the traffic to the version that is kept, as the way back does. Then it is not taken away.
 */
export function mayWant({ targets, candidate }: Pick<Release, 'targets' | 'candidate'>, kept: WarmTarget): boolean {
  const target = targets.find(({ functionName }) => functionName === kept.functionName)
  if (target !== undefined) return [target.stable, target.candidate].includes(kept.stable)
  // It is prepared, and leaves this function alone.
  if (targets.length > 0) return false
  if (candidate.kind === 'versions') return own(candidate.versions, kept.functionName) === kept.stable
  // Lambda makes no new version where the code is that of its latest one (docs/aws.md §1.2).
  return Number(kept.stable) > Number(kept.candidate)
}

/** `checkout:1` of each version that is kept warm. */
export const warmVersions = (warm: readonly Warm[]): ReadonlySet<string> =>
  new Set(warm.flatMap(({ targets }) => targets.map(({ functionName, stable }) => `${functionName}:${stable}`)))
