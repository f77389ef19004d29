// What a person may do with a release: pause, resume, promote, roll back, abort; and how a hook answers late. Rolling back
// moves the traffic here and now, before anybody else is told.
import * as z from 'zod'
import { issuesSentence, Problem } from '../core/problem.ts'
import { isLive, isReturning, isSettled, type Release } from '../core/release.ts'
import { ServiceName } from '../core/service.ts'
import { isUnderWay } from '../core/course.ts'
import { headOf } from '../core/head.ts'
import { HookAnswer, answerHook } from './hook.ts'
import { load, type Loaded, record } from './ledger.ts'
import { returnNow } from './return.ts'
import { wake } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'executions' | 'leases' | 'log'>

const by = z.string().min(1).max(200)
const reason = z.string().min(1).max(500)
const ReleaseId = z.string().regex(/^[a-z][a-z0-9-]{1,63}$/, 'not the id of a release')
/** A release by its id, or the live one of a service. */
const which = { releaseId: ReleaseId.optional(), service: ServiceName.optional() }

export const ControlCall = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('pause'), ...which, by, reason }),
  z.strictObject({ verb: z.literal('resume'), ...which, by }),
  z.strictObject({ verb: z.literal('promote'), ...which, by, reason }),
  z.strictObject({ verb: z.literal('rollBack'), ...which, by, reason }),
  z.strictObject({ verb: z.literal('abort'), ...which, by, reason }),
  z.strictObject({
    verb: z.literal('answer'),
    releaseId: ReleaseId,
    hook: z.string().min(1).max(100),
    result: HookAnswer.shape.result.exclude(['later']),
    message: HookAnswer.shape.message,
  }),
])
export type ControlCall = z.output<typeof ControlCall>

export function controlHandler(deps: Deps) {
  return async (
    event: unknown,
  ): Promise<{ readonly releaseId: string; readonly phase: string; readonly outcome?: string }> => {
    const parsed = ControlCall.safeParse(event)
    if (!parsed.success)
      throw new Problem('call_invalid', `The call is not valid: ${issuesSentence(parsed.error.issues)}.`)
    const call = parsed.data
    const loaded = await find(deps, call)
    const { release } = await obey(deps, loaded, call)
    const { releaseId, phase, outcome } = headOf(release)
    deps.log({ message: `control: ${call.verb}`, releaseId, phase, by: 'by' in call ? call.by : 'hook' })
    return { releaseId, phase, ...(outcome === undefined ? {} : { outcome }) }
  }
}

async function find(deps: Deps, call: ControlCall): Promise<Loaded> {
  if (call.releaseId !== undefined) return load(deps, call.releaseId)
  if (!('service' in call) || call.service === undefined) {
    throw new Problem('call_invalid', 'Name a release or a service.')
  }
  const holder = await deps.leases.holder(call.service)
  if (holder === undefined) throw new Problem('no_live_release', `No release of ${call.service} is live.`)
  return load(deps, holder)
}

async function obey(deps: Deps, loaded: Loaded, call: ControlCall): Promise<Loaded> {
  const { release } = loaded
  switch (call.verb) {
    case 'rollBack':
    case 'abort': {
      if (isSettled(release)) throw notNow(release, call.verb)
      const outcome = call.verb === 'abort' ? 'aborted' : 'rolledBack'
      return returnNow(deps, loaded, { by: call.by, reason: call.reason, outcome })
    }
    case 'answer': {
      const because = `hook: ${call.message ?? `answered ${call.result}`}`
      const after = await answerHook(deps, loaded, call.hook, call.result, because)
      if (after.release.seq === release.seq) throw notNow(release, call.verb)
      await wake(deps, after)
      return after
    }
    default: {
      const after = await steer(deps, loaded, call)
      await wake(deps, after)
      return after
    }
  }
}

type Steering = Extract<ControlCall, { verb: 'pause' | 'resume' | 'promote' }>

function steer(deps: Deps, loaded: Loaded, call: Steering): Promise<Loaded> {
  return record(deps, loaded, (release) => {
    const atMs = deps.clock.nowMs()
    const may = isLive(release) && !isReturning(release) && isUnderWay(release.state)
    switch (call.verb) {
      case 'pause':
        if (!may) throw notNow(release, call.verb)
        return release.paused === undefined ? { type: 'paused', atMs, by: call.by, reason: call.reason } : undefined
      case 'resume':
        if (!may || release.paused === undefined) throw notNow(release, call.verb)
        return { type: 'resumed', atMs, by: call.by }
      case 'promote':
        // A move under way is finished first: two intents at a time would leave nobody knowing what the alias should be.
        if (!may || (release.state.phase === 'shifting' && release.state.move !== undefined))
          throw notNow(release, call.verb)
        return { type: 'promoteOrdered', atMs, by: call.by, reason: call.reason }
    }
  })
}

const notNow = (release: Release, verb: string): Problem => {
  const paused = release.paused === undefined ? '' : ', paused'
  return new Problem(
    'verb_not_now',
    `Release ${release.id} is ${release.state.phase}${paused}: ${verb} has no effect on it now.`,
  )
}
