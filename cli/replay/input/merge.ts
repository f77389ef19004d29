// Four series become minutes with the counts of both versions. Nothing is filled in: a minute with requests and no point of
// errors is left out, and so is what lies before and after the time in which both versions had requests. Each is said in a note.
import { Problem } from '../../../core/problem.ts'
import { countMax } from './table.ts'
import type { ReplayFile } from './rows.ts'
import { minutesMax } from './rows.ts'
import { type Assigned, listed, type Role, roles } from './roles.ts'
import { type Series, seriesWords } from './series.ts'
import { minuteWords } from './times.ts'
import { estimatedWeights, weightsWords } from './weights.ts'

export type Span = {
  /** Minutes before and after are not used. */
  readonly fromMinute?: number | undefined
  readonly toMinute?: number | undefined
  /** A minute without a point of errors had none. */
  readonly zeroWhenMissing: boolean
}

type Values = ReadonlyMap<number, number>

/** @throws Problem `replay_ambiguous`, `replay_resolution`, `replay_empty`, `replay_too_large`, `replay_invalid` */
export function minutesOfSeries({ byRole, left }: Assigned, notes: readonly string[], span: Span): ReplayFile {
  const rounded = new Set<Series>()
  const values = new Map(roles.map((role) => [role, joined(role, byRole.get(role) ?? [], rounded)] as const))
  const valueAt = (role: Role, minute: number): number | undefined => values.get(role)?.get(minute)
  const isUsed = (minute: number): boolean =>
    minute >= (span.fromMinute ?? -Infinity) && minute <= (span.toMinute ?? Infinity)
  const busy = (role: Role): readonly number[] =>
    [...(values.get(role) ?? [])]
      .filter(([minute, value]) => value > 0 && isUsed(minute))
      .map(([minute]) => minute)
      .sort((a, b) => a - b)
  const [stable, candidate] = [busy('stable_invocations'), busy('candidate_invocations')]
  checkResolution([...new Set([...stable, ...candidate])].sort((a, b) => a - b))
  const { first, last } = overlap(stable, candidate)
  if (last - first + 1 > minutesMax)
    throw new Problem('replay_too_large', `There are ${last - first + 1} minutes; at most ${minutesMax} are read.`)
  let [incomplete, contradictory] = [0, 0]
  const minutes = Array.from({ length: last - first + 1 }, (_, place) => {
    const minute = first + place
    const of = (arm: 'stable' | 'candidate') => {
      const all = valueAt(`${arm}_invocations`, minute) ?? 0
      return { all, bad: valueAt(`${arm}_bad`, minute) ?? (all === 0 || span.zeroWhenMissing ? 0 : undefined) }
    }
    const [s, c] = [of('stable'), of('candidate')]
    if (s.bad === undefined || c.bad === undefined) incomplete++
    else if (s.bad > s.all || c.bad > c.all) contradictory++
    else return { stableInvocations: s.all, stableBad: s.bad, candidateInvocations: c.all, candidateBad: c.bad }
    return { stableInvocations: 0, stableBad: 0, candidateInvocations: 0, candidateBad: 0 }
  })
  const known = minutes.filter((one) => one.stableInvocations + one.candidateInvocations > 0).length
  if (known === 0)
    throw new Problem('replay_empty', `None of the ${minutes.length} minutes has both requests and their errors.`)
  const weights = estimatedWeights(minutes)
  return {
    firstMinute: first,
    isTimed: true,
    minutes: minutes.map((minute, index) => ({ ...minute, weightBp: weights[index] ?? 1 })),
    signals: new Map(),
    notes: [
      ...roles.map((role) => `${role}: ${(byRole.get(role) ?? []).map(seriesWords).join(', ')}`),
      ...(left.length === 0 ? [] : [`Left out: ${listed(left)}.`]),
      ...notes,
      ...leftOut(stable, candidate, first, last),
      ...(incomplete === 0
        ? []
        : [
            `Left out: ${incomplete} minutes with requests and without a point of errors. If they had none, add --zero-when-missing.`,
          ]),
      ...(contradictory === 0 ? [] : [`Left out: ${contradictory} minutes with more errors than requests.`]),
      ...(rounded.size === 0 ? [] : [`Rounded to whole requests: ${listed([...rounded])}.`]),
      weightsWords(weights),
    ],
  }
}

