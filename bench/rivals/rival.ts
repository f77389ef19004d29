// The rules that other release controllers decide by, so that a team can see what each would have said of the same
// minutes. Each is written as its own documentation or source has it (docs/verdict.md, "What the others do").
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import type { WeightedMinute } from './recorded.ts'

export type Said = 'pass' | 'fail' | 'unknown'

export type RivalSettings = {
  readonly alpha: number
  /** Share of stable's invocations that fail on usual days, for rules that are set up with it. */
  readonly stableRate: number
}

/** What a rule said after each minute; ln E where it has one. */
export type RivalMinute = { readonly said: Said; readonly logE?: number }

export type Rival = {
  readonly name: string
  readonly about: string
  readonly judge: (minutes: readonly WeightedMinute[], settings: RivalSettings) => readonly RivalMinute[]
}

/** A release that was rolled back stays so. */
export function latched(said: readonly RivalMinute[]): readonly RivalMinute[] {
  const first = said.findIndex((one) => one.said === 'fail')
  return first < 0 ? said : said.map((one, minute) => (minute > first ? { ...one, said: 'fail' } : one))
}

/** A rule whose word after each minute depends on that minute and those before it. */
export const byMinute =
  (word: (upTo: readonly CountMinute[], settings: RivalSettings) => Said): Rival['judge'] =>
  (minutes, settings) =>
    latched(minutes.map((_, minute) => ({ said: word(minutes.slice(0, minute + 1), settings) })))

export const isQuiet = (minute: CountMinute | undefined): boolean => (minute?.candidateInvocations ?? 0) === 0

export const candidateRate = ({ candidateBad, candidateInvocations }: CountMinute): number =>
  candidateInvocations === 0 ? 0 : candidateBad / candidateInvocations

/** All minutes as one. */
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
