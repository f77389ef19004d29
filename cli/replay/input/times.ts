// Times as exports write them: ISO 8601 with a zone, or seconds, milliseconds or minutes since 1970, told apart by magnitude.
// What fits none of them is refused, because a wrong unit would put every minute in a wrong place.
import { minuteMs } from '../../../core/time.ts'

/** `number`: minutes are only numbered, and have no time. */
type TimeUnit = 'number' | 'minutes' | 'seconds' | 'milliseconds' | 'iso'

type Read = { readonly unit: TimeUnit; readonly atMs: number } | { readonly wrong: string }

// From 1998 to 2103 in each unit. The ranges are far apart, so a number is in at most one of them.
const yearsMs = [883_612_800_000, 4_197_052_800_000] as const
const units: readonly (readonly [TimeUnit, number])[] = [
  ['minutes', minuteMs],
  ['seconds', 1000],
  ['milliseconds', 1],
]
/** Larger numbers may be a time in an unknown unit. */
const numberMax = 10_000_000

const iso = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?) ?(Z|UTC|[+-]\d{2}:?\d{2})$/i
const isoLike = /^\d{4}-\d{2}-\d{2}/

/** @param value a cell of a table, or a value of JSON */
export function timeOf(value: unknown): Read {
  const text = typeof value === 'string' ? value.trim() : value
  if (typeof text === 'string' && isoLike.test(text)) return ofIso(text)
  const number = typeof text === 'string' && text !== '' ? Number(text) : text
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0)
    return { wrong: `${shownValue(value)} is no time; write ISO 8601 with a zone, or a number` }
  if (number <= numberMax) {
    if (!Number.isInteger(number)) return { wrong: `${number} must be a whole number from 0` }
    return { unit: 'number', atMs: number * minuteMs }
  }
  for (const [unit, ms] of units) {
    const atMs = number * ms
    if (atMs >= yearsMs[0] && atMs <= yearsMs[1]) return { unit, atMs }
  }
  return {
    wrong: `${number} is no time between 1998 and 2103 in minutes, seconds or milliseconds since 1970`,
  }
}

function ofIso(text: string): Read {
  const [, day = '', time = '', zone = ''] = iso.exec(text) ?? []
  if (day === '') return { wrong: `"${text.slice(0, 40)}" has no time zone; write it as 2026-03-01T09:30:00Z` }
  const offset = /^(Z|UTC)$/i.test(zone) ? 'Z' : zone.replace(/^(...):?(..)$/, '$1:$2')
  const atMs = Date.parse(`${day}T${time.replace(',', '.')}${offset}`)
  // A day that a month does not have would become one of the next month.
  const isDay = new Date(Date.parse(`${day}T00:00Z`) || 0).toISOString().startsWith(day)
  if (!Number.isFinite(atMs) || !isDay) return { wrong: `"${text.slice(0, 40)}" is no time of the calendar` }
  return { unit: 'iso', atMs }
}

export const minuteOfMs = (atMs: number): number => Math.floor(atMs / minuteMs)

/** `2026-03-01T09:30Z` */
export const minuteWords = (minute: number): string => `${new Date(minute * minuteMs).toISOString().slice(0, 16)}Z`

/** A value as a sentence shows it. Not what is nested in it: a file may be nested more deeply than a stack goes. */
export const shownValue = (value: unknown): string =>
  `"${typeof value === 'string' ? value : JSON.stringify(shallow(value) ?? null)}"`.slice(0, 60)

const shownMost = 20
const inside = (inner: unknown): unknown => (typeof inner === 'object' && inner !== null ? '...' : inner)

function shallow(value: unknown): unknown {
  if (Array.isArray(value)) return (value as readonly unknown[]).slice(0, shownMost).map(inside)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value as Readonly<Record<string, unknown>>).slice(0, shownMost)
  return Object.fromEntries(fields.map(([name, inner]) => [name, inside(inner)]))
}
