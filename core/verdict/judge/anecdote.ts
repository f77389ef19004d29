// A few events are an anecdote: they are told, and prove nothing.
import type { CountFold } from './fold.ts'
import type { SignalSpec } from '../evidence/questions.ts'

// Events in a single minute are an anecdote: one long burst of errors looks the same. The breaker handles total failure.
const speakingMin = 2
// One or two bad events prove nothing either, whatever their share.
const eventsMin = 3

/** Whether the events that could count against the candidate are too few, or in too few minutes. @param index of the threshold */
export function isAnecdote({ worse }: SignalSpec, fold: CountFold, index: number): boolean {
  const { candidateBad = 0, stableBad = 0 } = fold.totals[index] ?? {}
  const events = worse === 'higher' ? candidateBad : stableBad
  return (fold.speaking[index] ?? 0) < speakingMin || events < eventsMin
}
