// A series of an export: its names, its labels, its points. Every reader of a foreign format ends in this form.
import { Problem } from '../../../core/problem.ts'
import { minuteMs } from '../../../core/time.ts'
import { shownValue, timeOf } from './times.ts'
import { wrong } from './table.ts'

type Origin = 'cloudwatch' | 'prometheus' | 'table'

export type Series = {
  readonly file: string
  readonly origin: Origin
  /** What people call it: the id, the label, the name. The first is shown. */
  readonly names: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** In order of time, at most one for each minute. */
  readonly points: readonly Point[]
}

type Point = { readonly minute: number; readonly value: number }

/** Series as read, with one sentence for whatever was not used. */
export type Found = { readonly series: readonly Series[]; readonly notes: readonly string[] }

/** @param what the series, for sentences. @throws Problem `replay_invalid`, `replay_resolution` */
export function pointsOf(
  what: string,
  pairs: readonly { readonly time: unknown; readonly value: number }[],
): readonly Point[] {
  let unit: string | undefined
  const points = pairs.map(({ time, value }) => {
    const read = timeOf(time)
    if ('wrong' in read) throw wrong(what, read.wrong)
    if (read.unit === 'number') throw wrong(what, `${shownValue(time)} is no time since 1970`)
    if (unit !== undefined && unit !== read.unit)
      throw wrong(what, `${shownValue(time)} is in another unit than the times before`)
    unit = read.unit
    return { minute: Math.floor(read.atMs / minuteMs), value }
  })
  const sorted = points.toSorted((a, b) => a.minute - b.minute)
  const twice = sorted.find((one, index) => one.minute === sorted[index + 1]?.minute)
  if (twice !== undefined)
    throw new Problem(
      'replay_resolution',
      `${what}: there are several points in the minute ${new Date(twice.minute * minuteMs).toISOString().slice(0, 16)}Z.`,
    )
  return sorted
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The names, or name and labels as Prometheus writes them. */
export function seriesWords({ names, labels }: Series): string {
  const inside = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
  const [name = '', ...others] = names
  const more = others.filter((one) => one !== name).map((one) => ` (${one})`)
  return (
    `${name}${more.join('')}${inside.length === 0 ? '' : `{${inside.join(', ')}}`}`.slice(0, 160) ||
    'a series without a name'
  )
}
