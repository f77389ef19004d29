// Turns what a Prometheus answers to one query into a reading, or into the reason why it is not evidence. The form is that of
// query_range (https://prometheus.io/docs/prometheus/latest/querying/api/).
import * as z from 'zod'
import { oneLine } from '../../core/foreign-text.ts'
import type { Point, Reading, Window } from '../../core/verdict/evidence/evidence.ts'
import { minuteMs } from '../../core/time.ts'

const Answer = z.looseObject({
  status: z.literal('success'),
  /** Such as of a part that could not be read: what is there may be half of it. */
  warnings: z.array(z.string()).optional(),
  data: z.looseObject({
    resultType: z.literal('matrix'),
    result: z.array(z.looseObject({ values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
})
const Refusal = z.looseObject({ errorType: z.string().default('error'), error: z.string() })

/** What it said when it refused the query; `undefined` if that is not for us to read. */
export function refusalIn(text: string): string | undefined {
  const said = Refusal.safeParse(fromJson(text))
  return said.success ? short(`${said.data.errorType}: ${said.data.error}`) : undefined
}

/** @param isCount every value must be a count: a whole number */
export function prometheusReading(text: string, isCount: boolean, asked: Window): Reading {
  const parsed = Answer.safeParse(fromJson(text))
  if (!parsed.success) return unread('it is no answer of query_range')
  const { data, warnings = [] } = parsed.data
  if (warnings.length > 0) return unread(`it may be a part only: ${short(warnings.join('; '))}`)
  if (data.result.length > 1)
    return unread(`it has ${data.result.length} series where one is wanted: put sum( ) around the expression`)
  const points = new Map<number, Point>()
  for (const [seconds, value] of data.result[0]?.values ?? []) {
    const at = Math.round(seconds * 1000) - minuteMs
    if (!Number.isSafeInteger(at) || at % minuteMs !== 0 || at < asked.startMs || at >= asked.endMs)
      return unread(`it has a value of another time, ${seconds}`)
    if (points.has(at)) return unread(`it has two values at ${iso(at)}`)
    const number = numberIn(value, isCount)
    if (typeof number === 'string') return unread(`${number} at ${iso(at)}`)
    if (number !== undefined) points.set(at, { minuteMs: at, value: number })
  }
  return { kind: 'points', points: [...points.values()].toSorted((a, b) => a.minuteMs - b.minuteMs) }
}

// Sums of products of floats are whole numbers only nearly.
const nearly = 1e-6

/** `undefined`: the minute has no value. That is what NaN says, and a count below 0 is a counter that began again. */
function numberIn(value: string, isCount: boolean): number | string | undefined {
  if (value === 'NaN') return undefined
  const number = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : NaN
  if (!Number.isFinite(number)) return `${short(value)} is no number`
  if (!isCount) return number
  const whole = Math.round(number)
  if (Math.abs(number - whole) > nearly) return `${number} is no count: write x - x offset 1m (docs/prometheus.md)`
  return whole < 0 ? undefined : Math.abs(whole)
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const unread = (because: string): Reading => ({ kind: 'unread', because: `Prometheus: ${because}` })
const short = (words: string): string => oneLine(words).slice(0, 160)
const iso = (atMs: number): string => new Date(atMs).toISOString()
