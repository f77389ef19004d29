// Whether the candidate answers differently than stable does from itself. Each event goes to the candidate and to two copies of
// stable or more, in random order, each copy with environments of its own. If the versions are equal, all of them are
// exchangeable: where exactly one stands out from all others, it is each of them with the same probability. So of `m` events in
// which one stands out, the candidate does in a Binomial(m, 1 / copies) number, whatever the noise is: timestamps, ids, random
// orders, rare values. That is an exact test (a sign test by exchangeability: Lehmann and Romano, Testing Statistical Hypotheses,
// chapter 15). All tests of a run together err with probability `alpha` at most, by Bonferroni without those that could not
// reach significance anyway (Tarone, A modified Bonferroni method for discrete data, Biometrics 46, 1990).
import { logRising, logSum } from '../verdict/processes/log-space.ts'
import { type Answer, featuresOf } from './features.ts'
import type { Path } from './path.ts'

/** For all differences of one run together, when the versions are equal. */
const alpha = 1e-5

/** In how many events exactly one stood out, and in how many of those it was the candidate. */
type Tally = {
  readonly one: number
  readonly candidate: number
  /** What the candidate said last, where that is nobody's data: a status, an error's type, an action. */
  readonly said?: string | undefined
}
/** By kind and path, as `missing /body/total`. */
export type Tallies = ReadonlyMap<string, Tally>

export type Slower = { readonly factor: number; readonly atLeastMs: number }

/** More are not looked at. */
const talliesMax = 5000
const sayable = new Set(['refused', 'outcome', 'status'])

/** @returns the tallies with one more event: what the candidate answered, and each copy of stable */
export function tallied(
  tallies: Tallies,
  [candidate, ...stable]: readonly [Answer, ...Answer[]],
  { ignored, slower }: { readonly ignored: readonly Path[]; readonly slower: Slower | undefined },
): Tallies {
  const next = new Map(tallies)
  const note = (key: string, index: number | undefined, text?: string): void => {
    if (index === undefined || (!next.has(key) && next.size >= talliesMax)) return
    const { one, candidate: of, said } = next.get(key) ?? { one: 0, candidate: 0 }
    const isIt = index === 0
    next.set(key, { one: one + 1, candidate: of + (isIt ? 1 : 0), said: isIt && sayable.has(key) ? text : said })
  }
  const answers = [candidate, ...stable]
  const features = answers.map((answer) => featuresOf(answer, ignored))
  for (const key of new Set(features.flatMap(({ there }) => [...there]))) {
    const are = features.map(({ there }) => (there.has(key) ? 1 : 0))
    const index = oddOne(are)
    note(`${index !== undefined && are[index] === 1 ? 'new' : 'missing'} ${key}`, index)
  }
  // A feature that one does not have has been seen above.
  for (const key of shared(features.map(({ texts }) => texts)))
    note(key, oddOne(features.map(({ texts }) => texts.get(key))), features[0]?.texts.get(key))
  for (const key of shared(features.map(({ numbers }) => numbers))) {
    const values = features.map(({ numbers }) => numbers.get(key) ?? 0)
    note(`higher ${key}`, largest(values))
    note(`lower ${key}`, largest(values.map((value) => -value)))
  }
  if (slower !== undefined) {
    const times = answers.map(({ ms }) => ms)
    note(
      'slower',
      largest(times, (first, second) => first > Math.max(second * slower.factor, second + slower.atLeastMs)),
    )
  }
  return next
}

function shared(maps: readonly ReadonlyMap<string, unknown>[]): readonly string[] {
  const [first, ...others] = maps
  return [...(first?.keys() ?? [])].filter((key) => others.every((one) => one.has(key)))
}

/** Which one differs from all others, which are alike. */
function oddOne(values: readonly unknown[]): number | undefined {
  const odd = values.flatMap((value, index) => (values.filter((one) => one === value).length === 1 ? [index] : []))
  const others = new Set(values).size
  return odd.length === 1 && others === 2 ? odd[0] : undefined
}

/** Which one is larger than all others. */
function largest(values: readonly number[], isMore = (a: number, b: number) => a > b): number | undefined {
  const top = values.indexOf(Math.max(...values))
  const second = Math.max(...values.filter((_, index) => index !== top))
  return isMore(values[top] ?? 0, second) ? top : undefined
}

export type Difference = {
  readonly kind: string
  readonly path: string
  readonly events: number
  readonly said?: string
}

/** How many events it takes for one of `tests` differences. */
export const leastOf = (tests: number, copies: number): number =>
  Math.ceil(Math.log(alpha / tests) / Math.log(1 / (copies + 1)))

/** The differences that are no noise, and how many events one has to be seen in. */
export function judged(
  tallies: Tallies,
  copies: number,
): { readonly differences: readonly Difference[]; readonly least: number } {
  const share = 1 / (copies + 1)
  const all = [...tallies]
  let tests = 1
  while (all.filter(([, { one }]) => one >= leastOf(tests, copies)).length > tests) tests += 1
  const differences = all.flatMap(([key, { one, candidate, said }]) => {
    const [kind = '', ...path] = key.split(' ')
    const isNoise = upperTail(candidate, one, share) > Math.log(alpha / tests)
    return isNoise ? [] : [{ kind, path: path.join(' '), events: candidate, ...(said === undefined ? {} : { said }) }]
  })
  return { differences, least: leastOf(tests, copies) }
}

/** ln of the probability that Binomial(n, share) is `k` or more. */
export function upperTail(k: number, n: number, share: number): number {
  const terms = Array.from({ length: n - k + 1 }, (_, extra) => {
    const x = k + extra
    const ways = logRising(n - x + 1, x) - logRising(1, x)
    return ways + x * Math.log(share) + (n - x) * Math.log1p(-share)
  })
  return Math.min(0, logSum(terms))
}
