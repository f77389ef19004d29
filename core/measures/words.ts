// Formats measures for people: each number with its unit, and each missing value with its reason.
import { formatDuration } from '../duration.ts'
import { type Definition, isOnTarget } from './measures.ts'
import type { Result } from './result.ts'

const rounded = (value: number, digits: number): string =>
  String(Math.round(value * 10 ** digits) / 10 ** digits).replace(/^-0$/, '0')

export function amount(unit: Definition['unit'], value: number): string {
  switch (unit) {
    case 'seconds':
      return formatDuration(value)
    case 'share':
      return `${rounded(value * 100, 1)} %`
    case 'change':
      return `${value >= 0.0005 ? '+' : ''}${rounded(value * 100, 1)} %`
    case 'per day':
      return `${rounded(value, 2)} a day`
    case 'ratio':
      return rounded(value, 2)
    case 'incidents':
      return rounded(value, 0)
  }
}

export const valueWords = ({ unit }: Definition, { value }: Result): string =>
  value.known ? amount(unit, value.number) : 'unknown'

export function targetWords({ unit, target }: Definition): string {
  if (target === undefined) return ''
  if ('atMost' in target) return `at most ${amount(unit, target.atMost)}`
  if ('atLeast' in target) return `at least ${amount(unit, target.atLeast)}`
  return 'below' in target ? `below ${amount(unit, target.below)}` : `above ${amount(unit, target.above)}`
}

/** `undefined` when there is no value or no target. */
export function standing(definition: Definition, result: Result): 'met' | 'missed' | undefined {
  const isMet = isOnTarget(definition, result)
  return isMet === undefined ? undefined : isMet ? 'met' : 'missed'
}

/** The sample count, or why there is no value, plus what was left out. */
export const basisWords = ({ value, n, leftOut }: Result): string =>
  [
    value.known ? `of ${n}` : value.because,
    ...(leftOut === undefined || !value.known ? [] : [`${leftOut.count} left out: ${leftOut.because}`]),
  ].join('; ')

/** Like `basisWords`, with the spread of the values. */
export function detailWords({ unit }: Definition, result: Result): string {
  const { spread } = result
  if (spread === undefined || spread.min === spread.max) return basisWords(result)
  const within = `p50 ${amount(unit, spread.p50)}, p90 ${amount(unit, spread.p90)}`
  return `${basisWords(result)}; ${amount(unit, spread.min)} to ${amount(unit, spread.max)}, ${within}`
}
