// Whether a target's two versions get the traffic that was set for them: the split, a silent candidate, and quiet hours without
// traffic.
import { wholeBp } from '../../service/routing.ts'
import type { JudgedTarget, Shift } from '../evidence/evidence.ts'
import { lacksInvocations, type Sheet } from '../evidence/minutes.ts'
import { splitIsOff } from '../processes/split-check.ts'
import { weightOf } from '../evidence/window.ts'

export type TargetFold = {
  /** Invocations at the current weight, whole minutes only, and the number of those minutes. */
  readonly sinceMs: number
  readonly minutes: number
  readonly stable: number
  readonly candidate: number
  /** For how many minutes the candidate has been silent while stable was not, and how many requests it should have had. */
  readonly silentMinutes: number
  readonly silentExpected: number
  /** How many of the latest minutes in a row had no traffic at all. */
  readonly quietMinutes: number
  readonly weightBp: number
}

export const targetBegin: TargetFold = {
  sinceMs: 0,
  minutes: 0,
  stable: 0,
  candidate: 0,
  silentMinutes: 0,
  silentExpected: 0,
  quietMinutes: 0,
  weightBp: 0,
}

// With fewer expected requests, all of them could have gone to stable by chance (at 20 the odds are e^-20). The minimum of
// minutes allows for late data.
const silentExpectedMin = 20
const silentMinutesMin = 5
const quietMinutesMin = 10

export function targetStep(
  before: TargetFold,
  sheet: Sheet,
  target: number,
  shifts: readonly Shift[],
  atMs: number,
): TargetFold | string {
  if (lacksInvocations(sheet, target, atMs)) return before
  const stable = sheet.at(target, 'stable', 'invocations', atMs) ?? 0
  const candidate = sheet.at(target, 'candidate', 'invocations', atMs) ?? 0
  if (stable < 0 || candidate < 0) return 'the invocations are negative'
  const weight = weightOf(shifts, atMs)
  const weightBp = weight?.weightBp ?? before.weightBp
  const isSame = weight === undefined || weight.sinceMs === before.sinceMs
  const kept = isSame
    ? before
    : {
        ...targetBegin,
        silentMinutes: before.silentMinutes,
        silentExpected: before.silentExpected,
        quietMinutes: before.quietMinutes,
      }
  const counts = weight === undefined ? 0 : 1
  const isSilent = candidate === 0 && stable > 0 && weightBp < wholeBp
  const expected = isSilent ? (stable * weightBp) / (wholeBp - weightBp) : 0
  return {
    sinceMs: weight?.sinceMs ?? before.sinceMs,
    minutes: kept.minutes + counts,
    stable: kept.stable + stable * counts,
    candidate: kept.candidate + candidate * counts,
    silentMinutes: candidate > 0 ? 0 : kept.silentMinutes + (isSilent ? 1 : 0),
    silentExpected: candidate > 0 ? 0 : kept.silentExpected + expected,
    quietMinutes: stable + candidate === 0 ? kept.quietMinutes + 1 : 0,
    weightBp,
  }
}

export const isQuiet = (fold: TargetFold): boolean =>
  fold.minutes > 0 && (fold.stable + fold.candidate === 0 || fold.quietMinutes >= quietMinutesMin)

/** Why a target's invocations cannot be read at all. Unreadable is not the same as silent. */
export function unreadableTraffic(sheet: Sheet, target: number): string | undefined {
  const stable = sheet.faultOf(target, 'stable', 'invocations')
  const candidate = sheet.faultOf(target, 'candidate', 'invocations')
  const fault = stable ?? candidate
  return fault === undefined
    ? undefined
    : `the ${stable === undefined ? 'candidate' : 'stable'} version's invocations could not be read: ${fault}`
}

/** A problem with the traffic itself, and whether it counts against the candidate. */
export function trafficTrouble(
  fold: TargetFold,
  target: JudgedTarget,
): { readonly bad: boolean; readonly because: string } | undefined {
  const { functionName } = target
  const share = fold.weightBp / wholeBp
  if (fold.candidate === 0 && fold.silentExpected >= silentExpectedMin) {
    return {
      bad: fold.silentMinutes >= silentMinutesMin,
      because: `${functionName}: the candidate is silent: no invocation in ${fold.silentMinutes} minutes in which about ${Math.round(fold.silentExpected)} were meant for it`,
    }
  }
  if (fold.silentMinutes >= silentMinutesMin && fold.silentExpected >= silentExpectedMin) {
    return {
      bad: true,
      because: `${functionName}: the candidate fell silent: no invocation in ${fold.silentMinutes} minutes in which about ${Math.round(fold.silentExpected)} were meant for it`,
    }
  }
  if (share > 0 && share < 1 && fold.stable === 0 && fold.candidate >= silentExpectedMin) {
    return {
      bad: false,
      because: `${functionName}: stable is silent while the candidate had ${fold.candidate} invocations`,
    }
  }
  if (share > 0 && share < 1 && splitIsOff(fold.candidate, fold.stable, share)) {
    const observed = fold.candidate / (fold.candidate + fold.stable)
    return {
      bad: false,
      because: `${functionName}: ${(observed * 100).toFixed(2)} % of the requests reach the candidate, ${(share * 100).toFixed(2)} % were set: routing or telemetry is not as it should be`,
    }
  }
  return undefined
}
