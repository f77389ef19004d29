// Where the good and bad counts come from: the CloudWatch series of the whole alias (all versions together) of every target of a
// service.
import type { Slot } from './budget.ts'
import { slotMs } from './budget.ts'
import { locate } from '../location.ts'
import type { Service } from '../service/service.ts'
import { placedIn } from '../service/target.ts'
import type { CountedSlo } from '../service/slo.ts'
import type { Reading } from '../verdict/evidence/evidence.ts'
import { placeOf, type Question } from '../verdict/evidence/questions.ts'

/** Two series per target: all requests, and the counted ones (failed requests for availability, fast ones for latency). */
export function sliQuestions(service: Service, slo: CountedSlo): readonly Question[] {
  const { name, targets } = service
  const { sli } = slo
  return targets.flatMap((target, index) => {
    const functionName = locate(target.functionName).name
    const ask = (series: string, metric: string, stat: string): Question => ({
      key: `${name}.${slo.name}.${index}.${series}`,
      namespace: 'AWS/Lambda',
      metric,
      dimensions: { FunctionName: functionName, Resource: `${functionName}:${target.alias}` },
      stat,
      ...placeOf(placedIn(service, target)),
    })
    return sli.kind === 'availability'
      ? [ask('all', 'Invocations', 'Sum'), ask('counted', 'Errors', 'Sum')]
      : [ask('all', 'Duration', 'SampleCount'), ask('counted', 'Duration', `TC(:${sli.fasterThanMs})`)]
  })
}

/**
 * @param readings the answers to `sliQuestions`, in the same order, in periods of five minutes
 * @returns the slots that had requests, or why they could not be read
 */
export function slotsFrom(
  slo: CountedSlo,
  readings: readonly Reading[],
): readonly Slot[] | { readonly unread: string } {
  const totals = new Map<number, { all: number; counted: number }>()
  for (const [index, reading] of readings.entries()) {
    if (reading.kind === 'unread') return { unread: reading.because }
    for (const { minuteMs, value } of reading.points) {
      const slot = totals.get(minuteMs) ?? { all: 0, counted: 0 }
      totals.set(minuteMs, slot)
      if (index % 2 === 0) slot.all += value
      else slot.counted += value
    }
  }
  return [...totals]
    .filter(([atMs, { all, counted }]) => atMs % slotMs === 0 && all + counted > 0)
    .map(([atMs, { all, counted }]) => {
      // The two series may arrive at different times. A counted request has certainly happened, so the total is at least that.
      const whole = Math.max(all, counted)
      const bad = slo.sli.kind === 'availability' ? counted : whole - counted
      return { atMs, good: whole - bad, bad }
    })
    .toSorted((a, b) => a.atMs - b.atMs)
}
