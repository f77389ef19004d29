// Sends a load to the candidate and to stable in turns, in the shadow. Production comes first: the shadow has environments of its
// own and takes nobody's, and the load ends by itself at the first call that is throttled, or where the account gets short.
import type { Load, ShadowConfig } from '../core/shadow/config.ts'
import type { Answer } from '../core/shadow/features.ts'
import * as z from 'zod'
import { type Block, blockMs, blockOf, longest, planOf, roomOf } from '../core/shadow/load.ts'
import { minuteMs } from '../core/time.ts'
import type { ShadowPorts } from './ports.ts'

const amount = z.number().min(0)
const BlockState = z.object({
  ...{ calls: amount, errors: amount, late: amount, p50: amount, p95: amount, p99: amount },
})
/** What goes from run to run: numbers alone, and no event. */
export const LoadState = z.object({
  plan: z.object({ perSecond: z.number().positive(), callsOfBlock: z.int().min(1), pairs: z.int().min(1) }),
  reserved: z.int().min(1),
  made: z.object({ candidate: z.string(), stable: z.string() }).describe('Versions of the shadow.'),
  fromMs: amount,
  isWarm: z.boolean(),
  pairs: z.array(z.object({ candidate: BlockState, stable: BlockState })).max(1000),
  unanswered: amount,
})
export type LoadState = z.output<typeof LoadState>

/** @returns a sentence if no such load can be made, or not now */
export async function beginLoad(
  { shadows, production, nowMs }: ShadowPorts,
  { shadow, load }: { readonly shadow: string; readonly load: Load },
  { functionName, alias, made, beforeMs }: Begin,
): Promise<LoadState | string> {
  const reserved = await shadows.reserved(shadow)
  const plan = planOf(load, await production.busiestMinute(functionName, alias), reserved)
  if (typeof plan === 'string') return plan
  const neededMs = longest * load.minutes * minuteMs
  if (nowMs() + neededMs > beforeMs)
    return `the load may take ${neededMs / minuteMs} minutes, and the timeout of the hook is before: raise it`
  return { plan, reserved: reserved ?? 0, made, fromMs: nowMs(), isWarm: false, pairs: [], unanswered: 0 }
}
type Begin = {
  readonly functionName: string
  readonly alias: string
  readonly made: LoadState['made']
  readonly beforeMs: number
}

/** Why there must be no load now, or not any more. */
export async function whyNot(
  { production }: ShadowPorts,
  { accountShare }: Load,
  functionName: string,
): Promise<string | undefined> {
  const { claimed, throttles } = await production.look(functionName)
  if (throttles > 0) return `production is throttled, at ${throttles} calls in the last minutes`
  if (claimed === undefined) return 'CloudWatch does not say how much of the concurrency of the account is claimed'
  if (claimed <= accountShare) return undefined
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  return `${percent(claimed)} of the concurrency of the account is claimed, and \`load.accountShare\` is ${percent(accountShare)}`
}

type Step = { readonly state: LoadState; readonly stopped?: string }

/** One pair of blocks; before the first one both versions are warmed by a block that does not count. */
export async function nextPair(
  ports: ShadowPorts,
  { shadow }: Pick<ShadowConfig, 'shadow'>,
  state: LoadState,
  events: readonly unknown[],
): Promise<Step> {
  const sides = ports.random() < 0.5 ? (['candidate', 'stable'] as const) : (['stable', 'candidate'] as const)
  const found: Partial<Record<(typeof sides)[number], Block>> = {}
  let unanswered = 0
  for (const side of sides) {
    // The same events for both.
    const from = state.pairs.length * state.plan.callsOfBlock
    const sent = await block(ports, { shadow, version: state.made[side], from, events, state })
    if (sent === 'throttled' || sent === 'endless') return { state, stopped: stops[sent](state.reserved, side) }
    found[side] = sent.block
    unanswered += sent.unanswered
  }
  const { candidate, stable } = found
  if (!state.isWarm || candidate === undefined || stable === undefined) return { state: { ...state, isWarm: true } }
  return {
    state: { ...state, pairs: [...state.pairs, { candidate, stable }], unanswered: state.unanswered + unanswered },
  }
}

const stops = {
  throttled: (reserved: number) =>
    `the shadow was throttled with its ${reserved} environments, and the load ended at once`,
  endless: (_: number, side: string) => `calls to ${side} did not end within a minute, and the load ended`,
}

type Sending = {
  readonly shadow: string
  readonly version: string
  readonly from: number
  readonly events: readonly unknown[]
  readonly state: LoadState
}

/** A call that begins later than that was not sent in time. */
const lateMs = 50
/** What takes longer to end would be under way in the next block too. */
const endMs = 60_000
/** That a pair of blocks may take. */
export const pairMsMax = 2 * (2 * blockMs + endMs)

/**
 * Sends each call when it is due, whatever the ones before do, and measures from then: otherwise a version that is slow would get
 * less to do, and look faster than it is. Ends when all calls have ended, so that the next block begins with nothing under way.
 */
async function block(ports: ShadowPorts, sending: Sending): Promise<Sent> {
  const { nowMs, rest, shadows } = ports
  const { shadow, version, from, events, state } = sending
  const { plan, reserved } = state
  const fromMs = nowMs()
  const underWay = new Set<Promise<void>>()
  const times: number[] = []
  let [errors, late, unanswered, isThrottled] = [0, 0, 0, false]
  const heard = (answer: Answer | 'throttled' | undefined, waitedMs: number): void => {
    if (answer === 'throttled') isThrottled = true
    else if (answer === undefined) unanswered++
    else {
      times.push(answer.ms + waitedMs)
      if (answer.kind === 'error') errors++
    }
  }
  // TypeScript does not see that calls under way change it.
  const isOver = (): boolean => isThrottled
  for (let nth = 0; nth < plan.callsOfBlock; nth++) {
    const dueMs = fromMs + (nth * 1000) / plan.perSecond
    if (nowMs() < dueMs) await rest(dueMs - nowMs())
    const lastMs = fromMs + 2 * blockMs
    while (underWay.size >= roomOf(reserved) && nowMs() < lastMs) await Promise.race([...underWay, rest(1000)])
    if (isOver()) break
    const waitedMs = Math.max(0, nowMs() - dueMs)
    if (waitedMs > lateMs) late++
    if (underWay.size >= roomOf(reserved)) {
      times.push(waitedMs)
      continue
    }
    const call: Promise<void> = shadows
      .invoke(shadow, version, events[(from + nth) % events.length])
      .then((answer) => heard(answer, waitedMs))
      .finally(() => underWay.delete(call))
    underWay.add(call)
  }
  const untilMs = nowMs() + endMs
  while (underWay.size > 0 && nowMs() < untilMs) await Promise.race([...underWay, rest(1000)])
  if (isOver()) return 'throttled'
  if (underWay.size > 0) return 'endless'
  const leftMs = fromMs + blockMs - nowMs()
  if (leftMs > 0) await rest(leftMs)
  return { block: blockOf(times, errors, late), unanswered }
}
type Sent = { readonly block: Block; readonly unanswered: number } | 'throttled' | 'endless'
