// Whether the candidate carries a load as stable does. They get it in turns, in blocks of some seconds: one block of each is a
// pair, and chance says which of the two comes first. So what is behind them is loaded by one version at a time, and a slow
// neighbour meets either. If the versions are equal, each is the slower one of a pair with the same probability. Where one
// stands out in `m` pairs, the candidate does in a Binomial(m, 1 / 2) number, whatever else changes with time. It is the test of
// compare.ts, with one copy of stable.
import { judged, leastOf, type Slower, type Tallies } from './compare.ts'
import { type Load, pairsAMinute } from './config.ts'
import { visibleShare, type Versions } from './verdict.ts'

export const blockMs = 60_000 / pairsAMinute / 2
/** Below that a block says nothing of a load. */
const callsOfBlockMin = 5

/** What came of the calls to one version in one block. Times are from when a call was due, so one that had to wait counts. */
export type Block = {
  readonly calls: number
  readonly errors: number
  /** Calls that could not be sent when they were due. */
  readonly late: number
  /** In ms. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
}
type Pair = { readonly candidate: Block; readonly stable: Block }

type LoadPlan = { readonly perSecond: number; readonly callsOfBlock: number; readonly pairs: number }

/**
 * @param perMinute of the alias in its busiest minute
 * @param reserved reserved concurrency of the shadow
 * @returns a sentence if such a load cannot be made
 */
export function planOf(
  { times, minutes, calls: callsMax, concurrency }: Load,
  perMinute: number | undefined,
  reserved: number | undefined,
): LoadPlan | string {
  if (reserved === undefined || reserved < concurrency)
    return `its shadow reserves ${reserved ?? 'no'} environments, and \`load.concurrency\` is ${concurrency}: without them a load could take those of other functions`
  if (perMinute === undefined) return 'CloudWatch has no invocations of the last 24 hours to take a multiple of'
  const perSecond = (perMinute / 60) * times
  const callsOfBlock = Math.round((perSecond * blockMs) / 1000)
  const pairs = minutes * pairsAMinute
  const calls = 2 * (pairs + 1) * callsOfBlock
  const load = `${timesWords(times)} the traffic is ${rateWords(perSecond)}`
  if (callsOfBlock < callsOfBlockMin) return `${load}, which is no load: raise \`load.times\`, or leave \`load\` out`
  if (calls > callsMax) return `${load}: ${calls} calls, and \`load.calls\` allows ${callsMax}`
  // Lambda takes ten requests a second for each unit of concurrency, however short they are (docs/aws.md §20).
  if (perSecond > roomOf(reserved) * 10)
    return `${load}, and ${reserved} environments take ${roomOf(reserved) * 10} at most: raise \`load.concurrency\``
  return { perSecond, callsOfBlock, pairs }
}

/** How many calls may be under way: an environment is not free in the moment in which its answer is here. */
export const roomOf = (reserved: number): number => Math.floor(reserved * 0.9)

const ascending = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b)
/** The nearest rank, so it is a value that was there, as a whole number. */
const percentileOf = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0)

