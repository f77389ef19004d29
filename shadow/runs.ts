// A hook that somebody waits for: it answers `later`, hands itself the call, and works in runs. Each run says how far it
// is, and hands what it knows on to the next one before its time is over. Where nobody waits any more, as after an abort, it
// ends.
import * as z from 'zod'
import { own } from '../core/own.ts'
import { Problem, readInput } from '../core/problem.ts'
import type { ShadowConfig, ShadowConfigs } from '../core/shadow/config.ts'
import { loadVerdictOf, longest, timesWords } from '../core/shadow/load.ts'
import { minuteMs, minuteWords } from '../core/time.ts'
import { type Call, CallOfHook, changedOf, type Reply, replyOf, unshadowed } from './call.ts'
import { compared, type Made, type Said, samplesOf, spareMs } from './compare.ts'
import { beginLoad, LoadState, nextPair, pairMsMax, whyNot } from './load.ts'
import type { Asker, ShadowPorts } from './ports.ts'

const Run = z.object({
  call: CallOfHook.required({ release: true, hook: true, answer: true }),
  run: z.int().min(1).max(100),
  done: z.array(z.object({ result: z.enum(['pass', 'fail', 'unknown']), message: z.string() })).max(100),
  load: LoadState.optional(),
})
type Run = z.output<typeof Run>

export const isRun = (event: unknown): boolean => typeof event === 'object' && event !== null && 'run' in event

/** Lambda ends a chain of about 16 calls of a function by itself (docs/aws.md §1.11). */
const runsMax = 14
/** A comparison that has less time begins in the next run. */
const comparisonMs = 5 * minuteMs
/** The controller keeps what is said once a minute; an abort is noticed by it too. */
const sayEveryMs = 15_000

/** @returns `unknown` where the hook cannot work beside the call: nobody says who waits, or it may not call itself */
export async function firstRun(ports: ShadowPorts, call: Call): Promise<Reply> {
  const first = Run.safeParse({ call, run: 1, done: [] })
  if (!first.success)
    return { result: 'unknown', message: 'a load needs a call by Tidegate, which says who waits for it' }
  try {
    await ports.runs.handOn(first.data)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { result: 'unknown', message: `the hook could not go on by itself: ${error.message}` }
  }
  return { result: 'later', message: 'the comparison begins' }
}

/** What came of a target in this run. */
type Came = { readonly said: Said } | { readonly isOver: true } | { readonly goesOn: LoadState | undefined }

type At = {
  readonly ports: ShadowPorts
  readonly asker: Asker
  readonly leftMs: () => number
  readonly beforeMs: number
}
type Target = Call['targets'][number]

export async function nextRun(
  ports: ShadowPorts,
  configs: ShadowConfigs,
  event: unknown,
  leftMs: () => number,
): Promise<undefined> {
  const run = readInput(Run, event, 'call_invalid', 'The call of the hook')
  const { release, hook, answer } = run.call
  const at: At = { ports, asker: { release, hook, answer }, leftMs, beforeMs: Date.parse(answer.before) }
  try {
    const verdicts = await verdictsOf(at, configs, run)
    if (verdicts === undefined) return
    const { result, message } = replyOf(verdicts)
    await ports.runs.tell(at.asker, result, message)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    await ports.runs.tell(at.asker, 'unknown', `the hook could not go on: ${error.message}`)
  }
}

/** @returns nothing if there is nobody to answer, or not yet anything */
async function verdictsOf(
  at: At,
  configs: ShadowConfigs,
  { call, done, run: nth, load: handed }: Run,
): Promise<readonly Said[] | undefined> {
  const { ports, leftMs } = at
  const verdicts: Said[] = [...done]
  let load = handed
  for (const target of changedOf(call).slice(done.length)) {
    const config = own(configs, target.function)
    const claim = { functionName: target.function, owner: `${call.release} ${call.hook}`, run: nth }
    const claimed =
      config === undefined ? 'ours' : await ports.runs.claim({ ...claim, untilMs: ports.nowMs() + leftMs() + minuteMs })
    // Lambda delivers an event twice at times, and a load must not be doubled.
    if (claimed === 'done') return undefined
    const came =
      config === undefined
        ? { said: unshadowed(target.function) }
        : claimed === 'ours'
          ? await tryTarget({ ...at, isLost: verdicts.some(({ result }) => result !== 'pass') }, config, target, load)
          : { said: taken(target.function, claimed.untilMs) }
    load = undefined
    if ('goesOn' in came) {
      if (nth < runsMax) {
        const { goesOn } = came
        await ports.runs.handOn({ call, run: nth + 1, done: verdicts, ...(goesOn && { load: goesOn }) } satisfies Run)
        return undefined
      }
      verdicts.push({ result: 'unknown', message: `${target.function}: more than ${runsMax} runs would be needed` })
      await removed(ports, config, came.goesOn?.made)
    }
    if (config !== undefined && claimed === 'ours') await ports.runs.free({ ...claim, untilMs: 0 })
    if ('isOver' in came) return undefined
    if ('said' in came) verdicts.push(came.said)
  }
  return verdicts
}

