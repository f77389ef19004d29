// Builds the facts that the gate policies decide on, and the sentence that a person sees for each gate. Nothing is allowed or
// denied here: policy/release.cedar does that.
import { counted } from '../counted.ts'
import { personKey } from '../caller.ts'
import type { Attested } from './counting.ts'
import { formatDuration } from '../duration.ts'
import { quoted } from '../foreign-text.ts'
import { type Approval, beforeWords, type Guarded, guardedKey, isSameApproval } from '../definition/approval.ts'
import { nowhereBackWords } from '../definition/one-way.ts'
import { beginsAt } from '../definition/waves.ts'
import { own } from '../own.ts'
import type { Gates } from '../service/gates.ts'
import { beginPoint, isBeforeOneWay, openWords } from '../release/gating.ts'
import type { GateContext } from './policy.ts'
import { asides, provenanceOf, provenanceWords, requiredOf } from './provenance.ts'
import { type Release, weightAt, weightOn } from '../release/release.ts'
import { isPlanned, plannedUntilMs } from '../service/timetable.ts'

/** One error budget. `leftShare` is absent when it is not known, and then `because` says why. */
export type GateBudget = {
  readonly slo: string
  readonly leftShare?: number | undefined
  readonly burning: 'no' | 'ticket' | 'page'
  readonly because?: string | undefined
  /** How many more requests may be bad, and how many requests come per minute. Absent for SLOs that count time slices. */
  readonly badLeft?: number
  readonly perMinute?: number
}

export type LookedUp = {
  readonly nowMs: number
  readonly gates: Gates
  readonly stopped?:
    | { readonly by: string; readonly reason: string; readonly isAll: boolean; readonly release?: string | undefined }
    | undefined
  readonly budgets: readonly GateBudget[]
  /** The concurrency group has no free place. */
  readonly full: boolean
  readonly attested: Attested
  /** Whether Lambda reports the candidate's code as signed; absent until there is a version. */
  readonly signed?: boolean | undefined
  /** Why what the service depends on is not quiet; empty if it is. */
  readonly notQuiet?: string
  /** Why a configuration that it depends on may be changing now; empty if it is not. */
  readonly configuring?: string
  /** How much concurrency is free, if the service asks for that. */
  readonly headroom?: { readonly tight: string; readonly words: string } | undefined
  /** Whether the hash of the candidate's code is known. */
  readonly hashed?: boolean | undefined
}

/** The weight that the release would set at this point; 0 at the beginning. */
/** A step that holds some traffic back counts as what was written: approvals stand before that. */
const weightAtPoint = (release: Release, point: number): number =>
  point === beginPoint ? 0 : weightAt(release, point) + (release.service.plan.steps[point]?.heldBackBp ?? 0)

/** The most that any target would get: a wave that is done gets more than its steps gave when the next one begins. */
const mostAtPoint = (release: Release, point: number): number =>
  point === beginPoint
    ? 0
    : Math.max(weightAtPoint(release, point), ...release.targets.map((target) => weightOn(release, target, point)))

/** Whether it has to be there at this point. All waves that have not begun by then begin with the promotion. */
function isDue(release: Release, point: number, { beforeBp, wave }: Guarded): boolean {
  if (wave === undefined) return beforeBp <= mostAtPoint(release, point)
  const begins = beginsAt(release.service, wave, release.targets)
  return begins !== undefined && point !== beginPoint && begins <= point
}

/** Where the release first needs it; `undefined` where it never does: it has no such wave. */
export function dueAt(release: Release, approval: Guarded): number | undefined {
  const { length } = release.service.plan.steps
  const points = Array.from({ length: length + 2 }, (_, index) => index + beginPoint)
  return points.find((point) => isDue(release, point, approval))
}

export const missedSinceMs = (release: Release, approval: Guarded): number | undefined =>
  own(release.missedSinceMs, guardedKey(approval))

/** Approvals that are required up to this point and are not complete, each with the people who have approved so far. */
function missingApprovals(release: Release, point: number, { nowMs, gates }: LookedUp) {
  return gates.approvals
    .filter((approval) => isDue(release, point, approval))
    .map((approval) => ({
      approval,
      by: approversOf(release, approval),
      isExpired: isExpired(release, approval, nowMs),
    }))
    .filter(
      ({ approval, by, isExpired }) => by.length < approval.count && !(isExpired && approval.whenExpired === 'approve'),
    )
}

