// Which functions the evidence blames, of a release of several. Each function has an e-value of its own: the mean of its signals'
// e-values, by their weights. A fail blames those that closed e-BH names (closure.ts): of all that are blamed, one in twenty at
// most is expected to be blamed by chance. Only those may go back alone. While a release is held, the most likely one is said.
import { logSum } from '../processes/log-space.ts'
import type { JudgedTarget, SignalVerdict } from '../evidence/evidence.ts'
import { isLeftOut } from '../evidence/window.ts'
import { mostLikely, oneAmong, standOut, type Suspect } from './closure.ts'
import { oddsOf } from './explain.ts'
import type { SignalRule } from './fold.ts'
import type { Weighed } from './weigh.ts'

const namesMost = 3

export type Culprits = {
  /** The functions that are blamed, the most certain first; none where there is only one, and where none stands out. */
  readonly blamed: readonly string[]
  /** To be put behind the reason; `undefined` when there is nothing to tell apart. */
  readonly words: string | undefined
}

/**
 * The evidence about each function. All of the release are counted, so that it does not matter when a wave begins: what has not
 * begun has E = 1, as in the sum that fails.
 */
function suspectsOf(
  targets: readonly JudgedTarget[],
  rules: readonly SignalRule[],
  weighed: readonly Weighed[],
  traffic: readonly SignalVerdict[],
): readonly Suspect[] {
  const all = rules.reduce((sum, { spec }) => sum + (isCritical(spec) ? spec.watch.weight : 0), 0)
  return targets.map(({ functionName }, target): Suspect => {
    const own = rules.flatMap(({ spec }, index) =>
      spec.target === target && isCritical(spec)
        ? [{ logShare: weighed[index]?.logShare ?? -Infinity, weight: spec.watch.weight }]
        : [],
    )
    const share = own.length === 0 ? 0 : own.reduce((sum, { weight }) => sum + weight, 0) / all
    const isSilent = traffic.some(({ signal, kind }) => signal === `traffic:${functionName}` && kind === 'fail')
    if (isSilent) return { logE: Infinity, weight: share === 0 ? 1 / targets.length : share }
    if (own.some(({ logShare }) => logShare === Infinity)) return { logE: Infinity, weight: share }
    const logE = own.length === 0 ? -Infinity : logSum(own.map(({ logShare }) => logShare)) - Math.log(share)
    return { logE, weight: share }
  })
}

const isCritical = ({ watch, excluded }: SignalRule['spec']): boolean =>
  watch.role === 'critical' && excluded === undefined

/** Of a release that fails. */
export function culprits(
  targets: readonly JudgedTarget[],
  rules: readonly SignalRule[],
  weighed: readonly Weighed[],
  traffic: readonly SignalVerdict[],
): Culprits {
  const { length: count } = targets.filter((target) => !isLeftOut(target))
  if (count < 2) return { blamed: [], words: undefined }
  const suspects = suspectsOf(targets, rules, weighed, traffic)
  const namesOf = (places: readonly number[]): readonly string[] =>
    places.flatMap((place) => {
      const target = targets[place]
      return target === undefined || isLeftOut(target) ? [] : [target.functionName]
    })
  const blamed = namesOf(standOut(suspects))
  if (blamed.length > 0) return { blamed, words: blamedWords(blamed, count) }
  const among = oneAmong(suspects) ?? []
  const names = namesOf(among)
  return { blamed, words: amongWords(names.length === among.length ? names : [], count) }
}

/** Of a release that is held: who has the fault, if there is one. Nothing acts on it. */
export function likelyWords(
  targets: readonly JudgedTarget[],
  rules: readonly SignalRule[],
  weighed: readonly Weighed[],
): string | undefined {
  const begun = targets.filter((target) => !isLeftOut(target))
  const suspects = suspectsOf(targets, rules, weighed, []).filter((_, index) => !isLeftOut(targets[index]))
  const found = mostLikely(suspects)
  const name = found && begun[found.index]?.functionName
  if (found === undefined || name === undefined) return undefined
  return `if one of ${begun.length} functions has a fault, it is most likely ${name} (${oddsOf(found.logOdds)})`
}

/** `the evidence blames orders-europe, of 3 functions`. */
function blamedWords(blamed: readonly string[], count: number): string {
  const names = blamed.slice(0, namesMost).join(', ')
  const more = blamed.length > namesMost ? ` and ${blamed.length - namesMost} more` : ''
  return blamed.length === count
    ? `the evidence blames all ${count} functions`
    : `the evidence blames ${names}${more}, of ${count} functions`
}

const amongWords = (among: readonly string[], count: number): string =>
  among.length > 1 && among.length <= namesMost && among.length < count
    ? `the evidence blames one or more of ${among.join(', ')}, of ${count} functions`
    : `no one of ${count} functions stands out`
