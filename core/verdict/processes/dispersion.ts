// How much more the bad events of both versions vary from minute to minute than single ones would: Pearson's statistic over its
// number of terms, shrunk to 1. With bursts of one size it is that size. docs/verdict.md, "What a pass rules out".
import type { CountMinute } from './split-process.ts'

type ArmState = {
  readonly invocations: number
  readonly bad: number
  readonly pearson: number
  readonly counted: number
}

export type DispersionState = { readonly stable: ArmState; readonly candidate: ArmState }

const armBegin: ArmState = { invocations: 0, bad: 0, pearson: 0, counted: 0 }
export const dispersionBegin: DispersionState = { stable: armBegin, candidate: armBegin }

/** So many minutes of single events are assumed to have been seen before the first. */
const shrinkage = 2

function armStep(before: ArmState, minuteInvocations: number, minuteBad: number, bounded: boolean): ArmState {
  const invocations = before.invocations + minuteInvocations
  const bad = before.bad + minuteBad
  const share = invocations === 0 ? 0 : bad / invocations
  const expected = minuteInvocations * share
  const variance = bounded ? expected * (1 - share) : expected
  if (!(variance > 0)) return { ...before, invocations, bad }
  return {
    invocations,
    bad,
    pearson: before.pearson + (minuteBad - expected) ** 2 / variance,
    counted: before.counted + 1,
  }
}

/** @param bounded an invocation has at most one event */
export const dispersionStep = (
  { stable, candidate }: DispersionState,
  data: CountMinute,
  bounded: boolean,
): DispersionState => ({
  stable: armStep(stable, data.stableInvocations, data.stableBad, bounded),
  candidate: armStep(candidate, data.candidateInvocations, data.candidateBad, bounded),
})

/** 1 or more; 1 while no events are known. */
export const seenDispersion = ({ stable, candidate }: DispersionState): number =>
  Math.max(1, (shrinkage + stable.pearson + candidate.pearson) / (shrinkage + stable.counted + candidate.counted))
