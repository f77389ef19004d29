// A person approves or declines a release. The answer applies to this release, and to the weight or the wave that the approval
// guards.
import * as z from 'zod'
import { personKey } from '../../core/caller.ts'
import { approversOf, dueAt, missedSinceMs, requestersOf } from '../../core/gate/facts.ts'
import {
  type Approval,
  ApprovalPoint,
  beforeBpOf,
  beforeWords,
  isSameApproval,
} from '../../core/definition/approval.ts'
import { WaveName } from '../../core/definition/wave-name.ts'
import { gatesOfRelease } from '../../core/service/gates.ts'
import { Problem } from '../../core/problem.ts'
import { isLive, isReturning, type Release } from '../../core/release/release.ts'
import { record } from '../steps/log.ts'
import { by, find, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'leases' | 'services' | 'policies' | 'log'>

export const ApproveCall = z
  .strictObject({
    ...which,
    by,
    answer: z.enum(['approve', 'decline']).default('approve'),
    before: ApprovalPoint.optional().describe(
      'Which approval, as in the definition; without it and `wave`, the one that is missed first.',
    ),
    wave: WaveName.optional().describe('The approval before this wave.'),
    reason: reason.optional(),
  })
  .refine(({ before, wave }) => before === undefined || wave === undefined, 'give before or wave, not both')
type ApproveCall = z.output<typeof ApproveCall>

/** @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `service_missing`, `verb_not_now`, `approval_refused` */
export function approveHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(ApproveCall, event)
    const loaded = await find(deps, call)
    const { release } = loaded
    if (!isLive(release) || isReturning(release)) throw notNow(release, call.answer)
    const today = await deps.services.get(release.service.name)
    // Its one-way step and its waves are its own, whatever the definition says by now.
    const gates = gatesOfRelease(today, release.service)
    const approval = wanted(release, gates.approvals, call)
    await permitted(deps, release, approval, { ...call, own: gates.rules })
    const { beforeBp, wave } = approval
    const guarded = { beforeBp, ...(wave === undefined ? {} : { wave }) }
    const after = await record(deps, loaded, (now) => {
      if (!isLive(now) || isReturning(now)) throw notNow(now, call.answer)
      const why = call.reason === undefined ? {} : { reason: call.reason }
      return { type: 'approved', atMs: deps.clock.nowMs(), ...guarded, by: call.by, answer: call.answer, ...why }
    })
    await wake(deps, after)
    return ordered(deps, after.release, call.answer, call.by)
  }
}

/**
 * The approval that is meant. Who names none does not approve a wave that nobody has asked for yet: the same command, sent twice,
 * would let the next one begin too.
 * @throws Problem `verb_not_now` when the release needs no such approval
 */
function wanted(release: Release, approvals: readonly Approval[], { before, wave, answer }: ApproveCall): Approval {
  const open = approvals
    .filter((approval) => approversOf(release, approval).length < approval.count)
    .flatMap((approval) => {
      const due = dueAt(release, approval)
      return due === undefined ? [] : [{ approval, due }]
    })
    .toSorted((a, b) => a.due - b.due || a.approval.beforeBp - b.approval.beforeBp)
    .map(({ approval }) => approval)
  const named =
    wave !== undefined ? { beforeBp: 0, wave } : before === undefined ? undefined : { beforeBp: beforeBpOf(before) }
  const isAsked = (one: Approval): boolean => one.wave === undefined || missedSinceMs(release, one) !== undefined
  const found = open.find((one) =>
    named === undefined ? answer === 'decline' || isAsked(one) : isSameApproval(one, named),
  )
  if (found !== undefined) return found
  const which = named === undefined ? ' now' : ` ${beforeWords(named)}`
  const waves = (release.service.waves ?? []).map(({ name }) => name)
  if (wave !== undefined && !waves.includes(wave))
    throw new Problem(
      'verb_not_now',
      `Release ${release.id} has no wave ${wave}${waves.length === 0 ? '' : `; its waves are ${waves.join(', ')}`}: ${answer} has no effect on it.`,
    )
  throw new Problem('verb_not_now', `Release ${release.id} needs no approval${which}: ${answer} has no effect on it.`)
}

/** @throws Problem `approval_refused` */
async function permitted(
  deps: Deps,
  release: Release,
  approval: Approval,
  { own, ...call }: ApproveCall & { readonly own: string | undefined },
): Promise<void> {
  const decision = await deps.policies.decide({
    principal: { kind: 'Person', id: personKey(call.by) },
    action: 'approve',
    service: release.service.name,
    context: {
      requesters: requestersOf(release),
      approvers: call.answer === 'approve' ? approversOf(release, approval).map(personKey) : [],
      fourEyes: approval.fourEyes && call.answer === 'approve',
      isNamed: approval.by === undefined || approval.by.map(personKey).includes(personKey(call.by)),
      reason: call.reason ?? '',
    },
    ...(own === undefined ? {} : { own }),
  })
  if (decision.allowed) return
  throw new Problem('approval_refused', `${call.by} may not ${call.answer} release ${release.id}: ${whyNot(decision)}`)
}

/** The reasons, in the words of the policies. */
export const whyNot = ({
  because,
  trouble,
}: {
  because: readonly { policy: string; says?: string }[]
  trouble: readonly string[]
}): string => [...because.map(({ policy, says }) => says ?? policy), ...trouble].join(' ')
