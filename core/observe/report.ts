// What observing has shown: each shift of others as a row, and what the rows come to. A row is the fold of its log.
import { minuteMs } from '../time.ts'
import type { ObservedShift } from './event.ts'
import { type Observation, shiftsOf } from './observation.ts'
import { savedBy } from './saved.ts'

export function rowOf(one: Observation): ObservedShift {
  const { wouldPutBack, end, undoneAtMs, targets } = one
  const verdict = decisive(one)
  const [{ functionName, alias, stable, candidate }] = targets
  const saved = savedBy(one)
  return {
    id: one.id,
    service: one.service.name,
    ...{ functionName, alias, stable, candidate },
    beganAtMs: one.beganAtMs,
    shifts: shiftsOf(one).map(({ sinceMs, weightBp }) => ({ sinceMs, weightBp })),
    ...(end === undefined ? {} : { end }),
    ...(undoneAtMs === undefined ? {} : { undoneAtMs }),
    looks: one.looks,
    ...(verdict === undefined ? {} : { last: { kind: verdict.kind, because: verdict.because } }),
    ...(wouldPutBack === undefined ? {} : { wouldPutBack }),
    ...(saved === undefined ? {} : { saved }),
  }
}

/** A pass says what it says, whenever it came; else the verdict on which a release of our own would have gone on. */
const decisive = ({ verdict, splitVerdict }: Observation): Observation['verdict'] =>
  verdict?.kind === 'pass' ? verdict : (splitVerdict ?? verdict)

/** When others put it back; absent if they did not. */
export const putBackAtMs = ({ end, undoneAtMs }: ObservedShift): number | undefined =>
  end?.how === 'putBack' ? end.atMs : undoneAtMs

/**
 * caught: Tidegate would have put it back. missed: others put it back, and Tidegate would not have. passed: the last verdict is a
 * pass. unknown: there was nothing to judge by, or not enough. goesOn: it is not over.
 */
export const findings = ['caught', 'missed', 'passed', 'unknown', 'goesOn'] as const
export type Finding = (typeof findings)[number]

export function findingOf(row: ObservedShift): Finding {
  if (row.wouldPutBack !== undefined) return 'caught'
  if (putBackAtMs(row) !== undefined) return 'missed'
  if (row.end === undefined) return 'goesOn'
  return row.last?.kind === 'pass' ? 'passed' : 'unknown'
}

/** How many minutes earlier than others did; absent if they did not. */
export function minutesEarlier(row: ObservedShift): number | undefined {
  const backMs = putBackAtMs(row)
  if (row.wouldPutBack === undefined || backMs === undefined) return undefined
  return Math.round((backMs - row.wouldPutBack.atMs) / minuteMs)
}

/** A row with what it comes to. */
export function reported(row: ObservedShift) {
  const [backMs, earlier] = [putBackAtMs(row), minutesEarlier(row)]
  return {
    ...row,
    finding: findingOf(row),
    ...(backMs === undefined ? {} : { putBackAtMs: backMs }),
    ...(earlier === undefined ? {} : { minutesEarlier: earlier }),
  }
}

export type Totals = Readonly<Record<Finding, number>> & {
  readonly shifts: number
  /** Of those that Tidegate would have put back: those that others put back as well. */
  readonly alsoByOthers: number
  /** Together, of these. */
  readonly minutesEarlier: number
  readonly requestsSaved: number
  /** Of those that Tidegate would have put back: those that go on. */
  readonly caughtOpen: number
  /** Of those that Tidegate would have put back: those of which it is not known, or not yet, what that would have saved. */
  readonly savedUnknown: number
}

export function totalsOf(rows: readonly ObservedShift[]): Totals {
  const of = (finding: Finding): number => rows.filter((row) => findingOf(row) === finding).length
  const caught = rows.filter((row) => findingOf(row) === 'caught')
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const earlier = caught.flatMap((row) => minutesEarlier(row) ?? [])
  return {
    ...{ shifts: rows.length, caught: caught.length, missed: of('missed'), passed: of('passed') },
    ...{ unknown: of('unknown'), goesOn: of('goesOn'), alsoByOthers: earlier.length },
    minutesEarlier: sum(earlier),
    requestsSaved: Math.round(sum(caught.map(({ saved }) => saved?.requests ?? 0)) * 10) / 10,
    caughtOpen: caught.filter((row) => row.end === undefined).length,
    savedUnknown: caught.filter(({ saved }) => saved === undefined).length,
  }
}
