// What people may do with a release now: put it back, pause, resume, promote, abort, answer its approvals, override its gates.
// Whether this person may, the door decides; here it only says what makes sense.
import { personKey } from '../../caller.ts'
import { nameWords, oneLine, withStop } from '../../foreign-text.ts'
import { approversOf, dueAt } from '../../gate/facts.ts'
import { heldNow, openFacts } from '../../release/gating.ts'
import { isWayBack, takenTargets } from '../../release/head.ts'
import { noWayBackWords } from '../../definition/one-way.ts'
import {
  candidateShareBp,
  goingOn,
  hasTraffic,
  isLive,
  isPastOneWay,
  isReturning,
  type Release,
} from '../../release/release.ts'
import { commandBack } from '../../release/return-record.ts'
import { isUnderWay } from '../../release/transitions.ts'
import { type Approval, beforeWords, guardedSaid, isSameApproval } from '../../definition/approval.ts'
import { gatesOfRelease } from '../../service/gates.ts'
import { clockWords, moveWords } from './moment.ts'
import { formatDuration } from '../../duration.ts'

/** An order that a form gives. */
export type Order = {
  /** Of functions/routes.ts. */
  readonly route: 'roll-back' | 'abort' | 'pause' | 'resume' | 'promote' | 'approve' | 'decline' | 'override'
  readonly service: string
  readonly label: string
  readonly says: Readonly<Record<string, string>>
  /** Asks for a reason, which stands in the field already. */
  readonly reason?: string
  readonly danger?: true
}

export type Back = {
  /** Whether it can be put back, why not, or what pressing means. */
  readonly sentence: string
  readonly order?: Order
  /** What a person types when all else is down, one for each alias. */
  readonly commands: readonly string[]
}

/** What became of the promoted version, as far as the history says. */
export type InCharge =
  | { readonly kind: 'inCharge' }
  /** It is, and its service has no definition any more: the controller refuses to go back. */
  | { readonly kind: 'removed' }
  | { readonly kind: 'not'; readonly because: string }

/** @param inCharge of a promoted release: whether it is still what the service runs */
export function backOf(release: Release, inCharge: InCharge): Back {
  const { targets, id, service, key, ending } = release
  const versions = moveWords(goingOn(targets), 'candidate', 'stable')
  const commands = targets.filter(({ lost }) => !lost).map(commandBack)
  if (isWayBack({ key }))
    return { sentence: 'This release is itself a way back. Release the next version to go forward.', commands: [] }
  if (release.oneWay !== undefined && !isReturning(release))
    return { sentence: noWayBackWords(release.oneWay.reason), commands: [] }
  if (isLive(release)) {
    if (!hasTraffic(release)) return { sentence: 'There is nothing to put back: no traffic has moved.', commands: [] }
    const sentence = isReturning(release)
      ? 'It is going back already; pressing tries again now.'
      : 'All traffic goes back within seconds, and the release ends.'
    return { sentence, order: backOrder(service.name, id, versions), commands }
  }
  if (ending?.outcome !== 'promoted') return { sentence: notPromoted(release), commands: [] }
  if (inCharge.kind === 'not') return { sentence: inCharge.because, commands: [] }
  const taken = takenTargets(release)
  const byHand = taken.filter(({ lost }) => !lost).map(commandBack)
  if (inCharge.kind === 'removed') return { sentence: removedWords, commands: byHand }
  return {
    ...putBackPromoted(service.name, id, moveWords(taken, 'candidate', 'stable')),
    commands: byHand,
  }
}

/** Of a service without a definition, when its last release has ended. */
export const removedWords =
  'The service has no definition any more, and without one the controller moves nothing. Apply its definition again first.'

/** @param versions that the move goes from and to */
export const putBackPromoted = (service: string, releaseId: string, versions: string): Omit<Back, 'commands'> => ({
  sentence:
    'It was promoted, and nothing was promoted since: going back is a release of the version before, all at once.',
  order: backOrder(service, releaseId, versions),
})

/** Names the release: if another one is live or promoted by then, nothing of that is undone. */
const backOrder = (service: string, releaseId: string, versions: string): Order => ({
  route: 'roll-back',
  service,
  label: `Put back: ${versions}`,
  says: { releaseId },
  reason: 'put back by hand',
  danger: true,
})

const notPromoted = ({ ending }: Release): string => {
  if (ending?.outcome === 'interrupted') return 'Somebody else moved the alias: it is theirs, and left alone.'
  return ending?.outcome === 'alreadyReleased'
    ? 'The version was in charge before this release.'
    : 'All its traffic is back already.'
}

export function ordersOf(release: Release): readonly Order[] {
  const { id, service, state, paused, targets } = release
  if (!isLive(release)) return []
  const order = (route: Order['route'], label: string, more: Partial<Order> = {}): Order => ({
    route,
    service: service.name,
    label,
    says: { releaseId: id },
    ...more,
  })
  const steerable = isUnderWay(state) && !isReturning(release)
  const isMoving = state.phase === 'shifting' && (state.move ?? state.alone) !== undefined
  const onHold =
    paused === undefined
      ? order('pause', 'Pause: stay at this weight', { reason: 'let me look first' })
      : order('resume', release.frozen === undefined ? 'Resume' : 'Resume, in spite of what failed')
  const promote = order(
    'promote',
    `Promote now: ${moveWords(goingOn(targets), 'stable', 'candidate')}, without the rest of the plan`,
    {
      reason: '',
    },
  )
  const abort = order('abort', 'Abort: call the release off', { reason: 'called off' })
  return [
    ...(steerable || release.frozen !== undefined ? [onHold] : []),
    ...(steerable && !isMoving ? [promote] : []),
    ...(isReturning(release) || isPastOneWay(release) ? [] : [abort]),
  ]
}

