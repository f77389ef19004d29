// Tries the candidate in its shadow with what stable was asked, beside copies of stable.
import { Problem } from '../core/problem.ts'
import type { ShadowConfig } from '../core/shadow/config.ts'
import { dayMs, minuteMs, minuteWords } from '../core/time.ts'
import type { Answer } from '../core/shadow/features.ts'
import { parsePath } from '../core/shadow/path.ts'
import { readSample, type Sample } from '../core/shadow/sample.ts'
import {
  nothingTried,
  type ShadowVerdict,
  type Tried,
  verdictOf,
  type Versions,
  withEvent,
} from '../core/shadow/verdict.ts'
import type { ShadowPorts } from './ports.ts'

/** Time for what is under way, to delete the copies, and to answer. */
export const spareMs = 60_000

export type Said = Pick<ShadowVerdict, 'result' | 'message'>
type Watched = {
  readonly leftMs: () => number
  /** Hears how far it is. @returns whether somebody still waits for it */
  readonly progress?: (words: string) => Promise<boolean>
}
/** The copies of the candidate and of stable, which stay for a load. */
export type Made = { readonly candidate: string; readonly stable: string }

/** @param keeps whether copies stay after a pass */
export async function compared(
  ports: ShadowPorts,
  config: ShadowConfig,
  versions: Versions & { readonly alias: string },
  watched: Watched,
  keeps: (said: Said) => boolean = () => false,
): Promise<{ readonly said: Said; readonly kept?: Made }> {
  const { functionName } = versions
  const { shadow, copies } = config
  let made: string[] = []
  try {
    const { usable, unusable, newestMs } = await samplesOf(ports, config, functionName)
    const asked = { least: config.samples.least, copies, unusable }
    // Nothing is published for what would not be enough anyway.
    if (usable.length < asked.least) {
      const waits = await waitsWords(ports, versions, newestMs)
      return { said: verdictOf(versions, { ...nothingTried, events: usable.length }, { ...asked, waits }) }
    }
    // Copies take seconds each, and until they are there nothing else can be told.
    await watched.progress?.(`${comparedWords(functionName, 0, usable.length)}; the copies are made first`)
    await ports.shadows.clear(shadow)
    for (let copy = 0; copy <= copies; copy++) {
      const version = copy === 0 ? versions.candidate : versions.stable
      made.push(await ports.shadows.make({ functionName, version, shadow, copy }))
    }
    const run = { usable, made, unusable, functionName, watched }
    const said = withVariety(verdictOf(versions, await tried(ports, config, run), asked), usable)
    const [candidate, stable, ...others] = made
    if (candidate === undefined || stable === undefined || !keeps(said)) return { said }
    made = others
    return { said, kept: { candidate, stable } }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { said: { result: 'unknown', message: `${functionName}: the shadow did not come about: ${error.message}` } }
  } finally {
    for (const version of made) await ports.shadows.remove(shadow, version)
  }
}

const comparedWords = (functionName: string, done: number, of: number): string =>
  `${functionName}: ${done} of ${of} events compared`

/** Why there are not enough samples: whether customers call, and since when nothing was kept. */
async function waitsWords(
  { production, nowMs }: ShadowPorts,
  { functionName, alias }: { readonly functionName: string; readonly alias: string },
  newestMs: number | undefined,
): Promise<string> {
  // The minute of the sample has its own call.
  const fromMs = newestMs === undefined ? nowMs() - dayMs : (Math.floor(newestMs / minuteMs) + 1) * minuteMs
  const calls = fromMs < nowMs() ? await callsSince(production, functionName, alias, fromMs) : undefined
  const since = newestMs === undefined ? 'in the last 24 hours' : 'since then'
  const kept = newestMs === undefined ? 'no sample is kept' : `the last sample is of ${minuteWords(newestMs)}`
  if (calls === undefined) return kept
  const called = `the alias had ${calls === 0 ? 'no call' : calls === 1 ? '1 call' : `${calls} calls`} ${since}`
  const hint = newestMs === undefined && calls > 0 ? ': sampling does not work, or keeps a small share' : ''
  return `${kept}, and ${called}${hint}`
}

