// A person approves or declines a release. The answer applies to this release and to the weight that the approval guards.
import * as z from 'zod'
import { personKey } from '../../core/caller.ts'
import { approversOf, requestersOf } from '../../core/gate/facts.ts'
import { type Approval, ApprovalPoint, beforeBpOf, beforeWords, withYes } from '../../core/service/gates.ts'
import { Problem } from '../../core/problem.ts'
import { isLive, isReturning, type Release } from '../../core/release/release.ts'
import { record } from '../steps/log.ts'
import { by, find, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'leases' | 'services' | 'policies' | 'log'>

export const ApproveCall = z.strictObject({
  ...which,
  by,
  answer: z.enum(['approve', 'decline']).default('approve'),
  before: ApprovalPoint.optional().describe(
    'Which approval, as in the definition; without it, the one that is missed first.',
  ),
  reason: reason.optional(),
})
type ApproveCall = z.output<typeof ApproveCall>

/** @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `service_missing`, `verb_not_now`, `approval_refused` */
export function approveHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(ApproveCall, event)
    const loaded = await find(deps, call)
    const { release } = loaded
    if (!isLive(release) || isReturning(release)) throw notNow(release, call.answer)
    const today = await deps.services.get(release.service.name)
    // Its one-way step is that of its own plan, whatever the definition says by now.
    const gates = withYes(today.gates, release.service.plan.oneWay)
    const approval = wanted(release, gates.approvals, call)
    await permitted(deps, release, approval, { ...call, own: gates.rules })
    const { beforeBp } = approval
    const after = await record(deps, loaded, (now) => {
      if (!isLive(now) || isReturning(now)) throw notNow(now, call.answer)
      const why = call.reason === undefined ? {} : { reason: call.reason }
      return { type: 'approved', atMs: deps.clock.nowMs(), beforeBp, by: call.by, answer: call.answer, ...why }
    })
    await wake(deps, after)
    return ordered(deps, after.release, call.answer, call.by)
  }
}

/** @throws Problem `verb_not_now` when the release needs no such approval */
function wanted(release: Release, approvals: readonly Approval[], { before, answer }: ApproveCall): Approval {
  const open = approvals
    .filter((approval) => approversOf(release, approval).length < approval.count)
    .toSorted((a, b) => a.beforeBp - b.beforeBp)
  const wantedBp = before === undefined ? undefined : beforeBpOf(before)
  const found = open.find(({ beforeBp }) => wantedBp === undefined || beforeBp === wantedBp)
  if (found !== undefined) return found
  const which = wantedBp === undefined ? '' : ` ${beforeWords(wantedBp)}`
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
