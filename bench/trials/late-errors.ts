// Releases whose error series of one version comes some minutes late. What counts is what each look can know.
import { minuteMs } from '../../core/time.ts'
import type { Arm } from '../../core/verdict/evidence/evidence.ts'
import { seriesKey } from '../../core/verdict/evidence/questions.ts'
import { type Carry, judge } from '../../core/verdict/judge/judge.ts'
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import { errorsOnly, points, replayedTarget, replayStartMs, shiftsOf, type WeightedMinute } from '../rivals/recorded.ts'
import { latched, type Rival, type RivalMinute, type Said } from '../rivals/rival.ts'

export type Lateness = { readonly arm: Arm; readonly minutes: number }

/** Our own judge: the points that have not come are missing from its readings. */
export function judgedLate(
  minutes: readonly WeightedMinute[],
  { arm, minutes: late }: Lateness,
  alpha: number,
): readonly Said[] {
  const service = errorsOnly(minutes.length, alpha)
  const targets = [replayedTarget({ thresholdsMs: [] })]
  const shifts = shiftsOf(minutes)
  let carry: Carry | undefined
  return minutes.map((_, last) => {
    const seen = last + 1
    const startMs = carry?.uptoMs ?? replayStartMs
    const from = (startMs - replayStartMs) / minuteMs
    const endMs = replayStartMs + seen * minuteMs
    const series = (of: Arm, name: 'invocations' | 'errors') => {
      const upto = name === 'errors' && of === arm ? seen - late : seen
      const known = minutes.slice(from, Math.max(from, upto))
      const value = (one: CountMinute): number => one[`${of}${name === 'errors' ? 'Bad' : 'Invocations'}`]
      return [seriesKey(0, of, name), points(known.map(value), startMs)] as const
    }
    const readings = new Map([
      series('stable', 'invocations'),
      series('stable', 'errors'),
      series('candidate', 'invocations'),
      series('candidate', 'errors'),
    ])
    const known = shifts.filter((shift) => shift.sinceMs < endMs)
    const atMs = endMs + minuteMs
    const found = judge(service, { atMs, shifts: known, alarms: [], excludedAlarms: [], targets, readings }, carry)
    carry = found.carry
    return found.verdict.kind
  })
}

/** Any other rule: a point that has not come looks to it as if nothing had failed. */
export function rivalLate(
  rule: Rival,
  minutes: readonly WeightedMinute[],
  late: Lateness,
  settings: Parameters<Rival['judge']>[1],
): readonly Said[] {
  const bad = `${late.arm}Bad` as const
  const said = minutes.map((_, last): RivalMinute => {
    const known = minutes
      .slice(0, last + 1)
      .map((one, minute) => (minute > last - late.minutes ? { ...one, [bad]: 0 } : one))
    return rule.judge(known, settings).at(-1) ?? { said: 'unknown' }
  })
  return latched(said).map((one) => one.said)
}
