// The hook: tries the candidate of each target in its shadow, and answers what came of it. Where the controller calls, it answers
// `later`, works in runs and says how far it is (runs.ts). Where it cannot do that and no load is asked for, it compares within
// the call, and ends in time with what it has.
import { own } from '../core/own.ts'
import { readInput } from '../core/problem.ts'
import type { ShadowConfigs } from '../core/shadow/config.ts'
import { type Call, CallOfHook, changedOf, type Reply, replyOf, unshadowed } from './call.ts'
import { compared, type Said } from './compare.ts'
import type { ShadowPorts } from './ports.ts'
import { firstRun, isRun, nextRun } from './runs.ts'

type Invocation = { getRemainingTimeInMillis(): number }

export function shadowHook(ports: ShadowPorts, configs: ShadowConfigs) {
  return async (event: unknown, context: Invocation): Promise<Reply | undefined> => {
    const leftMs = (): number => context.getRemainingTimeInMillis()
    if (isRun(event)) return nextRun(ports, configs, event, leftMs)
    const call = readInput(CallOfHook, event, 'call_invalid', 'The call of the hook')
    const hasLoad = changedOf(call).some((target) => own(configs, target.function)?.load !== undefined)
    const first = changedOf(call).length === 0 ? undefined : await firstRun(ports, call)
    if (first !== undefined && (hasLoad || first.result === 'later')) return first
    return comparedAll(ports, configs, call, leftMs)
  }
}

async function comparedAll(
  ports: ShadowPorts,
  configs: ShadowConfigs,
  call: Call,
  leftMs: () => number,
): Promise<Reply> {
  const verdicts: Said[] = []
  for (const { function: functionName, alias, stable, candidate } of changedOf(call)) {
    const config = own(configs, functionName)
    verdicts.push(
      config === undefined
        ? unshadowed(functionName)
        : (await compared(ports, config, { functionName, alias, stable, candidate }, { leftMs })).said,
    )
  }
  return replyOf(verdicts)
}
