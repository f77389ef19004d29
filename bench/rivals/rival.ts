// The rules of other release controllers, so that a team can see what each would have decided on the same minutes. Each follows
// its own documentation or source (docs/verdict.md, "What the others do").
import type { Plan } from '../../core/service/plan.ts'
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import type { WeightedMinute } from './recorded.ts'

export type Said = 'pass' | 'fail' | 'unknown'

export type RivalSettings = {
  readonly alpha: number
  /** The share of stable's invocations that fails on usual days, for rules that are configured with it. */
  readonly stableRate: number
  /** The plan that is judged by; without it, one step of 10 % for as long as there are minutes. */
  readonly plan?: Plan
  /** Stable's minutes before the release, oldest first, for rules that learn from them. */
  readonly past?: readonly CountMinute[]
  /** How long stable's requests take, for rules that ask how many are under way at once. */
  readonly durationMs?: number
  /** Earlier healthy releases of the same service, for rules that learn from them. */
  readonly earlier?: readonly (readonly WeightedMinute[])[]
}

/** A rule's decision after each minute; ln E if it has one. */
export type RivalMinute = { readonly said: Said; readonly logE?: number }

export type Rival = {
  readonly name: string
  readonly about: string
  readonly judge: (minutes: readonly WeightedMinute[], settings: RivalSettings) => readonly RivalMinute[]
}

/** A release that was rolled back stays rolled back. */
export function latched(said: readonly RivalMinute[]): readonly RivalMinute[] {
  const first = said.findIndex((one) => one.said === 'fail')
  return first < 0 ? said : said.map((one, minute) => (minute > first ? { ...one, said: 'fail' } : one))
}

/** A rule whose decision after each minute depends on that minute and the earlier ones. */
export const byMinute =
  (word: (upTo: readonly CountMinute[], settings: RivalSettings) => Said): Rival['judge'] =>
  (minutes, settings) =>
    latched(minutes.map((_, minute) => ({ said: word(minutes.slice(0, minute + 1), settings) })))

export const isQuiet = (minute: CountMinute | undefined): boolean => (minute?.candidateInvocations ?? 0) === 0

export const candidateRate = ({ candidateBad, candidateInvocations }: CountMinute): number =>
  candidateInvocations === 0 ? 0 : candidateBad / candidateInvocations

/** The sum over all minutes. */
export function total(minutes: readonly CountMinute[]): CountMinute {
  const sum = { stableInvocations: 0, stableBad: 0, candidateInvocations: 0, candidateBad: 0 }
  for (const minute of minutes) {
    sum.stableInvocations += minute.stableInvocations
    sum.stableBad += minute.stableBad
    sum.candidateInvocations += minute.candidateInvocations
    sum.candidateBad += minute.candidateBad
  }
  return sum
}
