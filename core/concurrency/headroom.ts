// Whether as much of the concurrency is free as a service wants before a release takes more: of what the function has reserved,
// or else of the account's. It is held against a limit, because neither has versions. Silence is no headroom.
import type { Headroom } from '../service/gates.ts'
import { minuteMs } from '../time.ts'
import type { Reading } from '../verdict/evidence/evidence.ts'
import type { Question } from '../verdict/evidence/questions.ts'

/** What a function and the account may have at most. */
type Bounds = { readonly functionName: string; readonly account: number; readonly reserved?: number }

/** The highest of these last minutes counts, so one quiet minute does not open what closes again. */
const lastMinutes = 5

const accountKey = 'account'

const inUse = (key: string, metric: string, dimensions: Question['dimensions']): Question => ({
  ...{ key, namespace: 'AWS/Lambda', metric, dimensions, stat: 'Maximum' },
})

/** The series of the account, and one for each function that reserves (docs/aws.md §2.1). */
export const headroomQuestions = (bounds: readonly Bounds[]): readonly Question[] => [
  inUse(accountKey, 'ClaimedAccountConcurrency', {}),
  ...bounds
    .filter(({ reserved }) => reserved !== undefined)
    .map(({ functionName }) => inUse(functionName, 'ConcurrentExecutions', { FunctionName: functionName })),
]

export const headroomWindow = (nowMs: number) => {
  const endMs = Math.floor(nowMs / minuteMs) * minuteMs
  return { startMs: endMs - lastMinutes * minuteMs, endMs, periodSeconds: 60 }
}

/** `tight`: why there is too little; empty if there is enough. `words`: how much there is. */
export type HeadroomNow = { readonly tight: string; readonly words: string }

/** What of which limit, in words. */
type Share = {
  readonly limit: number
  readonly freePercent: number
  readonly reading: Reading | undefined
  readonly says: (used: number) => string
  /** In place of a number. */
  readonly unknown: string
}

/** @param readings by the keys of the questions */
export function headroomOf(
  wanted: Headroom,
  bounds: readonly Bounds[],
  readings: ReadonlyMap<string, Reading>,
): HeadroomNow {
  const found = sharesOf(wanted, bounds, readings).map(meaning)
  const said = (isTight: boolean) => found.filter((one) => one.isTight === isTight).map(({ words }) => words)
  return { tight: said(true).join('; '), words: said(false).join('; ') }
}

function sharesOf(
  wanted: Headroom,
  bounds: readonly Bounds[],
  readings: ReadonlyMap<string, Reading>,
): readonly Share[] {
  const open = bounds.find(({ reserved }) => reserved === undefined)
  const ofAccount = (limit: number, freePercent: number): Share => ({
    ...{ limit, freePercent, reading: readings.get(accountKey) },
    says: (used) => `the account has claimed ${used} of its concurrency of ${limit}`,
    unknown: 'how much of its concurrency the account has claimed',
  })
  const ofFunction = (functionName: string, limit: number, freePercent: number): Share => ({
    ...{ limit, freePercent, reading: usedBy(functionName, readings) },
    says: (used) => `${functionName} uses ${used} of its reserved concurrency of ${limit}`,
    unknown: `how much of its reserved concurrency ${functionName} uses`,
  })
  return [
    ...(open === undefined || wanted.account === 'off' ? [] : [ofAccount(open.account, wanted.account)]),
    ...bounds.flatMap(({ functionName, reserved: limit }) =>
      limit === undefined || wanted.reserved === 'off' ? [] : [ofFunction(functionName, limit, wanted.reserved)],
    ),
  ]
}

/** A function that ran nothing has no points. The account has one for each minute in which anything ran. */
function usedBy(functionName: string, readings: ReadonlyMap<string, Reading>): Reading | undefined {
  const [own, account] = [readings.get(functionName), readings.get(accountKey)]
  if (own?.kind !== 'points' || own.points.length > 0 || account?.kind !== 'points') return own
  return { kind: 'points', points: account.points.map(({ minuteMs: at }) => ({ minuteMs: at, value: 0 })) }
}

function meaning({ limit, freePercent, reading, says, unknown }: Share) {
  if (reading?.kind !== 'points')
    return { isTight: true, words: `${unknown} could not be read: ${reading?.because ?? 'it was not answered'}` }
  const values = reading.points.map(({ value }) => value)
  if (values.length === 0 || !values.every((value) => Number.isFinite(value) && value >= 0))
    return { isTight: true, words: `${unknown} is not known: no value in the last ${lastMinutes} minutes` }
  const used = Math.max(...values)
  const isTight = limit === 0 || (limit - used) * 100 < limit * freePercent
  const words = says(Math.round(used))
  return { isTight, words: isTight ? `${words}, and ${freePercent} % must be free` : words }
}
