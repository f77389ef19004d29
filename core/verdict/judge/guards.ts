// Verdicts of the guards of consumers. Their metrics are about both versions together, so they are held against a limit. Silence
// is unknown, but where AWS is silent because there is nothing: that is said by another metric, or by the time.
import type { Guard } from '../../consumers/guards.ts'
import { own } from '../../own.ts'
import type { Service } from '../../service/service.ts'
import type { Evidence, Reading, SignalVerdict, Window } from '../evidence/evidence.ts'
import { guardKey, guardMinutes, guardsIn, guardValues, witnessKey } from '../evidence/guard-questions.ts'
import { isLeftOut, shiftsOn, wholeFrom } from '../evidence/window.ts'
import { minuteMs } from '../../time.ts'

/** `isSilent`: unknown only because no point has come. */
export type Guarded = { readonly verdict: SignalVerdict; readonly isSilent: boolean }

/** After a queue has been asleep, its first point may come so late (docs/aws.md §2.1). */
const awakeMs = 15 * minuteMs

export function guardVerdicts(service: Service, evidence: Evidence, window: Window): readonly Guarded[] {
  const begun = guardsIn(service, evidence.targets).filter(({ target }) => !isLeftOut(evidence.targets[target]))
  return begun.map(({ guard, target }) => {
    const [kind, words, isSilent] = meaning(guard, target, evidence, window)
    const verdict: SignalVerdict = {
      ...{ signal: guard.name, kind, because: `${guard.name}: ${words}` },
      ...(guard.isAdvisory ? { advisory: true } : {}),
    }
    return { verdict, isSilent: isSilent === 'silent' }
  })
}

type Meaning = readonly [kind: SignalVerdict['kind'], words: string, isSilent?: 'silent']

function meaning(guard: Guard, target: number, evidence: Evidence, window: Window): Meaning {
  const { guards } = evidence.targets[target]?.baseline ?? {}
  const before = guards === undefined ? undefined : own(guards, guard.name)
  const most = mostOf(guard, before)
  if (typeof most === 'string') return ['unknown', most]
  if ('most' in guard.limit && before?.last !== undefined && before.last > most)
    return ['excluded', `${amount(guard, before.last)} already before the release began, of ${most}`]
  const series = evidence.readings.get(guardKey(target, guard))
  const witness = guard.witness === undefined ? undefined : evidence.readings.get(witnessKey(target, guard))
  const unread = [series, witness].find((one) => one?.kind === 'unread')
  if (unread?.kind === 'unread') return ['unknown', `it could not be read: ${unread.because}`]
  const values = valuesOf(guard, series, witness, window)
  const sinceMs = wholeFrom(shiftsOn(evidence.targets[target], evidence.shifts).at(-1)?.sinceMs ?? evidence.atMs)
  const last = values.findLastIndex((value) => value !== undefined)
  const value = values[last]
  if (values.length === 0) return ['unknown', 'no whole minute at this weight yet', 'silent']
  if (value === undefined) return silence(guard, before, sinceMs, window)
  const over = values.slice(0, last + 1)
  const run = last - over.findLastIndex((one) => one === undefined || one <= most)
  const said = `${amount(guard, value)}, and may be ${most}`
  if (run >= guard.minutes) return ['fail', `${said}: for ${run} ${run === 1 ? 'minute' : 'minutes'} it has been more`]
  if (run > 0) return ['unknown', `${said}: more for ${run} of ${guard.minutes} minutes`]
  if (window.endMs - (values.length - last) * minuteMs < sinceMs)
    return ['unknown', 'no whole minute at this weight yet', 'silent']
  return ['pass', said]
}

type Before = NonNullable<Evidence['targets'][number]['baseline']['guards']>[string] | undefined

function mostOf({ limit }: Guard, before: Before): number | string {
  if ('most' in limit) return limit.most
  if (before === undefined) return 'what was there before the release could not be read'
  if ('before' in limit) return (before.last ?? 0) + limit.before
  return before.peak === undefined
    ? 'in the three hours before the release there is no point that says what is usual'
    : Math.max(limit.floor, Math.ceil(2 * before.peak))
}

const amount = ({ what, unit }: Guard, value: number): string => `${what}: ${Math.round(value * 10) / 10} ${unit}`

/** The values of the last minutes, oldest first; `undefined` where nobody knows. */
function valuesOf(
  guard: Guard,
  series: Reading | undefined,
  witness: Reading | undefined,
  { startMs, endMs }: Window,
): readonly (number | undefined)[] {
  const values = guardValues(guard, pointsOf(series), pointsOf(witness))
  const minutes = Math.max(0, Math.min(guardMinutes, Math.round((endMs - startMs) / minuteMs)))
  return Array.from({ length: minutes }, (_, index) => values.get(endMs - (minutes - index) * minuteMs))
}

const pointsOf = (reading: Reading | undefined) => (reading?.kind === 'points' ? reading.points : [])

/** A dead-letter queue that was asleep before stays silent as long as nothing comes; what comes may show late. */
function silence({ limit, what }: Guard, before: Before, sinceMs: number, { endMs }: Window): Meaning {
  if (!('before' in limit) || before?.last !== undefined)
    return ['unknown', `no point in the last ${guardMinutes} minutes`, 'silent']
  return endMs - sinceMs >= awakeMs
    ? ['pass', `${what}: nothing, its queue is asleep`]
    : ['unknown', `its queue is asleep, and what comes may show 15 minutes late`, 'silent']
}
