// What of a service needs a person, the most urgent first, and what that person may do first. What resolves itself, or is only
// slow, is no need.
import { approversOf, missedSinceMs, requestersOf } from '../gate/facts.ts'
import { formatDuration } from '../duration.ts'
import { nameWords, oneLine, quoted, withStop } from '../foreign-text.ts'
import { heldNow, isBeforeOneWay } from '../release/gating.ts'
import { goingOn, type Release } from '../release/release.ts'
import { commandBack } from '../release/return-record.ts'
import { beforeWords, guardedSaid } from '../definition/approval.ts'
import { nowhereBackWords } from '../definition/one-way.ts'
import { gatesOfRelease } from '../service/gates.ts'
import { versionsWords } from './live-view.ts'
import type { AliasNow, ServiceNow, Stop } from './service-now.ts'

/** An order of the controller's API, by its route. */
type Order = {
  readonly kind: 'order'
  readonly route: 'roll-back' | 'resume' | 'approve' | 'decline' | 'start-line' | 'start-every-line'
  readonly label: string
  readonly says: Readonly<Record<string, string>>
  /** A reason is asked for, and this one stands there already. */
  readonly reason?: string
  readonly danger?: true
}
export type Action =
  | Order
  | { readonly kind: 'command'; readonly label: string; readonly command: string }
  /** A section of the page of its service. */
  | { readonly kind: 'look'; readonly label: string; readonly section: 'budgets' | 'history' }

export type Need = {
  /** In the order of urgency (`urgencies`). */
  readonly kind: (typeof urgencies)[number]
  /** Without the service's name in front. */
  readonly sentence: string
  readonly sinceMs?: number
  readonly releaseId?: string
  readonly actions: readonly Action[]
}

/** `burning` pages; `burningSlowly` is a ticket. */
// `held`: by a gate that somebody has to satisfy. Windows, freezes and budgets open by themselves.
const urgencies = [
  'lost',
  'returning',
  'burning',
  'approval',
  'held',
  'paused',
  'drift',
  'spent',
  'stopped',
  'burningSlowly',
] as const
/** What of it does not wait until the morning. */
const atOnce: readonly Need['kind'][] = ['lost', 'returning', 'burning']
export const isUrgent = ({ kind }: Pick<Need, 'kind'>): boolean => atOnce.includes(kind)
export const urgencyOf = ({ kind }: Pick<Need, 'kind'>): number => urgencies.indexOf(kind)

export function needsOf(now: ServiceNow, nowMs: number): readonly Need[] {
  const { live, lost, aliases, stopped } = now
  const all: readonly Need[] = [
    ...(lost === undefined ? [] : [lostNeed(now, lost)]),
    ...(live?.state.phase === 'returning' ? [returningNeed(live)] : []),
    ...burnNeeds(now),
    ...(live === undefined ? [] : [...approvalNeeds(live, now, nowMs), ...heldNeeds(live), ...pausedNeeds(live)]),
    ...aliases.flatMap(driftNeeds),
    ...(stopped === undefined ? [] : [stoppedNeed(stopped, now.name)]),
  ]
  return all.toSorted((a, b) => urgencyOf(a) - urgencyOf(b))
}

/** The rest is what a validator says. */
const becauseMost = 120

const lostNeed = (
  { name }: ServiceNow,
  { releaseId, because, targets = [] }: NonNullable<ServiceNow['lost']>,
): Need => ({
  kind: 'lost',
  sentence: `The log of its live release cannot be read: ${oneLine(because, becauseMost)}`,
  releaseId,
  actions: [
    {
      kind: 'order',
      route: 'roll-back',
      label: `Put back: ${name}`,
      says: { releaseId },
      reason: 'its log cannot be read',
      danger: true,
    },
    ...targets.map(byHand),
  ],
})

const returningNeed = ({ id, targets }: Release): Need => ({
  kind: 'returning',
  sentence: 'The traffic is on its way back, and not back yet. If that lasts, put it back by hand.',
  releaseId: id,
  actions: targets.map(byHand),
})

const byHand = (target: Parameters<typeof commandBack>[0]): Action => ({
  kind: 'command',
  label: `By hand: ${target.functionName}`,
  command: commandBack(target),
})

function burnNeeds({ live, budgets, name }: ServiceNow): readonly Need[] {
  return budgets.flatMap(({ slo, burning, leftShare }): readonly Need[] => {
    const isSpent = leftShare !== undefined && leftShare <= 0
    if (burning === 'no' && !isSpent) return []
    const left = leftShare === undefined ? '' : ` (${leftWords(leftShare)})`
    const sentence =
      burning === 'no'
        ? `The error budget ${slo} is spent${left}.`
        : `The error budget ${slo} burns ${burning === 'page' ? 'fast' : 'too fast, and has for a day or more'}${left}.`
    const kind = burning === 'page' ? 'burning' : isSpent ? 'spent' : 'burningSlowly'
    const back =
      burning === 'page' && live !== undefined && live.oneWay === undefined
        ? [putBack(live, name, `the error budget ${slo} burns`)]
        : []
    const look: Action = { kind: 'look', label: 'See who spent it', section: 'budgets' }
    return [{ kind, sentence, ...(live === undefined ? {} : { releaseId: live.id }), actions: [...back, look] }]
  })
}