/** The points of one role. Several series of it may be pages of one; if they differ, it is not clear which is meant. */
function joined(role: Role, series: readonly Series[], rounded: Set<Series>): Values {
  const values = new Map<number, number>()
  for (const one of series) {
    for (const { minute, value } of one.points) {
      const whole = Math.round(value)
      if (whole !== value) {
        if (one.origin !== 'prometheus')
          throw new Problem(
            'replay_invalid',
            `${one.file}: ${seriesWords(one)} is ${value} at ${minuteWords(minute)}; a count is a whole number.`,
          )
        rounded.add(one)
      }
      if (whole > countMax)
        throw new Problem('replay_invalid', `${one.file}: ${seriesWords(one)} has a count above ${countMax}.`)
      const known = values.get(minute)
      if (known !== undefined && known !== whole)
        throw new Problem(
          'replay_ambiguous',
          `Several series could be ${role}, and differ at ${minuteWords(minute)}: ${listed(series)}. Sum them where they come from, or choose one.`,
        )
      values.set(minute, whole)
    }
  }
  return values
}

function checkResolution(minutes: readonly number[]): void {
  const gap = (a: number, b: number): number => (b === 0 ? a : gap(b, a % b))
  const apart = minutes.slice(1).reduce((found, minute, index) => gap(found, minute - (minutes[index] ?? 0)), 0)
  if (minutes.length >= 3 && apart > 1)
    throw new Problem('replay_resolution', `The points are ${apart} minutes apart, and a verdict needs every minute.`)
}

// Without a request of the candidate for this long, it is another release.
const pauseMinutes = 60

/** The time in which both versions had requests. */
function overlap(
  stable: readonly number[],
  candidate: readonly number[],
): { readonly first: number; readonly last: number } {
  const [firstStable, lastStable] = [stable[0], stable.at(-1)]
  if (candidate.length === 0 || firstStable === undefined || lastStable === undefined)
    throw new Problem(
      'replay_empty',
      `The ${candidate.length === 0 ? 'candidate' : 'stable version'} had no requests in this time.`,
    )
  const both = candidate.filter((minute) => minute >= firstStable && minute <= lastStable)
  const [first, last] = [both[0], both.at(-1)]
  if (first === undefined || last === undefined)
    throw new Problem(
      'replay_empty',
      `The two versions had no requests at the same time: stable from ${spanWords(firstStable, lastStable)}, the candidate from ${spanWords(candidate[0] ?? 0, candidate.at(-1) ?? 0)}.`,
    )
  const starts = both.filter((minute, index) => index === 0 || minute - (both[index - 1] ?? 0) > pauseMinutes)
  if (starts.length > 1) {
    const spans = starts.map((start, index) => {
      const next = starts[index + 1] ?? Infinity
      return spanWords(start, both.filter((minute) => minute < next).at(-1) ?? start)
    })
    throw new Problem(
      'replay_ambiguous',
      `The candidate had requests ${spans.length} times: ${spans.slice(0, 5).join(', ')}. Choose one with --from and --to.`,
    )
  }
  return { first, last }
}

const spanWords = (from: number, to: number): string => `${minuteWords(from)} to ${minuteWords(to)}`

function leftOut(
  stable: readonly number[],
  candidate: readonly number[],
  first: number,
  last: number,
): readonly string[] {
  const minutes = [...new Set([...stable, ...candidate])]
  const before = minutes.filter((minute) => minute < first).length
  const after = minutes.filter((minute) => minute > last).length
  return before + after === 0
    ? []
    : [
        `Left out: ${before} minutes before and ${after} after the time in which both versions had requests, ${spanWords(first, last)}.`,
      ]
}