const taken = (functionName: string, untilMs: number): Said => ({
  result: 'unknown',
  message: `${functionName}: another release tries versions in its shadow, until ${minuteWords(untilMs)} at most`,
})

async function tryTarget(
  at: At & { readonly isLost: boolean },
  config: ShadowConfig,
  target: Target,
  load: LoadState | undefined,
): Promise<Came> {
  if (load !== undefined) return underLoad(at, config, target, load)
  const { ports, asker, leftMs } = at
  const { function: functionName, stable, candidate } = target
  const { shadow, load: wanted } = config
  if (leftMs() < comparisonMs) return { goesOn: undefined }
  let [saidMs, isAwaited] = [-Infinity, true]
  const progress = async (words: string): Promise<boolean> => {
    if (!isAwaited || ports.nowMs() < saidMs + sayEveryMs) return isAwaited
    saidMs = ports.nowMs()
    isAwaited = await ports.runs.tell(asker, 'later', words)
    return isAwaited
  }
  // Nothing is loaded for a release that does not go on anyway.
  const keeps = ({ result }: Said): boolean => result === 'pass' && wanted !== undefined && !at.isLost && isAwaited
  const versions = { functionName, alias: target.alias, stable, candidate }
  const { said, kept } = await compared(ports, config, versions, { leftMs, progress }, keeps)
  if (!isAwaited) return { isOver: true }
  if (kept === undefined || wanted === undefined) return { said }
  const begun = await guarded(functionName, () =>
    beginLoad(ports, { shadow, load: wanted }, { ...at, ...target, functionName, made: kept }),
  )
  if ('said' in begun) await removed(ports, config, kept)
  return 'said' in begun ? begun : underLoad(at, config, target, begun)
}

/** A problem on the way is no verdict on the version. */
async function guarded<T extends object>(
  functionName: string,
  work: () => Promise<T | string>,
): Promise<T | { readonly said: Said }> {
  const unknown = (words: string) => ({
    said: { result: 'unknown' as const, message: `${functionName}: the load says nothing: ${words}` },
  })
  try {
    const came = await work()
    return typeof came === 'string' ? unknown(came) : came
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return unknown(error.message)
  }
}

async function removed(ports: ShadowPorts, config: ShadowConfig | undefined, made: Made | undefined): Promise<void> {
  if (config === undefined || made === undefined) return
  for (const version of [made.candidate, made.stable]) await ports.shadows.remove(config.shadow, version)
}

async function underLoad(at: At, config: ShadowConfig, target: Target, from: LoadState): Promise<Came> {
  const came = await guarded<Came>(target.function, () => pairsUntil(at, config, target, from))
  if (!('goesOn' in came)) await removed(at.ports, config, from.made)
  return came
}

async function pairsUntil(
  { ports, asker, leftMs }: At,
  config: ShadowConfig,
  { function: functionName, stable, candidate }: Target,
  from: LoadState,
): Promise<Came | string> {
  const { load, slower } = config
  if (load === undefined) return 'the definition has none any more'
  const { usable } = await samplesOf(ports, config, functionName)
  if (usable.length === 0) return 'no sample is left'
  const events = usable.map(({ event }) => event)
  let state = from
  const endsMs = from.fromMs + longest * load.minutes * minuteMs
  while (state.pairs.length < state.plan.pairs && ports.nowMs() < endsMs) {
    if (leftMs() < pairMsMax + spareMs) return { goesOn: state }
    const minute = Math.floor((state.pairs.length / state.plan.pairs) * load.minutes) + 1
    const where = `minute ${minute} of ${load.minutes} at ${timesWords(load.times)} the traffic`
    if (!(await ports.runs.tell(asker, 'later', `${functionName}: ${where}`))) return { isOver: true }
    const why = await whyNot(ports, load, functionName)
    if (why !== undefined) return `${where}: ${why}`
    const step = await nextPair(ports, config, state, events)
    if (step.stopped !== undefined) return `${where}: ${step.stopped}`
    state = step.state
  }
  const { plan, pairs, unanswered } = state
  const versions = { functionName, stable, candidate }
  return { said: loadVerdictOf(versions, { plan, pairs, unanswered }, load, slower === 'off' ? undefined : slower) }
}
