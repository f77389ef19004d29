// What is asked of CloudWatch for the guards of consumers: about both versions together, under keys of their own.
import { type Guard, type GuardSeries, guardsOf } from '../../consumers/guards.ts'
import type { Service } from '../../service/service.ts'
import type { JudgedTarget, Point } from './evidence.ts'
import type { Question } from './questions.ts'

/** `w`: the whole, which no version has alone. */
export const guardKey = (target: number, guard: Pick<Guard, 'name'>): string => `${target}.w.${guard.name}`
export const witnessKey = (target: number, guard: Pick<Guard, 'name'>): string => `${guardKey(target, guard)}-witness`

export const isOfGuard = (key: string): boolean => key.split('.')[1] === 'w'
/** A look has at least so many of the last minutes, whatever is carried. */
export const guardMinutes = 5

type Asked = { readonly guard: Guard; readonly target: number }

/** Every guard, with the target that it is of. */
export const guardsIn = (
  { signals }: Pick<Service, 'signals'>,
  targets: readonly Pick<JudgedTarget, 'functionName'>[],
): readonly Asked[] =>
  targets.flatMap(({ functionName }, target) =>
    guardsOf(signals.consumers ?? [], functionName).map((guard) => ({ guard, target })),
  )

export function guardQuestions(
  service: Pick<Service, 'signals'>,
  targets: readonly Pick<JudgedTarget, 'functionName' | 'place'>[],
): readonly Question[] {
  return guardsIn(service, targets).flatMap(({ guard, target }): Question[] => {
    const place = targets[target]?.place
    const asked = (key: string, series: GuardSeries): Question => ({
      key,
      ...series,
      ...(place === undefined ? {} : { place }),
    })
    return [
      asked(guardKey(target, guard), guard.series),
      ...(guard.witness === undefined ? [] : [asked(witnessKey(target, guard), guard.witness)]),
    ]
  })
}

/** By minute. A minute of which nobody knows the value is not there; where only the witness has a point, it is 0. */
export function guardValues(
  { divisor = 1 }: Guard,
  series: readonly Point[],
  witness: readonly Point[],
): ReadonlyMap<number, number> {
  const values = new Map(witness.map(({ minuteMs }) => [minuteMs, 0]))
  for (const { minuteMs, value } of series) {
    if (Number.isFinite(value) && value >= 0) values.set(minuteMs, value / divisor)
    else values.delete(minuteMs)
  }
  return values
}