export type ApprovalView = {
  /** Such as `before 50 %`. */
  readonly before: string
  readonly needs: string
  /** Who may, and who may not. */
  readonly who: string
  readonly given: readonly string[]
  readonly state: 'given' | 'missing' | 'declined'
  readonly orders: readonly Order[]
}

export type GatesView = {
  /** Why it is held, since when, when it is asked again. */
  readonly held?: { readonly because: string; readonly sentence: string; readonly gates: readonly string[] }
  /** What the gates found when they let the release on the last time, and when. */
  readonly open?: string
  readonly approvals: readonly ApprovalView[]
  readonly override?: Order
  readonly overridden?: string
}

/** @param today the definition as it is now: so the gates are asked */
export function gatesOf(release: Release, today: Parameters<typeof gatesOfRelease>[0], nowMs: number): GatesView {
  const { id, service, overridden } = release
  const held = heldNow(release)
  const mayAnswer = isLive(release) && !isReturning(release)
  const open = openGates(release, nowMs)
  return {
    ...(held === undefined
      ? {}
      : {
          held: {
            because: held.because,
            gates: held.gates,
            sentence: `Closed since ${clockWords(held.sinceMs, nowMs)}, for ${formatDuration((nowMs - held.sinceMs) / 1000)}.`,
          },
        }),
    ...(open === undefined ? {} : { open }),
    approvals: gatesOfRelease(today, service)
      .approvals.filter((approval) => dueAt(release, approval) !== undefined)
      .map((approval) => approvalOf(release, approval, mayAnswer)),
    ...(held !== undefined && mayAnswer && overridden === undefined
      ? {
          override: {
            route: 'override',
            service: service.name,
            label: 'Override the gates for this release',
            says: { releaseId: id },
            reason: '',
          },
        }
      : {}),
    ...(overridden === undefined ? {} : { overridden: `Overridden by ${nameWords(overridden.by)}.` }),
  }
}

const factsMost = 600
/** Of a live release; a denial takes the answer of before away. */
export function openGates(release: Release, nowMs: number): string | undefined {
  const facts = openFacts(release)
  if (facts === undefined || release.cleared === undefined) return undefined
  if (!isLive(release) || isReturning(release)) return undefined
  return withStop(
    `When they were asked last, at ${clockWords(release.cleared.atMs, nowMs)}: ${oneLine(facts, factsMost)}`,
  )
}

const namesMost = 10
const names = (people: readonly string[]): string =>
  [
    ...people.slice(0, namesMost).map(nameWords),
    ...(people.length > namesMost ? [`${people.length - namesMost} more`] : []),
  ].join(', ')

/** Whether what it stands before has been given. */
function isPast({ targets, service: { waves = [] } }: Release, { beforeBp, wave }: Approval): boolean {
  if (wave === undefined) return beforeBp === 0 ? targets.length > 0 : candidateShareBp({ targets }) >= beforeBp
  const names = waves.find(({ name }) => name === wave)?.targets ?? []
  return candidateShareBp({ targets: targets.filter(({ functionName }) => names.includes(functionName)) }) > 0
}

function approvalOf(release: Release, approval: Approval, mayAnswer: boolean): ApprovalView {
  const { count, by, fourEyes } = approval
  const given = approversOf(release, approval)
  const declined = release.approvals.filter((one) => isSameApproval(one, approval) && one.answer === 'decline')
  const requesters = [release.provenance.requestedBy, release.provenance.author].filter((one) => one !== undefined)
  const distinct = requesters.filter(
    (one, index) => requesters.findIndex((other) => personKey(other) === personKey(one)) === index,
  )
  const not = fourEyes && distinct.length > 0 ? `, but not ${names(distinct)}, who asked for it` : ''
  const answer = (route: 'approve' | 'decline', label: string, more: Partial<Order>): Order => ({
    route,
    service: release.service.name,
    label: `${label} ${beforeWords(approval)}`,
    says: { releaseId: release.id, ...guardedSaid(approval) },
    ...more,
  })
  const isOpen = mayAnswer && !isPast(release, approval) && given.length < count
  return {
    before: beforeWords(approval),
    needs: count === 1 ? 'one person' : `${count} people`,
    who: `${by === undefined ? 'whoever has the right' : names(by)}${not}`,
    given: [
      ...given.map((one) => `approved by ${nameWords(one)}`),
      ...declined.map((one) => `declined by ${nameWords(one.by)}`),
    ],
    state: declined.length > 0 ? 'declined' : given.length >= count ? 'given' : 'missing',
    orders: isOpen ? [answer('approve', 'Approve', {}), answer('decline', 'Decline', { reason: '' })] : [],
  }
}