export const approversOf = ({ approvals }: Release, approval: Guarded): readonly string[] => [
  ...new Map(
    approvals
      .filter((one) => isSameApproval(one, approval) && one.answer === 'approve')
      .map(({ by }) => [personKey(by), by] as const),
  ).values(),
]

/** Who started the release, and whom it names as its author. */
export const requestersOf = ({ provenance: { author, requestedBy } }: Release): readonly string[] =>
  [requestedBy, author].flatMap((name) => (name === undefined ? [] : [personKey(name)]))

function isExpired(release: Release, approval: Approval, nowMs: number): boolean {
  const sinceMs = missedSinceMs(release, approval)
  return sinceMs !== undefined && nowMs >= sinceMs + approval.expiresSeconds * 1000
}

const declined = ({ approvals }: Release) => approvals.find(({ answer }) => answer === 'decline')

/** The stop that was made for a frozen release holds everybody but that one, once a person lets it go on, and its fix. */
const isStopped = ({ id, fixes }: Release, stopped: LookedUp['stopped']): boolean =>
  stopped !== undefined && (stopped.release === undefined || (stopped.release !== id && stopped.release !== fixes))

/** The facts, in the vocabulary of the policies. */
export function contextOf(release: Release, point: number, found: LookedUp): GateContext {
  const { gates, nowMs } = found
  return {
    weightBp: weightAtPoint(release, point),
    urgent: release.urgent,
    overridden: release.overridden !== undefined,
    source: release.provenance.source,
    stopped: isStopped(release, found.stopped),
    oneWay: isBeforeOneWay(release),
    insideWindow: gates.windows.length === 0 || isPlanned(gates.windows, nowMs),
    frozen: isPlanned(gates.freezes, nowMs),
    disturbed: (found.notQuiet ?? '') !== '',
    configuring: (found.configuring ?? '') !== '',
    tight: (found.headroom?.tight ?? '') !== '',
    full: found.full,
    ...(found.budgets.length === 0 ? {} : { budget: worst(found.budgets) }),
    approvals: { missing: missingApprovals(release, point, found).length, declined: declined(release) !== undefined },
    provenance: provenanceOf(found),
    required: requiredOf(found),
  }
}

/** The smallest share left among the budgets. If one of them is unknown, the result is unknown. */
export function leastLeft(budgets: readonly GateBudget[]): number | undefined {
  const shares = budgets.map(({ leftShare }) => leftShare)
  return shares.includes(undefined) ? undefined : Math.min(...shares.map((share) => share ?? 0))
}

/** Combines several budgets into the worst case of each fact. */
function worst(budgets: readonly GateBudget[]): NonNullable<GateContext['budget']> {
  const share = leastLeft(budgets)
  const burning = (['page', 'ticket'] as const).find((severity) => budgets.some((one) => one.burning === severity))
  // A budget may be overspent many times over. Clamp it: how far below zero makes no difference.
  const leftBp = share === undefined ? 0 : Math.max(-1_000_000, Math.round(share * 10_000))
  return { known: share !== undefined, leftBp, burning: burning ?? 'no' }
}

/** What a person is told about each closed gate, by the gate's name in the policies. */
export function closedSentences(release: Release, point: number, found: LookedUp): Readonly<Record<string, string>> {
  const { gates, nowMs, stopped } = found
  const opensAtMs = plannedUntilMs(gates.windows, nowMs)
  const endsAtMs = plannedUntilMs(gates.freezes, nowMs)
  return {
    stop:
      stopped === undefined
        ? ''
        : `${stopped.isAll ? 'every release is' : `releases of ${release.service.name} are`} stopped by ${stopped.by}: ${quoted(stopped.reason)}`,
    window: `it is outside the times in which releases begin${opensAtMs === undefined ? '' : ` (the next is at ${timeWords(opensAtMs)})`}`,
    freeze: `there is a freeze${endsAtMs === undefined ? '' : ` until ${timeWords(endsAtMs)}`}`,
    budget: found.budgets.map(budgetWords).join('; '),
    burning: `an error budget burns fast: ${found.budgets
      .filter(({ burning }) => burning === 'page')
      .map(({ slo }) => slo)
      .join(', ')}`,
    quiet: found.notQuiet ?? '',
    configuration: found.configuring ?? '',
    headroom: found.headroom?.tight ?? '',
    full: fullWords(gates.concurrency),
    approvals: approvalWords(release, point, found),
    provenance: provenanceWords(found),
  }
}

