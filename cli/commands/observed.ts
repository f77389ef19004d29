// `tidegate observed`: what Tidegate would have done with the shifts of others, on the terminal or as JSON.
import { oneLine } from '../../core/foreign-text.ts'
import type { ObservedShift } from '../../core/observe/event.ts'
import { findingOf, minutesEarlier, putBackAtMs, totalsOf } from '../../core/observe/report.ts'
import { Problem } from '../../core/problem.ts'
import { isObserved } from '../../core/service/service.ts'
import { dayMs } from '../../core/time.ts'
import { toldShift, totalsWords } from '../../core/view/observed-view.ts'
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
  screen.say([`${name}, the last ${days} days`, '', ...items.flatMap(rowWords), ...totalsWords(totals).map(indented)], {
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
const at = (atMs: number | undefined): string => (atMs === undefined ? '' : ` at ${timeOf(atMs)}Z`)
const becauseMost = 300

function rowWords(row: ObservedShift): readonly string[] {
  const { beganAtMs, place, stable, candidate, saves, because, ...told } = toldShift(row)
  return [
    `${timeOf(beganAtMs)}Z  ${place}  ${stable} -> ${candidate}  ${told.happened}${at(told.happenedAtMs)}`,
    `  ${told.found}${at(told.foundAtMs)}: ${oneLine(because, becauseMost)}`,
    ...(saves === undefined ? [] : [`  ${saves}`]),
    '',
  ]
}

const indented = (line: string, index: number): string => (index === 0 ? line : `  ${line}`)
