// Reads minutes from CloudWatch within its limits, with the rights of the person who calls: at most 500 queries and 100,800
// points a call, and no points of one minute after 15 days (docs/aws.md §2.3). What costs more than a few cents is said before it
// is read.
import type { Telemetry } from '../../cloud/ports.ts'
import { duration } from '../../core/duration.ts'
import { Problem, readInput } from '../../core/problem.ts'
import { dayMs, minuteMs } from '../../core/time.ts'
import type { Point } from '../../core/verdict/evidence/evidence.ts'
import type { Question } from '../../core/verdict/evidence/questions.ts'

export type Metrics = { readonly telemetry: Pick<Telemetry, 'read'>; readonly aheadMs: number }
type Window = { readonly startMs: number; readonly endMs: number }

const queriesPerCall = 500
const pointsPerCall = 100_800
/** Dollars for each metric in a call of GetMetricData. */
const pricePerMetric = 0.01 / 1000
const fewCents = 0.03

/** How long CloudWatch keeps points of one minute. */
const keptMs = 15 * dayMs
// What is nearly too old may be too old when it is asked.
const marginMs = 10 * minuteMs

const Last = duration({ minSeconds: 300, maxSeconds: 3650 * 86_400 })

/** The whole minutes of the last `last`, such as 7d. @throws Problem `call_invalid` */
export function lastMinutes(last: string, nowMs: number): Window {
  const lastMs = readInput(Last, last, 'call_invalid', '--last') * 1000
  if (lastMs > keptMs)
    throw new Problem(
      'call_invalid',
      `CloudWatch keeps points of one minute for 15 days, and --last ${last} is longer.`,
    )
  // The newest minutes are not complete yet.
  const endMs = floorTo(nowMs - 2 * minuteMs, minuteMs)
  return { startMs: floorTo(Math.max(endMs - lastMs, endMs - keptMs + marginMs), minuteMs), endMs }
}

export const floorTo = (atMs: number, stepMs: number): number => Math.floor(atMs / stepMs) * stepMs

/** The windows of the calls, each of at most as many points as one call returns. */
function windowsOf(questions: number, { startMs, endMs }: Window, periodMs: number): readonly Window[] {
  const lengthMs = Math.floor(pointsPerCall / Math.max(1, Math.min(questions, queriesPerCall))) * periodMs
  const windows: Window[] = []
  for (let from = startMs; from < endMs; from += lengthMs)
    windows.push({ startMs: from, endMs: Math.min(endMs, from + lengthMs) })
  return windows
}

/**
 * The points of each question, in order.
 * @param tell says what it costs, before anything is read
 * @throws Problem `aws_unavailable` when a series is not complete, and what the port throws
 */
export async function readPoints(
  { telemetry }: Pick<Metrics, 'telemetry'>,
  questions: readonly Question[],
  asked: Window & { readonly periodSeconds: number },
  tell: (sentence: string) => void,
): Promise<readonly (readonly Point[])[]> {
  const windows = windowsOf(questions.length, asked, asked.periodSeconds * 1000)
  const dollars = windows.length * questions.length * pricePerMetric
  if (dollars > fewCents)
    tell(
      `Reading ${questions.length} series from CloudWatch in ${windows.length} parts costs about $${dollars.toFixed(2)}.`,
    )
  const points = questions.map((): Point[] => [])
  for (const window of windows) {
    const readings = await telemetry.read(questions, { ...window, periodSeconds: asked.periodSeconds })
    readings.forEach((reading, index) => {
      // Half a series would look like a quiet one.
      if (reading.kind === 'unread')
        throw new Problem('aws_unavailable', `CloudWatch did not answer in full: ${reading.because}.`)
      points[index]?.push(...reading.points)
    })
  }
  return points
}