/** Nothing where nobody may tell: a hook that was installed before it could ask has no right to. */
async function callsSince(
  production: ShadowPorts['production'],
  functionName: string,
  alias: string,
  fromMs: number,
): Promise<number | undefined> {
  try {
    return await production.calls(functionName, alias, fromMs)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return undefined
  }
}

/** A pass of one event, many times over, says little: so it says that it is one. */
function withVariety({ result, message }: Said, usable: readonly Sample[]): Said {
  const isOne = new Set(usable.map(({ event }) => JSON.stringify(event))).size === 1
  if (result !== 'pass' || !isOne) return { result, message }
  return { result, message: `${message}; all events are the same: is all of them redacted?` }
}

type Samples = {
  readonly usable: readonly Sample[]
  readonly unusable: Map<string, number>
  /** Of all that are there, also those that cannot be used. */
  readonly newestMs: number | undefined
}

/** The newest of those that can be used. */
export async function samplesOf(
  { samples, nowMs }: ShadowPorts,
  { samples: { most } }: ShadowConfig,
  name: string,
): Promise<Samples> {
  const unusable = new Map<string, number>()
  const atOf = (item: unknown): number => Number((item as { readonly atMs?: unknown } | null)?.atMs)
  const newest = [...(await samples.read(name))].sort((a, b) => atOf(b) - atOf(a) || 0)
  const read = newest.map((item) => readSample(item, name, nowMs()))
  for (const one of read) if (typeof one === 'string') unusable.set(one, (unusable.get(one) ?? 0) + 1)
  const times = newest.map(atOf).filter((atMs) => atMs > 0 && atMs <= nowMs())
  return {
    usable: read.filter((one) => typeof one !== 'string').slice(0, most),
    unusable,
    newestMs: times.length === 0 ? undefined : Math.max(...times),
  }
}

type Run = Omit<Samples, 'newestMs'> & {
  readonly made: readonly string[]
  readonly functionName: string
  readonly watched: Watched
}

/** Each event goes to all versions at once, and to which first is chance: so none of them is always asked of a cold cache. */
async function tried(ports: ShadowPorts, config: ShadowConfig, run: Run): Promise<Tried> {
  const { usable, made, unusable, functionName, watched } = run
  const { shadow, slower, ignore, concurrency } = config
  const rules = { ignored: ignore.map(parsePath), slower: slower === 'off' ? undefined : slower }
  let so = nothingTried
  const note = (why: string): void => void unusable.set(why, (unusable.get(why) ?? 0) + 1)
  const queue = [...usable]
  const work = async (): Promise<void> => {
    for (let sample = queue.pop(); sample !== undefined; sample = queue.pop()) {
      const { event } = sample
      if (watched.leftMs() < spareMs) {
        note('not tried for want of time')
        continue
      }
      const answers = await inAnyOrder(made, ports.random, (version) => ports.shadows.invoke(shadow, version, event))
      const all = answers.filter((one) => one !== undefined && one !== 'throttled')
      if (all.length === made.length)
        so = withEvent(so, all as readonly Answer[] as readonly [Answer, ...Answer[]], rules)
      else note('not called')
      const words = comparedWords(functionName, usable.length - queue.length, usable.length)
      if (watched.progress !== undefined && !(await watched.progress(words))) queue.length = 0
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return so
}

/** Begins in a random order. @returns in the order of `list` */
async function inAnyOrder<T, R>(list: readonly T[], random: () => number, start: (one: T) => Promise<R>): Promise<R[]> {
  const order = list.map((one, index) => ({ one, index, at: random() })).sort((a, b) => a.at - b.at)
  const begun = order.map(async ({ one, index }) => ({ index, answer: await start(one) }))
  return (await Promise.all(begun)).sort((a, b) => a.index - b.index).map(({ answer }) => answer)
}
