// `tidegate report`: the delivery measures of one service or of all, for any period, on the terminal, as JSON or as an HTML page.
import { writeFile } from 'node:fs/promises'
import * as z from 'zod'
import { duration } from '../../core/duration.ts'
import { type MeasureInput, ofService, type Period } from '../../core/measures/facts.ts'
import { measure, type Measured } from '../../core/measures/measures.ts'
import { detailWords, standing, targetWords, valueWords } from '../../core/measures/words.ts'
import { Problem, readInput } from '../../core/problem.ts'
import { deliveryView } from '../../core/view/delivery-view.ts'
import { orThrow } from '../../functions/steps/each.ts'
import { readDelivery } from '../../functions/views/delivery.ts'
import { reportPage } from '../../console/delivery/report-page.ts'
import { exitCodes } from '../backend/screen.ts'
import type { Cli } from '../backend/surroundings.ts'

export type ReportOptions = {
  readonly from?: string
  readonly to?: string
  readonly last?: string
  /** Write the page to this file instead. */
  readonly html?: string
}

const Moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'write a time as 2026-03-01 or 2026-03-01T09:30:00Z',
})
const day = 86_400
const Options = z.object({
  from: Moment.optional(),
  to: Moment.optional(),
  last: duration({ minSeconds: 3600, maxSeconds: 800 * day }).prefault('30d'),
})

/** @throws Problem `call_invalid` */
function periodOf(options: ReportOptions, nowMs: number): Period {
  const { from, to, last } = readInput(Options, options, 'call_invalid', 'The period')
  const toMs = to === undefined ? nowMs : Date.parse(to)
  const fromMs = from === undefined ? toMs - last * 1000 : Date.parse(from)
  if (fromMs >= toMs) throw new Problem('call_invalid', 'The period ends before it begins.')
  return { fromMs, toMs }
}

/** @throws Problem `service_missing`, `call_invalid`, `item_unreadable` */
export async function showReport(
  { backend, screen }: Cli,
  name: string | undefined,
  options: ReportOptions,
): Promise<number> {
  const period = periodOf(options, backend.clock.nowMs())
  const { items, unreadable } =
    name === undefined ? await backend.services.list() : { items: [await backend.services.get(name)], unreadable: [] }
  const read = await readDelivery(backend, { items, unreadable }, period)
  const { without: left, material } = read
  // With only one service, a failed read leaves nothing to report.
  if (name !== undefined) orThrow({ done: [], failed: read.failed.map(({ error }) => ({ item: name, error })) })
  const title = name ?? (left.length === 0 ? 'All services' : 'The services that can be read')
  const names = name === undefined ? read.names : []
  if (options.html !== undefined) {
    await writeFile(options.html, reportPage(deliveryView({ ...read, title, names })))
    screen.say(`The report is in ${options.html}.`, { file: options.html, ...(left.length === 0 ? {} : { left }) })
  } else {
    const report = reportOf(material, title, names)
    screen.say(lines(report), { ...document(report), ...(left.length === 0 ? {} : { left }) })
  }
  for (const { service, because } of left) screen.note(`Without ${service}, which cannot be read: ${because}`)
  return left.length === 0 ? exitCodes.done : exitCodes.refused
}

type Report = {
  readonly period: Period
  /** The name of one service, or of all together. */
  readonly title: string
  readonly overall: readonly Measured[]
  /** One entry for each service; empty when the report covers a single service. */
  readonly services: readonly { readonly name: string; readonly measured: readonly Measured[] }[]
}

const reportOf = (material: MeasureInput, title: string, names: readonly string[]): Report => ({
  period: material.period,
  title,
  overall: measure(material),
  services: names.map((name) => ({ name, measured: measure(ofService(name, material)) })),
})

const iso = (ms: number): string => new Date(ms).toISOString()

function lines({ period, title, overall, services }: Report): readonly string[] {
  const table = overall.flatMap(({ definition, result }) => {
    const stands = standing(definition, result)
    const aim = targetWords(definition)
    const words = aim === '' ? '' : stands === undefined ? `(${aim})` : `${stands}: ${aim}`
    return [
      `${definition.id.padEnd(8)} ${definition.name.padEnd(24)} ${valueWords(definition, result).padEnd(12)} ${words}`.trimEnd(),
      `         ${detailWords(definition, result)}`,
    ]
  })
  const more = services.length === 0 ? [] : [`Together: ${services.map(({ name }) => name).join(', ')}.`]
  return [`${title}, ${iso(period.fromMs).slice(0, 16)}Z to ${iso(period.toMs).slice(0, 16)}Z`, ...more, '', ...table]
}

/** For programs: an unknown value is null, with the reason beside it. */
function document({ period, title, overall, services }: Report): object {
  return {
    of: title,
    from: iso(period.fromMs),
    to: iso(period.toMs),
    measures: overall.map(entry),
    ...(services.length === 0
      ? {}
      : { services: services.map(({ name, measured }) => ({ name, measures: measured.map(entry) })) }),
  }
}

function entry({ definition, result, trend }: Measured): object {
  const { id, name, unit, target, sentence } = definition
  const { value, ...rest } = result
  const numbers = value.known ? { value: value.number } : { value: null, because: value.because }
  return {
    id,
    name,
    unit,
    ...(target === undefined ? {} : { target, standing: standing(definition, result) ?? 'unknown' }),
    definition: sentence,
    ...numbers,
    ...rest,
    trend: trend.map(({ period, result: part }) => ({
      from: iso(period.fromMs),
      value: part.value.known ? part.value.number : null,
      n: part.n,
    })),
  }
}