export function blockOf(times: readonly number[], errors: number, late: number): Block {
  const sorted = ascending(times)
  const at = (share: number): number => percentileOf(sorted, share)
  return { calls: times.length, errors, late, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

export const timesWords = (times: number): string => (times === 2 ? 'twice' : `${times} times`)
const rateWords = (perSecond: number): string =>
  perSecond === 1 ? '1 call a second' : `${Number(perSecond.toPrecision(3))} calls a second`

const percentiles = ['p50', 'p95', 'p99'] as const

function talliesOf(pairs: readonly Pair[], slower: Slower): Tallies {
  const tallies = new Map<string, { one: number; candidate: number }>()
  const note = (key: string, [candidate, stable]: readonly [number, number], isMore: More): void => {
    const [isIt, isOther] = [isMore(candidate, stable), isMore(stable, candidate)]
    if (!isIt && !isOther) return
    const { one, candidate: of } = tallies.get(key) ?? { one: 0, candidate: 0 }
    tallies.set(key, { one: one + 1, candidate: of + (isIt ? 1 : 0) })
  }
  const isSlower: More = (a, b) => a > Math.max(b * slower.factor, b + slower.atLeastMs)
  for (const { candidate, stable } of pairs) {
    // Both blocks of a pair are sent as many calls.
    note('errors', [candidate.errors, stable.errors], (a, b) => a > b)
    for (const one of percentiles) note(one, [candidate[one], stable[one]], isSlower)
  }
  return tallies
}
type More = (a: number, b: number) => boolean

type Loaded = {
  readonly plan: LoadPlan
  readonly pairs: readonly Pair[]
  /** Calls of which nobody knows what came of them. */
  readonly unanswered: number
}
type LoadVerdict = { readonly result: 'pass' | 'fail' | 'unknown'; readonly message: string }

/** For a function with `slower: off`. */
const usual: Slower = { factor: 1.5, atLeastMs: 20 }

/** How long a load with calls that are slow to end goes on, in multiples of its minutes. */
export const longest = 3

export function loadVerdictOf(
  { functionName, stable, candidate }: Versions,
  { plan, pairs, unanswered }: Loaded,
  { times }: Load,
  slower: Slower | undefined = usual,
): LoadVerdict {
  const unknown = (message: string): LoadVerdict => ({ result: 'unknown', message: `${functionName}: ${message}` })
  const sum = (of: (pair: Pair) => number): number => pairs.reduce((all, pair) => all + of(pair), 0)
  const calls = sum((pair) => pair.stable.calls)
  const late = sum((pair) => pair.stable.late)
  const load = `${timesWords(times)} the traffic (${rateWords(plan.perSecond)})`
  if (late * 20 > calls)
    return unknown(
      `at ${load} ${late} of ${calls} calls to version ${stable} could not be sent in time: raise \`load.concurrency\`, or lower \`load.times\``,
    )
  if (sum((pair) => pair.stable.errors) * 2 > calls) return unknown(`version ${stable} itself fails at ${load}`)
  if (unanswered * 20 > 2 * calls) return unknown(`at ${load} nobody knows what came of ${unanswered} calls`)
  const { differences } = judged(talliesOf(pairs, slower), 1)
  const found = new Set(differences.map(({ kind }) => kind))
  const worse = [
    ...(found.has('errors')
      ? [
          `it fails ${sum((pair) => pair.candidate.errors)} of ${calls} calls against ${sum((pair) => pair.stable.errors)}`,
        ]
      : []),
    ...percentiles.filter((one) => found.has(one)).map((one) => `its ${one} is ${timesOf(pairs, one)}`),
  ]
  if (worse.length > 0)
    return {
      result: 'fail',
      message: `${functionName}: version ${candidate} does not carry ${load} as version ${stable} does: ${worse.join('; ')}`,
    }
  const share = visibleShare(pairs.length, leastOf(percentiles.length + 1, 1))
  if (share === undefined)
    return unknown(
      `after ${longest} times its minutes the load came to ${pairs.length} of ${plan.pairs} pairs of blocks`,
    )
  return {
    result: 'pass',
    message: `${functionName}: version ${candidate} carries ${load} as version ${stable} does: its p95 is ${timesOf(pairs, 'p95')}; what is slower in ${share} % of the blocks would have been seen`,
  }
}

/** The median of the blocks, of the candidate and of stable. */
function timesOf(pairs: readonly Pair[], percentile: (typeof percentiles)[number]): string {
  const middle = (of: (pair: Pair) => Block): number =>
    percentileOf(ascending(pairs.map((pair) => of(pair)[percentile])), 0.5)
  return `${middle(({ candidate }) => candidate)} ms against ${middle(({ stable }) => stable)} ms`
}
