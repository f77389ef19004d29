// `tidegate observed`: what Tidegate would have done with the shifts of others, on the terminal or as JSON.
import { oneLine } from '../../core/foreign-text.ts'
import type { ObservedShift } from '../../core/observe/event.ts'
import { findingOf, minutesEarlier, putBackAtMs, type Totals, totalsOf } from '../../core/observe/report.ts'
import { Problem } from '../../core/problem.ts'
import { isObserved } from '../../core/service/service.ts'
import { dayMs } from '../../core/time.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

const daysMost = 800

/** @throws Problem `service_missing`, `call_invalid` */
export async function showObserved({ backend, screen }: Cli, name: string, days: number): Promise<number> {
  if (!Number.isInteger(days) || days > daysMost)
    throw new Problem('call_invalid', `--days takes a whole number up to ${daysMost}, not ${days}.`)
  const service = await backend.services.get(name)
  const toMs = backend.clock.nowMs()
  const { items, unreadable } = await backend.observations.shifts(name, toMs - days * dayMs, toMs + 1)
  const totals = totalsOf(items)
  const left = unreadable.map(({ problem }) => problem.message)
  screen.say([`${name}, the last ${days} days`, '', ...items.flatMap(rowWords), ...totalWords(totals)], {
    ...{ service: name, days, totals, left },
    shifts: items.map((row) => ({
      ...row,
      finding: findingOf(row),
      putBackAtMs: putBackAtMs(row) ?? null,
      minutesEarlier: minutesEarlier(row) ?? null,
    })),
  })
  for (const words of left) screen.note(`Without one that cannot be read: ${words}`)
  if (!isObserved(service)) screen.note(`${name} is not observed now: Tidegate moves its aliases itself.`)
  return left.length === 0 ? exitCodes.done : exitCodes.refused
}

const timeOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`

function rowWords(row: ObservedShift): readonly string[] {
  const { functionName, alias, stable, candidate, beganAtMs } = row
  return [
    `${timeOf(beganAtMs)}Z  ${functionName}:${alias}  ${stable} -> ${candidate}  ${happened(row)}`,
    `  ${found(row)}`,
    ...savedWords(row).map((line) => `  ${line}`),
    '',
  ]
}

function happened(row: ObservedShift): string {
  const backMs = putBackAtMs(row)
  if (backMs !== undefined) return `put back by others at ${timeOf(backMs)}Z`
  switch (row.end?.how) {
    case 'through':
      return 'went through'
    case 'replaced':
      return `another version came at ${timeOf(row.end.atMs)}Z`
    default:
      return 'goes on'
  }
}

function found(row: ObservedShift): string {
  const { wouldPutBack, last, looks } = row
  const because = oneLine(wouldPutBack?.because ?? last?.because ?? '', 300)
  switch (findingOf(row)) {
    case 'caught':
      return `Tidegate would have put it back at ${timeOf(wouldPutBack?.atMs ?? 0)}Z: ${because}`
    case 'missed':
      return `Tidegate would not have put it back: ${last === undefined ? 'it was over before the first look' : because}`
    case 'passed':
      return `Tidegate would have let it through: ${count(looks, 'look')}, and the last one passed`
    case 'goesOn':
      return `So far: ${last === undefined ? 'no look yet' : `${last.kind}: ${because}`}`
    case 'unknown':
      return last === undefined
        ? 'Not known: there was nothing to judge by'
        : `Not known: a release of Tidegate would have waited: ${because}`
  }
}

function savedWords(row: ObservedShift): readonly string[] {
  if (row.wouldPutBack === undefined || row.end === undefined) return []
  const earlier = minutesEarlier(row)
  const time = earlier === undefined ? 'nobody put it back' : `${count(earlier, 'minute')} earlier`
  const { saved } = row
  if (saved === undefined) return [`${time}; how many requests that saves is not known`]
  const gaps = saved.minutes - saved.knownMinutes
  const missing = gaps === 0 ? '' : `, without ${count(gaps, 'minute')} that could not be read`
  const until = row.end.how === 'through' ? ' until the end of the watch' : ''
  return [`${time}; about ${Math.round(saved.requests)} failed requests fewer${until}${missing}`]
}

function totalWords(totals: Totals): readonly string[] {
  if (totals.shifts === 0) return ['Nothing was seen yet: no alias of it was moved by others.']
  const { caught, missed, passed, unknown, goesOn, alsoByOthers, savedUnknown } = totals
  return [
    `${count(totals.shifts, 'shift')} by others. Tidegate would have put back ${caught}, and let ${passed} through.`,
    ...(caught === 0
      ? []
      : [
          `  Of those ${caught}, others put back ${alsoByOthers}, ${count(totals.minutesEarlier, 'minute')} later in all. Look at the other ${caught - alsoByOthers}: bad and unnoticed, or put back by mistake.`,
          `  About ${Math.round(totals.requestsSaved)} failed requests would not have been${savedUnknown === 0 ? '' : `; of ${count(savedUnknown, 'shift')} it is not known`}.`,
        ]),
    ...(missed === 0 ? [] : [`  Others put back ${missed} that Tidegate would not have.`]),
    ...(unknown === 0 ? [] : [`  Of ${unknown} it is not known.`]),
    ...(goesOn === 0
      ? []
      : [
          `  ${goesOn} ${goesOn === 1 ? 'goes' : 'go'} on, or ${goesOn === 1 ? 'was' : 'were'} not watched to the end.`,
        ]),
  ]
}