/** `97.3 % left`, or `overspent by 74.3 %` of what there was. */
export const leftWords = (share: number): string =>
  share < 0 ? `overspent by ${percent(Math.min(99.99, -share))}` : `${percent(share)} left`
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`

export const putBack = (
  release: Pick<Release, 'id' | 'targets' | 'candidate'>,
  service: string,
  reason: string,
): Action => ({
  kind: 'order',
  route: 'roll-back',
  label: `Put back: ${service}${release.targets.length === 0 ? '' : ` ${backWords(release)}`}`,
  says: { releaseId: release.id },
  reason,
  danger: true,
})

/** `12 → 11` of a release from 11 to 12. */
const backWords = ({ targets, candidate }: Pick<Release, 'targets' | 'candidate'>): string =>
  versionsWords({
    candidate,
    targets: goingOn(targets).map((target) => ({ ...target, stable: target.candidate, candidate: target.stable })),
  })

/** The approvals that are missed now, as the service is defined today. */
function approvalNeeds(live: Release, { service }: ServiceNow, nowMs: number): readonly Need[] {
  const held = heldNow(live)
  if (held === undefined || !held.gates.includes('approvals')) return []
  const { approvals } = gatesOfRelease(service ?? live.service, live.service)
  const missing = approvals
    .filter((approval) => missedSinceMs(live, approval) !== undefined)
    .map((approval) => ({ ...approval, given: approversOf(live, approval) }))
    .filter(({ given, count }) => given.length < count)
  return missing.map((approval): Need => {
    const { count, given, by, fourEyes, expiresSeconds, whenExpired } = approval
    const sinceMs = missedSinceMs(live, approval) ?? nowMs
    const leftSeconds = Math.max(0, expiresSeconds - (nowMs - sinceMs) / 1000)
    const asked = requestersOf(live).map(nameWords).join(', ')
    const who = by === undefined ? 'whoever has the right to approve' : by.map(nameWords).join(' or ')
    // As a definition and the API spell it.
    const says = { releaseId: live.id, ...guardedSaid(approval) }
    const { oneWay } = live.service.plan
    const last = oneWay !== undefined && isBeforeOneWay(live) ? ` Beware: ${nowhereBackWords(oneWay)}.` : ''
    return {
      kind: 'approval',
      sentence: `It waits for an approval ${beforeWords(approval)}: ${given.length} of ${count} given${given.length === 0 ? '' : ` (${given.map(nameWords).join(', ')})`}. May approve: ${who}${fourEyes && asked !== '' ? `, but not ${asked}, who asked for it` : ''}. In ${formatDuration(leftSeconds)} it is ${whenExpired === 'reject' ? 'rejected' : 'taken as given'}.${last}`,
      sinceMs,
      releaseId: live.id,
      actions: [
        { kind: 'order', route: 'approve', label: `Approve ${beforeWords(approval)}`, says, reason: 'looks good' },
        { kind: 'order', route: 'decline', label: 'Decline', says, reason: 'not now' },
      ],
    }
  })
}

/** What is known of the candidate's origin, tests and signatures is not enough. */
function heldNeeds(live: Release): readonly Need[] {
  const held = heldNow(live)
  if (held === undefined || !held.gates.includes('provenance')) return []
  return [
    {
      kind: 'held',
      sentence: withStop(`It is held at a gate: ${held.because}`),
      sinceMs: held.sinceMs,
      releaseId: live.id,
      actions: live.oneWay === undefined ? [putBack(live, live.service.name, 'what it has to prove is missing')] : [],
    },
  ]
}

function pausedNeeds({ id, paused }: Release): readonly Need[] {
  if (paused === undefined) return []
  return [
    {
      kind: 'paused',
      sentence: withStop(`It is paused: ${quoted(paused.reason, paused.by)}`),
      sinceMs: paused.atMs,
      releaseId: id,
      actions: [{ kind: 'order', route: 'resume', label: 'Resume', says: { releaseId: id } }],
    },
  ]
}

function driftNeeds({ functionName, alias, drift, left }: AliasNow): readonly Need[] {
  if (drift === undefined) return []
  const command: readonly Action[] =
    left === undefined
      ? [{ kind: 'look', label: 'See the last releases', section: 'history' }]
      : [
          {
            kind: 'command',
            label: `If nobody meant it, set it back to ${left}`,
            command: commandBack({ functionName, alias, stable: left }),
          },
        ]
  return [{ kind: 'drift', sentence: `Drift: alias ${functionName}:${alias}: ${drift}.`, actions: command }]
}

const stoppedNeed = ({ by, reason, sinceMs }: Stop, service: string): Need => ({
  kind: 'stopped',
  sentence: withStop(`Releases are stopped: ${quoted(reason, by)}`),
  sinceMs,
  actions: [{ kind: 'order', route: 'start-line', label: `Start the line of ${service}`, says: {} }],
})
