// What observing has shown, in the words that people see: each shift of others, and what they come to. The terminal and the page
// of a service say the same.
import { counted } from '../counted.ts'
import type { ObservedShift } from '../observe/event.ts'
import { findingOf, type Finding, minutesEarlier, putBackAtMs, type Totals } from '../observe/report.ts'

/** How many days the totals are of, where nobody says another number. */
export const observedDays = 30

export type ToldShift = {
  readonly beganAtMs: number
  /** `checkout:live` */
  readonly place: string
  readonly stable: string
  readonly candidate: string
  readonly finding: Finding
  /** What others did: `put back by others`. */
  readonly happened: string
  readonly happenedAtMs?: number
  /** What Tidegate would have done, and when. */
  readonly found: string
  readonly foundAtMs?: number
  readonly because: string
  /** What that would have saved; absent where nothing would have been put back, or while it goes on. */
  readonly saves?: string
}

/** The section of a service's page. */
export type ObservedView = {
  readonly days: number
  readonly totals: readonly string[]
  /** How many would have been put back, are over, and nobody did. */
  readonly unnoticed: number
  readonly goesOn: number
  /** Newest first. */
  readonly shifts: readonly ToldShift[]
  /** How many older ones of these days are not there. */
  readonly left: number
  /** What is not known, in sentences. */
  readonly unknown: readonly string[]
}

export function toldShift(row: ObservedShift): ToldShift {
  const { beganAtMs, functionName, alias, stable, candidate } = row
  const saves = savedWords(row)
  return {
    ...{ beganAtMs, place: `${functionName}:${alias}`, stable, candidate, finding: findingOf(row) },
    ...happened(row),
    ...found(row),
    ...(saves === undefined ? {} : { saves }),
  }
}

function happened(row: ObservedShift): Pick<ToldShift, 'happened' | 'happenedAtMs'> {
  const backMs = putBackAtMs(row)
  if (backMs !== undefined) return { happened: 'put back by others', happenedAtMs: backMs }
  switch (row.end?.how) {
    case 'through':
      return { happened: 'went through' }
    case 'replaced':
      return { happened: 'another version came', happenedAtMs: row.end.atMs }
    default:
      return { happened: 'goes on' }
  }
}

function found(row: ObservedShift): Pick<ToldShift, 'found' | 'foundAtMs' | 'because'> {
  const { wouldPutBack, last, looks } = row
  const because = wouldPutBack?.because ?? last?.because ?? ''
  switch (findingOf(row)) {
    case 'caught':
      return { found: 'Tidegate would have put it back', foundAtMs: wouldPutBack?.atMs ?? 0, because }
    case 'missed':
      return {
        found: 'Tidegate would not have put it back',
        because: last === undefined ? 'it was over before the first look' : because,
      }
    case 'passed':
      return {
        found: 'Tidegate would have let it through',
        because: `${counted(looks, 'look')}, and the last one passed`,
      }
    case 'goesOn':
      return { found: 'So far', because: last === undefined ? 'no look yet' : `${last.kind}: ${because}` }
    case 'unknown':
      return {
        found: 'Not known',
        because:
          last === undefined ? 'there was nothing to judge by' : `a release of Tidegate would have waited: ${because}`,
      }
  }
}

function savedWords(row: ObservedShift): string | undefined {
  if (row.wouldPutBack === undefined || row.end === undefined) return undefined
  const earlier = minutesEarlier(row)
  const time = earlier === undefined ? 'nobody put it back' : `${counted(earlier, 'minute')} earlier`
  const { saved } = row
  if (saved === undefined) return `${time}; how many requests that saves is not known`
  const gaps = saved.minutes - saved.knownMinutes
  const missing = gaps === 0 ? '' : `, without ${counted(gaps, 'minute')} that could not be read`
  const until = row.end.how === 'through' ? ' until the end of the watch' : ''
  return `${time}; about ${Math.round(saved.requests)} failed requests fewer${until}${missing}`
}

/** How many would have been put back, are over, and nobody did. */
export const unnoticed = ({ caught, alsoByOthers, caughtOpen }: Totals): number => caught - alsoByOthers - caughtOpen

/** The first one says what there was; the others say more of it. */
export function totalsWords(totals: Totals): readonly string[] {
  if (totals.shifts === 0) return ['Nothing was seen yet: no alias of it was moved by others.']
  const { caught, missed, passed, unknown, goesOn } = totals
  return [
    `${counted(totals.shifts, 'shift')} by others. Tidegate would have put back ${caught}, and let ${passed} through.`,
    ...(caught === 0 ? [] : [othersWords(totals), savingWords(totals)]),
    ...(missed === 0 ? [] : [`Others put back ${missed} that Tidegate would not have.`]),
    ...(unknown === 0 ? [] : [`Of ${unknown} it is not known.`]),
    ...(goesOn === 0
      ? []
      : [`${goesOn} ${goesOn === 1 ? 'goes' : 'go'} on, or ${goesOn === 1 ? 'was' : 'were'} not watched to the end.`]),
  ]
}

function othersWords(totals: Totals): string {
  const { caught, alsoByOthers, minutesEarlier: minutes, caughtOpen } = totals
  const left = unnoticed(totals)
  const back = `${caught === 1 ? 'it' : `${alsoByOthers} of those ${caught}`} back`
  const others =
    alsoByOthers > 0
      ? `Others put ${back} too, ${counted(minutes, 'minute')} later${alsoByOthers === 1 ? '' : ' in all'}.`
      : `Others did not put ${caught === 1 ? 'it' : 'any of those'} back${caughtOpen === 0 ? '' : ' yet'}.`
  return left === 0
    ? others
    : `${others} Look at ${left} that nobody put back: bad and unnoticed, or a mistake of Tidegate.`
}

function savingWords({ caught, requestsSaved, savedUnknown }: Totals): string {
  if (savedUnknown === caught) return 'How many failed requests that would have saved is not known, or not yet.'
  const missing = savedUnknown === 0 ? '' : `; of ${counted(savedUnknown, 'shift')} it is not known, or not yet`
  return `About ${Math.round(requestsSaved)} failed requests would not have been${missing}.`
}
