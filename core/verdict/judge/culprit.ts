// Which functions the evidence blames, of a release that fails with many of them. Each function has an e-value of its own: the
// mean of its signals' e-values, by their weights. Those are blamed that the e-BH procedure picks: of all that are blamed, one in
// twenty at most is expected to be blamed by chance, however the functions depend on each other (Wang and Ramdas 2022,
// arXiv 2009.02824).
import { logSum } from '../processes/log-space.ts'
import type { JudgedTarget, SignalVerdict } from '../evidence/evidence.ts'
import { isLeftOut } from '../evidence/window.ts'
import type { SignalRule } from './fold.ts'
import type { Weighed } from './weigh.ts'

/** The share of the blamed that may be blamed by chance. */
const wrongShare = 0.05
const namesMost = 3

/** @param values ln E of each @returns the indices of those that stand out */
export function standOut(values: readonly number[]): readonly number[] {
  const sorted = values.map((logE, index) => ({ logE, index })).sort((a, b) => b.logE - a.logE)
  const count =
    1 + sorted.findLastIndex(({ logE }, rank) => logE >= Math.log(values.length / (wrongShare * (rank + 1))))
  return sorted.slice(0, count).map(({ index }) => index)
}

/** The functions that are blamed, the most certain first; none where there is only one, and where none stands out. */
export function culprits(
  targets: readonly JudgedTarget[],
  rules: readonly SignalRule[],
  weighed: readonly Weighed[],
  traffic: readonly SignalVerdict[],
): readonly string[] {
  const begun = targets.map((_, index) => index).filter((index) => !isLeftOut(targets[index]))
  if (begun.length < 2) return []
  const values = begun.map((target) => {
    const name = targets[target]?.functionName ?? ''
    if (traffic.some(({ signal, kind }) => signal === `traffic:${name}` && kind === 'fail')) return Infinity
    const own = rules.flatMap(({ spec }, index) => {
      const { logShare = -Infinity } = weighed[index] ?? {}
      return spec.target === target && spec.watch.role === 'critical' && spec.excluded === undefined
        ? [{ logShare, weight: spec.watch.weight }]
        : []
    })
    const all = rules.reduce((sum, { spec }) => sum + (isCritical(spec) ? spec.watch.weight : 0), 0)
    const share = own.reduce((sum, { weight }) => sum + weight, 0) / all
    if (own.some(({ logShare }) => logShare === Infinity)) return Infinity
    return own.length === 0 ? -Infinity : logSum(own.map(({ logShare }) => logShare)) - Math.log(share)
  })
  return standOut(values).flatMap((place) => targets[begun[place] ?? -1]?.functionName ?? [])
}

const isCritical = ({ watch, excluded }: SignalRule['spec']): boolean =>
  watch.role === 'critical' && excluded === undefined

/** `the evidence blames orders-europe, of 3 functions`; `undefined` when there is nothing to tell apart. */
export function culpritWords(blamed: readonly string[], targets: readonly JudgedTarget[]): string | undefined {
  const count = targets.filter((target) => !isLeftOut(target)).length
  if (count < 2) return undefined
  if (blamed.length === 0) return `no one of ${count} functions stands out`
  const names = blamed.slice(0, namesMost).join(', ')
  const more = blamed.length > namesMost ? ` and ${blamed.length - namesMost} more` : ''
  return blamed.length === count
    ? `the evidence blames all ${count} functions`
    : `the evidence blames ${names}${more}, of ${count} functions`
}
