// Recomputes the verdict of every minute as if there had been a look each minute. Uses the same judge on the recorded readings,
// optionally with another service definition.
import type { Service } from '../../service/service.ts'
import type { JudgedTarget, Point, Reading, Shift, Verdict } from '../evidence/evidence.ts'
import { type Carry, judgeOf } from './judge.ts'
import { guardMinutes, isOfGuard } from '../evidence/guard-questions.ts'
import { wholeFrom } from '../evidence/window.ts'
import { minuteMs } from '../../time.ts'

export type Recorded = {
  readonly targets: readonly JudgedTarget[]
  readonly shifts: readonly Shift[]
  /** By the question's key, each point once. */
  readonly readings: ReadonlyMap<string, Reading>
  /** How many whole minutes there are since the first shift. */
  readonly minutes: number
}

/**
 * One verdict for each minute, as it would have been once CloudWatch had that minute. Alarms are not recorded, so they are left
 * out.
 */
export function replayVerdicts(service: Service, recorded: Recorded): readonly Verdict[] {
  const { targets, shifts } = recorded
  const [first] = shifts
  if (first === undefined) return []
  const startMs = wholeFrom(first.sinceMs)
  const verdicts: Verdict[] = []
  let carry: Carry | undefined
  const judged = judgeOf(service, targets)
  for (let minute = 1; minute <= recorded.minutes; minute++) {
    const atMs = startMs + (minute + 1) * minuteMs
    const window = { startMs: carry?.uptoMs ?? startMs, endMs: startMs + minute * minuteMs }
    const guardsFromMs = window.endMs - guardMinutes * minuteMs
    const found = judged(
      {
        atMs,
        shifts: shifts.filter((shift) => shift.sinceMs < window.endMs),
        alarms: [],
        excludedAlarms: [],
        targets: targets.map((target) => asOf(target, window.endMs)),
        isRecorded: true,
        readings: new Map(
          [...recorded.readings].map(([key, reading]) => [
            key,
            within(reading, isOfGuard(key) ? Math.min(window.startMs, guardsFromMs) : window.startMs, window.endMs),
          ]),
        ),
      },
      carry,
    )
    carry = found.carry
    verdicts.push(found.verdict)
  }
  return verdicts
}

/** With the weights that it had before this time, and put back only if it was by then. */
function asOf({ backMs = Infinity, ...target }: JudgedTarget, ms: number): JudgedTarget {
  const { shifts } = target
  return {
    ...target,
    ...(backMs < ms ? { backMs } : {}),
    ...(shifts === undefined ? {} : { shifts: shifts.filter(({ sinceMs }) => sinceMs < ms) }),
  }
}

function within(reading: Reading, startMs: number, endMs: number): Reading {
  if (reading.kind === 'unread') return reading
  // Points are sorted by time, so find the first one by binary search.
  const { points } = reading
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle]?.minuteMs ?? Infinity) < startMs) low = middle + 1
    else high = middle
  }
  const found: Point[] = []
  for (let index = low; index < points.length; index++) {
    const point = points[index]
    if (point === undefined || point.minuteMs >= endMs) break
    found.push(point)
  }
  return { kind: 'points', points: found }
}