const fullWords = ({ max, group }: NonNullable<LookedUp['gates']['concurrency']> = { max: 0, group: '' }): string =>
  `${counted(max, 'release')} of group ${group} ${max === 1 ? 'is' : 'are'} under way`

const timeWords = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`

const budgetWords = ({ slo, leftShare, because }: GateBudget): string =>
  leftShare === undefined
    ? `what is left of error budget ${slo} is not known: ${because ?? 'it has not been counted'}`
    : leftShare < 0
      ? `nothing of error budget ${slo} is left: ${Math.round((1 - leftShare) * 10_000) / 100} % is spent`
      : `${Math.round(leftShare * 10_000) / 100} % of error budget ${slo} is left`

function approvalWords(release: Release, point: number, found: LookedUp): string {
  const no = declined(release)
  if (no !== undefined) return `${no.by} has declined`
  const { oneWay } = release.service.plan
  const missing = missingApprovals(release, point, found).map(({ approval, by }) => {
    const { count, by: named, expiresSeconds, whenExpired, fourEyes } = approval
    const who = named === undefined ? (fourEyes ? ', not by whoever asked for it' : '') : `, by ${named.join(' or ')}`
    const sinceMs = missedSinceMs(release, approval) ?? found.nowMs
    const leftSeconds = Math.max(0, expiresSeconds - (found.nowMs - sinceMs) / 1000)
    return `${by.length} of ${count} approvals ${beforeWords(approval)}${who}; ${whenExpired === 'reject' ? 'rejected' : 'taken as given'} in ${formatDuration(leftSeconds)}`
  })
  return [...missing, ...(oneWay !== undefined && isBeforeOneWay(release) ? [nowhereBackWords(oneWay)] : [])].join('; ')
}

/** What a person is told when the gates are open. */
export const openSentence = (release: Release, { budgets, attested, headroom }: LookedUp): string =>
  [
    openWords,
    ...(budgets.length === 0 ? [] : [budgets.map(budgetWords).join('; ')]),
    ...(headroom === undefined ? [] : [headroom.words, headroom.tight].filter((words) => words !== '')),
    ...asides(attested),
    ...(release.urgent ? ['it is urgent'] : []),
    ...(release.overridden === undefined
      ? []
      : [`overridden by ${release.overridden.by}: ${quoted(release.overridden.reason)}`]),
  ].join('; ')

/** When the answer may change by itself: a window opens, a freeze ends or an approval expires. */
export function againAtMs(release: Release, point: number, found: LookedUp): number | undefined {
  const { gates, nowMs } = found
  const expiries = missingApprovals(release, point, found).map(
    ({ approval }) => (missedSinceMs(release, approval) ?? nowMs) + approval.expiresSeconds * 1000,
  )
  const times = [plannedUntilMs(gates.windows, nowMs), plannedUntilMs(gates.freezes, nowMs), ...expiries]
  const ahead = times.filter((time) => time !== undefined).filter((time) => time > nowMs)
  return ahead.length === 0 ? undefined : Math.min(...ahead)
}

/** The weights and waves whose approvals are missing now. */
export function missingAt(
  release: Release,
  point: number,
  found: LookedUp,
): { readonly missing?: number[]; readonly missingWaves?: string[] } {
  const guarded = missingApprovals(release, point, found).map(({ approval }) => approval)
  const missing = guarded.flatMap(({ beforeBp, wave }) => (wave === undefined ? [beforeBp] : []))
  const missingWaves = guarded.flatMap(({ wave }) => (wave === undefined ? [] : [wave]))
  return {
    ...(missing.length === 0 ? {} : { missing }),
    ...(missingWaves.length === 0 ? {} : { missingWaves }),
  }
}

/** True when the gate can never open: somebody declined, or an approval expired and expiry means rejection. */
export const isFinal = (release: Release, point: number, found: LookedUp): boolean =>
  declined(release) !== undefined ||
  missingApprovals(release, point, found).some(
    ({ isExpired, approval }) => isExpired && approval.whenExpired === 'reject',
  )
